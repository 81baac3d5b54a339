"""SIGKILL of the TaskManager and of the JobManager while readings and changes flow."""

import time
from threading import Event, Thread
from typing import Any

import psutil
import pytest

import stack
from pipelines.sources.business import apply_changes
from pipelines.streaming.cluster import current_job
from tests.lake.lake import GRID, NEXT_DAY, OPTIONS, Lake

pytestmark = [pytest.mark.integration, pytest.mark.slow]

RATE = 5000
PAUSE_BETWEEN_CHANGES_S = 0.5


def service(lake: Lake, name: str) -> Any:
    return next(service for service in stack.status(lake.settings) if service.name == name)


@pytest.mark.timeout(1800)
def test_killed_managers_cost_no_row_and_double_none(lake: Lake) -> None:
    before = {name: service(lake, name) for name in ("taskmanager", "jobmanager")}
    job = current_job(lake.settings)
    assert job
    third, second_third = Event(), Event()
    fed: list[Any] = []

    def feed() -> None:
        options = OPTIONS.model_copy(update={"rate": RATE})
        fed.append(lake.feed(NEXT_DAY, options, progress=watch))

    def watch(sent: int, expected: int) -> None:
        if sent * 3 > expected:
            third.set()
        if sent * 3 > expected * 2:
            second_third.set()

    def change() -> None:
        fed.append(apply_changes(lake.settings, GRID, NEXT_DAY, dawdle))

    def dawdle(*_: int) -> None:
        # So that changes are made before it dies, while it is dead, and after.
        time.sleep(PAUSE_BETWEEN_CHANGES_S)

    threads = [Thread(target=feed), Thread(target=change)]
    for thread in threads:
        thread.start()
    assert third.wait(60)
    psutil.Process(before["taskmanager"].pid).kill()
    assert second_third.wait(60)
    psutil.Process(before["jobmanager"].pid).kill()
    assert all(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join(120)
    assert len(fed) == 2

    lake.reconcile()
    for name, killed in before.items():
        after = service(lake, name)
        assert (after.state, after.restarts) == ("ready", killed.restarts + 1)
    # The same job went on, from its last checkpoint.
    now = current_job(lake.settings)
    assert now
    assert (now.id, now.healthy) == (job.id, True)
    lake.assert_as_recomputed()
    assert lake.doubled() == 0
