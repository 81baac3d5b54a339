"""Whether twice the rows take twice the time: 1, 2, 4, 8 times as many, and the hour of a large grid."""

from collections.abc import Callable, Iterator
from functools import partial

from bench.figure import Figure, Goal
from bench.options import Options
from bench.pipeline.lake import Lake, open_lake, readings_of
from bench.pipeline.throughput import Took, into_tables
from gridseal.settings import Settings
from pipelines.sources.business import seed_database
from pipelines.sources.days import GridDay, epoch_ms
from pipelines.sources.grid.model import FIRST_DAY
from pipelines.sources.meters import MeterOptions
from pipelines.sources.meters.schedule import messages_by_day
from pipelines.sources.meters.sender import Sender
from pipelines.sources.topics import METER_READINGS, ensure_topics
from pipelines.streaming.child import in_child

_TIMES = (1, 2, 4, 8)
_METERS = 10_000
_HOUR_MS = 3_600_000
_LINEAR = 1.25
"""What a row may take at eight times the rows, in terms of what it takes at once as many."""


def measure(options: Options) -> Iterator[Figure]:
    """Each size in a lake of its own: time, state and memory for each row, beside those of the smallest."""
    first: tuple[int, Took] | None = None
    for times in _TIMES:
        rows, took = _flow(options, f"{times}", partial(_fill, readings_of(times * options.messages)))
        first = first or (rows, took)
        yield from _figures(rows, took, first)
    rows, took = _flow(options, "hour", _hour_of_a_large_grid)
    beside = f"of {first[0]:,} messages of few meters" if first else ""
    other = first[0] / first[1].reading if first else None
    yield Figure(f"an hour of {_METERS:,} meters, {rows:,} messages", rows / took.reading, "rows/s", beside, other)


def _flow(options: Options, name: str, fill: Callable[[Lake], int]) -> tuple[int, Took]:
    folder = options.folder / name
    folder.mkdir()
    with open_lake(folder, lambda text: options.tell(f"{name}: {text}")) as lake:
        rows = fill(lake)
        return rows, into_tables(lake)


def _fill(readings: MeterOptions, lake: Lake) -> int:
    return lake.fill(readings).messages


def _figures(rows: int, took: Took, first: tuple[int, Took]) -> Iterator[Figure]:
    least, beside = first[1], f"of {first[0]:,} messages"
    linear = (Goal("<=", _LINEAR, of_ratio=True),)
    what, other = f"{rows:,} messages, a million of them", least.reading * 1e6 / first[0]
    yield Figure(what, took.reading * 1e6 / rows, "s", beside, other, linear)
    yield Figure(f"{rows:,} messages, state", took.state_mb, "MB", beside, least.state_mb)
    yield Figure(f"{rows:,} messages, memory of the TaskManager", took.memory_mb, "MB", beside, least.memory_mb)


def _hour_of_a_large_grid(lake: Lake) -> int:
    grid = MeterOptions(meters=_METERS, first_day=FIRST_DAY)
    lake.tell(f"business data of {_METERS:,} meters")
    seed_database(lake.settings, grid.grid())
    ensure_topics(lake.settings)
    lake.tell("sending the first hour of the day")
    # A whole day of them is made first, which takes some GB until the child ends.
    return int(in_child(lake.settings, send_hour, lake.settings, grid))


def send_hour(settings: Settings, grid: MeterOptions) -> int:
    """Send what reaches the broker in the first hour of a grid's first day; without a record."""
    ends_ms = epoch_ms(GridDay(grid.first_day, settings.grid_timezone).start) + _HOUR_MS
    day, _ = next(messages_by_day(grid, grid.first_day, settings.grid_timezone))
    hour = day[day["delivery_ms"] < ends_ms]
    with Sender(settings, METER_READINGS, None) as sender:
        for begin in range(0, len(hour), sender.chunk):
            sender.send(hour[begin : begin + sender.chunk])
    return len(hour)
