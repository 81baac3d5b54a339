"""A moment at which everything could be read."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from gridseal.watching import Watched
from notary.night import NightFigures, Sealing
from notary.record.checkpoints import Anchored, State
from notary.verify.evm import anchor_from_json
from notary.verify.seal import Checkpoint
from pipelines.batch.repair import FrozenDay
from pipelines.observe.checkpoint import CheckpointFigures
from pipelines.observe.commits import TableCommit
from pipelines.observe.dead_letters import KINDS, OTHER
from pipelines.observe.drift import Drift
from pipelines.observe.job import JobFigures, SourceRate
from pipelines.observe.part import Part
from pipelines.observe.promise import Delay
from pipelines.observe.snapshot import Snapshot
from pipelines.observe.storage import Room
from pipelines.observe.topics import TopicFigures
from pipelines.streaming.cluster import Job
from stack import ServiceStatus

NOW = 1_795_280_060.0
NIGHT = datetime(2026, 11, 21, 4, tzinfo=UTC)
EVIDENCE = anchor_from_json(json.loads(Path("tests/notary/evm_anchor.json").read_text())["anchor"])


def watched() -> Watched:
    """Services that are ready but for the SQL endpoint, and a pipeline that is 20 messages behind."""
    services = [
        ServiceStatus("kafka", "ready", 7, 60.0, 1, 512.0, "127.0.0.1:19092", Path("var/log/kafka.log"), False),
        ServiceStatus("sql", "stopped", None, 0.0, 0, 0.0, "127.0.0.1:18100", Path("var/log/sql.log"), True),
    ]
    before_ms = round(NOW * 1000) - 8_000
    pipeline = Snapshot(
        taken_s=NOW,
        job=Part(JobFigures(Job("d3c7", "RUNNING", 3600.0, 6, 6), 2, (SourceRate("ods.meter_reading", 512.5),))),
        checkpoint=Part(CheckpointFigures(before_ms, before_ms - 1500, 12_345_678, 1500, 1)),
        topics=Part((TopicFigures("meter-readings", 71_224, 71_204, 20, before_ms),)),
        commits=Part(
            (
                TableCommit("ods.meter_reading", "20261121170000123", before_ms, 147),
                TableCommit("dim.region", "20261120170000123", before_ms - 86_400_000, 3),
                TableCommit("ads.meter_anomaly"),
            )
        ),
        delays=Part(
            (
                Delay("ods.meter_reading", 8.0, 60),
                Delay("dim.region", 90.0, 60),
                Delay("ads.meter_anomaly", 9.5, None),
            )
        ),
        dead_letters=Part(dict.fromkeys([*KINDS, OTHER], 0) | {"not_json": 100, "missing": 41}),
        repairs=Part((FrozenDay("2026-11-12", 40, 0), FrozenDay("2026-11-14", 1440, 1438))),
        drift=Part(Drift("8f" * 32, "2026-11-21", 300, -0.62, 0.125)),
        disk=Part(Room(270 * 10**9, 72 * 10**9)),
        hdfs=Part(Room(270 * 10**9, 71 * 10**9)),
    )
    return Watched(Part(services), pipeline, Part(nights()))


def nights() -> NightFigures:
    """Three that are sealed: one in time, one late, one of today that is not final; one is missing."""
    held = Anchored(Checkpoint("lake", 52, bytes(32)), NIGHT, State.FINALIZED, EVIDENCE, ())
    return NightFigures(
        (
            Sealing(date(2026, 11, 21), NIGHT + timedelta(days=1), False, None),
            Sealing(date(2026, 11, 20), NIGHT, False, held),
            Sealing(date(2026, 11, 18), NIGHT - timedelta(days=1), True, held),
        ),
        (date(2026, 11, 19),),
    )
