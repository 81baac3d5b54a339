"""What the log costs in a night in which 1 % of the lake's partitions have changed, as the lake grows."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from bench.clock import seconds
from bench.figure import Figure
from bench.notary.tree import random_hashes
from bench.options import Options
from notary.record.checkpoints import Checkpoints
from notary.record.database import open_database
from notary.record.seals import SealLog
from notary.settings import NotarySettings
from notary.verify.row import Column, Schema
from notary.verify.seal import Seal
from pipelines.reading.commits import Seen

_PARTITIONS = (100, 1000, 5000)
_STEPS = {"append": "append one of the 1 %", "make": "checkpoint of the log", "place": "path of a seal"}
_SCHEMA = Schema("dwd.meter_reading", (Column("meter_id", "STRING"),), ("meter_id",))


def measure(options: Options) -> Iterator[Figure]:
    """Appending one of its seals, the checkpoint of all, the path of one, on the disk of the temporary folder."""
    first: dict[str, float] = {}
    for partitions in _PARTITIONS:
        changed = partitions // 100
        found = _steps(options, partitions, changed)
        first = first or found
        for step, what in _STEPS.items():
            beside = f"of {_PARTITIONS[0]} partitions"
            yield Figure(f"{partitions:,} partitions: {what}", 1e3 * found[step], "ms", beside, 1e3 * first[step])


def _steps(options: Options, partitions: int, changed: int) -> dict[str, float]:
    settings = NotarySettings(var_dir=options.folder / f"night-{partitions}")
    with open_database(settings) as connection:
        log = SealLog(connection)
        append = _appender(log)
        # The lake's past, which is not measured, need not outlive a power cut.
        connection.execute("PRAGMA synchronous = OFF")
        append(partitions)
        connection.execute("PRAGMA synchronous = FULL")
        checkpoints = Checkpoints(connection, log)
        steps = {
            "append": lambda: append(changed),
            "make": checkpoints.make,
            "place": lambda: log.place(len(log) // 2, len(log)),
        }
        found = seconds(steps, options.runs)
    return found | {"append": found["append"] / changed}


def _appender(log: SealLog) -> Callable[[int], None]:
    seal = Seal(_SCHEMA.table, "", "20261121000000000", _SCHEMA.id, 1_000_000, random_hashes(1).tobytes())

    def append(count: int) -> None:
        for _ in range(count):
            number = len(log)
            log.append(replace(seal, partition=f"dt={number}"), _SCHEMA, Seen(seal.instant, frozenset(), number), "/")

    return append
