"""Analysts' own tools ask the lake by jdbc:hive2: they see what is there, and change nothing."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

import pyspark
import pytest
from hdfs import HdfsError, InsecureClient
from impala import dbapi

import stack
from pipelines.sql.front_door import USER
from stack.catalog import find_service
from stack.java import java_home
from stack.sql import password_file
from tests.lake.lake import DAY, Lake

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

BILLS = "ads.customer_daily_bill"
PATIENCE_S = 60
ZONE = "spark.sql.session.timeZone"
LONG = "SELECT COUNT(*) FROM range(100000000) a CROSS JOIN range(1000) b WHERE a.id % 7 = b.id % 5"


@contextmanager
def cursor(lake: Lake, configuration: dict[str, str] | None = None, **further: Any) -> Iterator[Any]:
    """As a client in Python connects."""
    options = {"user": USER, "password": lake.settings.sql_password.get_secret_value()} | further
    with dbapi.connect(
        host=lake.settings.host, port=lake.settings.sql_jdbc_port, auth_mechanism="PLAIN", **options
    ) as connection:
        yield connection.cursor(configuration=configuration)


@pytest.fixture(scope="module")
def analyst(lake: Lake) -> Iterator[Any]:
    lake.settle()
    with cursor(lake) as found:
        yield found


def ask(analyst: Any, sql: str) -> list[tuple[Any, ...]]:
    analyst.execute(sql)
    return list(analyst.fetchall())


@pytest.mark.parametrize("table", [BILLS, "dim.customer", "dim.customer_current", "dwd.work_ticket"])
def test_every_value_is_what_the_lake_has(lake: Lake, analyst: Any, table: str) -> None:
    query = f"SELECT * FROM {table} ORDER BY 1, 2, 3"
    assert ask(analyst, query) == lake.query(query)
    assert ask(analyst, query)


@pytest.mark.parametrize(
    "sql",
    [
        f"WITH b AS (SELECT * FROM {BILLS}) SELECT COUNT(*) FROM b JOIN dim.customer_current USING (customer_id)",
        f"SELECT dt, SUM(total_amount), RANK() OVER (ORDER BY dt) FROM {BILLS} GROUP BY dt",
        f"SELECT customer_id FROM {BILLS} WHERE customer_id IN (SELECT customer_id FROM dim.customer) LIMIT 3",
        f"SELECT * FROM (SELECT dt, customer_id FROM {BILLS}) PIVOT (COUNT(customer_id) FOR dt IN ('{DAY}'))",
        "SELECT EXPLODE(SEQUENCE(1, 3)) UNION ALL VALUES (4)",
        "SHOW DATABASES",
        "SHOW TABLES IN ads",
        f"SHOW CREATE TABLE {BILLS}",
        f"DESCRIBE {BILLS}",
        f"DESCRIBE EXTENDED {BILLS}",
        f"EXPLAIN SELECT * FROM {BILLS}",
        "SHOW FUNCTIONS LIKE 'ab*'",
        "SET spark.sql.session.timeZone = UTC",
        "SET TIME ZONE 'UTC'",
    ],
)
def test_whatever_reads_is_answered(analyst: Any, sql: str) -> None:
    assert ask(analyst, sql)


@pytest.mark.parametrize(
    "sql",
    [
        f"INSERT INTO {BILLS} SELECT * FROM {BILLS}",
        f"INSERT OVERWRITE {BILLS} SELECT * FROM {BILLS}",
        f"FROM {BILLS} INSERT INTO {BILLS} SELECT *",
        "INSERT OVERWRITE DIRECTORY '/tmp/out' USING parquet SELECT 1",
        f"UPDATE {BILLS} SET total_amount = 0",
        f"DELETE FROM {BILLS}",
        f"MERGE INTO {BILLS} t USING {BILLS} s ON t.customer_id = s.customer_id WHEN MATCHED THEN DELETE",
        f"DROP TABLE {BILLS}",
        "DROP DATABASE ads CASCADE",
        "CREATE TABLE ads.mine USING parquet AS SELECT 1 AS one",
        f"CREATE TABLE ads.mine LIKE {BILLS}",
        "CREATE DATABASE mine",
        "CREATE VIEW ads.mine AS SELECT 1 AS one",
        "CREATE TEMPORARY VIEW mine AS SELECT 1 AS one",
        "CREATE TEMPORARY VIEW mine USING csv OPTIONS (path '/etc/passwd')",
        f"ALTER TABLE {BILLS} ADD COLUMNS (mine INT)",
        f"ALTER TABLE {BILLS} RENAME TO ads.mine",
        f"ALTER TABLE {BILLS} SET LOCATION '/tmp'",
        f"COMMENT ON TABLE {BILLS} IS 'mine'",
        f"TRUNCATE TABLE {BILLS}",
        f"ANALYZE TABLE {BILLS} COMPUTE STATISTICS",
        f"REFRESH TABLE {BILLS}",
        f"CACHE TABLE {BILLS}",
        "CLEAR CACHE",
        f"CALL run_clean(table => '{BILLS}')",
        f"CALL show_commits(table => '{BILLS}')",
        f"CALL rollback_to_instant(table => '{BILLS}', instant_time => '20261120000000000')",
        "SELECT * FROM parquet.`/lake/ads/customer_daily_bill`",
        "SELECT * FROM csv.`/etc/passwd`",
        "SELECT * FROM text.`file:///etc/passwd`",
        "SELECT * FROM hudi_query('/lake/ads/customer_daily_bill', 'read_optimized')",
        "SELECT * FROM hudi_table_changes('/lake/ads/customer_daily_bill', 'latest_state', 'earliest')",
        f"SELECT TRANSFORM(customer_id) USING 'cat' FROM {BILLS}",
        "SET spark.sql.runSQLOnFiles = true",
        "SET spark.sql.catalog.mine = org.apache.spark.sql.execution.datasources.v2.jdbc.JDBCTableCatalog",
        "SET",
        "RESET",
        "ADD JAR /tmp/mine.jar",
        "ADD FILE /etc/passwd",
        "LIST JARS",
        "SELECT reflect('java.lang.System', 'getenv', 'HOME')",
        "SELECT java_method('java.lang.System', 'getProperty', 'user.home')",
        f"SELECT (SELECT reflect('java.lang.System', 'getenv', 'HOME')) FROM {BILLS}",
        "WITH mine AS (SELECT reflect('java.lang.System', 'getenv', 'HOME')) SELECT * FROM mine",
        f"SELECT read_blob(struct('file:///etc/passwd')) FROM {BILLS}",
        f"SELECT * FROM {BILLS} WHERE EXISTS (SELECT * FROM hudi_query('/lake/x', 'read_optimized'))",
        "CREATE TEMPORARY FUNCTION mine AS 'java.lang.Runtime'",
        "CREATE FUNCTION mine AS 'java.lang.Runtime' USING JAR '/tmp/mine.jar'",
        "SELECT 1; DROP DATABASE ads CASCADE",
    ],
)
def test_whatever_else_is_refused(analyst: Any, sql: str) -> None:
    with pytest.raises(dbapi.Error):
        ask(analyst, sql)


def test_a_refusal_says_what_is_allowed(analyst: Any) -> None:
    with pytest.raises(dbapi.Error, match=r"DropTable is refused; allowed: SELECT, WITH, SHOW, DESCRIBE, EXPLAIN, USE"):
        ask(analyst, f"DROP TABLE {BILLS}")
    with pytest.raises(dbapi.Error, match=r"there is no table 'ads.nothing'.*; next: gridseal tables"):
        ask(analyst, "SELECT * FROM ads.nothing")


@pytest.mark.parametrize("kind", ["hiveconf", "hivevar", "system", "metaconf", "env"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spark.sql.runSQLOnFiles", "true"),
        ("spark.sql.catalog.mine", "java.lang.Runtime"),
        ("fs.file.impl", "java.lang.Runtime"),
        ("hive.server2.custom.authentication.class", "java.lang.Runtime"),
        ("hive.metastore.try.direct.sql", "true"),
    ],
)
def test_a_connection_brings_no_settings(lake: Lake, kind: str, name: str, value: str) -> None:
    """As a JDBC client sends what stands behind ? and # in its URL."""
    brought = {f"set:{kind}:{name}": value}
    with pytest.raises(dbapi.Error, match=f"{name} is refused; allowed"), cursor(lake, brought) as analyst:
        ask(analyst, "SELECT 1")
    with cursor(lake) as analyst:
        assert ask(analyst, "SELECT 1") == [(1,)]


