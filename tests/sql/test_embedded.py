"""What DuckDB in this process may do: read tables, and nothing else of this machine or another."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sql.embedded import Embedded, lock


@pytest.fixture
def engine(settings: PipelineSettings) -> Embedded:
    return Embedded(settings)


def test_an_answer_is_in_types_of_python(engine: Embedded) -> None:
    answer = engine.query(
        "SELECT CAST(1.50 AS DECIMAL(8,2)) AS price, TIMESTAMP '2026-11-20 05:00:00' AS at, 'x'::BLOB AS data,"
        " NULL AS none,"
        " TIMESTAMPTZ '2026-11-20 05:00:00+01' AS moment, SUM(7::BIGINT) AS total"
    )
    ((price, at, data, none, moment, total),) = answer.rows
    assert (price, at, data, none, total) == (Decimal("1.50"), datetime(2026, 11, 20, 5), b"x", None, 7)
    assert moment == datetime(2026, 11, 20, 4, tzinfo=UTC)
    assert answer.columns[:2] == (("price", "DECIMAL(8,2)"), ("at", "TIMESTAMP"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "select 1;",
        "-- why\nSELECT 1",
        "/* why */ (SELECT 1) UNION ALL VALUES (2)",
        "WITH a AS (SELECT 1) FROM a",
        "FROM range(3)",
        "DESCRIBE SELECT 1",
        "SHOW TABLES",
    ],
)
def test_whatever_reads_is_answered(engine: Embedded, sql: str) -> None:
    engine.query(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_parquet('{file}')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM query('SELECT * FROM read_text(''/etc/passwd'')')",
        "SELECT * FROM read_csv('http://127.0.0.1:1/a.csv')",
        "SELECT * FROM HIDDEN",
        "COPY (SELECT 1) TO '{file}'",
        "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
        "COPY (SELECT 1) TO '/dev/stdout'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}'",
        "EXPORT DATABASE '{file}'",
        "ATTACH '{file}' AS other",
        "DETACH memory",
        "USE memory",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "PRAGMA enable_profiling",
        "/* SELECT */ PRAGMA database_list",
        "SET enable_external_access = true",
        "SET threads = 1",
        "RESET lock_configuration",
        "CALL enable_logging()",
        "SELECT * FROM enable_logging(storage = 'file', storage_path = '{file}')",
        "CREATE TABLE a AS SELECT 1",
        "CREATE TEMPORARY VIEW a AS SELECT 1",
        "CREATE SECRET (TYPE s3)",
        "INSERT INTO ads.customer_daily_bill VALUES (1)",
        "DROP SCHEMA ads",
        "CHECKPOINT",
        "VACUUM",
        "PREPARE a AS SELECT 1",
        "BEGIN",
        "SELECT 1; SELECT 2",
        "SELECT 1; COPY (SELECT 1) TO '{file}'",
        ";",
        "",
    ],
)
def test_whatever_does_more_is_refused_in_a_line(engine: Embedded, tmp_path: Path, sql: str) -> None:
    HIDDEN = [1]  # noqa: F841, N806
    with pytest.raises(PipelineError) as refused:
        engine.query(sql.format(file=tmp_path / "file"))
    assert refused.value.exit_code == 2
    assert refused.value.hint
    assert len(str(refused.value).splitlines()) == 1
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("sql", "refused"),
    [
        ("WITH a AS (COPY (SELECT 1) TO '{file}') SELECT * FROM a", "COPY"),
        ("WITH a AS (INSERT INTO ads.feeder_loss VALUES (1) RETURNING *) SELECT * FROM a", "INSERT"),
        ("WITH a AS (DELETE FROM ads.feeder_loss RETURNING *) SELECT * FROM a", "DELETE"),
        ("SELECT * FROM (WITH a AS (COPY (SELECT 1) TO '{file}') SELECT * FROM a)", "COPY"),
        ("SELECT * FROM query('WITH a AS (COPY (SELECT 1) TO ''{file}'') FROM a')", "the table function query"),
    ],
)
def test_what_writes_is_refused_within_what_reads(engine: Embedded, tmp_path: Path, sql: str, refused: str) -> None:
    with pytest.raises(PipelineError, match=f"^{refused} is refused; allowed: "):
        engine.query(sql.format(file=tmp_path / "file"))
    assert not (tmp_path / "file").exists()


LOCKED = (
    "SELECT * FROM read_csv('{other}')",
    "SELECT * FROM '{link}'",
    "SELECT * FROM '{folder}/../b.csv'",
    "SELECT * FROM glob('{folder}/*')",
    "COPY (SELECT 1) TO '{folder}/new.csv'",
    "WITH a AS (COPY (SELECT 1) TO '{folder}/new.csv') SELECT * FROM a",
    "ATTACH '{folder}/new.duckdb'",
    "INSTALL httpfs",
    "LOAD '{other}'",
    "SELECT * FROM 'http://127.0.0.1:1/a.csv'",
    "SET enable_external_access = true",
    "SET allowed_paths = ['{other}']",
    "SET allowed_directories = ['/']",
    "SET lock_configuration = false",
    "PRAGMA enable_profiling",
)


@pytest.mark.parametrize("sql", LOCKED)
def test_the_lock_holds_whatever_is_asked(tmp_path: Path, sql: str) -> None:
    """A second one, behind the check of what a statement is."""
    folder = tmp_path / "copies"
    folder.mkdir()
    own, other, link = folder / "a.csv", tmp_path / "b.csv", folder / "c.csv"
    for file in (own, other):
        file.write_text("a\n1\n")
    link.symlink_to(other)
    with duckdb.connect() as database:
        lock(database, [own])
        assert database.execute(f"SELECT * FROM '{own}'").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error):
            database.execute(sql.format(folder=folder, other=other, link=link)).fetchall()
    assert sorted(folder.iterdir()) == [own, link]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        ("SELECT * FROM ads.customer_dayly_bill", "there is no table 'ads.customer_dayly_bill'; did you mean"),
        ("SELECT * FROM nothing", "nothing"),
        ("SELECT nothing", "nothing"),
        ("SELECT * FROM ads.customer_daily_bill_current", "there is no table"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(engine: Embedded, sql: str, told: str) -> None:
    with pytest.raises(PipelineError) as wrong:
        engine.query(sql)
    assert told in str(wrong.value)
    assert len(str(wrong.value).splitlines()) == 1
    assert wrong.value.exit_code == 2


def test_a_table_that_was_never_written_names_the_command(engine: Embedded, answers: Any) -> None:
    with pytest.raises(PipelineError, match=r"ads\.meter_baseline has not been written yet \(hdfs://") as refused:
        engine.query("SELECT * FROM ads.meter_baseline")
    assert (refused.value.exit_code, refused.value.hint) == (3, "gridseal batch run ads.meter_baseline")
    assert answers.asked == ["LISTSTATUS /lake/ads/meter_baseline/.hoodie"]


def test_without_hdfs_there_is_no_answer(settings: PipelineSettings) -> None:
    away = Embedded(settings.model_copy(update={"webhdfs_url": "http://127.0.0.1:1"}))
    with pytest.raises(PipelineError, match="HDFS does not answer at") as refused:
        away.query("SELECT * FROM ads.data_freshness")
    assert (refused.value.exit_code, refused.value.hint) == (3, "gridseal up")
    assert away.query("SELECT 1").rows == ((1,),)


def test_a_declared_table_without_a_commit_is_empty(engine: Embedded, answers: Any) -> None:
    status = {"type": "FILE", "length": 9, "modificationTime": 1}
    names = ("hoodie.properties", "1.deltacommit.requested")
    listed = [status | {"pathSuffix": name} for name in names]
    answers["LISTSTATUS /lake/dim/customer/.hoodie"] = {"FileStatuses": {"FileStatus": listed}}
    for name in ("dim.customer", "DIM.Customer_Current", 'dim."customer"'):
        answer = engine.query(f"SELECT * FROM {name}")
        assert answer.rows == ()
        assert dict(answer.columns)["contract_kw"] == "DECIMAL(8,2)"
    assert "valid_to" not in engine.query("SELECT * FROM dim.customer_current").names
