"""The figures of pipeline and nights as `gridseal status` tells them: rows for people, one document for programs."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gridseal.notary_office import nights_told

if TYPE_CHECKING:
    from notary.night import NightFigures
    from pipelines.batch.repair import FrozenDay
    from pipelines.observe.checkpoint import CheckpointFigures
    from pipelines.observe.commits import TableCommit
    from pipelines.observe.drift import Drift
    from pipelines.observe.job import JobFigures
    from pipelines.observe.part import Part
    from pipelines.observe.snapshot import Snapshot
    from pipelines.observe.storage import Room
    from pipelines.observe.topics import TopicFigures

_TABLE_NAMES = ("table", "last commit, UTC", "age, s", "rows", "may lack, s", "promised, s", "")


def pipeline_rows(snapshot: "Snapshot") -> list[tuple[str, str]]:
    """What and its value; a part that could not be read says so in its own row."""
    rows = _told("job", snapshot.job, lambda value: _job_rows(value))
    rows += _told("newest checkpoint", snapshot.checkpoint, lambda value: _checkpoint_rows(value, snapshot.taken_s))
    rows += _told("topics", snapshot.topics, lambda value: [_topic_row(topic, snapshot.taken_s) for topic in value])
    rows += _told("tables", snapshot.commits, lambda value: _commit_rows(value, snapshot.taken_s))
    rows += _told("tables behind their promise", snapshot.delays, lambda _: [_behind_row(snapshot)])
    rows += _told("dead letters", snapshot.dead_letters, lambda value: [("dead letters", _letters(value))])
    rows += _told("frozen days to repair", snapshot.repairs, lambda value: [("frozen days to repair", _days(value))])
    rows += _told("photographs", snapshot.drift, lambda value: [("photographs", _drift(value))])
    rows += _told("disk", snapshot.disk, lambda value: [("disk", _room(value))])
    return rows + _told("HDFS", snapshot.hdfs, lambda value: [("HDFS", _room(value))])


def night_rows(nights: "Part[NightFigures]") -> list[tuple[str, str]]:
    """Likewise, of the nightly anchoring."""
    return _told("nights", nights, lambda value: [("nights", _nights(value))])


def night_document(nights: "Part[NightFigures]") -> dict[str, Any]:
    """The nights for JSON."""

    def form(value: "NightFigures") -> dict[str, Any]:
        last = value.last_final
        return {
            "sealed": len(value.nights),
            "late": [str(day) for day in value.late],
            "missing": [str(day) for day in value.missing],
            "pending": [str(day) for day in value.pending],
            "last_final": last and {"night": str(last.night), "sealed_at": last.sealed_at.isoformat()},
        }

    return dict(part_document(nights, form))


def table_rows(snapshot: "Snapshot") -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Names of the columns, and one row a table; none if HDFS does not tell."""
    rows = [
        (
            entry["table"],
            entry["committed_at"] and entry["committed_at"][:19].replace("T", " "),
            entry["age_s"],
            entry["rows"],
            entry["delay_s"],
            entry["promised_s"],
            "BEHIND" if entry["behind"] else "",
        )
        for entry in _tables(snapshot)
    ]
    return _TABLE_NAMES, rows


def pipeline_document(snapshot: "Snapshot") -> dict[str, Any]:
    """All figures for JSON; in the place of a part that could not be read stand `error` and `next`."""
    now = snapshot.taken_s
    return {
        "taken_at": _iso(round(now * 1000)),
        "job": part_document(snapshot.job, _job_document),
        "checkpoint": part_document(snapshot.checkpoint, lambda value: _checkpoint_document(value, now)),
        "topics": part_document(snapshot.topics, lambda value: [_topic_document(topic, now) for topic in value]),
        "tables": part_document(snapshot.commits, lambda _: _tables(snapshot)),
        "dead_letters": part_document(snapshot.dead_letters, dict),
        "repairs": part_document(snapshot.repairs, lambda value: [_day_document(day) for day in value]),
        "drift": part_document(snapshot.drift, lambda value: value and asdict(value)),
        "disk": part_document(snapshot.disk, _room_document),
        "hdfs": part_document(snapshot.hdfs, _room_document),
    }


def part_document(part: "Part[Any]", form: Callable[[Any], Any]) -> Any:
    """One part for JSON: its form, or why there is none."""
    return form(part.value) if part.ok else {"error": part.error, "next": part.hint}


def _told(name: str, part: "Part[Any]", form: Callable[[Any], list[tuple[str, str]]]) -> list[tuple[str, str]]:
    if part.ok:
        return form(part.value)
    return [(name, f"unknown: {part.error}" + (f" (next: {part.hint})" if part.hint else ""))]


def _job_rows(figures: "JobFigures") -> list[tuple[str, str]]:
    job = figures.job
    if job is None:
        return [("job", "does not run (next: gridseal pipeline start)")]
    ran = f"{job.tasks_running} of {job.tasks} tasks run"
    rows = [("job", f"{job.state}, {ran}, up for {job.uptime_s:,.0f} s, {figures.restarts} restarts")]
    return rows + [(f"source {r.source}", f"{r.records_per_s:,.1f} records/s") for r in figures.rates]


def _checkpoint_rows(newest: "CheckpointFigures | None", now: float) -> list[tuple[str, str]]:
    if newest is None:
        return [("newest checkpoint", "none yet")]
    told = [f"{max(0.0, now - newest.completed_ms / 1000):,.1f} s ago"]
    if newest.size is not None and newest.duration_ms is not None:
        told.append(f"{newest.size / 1e6:,.1f} MB in {newest.duration_ms / 1000:,.1f} s")
    if newest.failed is not None:
        told.append(f"{newest.failed} failed")
    return [("newest checkpoint", ", ".join(told))]