def test_a_connection_removes_no_folder(lake: Lake, tmp_path: Path) -> None:
    """HiveServer2 removes, when a session closes, the folder that it takes for its own."""
    (tmp_path / "kept").mkdir()
    brought = {"set:hiveconf:hive.downloaded.resources.dir": str(tmp_path)}
    with pytest.raises(dbapi.Error, match="is refused"), cursor(lake, brought) as analyst:
        ask(analyst, "SELECT 1")
    assert (tmp_path / "kept").is_dir()


def test_a_session_leaves_no_metastore(lake: Lake) -> None:
    """HiveServer2 would make one in the working folder when a session closes."""
    with cursor(lake) as analyst:
        assert ask(analyst, "SELECT 1") == [(1,)]
    (service,) = [found for found in stack.status(lake.settings) if found.name == "sql"]
    folder = Path(f"/proc/{service.pid}/cwd").resolve()
    assert not [name for name in ("metastore_db", "derby.log") if (folder / name).exists()]


@pytest.mark.parametrize("value", ["${env:HOME}", "${system:user.home}", "UTC; DROP DATABASE ads", "Nowhere/City"])
def test_a_time_zone_is_only_that(lake: Lake, value: str) -> None:
    with pytest.raises(dbapi.Error) as refused, cursor(lake, {f"set:hiveconf:{ZONE}": value}) as analyst:
        ask(analyst, "SELECT 1")
    assert str(Path.home()) not in str(refused.value)


