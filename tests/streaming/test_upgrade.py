"""How a job ends whose SQL is to change: by a savepoint if it can, and what becomes of it if it cannot."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming import upgrade
from pipelines.streaming.cluster import Job, failures
from pipelines.streaming.compiled import compiled_from
from pipelines.streaming.replay import with_past
from pipelines.streaming.upgrade import _end, _without_tables
from warehouse.catalog import load_catalog

SETTINGS = PipelineSettings()
CATALOG = load_catalog(SETTINGS)
WHOLE = Job("j", "RUNNING", 1.0, 5, 5)
BROKEN = replace(WHOLE, state="RESTARTING", tasks_running=0)


class Flink:
    """A job that is whole or not, one look after the other, and fails at each stop that is said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, looks: list[Job], stops: list[str], missing: str = "") -> None:
        self.looks, self.stops, self.ended, self.said = looks, stops, False, list[str]()
        self.failed, self.failing = 0, 1
        monkeypatch.setattr(upgrade, "current_job", lambda _: self.look())
        monkeypatch.setattr(upgrade, "stop", lambda *_: self.stop())
        monkeypatch.setattr(upgrade, "failures", lambda *_: self.failed)
        monkeypatch.setattr(upgrade, "last_failure", lambda *_: "/ by zero")
        monkeypatch.setattr(upgrade, "source_failure", lambda *_: missing)
        monkeypatch.setattr(upgrade, "end_job", lambda _: self.end())
        monkeypatch.setattr(upgrade.time, "sleep", lambda _: self.fail())

    def look(self) -> Job:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def stop(self) -> None:
        if refused := self.stops.pop(0):
            raise PipelineError(refused)

    def fail(self) -> None:
        self.failed += self.failing

    def end(self) -> None:
        self.ended = True

    def asked_to_end(self) -> None:
        _end(SETTINGS, self.said.append, 1)


def test_a_job_that_runs_stops_with_a_savepoint(monkeypatch: pytest.MonkeyPatch) -> None:
    flink = Flink(monkeypatch, [WHOLE], [""])
    flink.asked_to_end()
    assert (flink.stops, flink.ended, flink.said) == ([], False, [])


def test_one_failure_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a kill, before the stop or amid it."""
    looks = [WHOLE, BROKEN, WHOLE, WHOLE, BROKEN, WHOLE]
    flink = Flink(monkeypatch, looks, ["the checkpoint before the savepoint failed", ""])
    flink.failed, flink.failing = 1, 0
    flink.asked_to_end()
    assert (flink.stops, flink.ended) == ([], False)


def test_a_job_that_fails_again_and_again_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    flink = Flink(monkeypatch, [BROKEN], [])
    flink.asked_to_end()
    assert flink.ended
    assert flink.said == ["the job cannot be stopped with a savepoint, for it fails: / by zero"]


def test_a_job_that_is_whole_for_a_moment_only_is_cancelled_too(monkeypatch: pytest.MonkeyPatch) -> None:
    flink = Flink(monkeypatch, [WHOLE], ["failed", "failed"])
    flink.failed = 1
    flink.asked_to_end()
    assert flink.ended


def test_a_stop_that_fails_for_another_reason_leaves_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    flink = Flink(monkeypatch, [WHOLE], ["no savepoint within 330 s"])
    with pytest.raises(PipelineError, match="no savepoint within 330 s"):
        flink.asked_to_end()
    assert not flink.ended


def test_a_source_that_fails_is_mended_by_no_sql(monkeypatch: pytest.MonkeyPatch) -> None:
    flink = Flink(monkeypatch, [BROKEN], [], "grid.equipment has no column status any more")
    with pytest.raises(PipelineError, match=r"^the job cannot go on: grid\.equipment has no column status any more$"):
        flink.asked_to_end()
    assert not flink.ended


def test_a_job_that_neither_runs_nor_fails_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    flink = Flink(monkeypatch, [BROKEN], [])
    monkeypatch.setattr(upgrade, "_RUNNING_S", 0.0)
    with pytest.raises(PipelineError, match="the job neither runs nor fails within 0 s"):
        flink.asked_to_end()
    assert not flink.ended


def test_the_echo_of_a_failure_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def entry(ms: int, text: str) -> dict[str, Any]:
        return {"timestamp": ms, "stacktrace": text}

    entries = [entry(30, "x.TaskNotRunningException"), entry(20, "java.lang.ArithmeticException"), entry(5, "old")]
    answer = {"exceptionHistory": {"entries": entries}}
    monkeypatch.setattr("pipelines.streaming.cluster.get", lambda *_: answer)
    assert failures(SETTINGS, "j", 10) == 1


def test_after_the_sources_alone_every_table_but_theirs_is_made_anew() -> None:
    now = compiled_from(CATALOG)
    known = _without_tables(now, now, CATALOG)
    fed = {table.name for table in with_past(CATALOG)}
    assert (now.whole, known.whole) == (True, False)
    assert set(known.changed(now)) == now.digests.keys() - fed
    # What they write is on record before they do, and no contract may break with it.
    changed = replace(now, shapes=dict.fromkeys(now.shapes, next(iter(now.shapes.values()))))
    assert _without_tables(changed, now, CATALOG).shapes["ods.meter_reading"] == now.shapes["ods.meter_reading"]
