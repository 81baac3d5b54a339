"""Plans what happens to the grid on one day."""

from typing import cast

import numpy as np

from pipelines.sources.days import GridDay
from pipelines.sources.grid import customers, works
from pipelines.sources.grid.agenda import Agenda
from pipelines.sources.grid.plan import DayPlan, carry_out, metering_points
from pipelines.sources.grid.rows import GridState
from pipelines.sources.grid.size import GridSize


def plan_day(before: GridState, size: GridSize, day: GridDay, rng: np.random.Generator) -> DayPlan:
    """Plans one day; numbers of changes grow with the number of customers.

    Args:
        before: The grid at the end of the day before.
        size: Size of the grid.
        day: The day to plan.
        rng: Source of every choice.
    """
    start = before.copy()
    newcomers = [start.connect(int(rng.integers(size.feeders)) + 1) for _ in range(size.newcomers)]
    agenda = Agenda(start, day, rng)
    known = [cast(int, key) for key in start.tables["customer"]]
    # Each customer has at most one kind of change a day, so that no two plans of a row contradict each other.
    pool = [known[i] for i in rng.permutation(len(known))]
    customers.move(agenda, _take(pool, max(2, len(known) // 50)), size)
    customers.change_contracts(agenda, _take(pool, max(2, len(known) // 60)))
    customers.replace_meters(agenda, _take(pool, max(1, len(known) // 200)))
    customers.delete_and_insert(agenda, _take(pool, max(2, len(known) // 150)))
    leavers = _take(pool, size.newcomers)
    customers.leave(agenda, leavers)
    customers.register(agenda, newcomers)
    customers.change_tariff(agenda)
    works.work(agenda)

    end = start.copy()
    changes = carry_out(end, agenda.intents)
    points = metering_points(start, day, agenda.rewirings)
    for rewiring in sorted(agenda.rewirings, key=lambda rewiring: rewiring.time):
        end.connections[rewiring.customer_id] = rewiring.connection
    end.retired_meters = [end.connections.pop(customer_id).meter_id for customer_id in leavers]
    return DayPlan(day, changes, points, end)


def _take(pool: list[int], count: int) -> list[int]:
    taken = pool[:count]
    del pool[:count]
    return taken