def _topic_row(topic: "TopicFigures", now: float) -> tuple[str, str]:
    told = f"{topic.produced:,} messages, {topic.covered:,} in a checkpoint, lag {topic.waiting:,}"
    if topic.waiting_since_ms is not None:
        told += f", the oldest for {max(0.0, now - topic.waiting_since_ms / 1000):,.0f} s"
    return f"topic {topic.topic}", told


def _commit_rows(commits: "tuple[TableCommit, ...]", now: float) -> list[tuple[str, str]]:
    ages = {c.table: max(0.0, now - c.committed_ms / 1000) for c in commits if c.committed_ms is not None}
    told = f"{len(ages)} of {len(commits)} have a commit"
    if ages:
        newest, oldest = min(ages, key=ages.__getitem__), max(ages, key=ages.__getitem__)
        told += f"; newest {newest}, {ages[newest]:,.0f} s ago; oldest {oldest}, {ages[oldest]:,.0f} s ago"
    return [("tables", told)]


def _behind_row(snapshot: "Snapshot") -> tuple[str, str]:
    delays = snapshot.delays.value or ()
    if not delays:
        return "tables behind their promise", "cannot be told before the first checkpoint"
    behind = [f"{d.table} ({d.delay_s:,.0f} s)" for d in delays if d.behind]
    shown = ", ".join(behind[:3]) + (f" and {len(behind) - 3} more" if len(behind) > 3 else "")
    return "tables behind their promise", shown or "none"


def _letters(counts: dict[str, int]) -> str:
    found = sorted(((count, kind) for kind, count in counts.items() if count), reverse=True)
    total = sum(count for count, _ in found)
    return f"{total:,}: {', '.join(f'{count:,} {kind}' for count, kind in found)}" if found else "none"


def _days(days: "tuple[FrozenDay, ...]") -> str:
    shown = ", ".join(day.day for day in days[:3]) + (f" and {len(days) - 3} more" if len(days) > 3 else "")
    return f"{shown} (next: gridseal batch repair)" if days else "none"


def _nights(figures: "NightFigures") -> str:
    if not figures.nights:
        return "none sealed yet (next: gridseal up --with airflow, or gridseal notarize)"
    last = figures.last_final
    told = f"{nights_told(figures)}; " + (f"the last final one is {last.night}" if last else "no final one")
    remedy = "gridseal notarize" if figures.missing else "gridseal anchor" if figures.pending else ""
    return told + (f" (next: {remedy})" if remedy else "")


def _drift(drift: "Drift | None") -> str:
    if drift is None:
        return "too few to compare with those that the detector learnt from"
    return (
        f"{drift.images:,} of {drift.day}: {drift.grey_shift:+.2f} standard deviations of grey and "
        f"{100 * drift.defect_share_shift:+.0f} % of defects from those that the detector learnt from"
    )


def _room(room: "Room") -> str:
    return f"{room.free / 1e9:,.1f} GB free of {room.total / 1e9:,.1f} GB"


def _job_document(figures: "JobFigures") -> dict[str, Any]:
    job = figures.job
    if job is None:
        return {"state": "does not run", "healthy": False}
    return {
        "state": job.state,
        "healthy": job.healthy,
        "tasks_running": job.tasks_running,
        "tasks": job.tasks,
        "uptime_s": job.uptime_s,
        "restarts": figures.restarts,
        "sources": [{"source": r.source, "records_per_s": r.records_per_s} for r in figures.rates],
    }


def _checkpoint_document(newest: "CheckpointFigures | None", now: float) -> dict[str, Any] | None:
    if newest is None:
        return None
    return {
        "completed_at": _iso(newest.completed_ms),
        "age_s": _age(newest.completed_ms, now),
        "size_bytes": newest.size,
        "duration_s": None if newest.duration_ms is None else newest.duration_ms / 1000,
        "failed": newest.failed,
    }


def _topic_document(topic: "TopicFigures", now: float) -> dict[str, Any]:
    return {
        "topic": topic.topic,
        "produced": topic.produced,
        "covered": topic.covered,
        "lag": topic.waiting,
        "waiting_s": _age(topic.waiting_since_ms, now),
    }


def _tables(snapshot: "Snapshot") -> list[dict[str, Any]]:
    delays = {d.table: d for d in snapshot.delays.value or ()}
    entries = []
    for commit in snapshot.commits.value or ():
        delay = delays.get(commit.table)
        entries.append(
            {
                "table": commit.table,
                "instant": commit.instant,
                "committed_at": _iso(commit.committed_ms),
                "age_s": _age(commit.committed_ms, snapshot.taken_s),
                "rows": commit.rows,
                "delay_s": delay and round(delay.delay_s, 1),
                "promised_s": delay and delay.promised_s,
                "behind": delay and delay.behind,
            }
        )
    return entries


def _day_document(day: "FrozenDay") -> dict[str, Any]:
    return {"day": day.day, "came_late": day.arrivals, "repaired": day.repaired}


def _room_document(room: "Room") -> dict[str, int]:
    return {"total_bytes": room.total, "free_bytes": room.free}


def _iso(moment_ms: int | None) -> str | None:
    if moment_ms is None:
        return None
    return datetime.fromtimestamp(moment_ms / 1000, UTC).isoformat(timespec="milliseconds")


def _age(moment_ms: int | None, now: float) -> float | None:
    return None if moment_ms is None else round(max(0.0, now - moment_ms / 1000), 1)
