"""Every reason that the parser of messages can give has a kind, and kinds are few."""

import multiprocessing
import re
from pathlib import Path

import duckdb
import pytest
import sqlglot

from pipelines.errors import PipelineError
from pipelines.observe.dead_letters import KINDS, OTHER, count_by_kind, dead_letters, kind_select
from pipelines.settings import PipelineSettings
from pipelines.sql.client import SqlClient
from warehouse.catalog import Catalog

JAVA = (
    Path(__file__).parents[2]
    / "pipelines"
    / "streaming"
    / "java"
    / "src"
    / "main"
    / "java"
    / "io"
    / "gridseal"
    / "flink"
)

REASONS = {
    "no message: a key without a value": "no_value",
    "empty message": "empty",
    "empty message: 3 bytes of white space": "empty",
    "200,004 bytes, at most 65,536": "too_long",
    "not UTF-8 at byte 1": "not_utf8",
    "not JSON: Unrecognized token 'power' near column 6": "not_json",
    "not JSON: more content after the object that ends at byte 120": "not_json",
    'not a JSON object: "text"': "not_an_object",
    "nested deeper than 64 levels at column 99": "nested_too_deep",
    "not readable: java.lang.StackOverflowError": "not_readable",
    "active_power: appears twice": "duplicate_key",
    "meter_id: missing": "missing",
    "meter_id: null, and it is required": "missing",
    'active_power: "1.2" is not a number': "wrong_type",
    "meter_id: an array is not a text in quotes": "wrong_type",
    "event_time: 5 is not a time in quotes, such as 2026-11-20T00:01:00Z": "wrong_type",
    'event_time: "x" is not an ISO-8601 time with its zone, such as 2026-11-20T00:01:00Z': "wrong_type",
    "active_power: 1.2345 has 4 decimals, at most 3": "too_precise",
    "seq: 1.5 is not a whole number": "too_precise",
    "voltage: -1 is below 0": "out_of_range",
    "active_power: 1E+99 is out of range": "out_of_range",
    "active_power: 123456789012 has 12 digits before the decimal point, at most 7": "out_of_range",
    "event_time: 2030-01-01T00:00:00Z is 90,000 s after the message's own time 2026-11-20T00:00:00Z, at most 86,400 s":
        "out_of_range",
    'meter_id: "M1" does not match M[0-9]{5}': "wrong_text",
    'meter_id: "M" has 1 characters, at least 6': "wrong_text",
    "active_power: a number of 300 characters, at most 100": "wrong_text",
    "something that nobody has thought of": OTHER,
}  # fmt: skip


def kinds(reasons: list[str]) -> list[str]:
    """The kind of each reason, by the very SQL that Spark is asked."""
    sql = sqlglot.transpile(kind_select("letters"), read="spark", write="duckdb")[0]
    connection = duckdb.connect()
    connection.execute("CREATE TABLE letters (place INTEGER, reason VARCHAR)")
    connection.executemany("INSERT INTO letters VALUES (?, ?)", list(enumerate(reasons)))
    return [row[0] for row in connection.execute(f"{sql} ORDER BY place").fetchall()]


def test_kinds() -> None:
    assert dict(zip(REASONS, kinds(list(REASONS)), strict=True)) == REASONS


def test_every_refusal_of_the_parser_has_a_kind() -> None:
    found = [
        (file.name, bool(match[1]), match[2])
        for file in sorted(JAVA.glob("*.java"))
        for match in re.finditer(r'(?:(refusal)|new Refusal)\("((?:[^"\\]|\\.)+)"', file.read_text(encoding="utf-8"))
        if match[2] != "%s: %s"
    ]
    # The second text of a choice stands alone.
    found += [
        ("NumberReader.java", True, "%s is not a whole number"),
        ("TimeReader.java", True, "%s is finer than 1 ms"),
    ]
    found += [("NumberReader.java", True, "%s has %,d decimals, at most %,d")]
    assert len(found) > 20
    reasons = [
        ("field: " if value else "") + re.sub(r"%,?d", "1,024", text).replace("%s", "x") for _, value, text in found
    ]
    unknown = [reason for reason, kind in zip(reasons, kinds(reasons), strict=True) if kind == OTHER]
    assert unknown == []


def test_kinds_are_names_that_a_label_may_have() -> None:
    assert all(re.fullmatch("[a-z0-9_]+", kind) for kind in (*KINDS, OTHER))
    assert not [pattern for pattern in KINDS.values() if set(pattern) & set("'\"\\")]


class Endpoint:
    """Answers with rows."""

    def query(self, *_: object, **__: object) -> object:
        """Whatever it is asked."""
        return type("Result", (), {"rows": (("not_json", 7), (OTHER, 1))})


def test_kinds_that_did_not_occur_are_told_as_none() -> None:
    counts = count_by_kind(Endpoint(), "ods.dead_letter")  # type: ignore[arg-type]
    assert list(counts) == [*KINDS, OTHER]
    assert {kind: count for kind, count in counts.items() if count} == {"not_json": 7, OTHER: 1}


def test_an_endpoint_that_does_not_answer_is_not_waited_for() -> None:
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        with pytest.raises(PipelineError, match=r"the SQL endpoint has not answered within 0 s") as refused:
            SqlClient(ours).query("SELECT 1", timeout_s=0.1)
        assert refused.value.exit_code == 3
        theirs.send({"columns": [("one", "int")], "rows": [(1,)]})
        assert SqlClient(ours).query("SELECT 1", timeout_s=10).rows == ((1,),)


def test_the_endpoint_is_not_started_and_how_to_start_it_is_told(settings: PipelineSettings, catalog: Catalog) -> None:
    key = settings.var_dir / "run" / "sql.key"
    for _ in range(2):
        with pytest.raises(PipelineError, match=r"SQL endpoint, which does not run at 127\.0\.0\.1:1") as refused:
            dead_letters(settings, catalog, ("127.0.0.1", 1))
        assert (refused.value.exit_code, refused.value.hint) == (3, 'gridseal sql "SELECT 1" starts it; it stays')
        # Left behind by one that ran.
        key.parent.mkdir(parents=True, exist_ok=True)
        key.write_bytes(b"key")