def test_variables_are_texts(analyst: Any) -> None:
    assert ask(analyst, "SELECT '${env:HOME}', '${system:user.home}'") == [("${env:HOME}", "${system:user.home}")]


def test_documents_of_xml_read_no_files(analyst: Any, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("seen")
    (tmp_path / "dtd").write_text('<!ENTITY b "seen">')
    for doctype in (
        f'[<!ENTITY b SYSTEM "{(tmp_path / "text").as_uri()}">]',
        f'SYSTEM "{(tmp_path / "dtd").as_uri()}"',
    ):
        try:
            told = str(ask(analyst, f"SELECT xpath_string('<!DOCTYPE a {doctype}><a>&b;</a>', 'a')"))
        except dbapi.Error as error:
            told = str(error)
        assert "seen" not in told
    assert ask(analyst, "SELECT xpath_string('<!DOCTYPE a [<!ENTITY b \"seen\">]><a>&b;</a>', 'a')") == [("seen",)]


def test_a_statement_has_an_end(analyst: Any) -> None:
    with pytest.raises(dbapi.Error, match=r"a statement of 300007 characters is refused; allowed: 262144 characters"):
        ask(analyst, "SELECT " + " " * 299_999 + "1")


def test_its_process_cannot_write_to_the_lake(lake: Lake) -> None:
    """HDFS refuses it, whatever a client were to find."""
    (service,) = [found for found in stack.status(lake.settings) if found.name == "sql"]
    command = subprocess.run(["pgrep", "-a", "-P", str(service.pid)], capture_output=True, text=True, check=True).stdout
    (user,) = set(re.findall(r"-DHADOOP_USER_NAME=(\w+)", command))
    other = InsecureClient(lake.settings.webhdfs_url, user=user)
    folder = f"/lake/{BILLS.replace('.', '/')}"
    assert other.list(folder)
    for change in (lambda: other.delete(folder, recursive=True), lambda: other.write(f"{folder}/mine", b"")):
        with pytest.raises(HdfsError, match="Permission denied"):
            change()


def test_errors_are_for_people(analyst: Any) -> None:
    with pytest.raises(dbapi.Error) as refused:
        ask(analyst, f"SELECT nothing FROM {BILLS}")
    told = str(refused.value)
    assert told.startswith("[UNRESOLVED_COLUMN")
    assert "\tat " not in told
    assert "Exception" not in told


def test_a_connection_may_bring_its_time_zone(lake: Lake) -> None:
    with cursor(lake, {f"set:hiveconf:{ZONE}": "Europe/Paris"}) as analyst:
        assert ask(analyst, "SELECT CURRENT_TIMEZONE()") == [("Europe/Paris",)]


@pytest.mark.parametrize(
    "further",
    [{"password": "wrong"}, {"password": ""}, {"user": "root"}, {"user": ""}],  # pragma: allowlist secret
)
def test_without_the_password_nobody_comes_in(lake: Lake, further: dict[str, str]) -> None:
    with pytest.raises(Exception, match=r"Error validating the login|Bad status"), cursor(lake, **further) as analyst:
        ask(analyst, "SELECT 1")


def test_the_password_is_in_files_of_the_owner_alone(lake: Lake) -> None:
    file = password_file(lake.settings)
    assert file.stat().st_mode & 0o777 == 0o600
    (service,) = [found for found in stack.status(lake.settings) if found.name == "sql"]
    secret = file.read_bytes()
    for place in ("cmdline", "environ"):
        assert secret not in Path(f"/proc/{service.pid}/{place}").read_bytes()
    assert secret not in service.log.read_bytes()


def test_tables_stand_under_their_layers_with_comments_and_units(lake: Lake, analyst: Any) -> None:
    analyst.get_tables(database_name="ads")
    told = {row[2] for row in analyst.fetchall()}
    streamed = [table for table in lake.catalog if table.layer == "ads" and table.mode == "stream"]
    assert {table.name.split(".")[1] for table in streamed} <= told
    table = lake.catalog.table(BILLS)
    comments = {row[0]: row[2] for row in ask(analyst, f"DESCRIBE {BILLS}")}
    for column in table.columns:
        assert column.description in comments[column.name]
        if column.unit not in ("", "1"):
            assert comments[column.name].endswith(f" [{column.unit}]")


def test_a_connection_sees_what_came_after_it(lake: Lake, analyst: Any) -> None:
    key = lake.free("customer")[-1]
    query = f"SELECT name FROM dim.customer_current WHERE customer_id = {key}"
    before = ask(analyst, query)
    with lake.changes("front-door") as hand:
        noon = datetime.combine(lake.next_day - timedelta(days=1), clock(12))
        hand.update(noon, "customer", key, name="Seen by the front door")
    lake.await_changes()
    assert ask(analyst, query) == [("Seen by the front door",)] != before


def test_beeline_connects(lake: Lake, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(lake.settings.sql_password.get_secret_value())
    jars = Path(pyspark.__file__).parent / "jars" / "*"
    url = f"jdbc:hive2://{lake.settings.host}:{lake.settings.sql_jdbc_port}/ads"
    query = "SELECT customer_id, total_amount FROM customer_daily_bill ORDER BY total_amount, customer_id, dt LIMIT 2"
    beeline = [java_home() / "bin" / "java", "-cp", jars, "org.apache.hive.beeline.BeeLine"]
    told = subprocess.run(
        [*beeline, "-u", url, "-n", USER, "-w", secret, "--outputformat=csv2", "--silent=true", "-e", query],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    expected = lake.query(query.replace("FROM ", "FROM ads."))
    assert told.returncode == 0, told.stderr
    heading, *lines = told.stdout.split("\n")
    assert heading.endswith("customer_id,total_amount")  # Behind a prompt.
    assert list(filter(None, lines)) == [f"{key},{amount}" for key, amount in expected]


def test_a_statement_has_a_limit_of_time_and_of_rows(lake: Lake) -> None:
    """The last one: another endpoint stands in for that of the lake."""
    service = find_service(lake.settings.model_copy(update={"sql_timeout_seconds": 15, "sql_max_rows": 4}), "sql")
    stack.stop(lake.settings, "sql")
    log = lake.settings.var_dir / "log" / "limited.log"
    with (
        log.open("w") as said,
        subprocess.Popen(
            service.command, env=lake.environment | service.environment, stdout=said, stderr=said
        ) as other,
    ):
        try:
            deadline = time.monotonic() + PATIENCE_S
            while service.ready():
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            with cursor(lake) as analyst:
                with suppress(KeyError):  # A JVM that has read no table yet may take longer than the limit.
                    ask(analyst, "SELECT * FROM dim.customer")
                assert len(ask(analyst, "SELECT * FROM dim.customer")) == 4
                assert ask(analyst, "SELECT COUNT(*) > 4 FROM dim.customer") == [(True,)]
                assert ask(analyst, "SELECT * FROM range(10) ORDER BY id DESC") == [(9,), (8,), (7,), (6,)]
                assert len(ask(analyst, "SHOW FUNCTIONS")) > 4
                began = time.monotonic()
                # impyla has no name for the state of what has timed out, which is 8.
                with pytest.raises(KeyError, match="8"):
                    ask(analyst, LONG)
                assert time.monotonic() - began < PATIENCE_S
                assert ask(analyst, "SELECT 1") == [(1,)]
            # Without its JVM it ends, so that it is started anew.
            jvm = subprocess.run(["pgrep", "-P", str(other.pid)], capture_output=True, text=True, check=True).stdout
            os.kill(int(jvm), signal.SIGKILL)
            assert other.wait(PATIENCE_S) == 1
        finally:
            other.terminate()
            other.wait(PATIENCE_S)
            stack.stop(lake.settings, "sql")
            stack.start(lake.settings, "sql")
