"""DuckDB in this process: answers of queries from copies of the tables, without a JVM and without an endpoint."""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.errors import PipelineError
from pipelines.observe.files import Progress
from pipelines.reading.commits import Commits
from pipelines.settings import PipelineSettings
from pipelines.sql.client import Result
from pipelines.sql.copies import open_copies
from pipelines.sql.session import current_select
from pipelines.sql.time_travel import refuse_forgotten
from pipelines.streaming.hudi import table_path
from pipelines.timeline import EVER, instant_of
from warehouse.catalog import CURRENT, Catalog, load_catalog
from warehouse.contract import LAYERS, Table, read_contract
from warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_REQUESTS_AT_ONCE = 8
_HINT = "gridseal tables; gridseal describe TABLE"
# A statement that reads may hold one that writes, such as COPY in a WITH.
_NODES = ("SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE")
# Others read files, or run a statement that is the text of an argument.
_FUNCTIONS = ("generate_series", "range", "repeat", "repeat_row", "unnest")


class Embedded:
    """Answers as the client of the endpoint does."""

    def __init__(self, settings: PipelineSettings, progress: Progress = lambda *_: None) -> None:
        """Nothing is opened before a query.

        Args:
            settings: Where the lake is, and the folder of state, which keeps the copies.
            progress: Told of partitions done, of all, and the next that is read from HDFS.
        """
        self._settings, self._progress = settings, progress

    def query(self, sql: str, as_of: datetime | None = None) -> Result:
        """Run a query.

        Args:
            sql: DuckDB's SQL that reads; tables by their layer names.
            as_of: Read every table as it was then; a time with a zone.

        Raises:
            PipelineError: The query is wrong or does more than read, a table is not there, or HDFS does not answer.
        """
        import duckdb

        try:
            with duckdb.connect(config=self._options()) as database:
                tables = self._tables(database, sql)
                if as_of:
                    named = {table.name: table for table in tables}
                    refuse_forgotten(self._settings, Catalog(named, self._settings), named, as_of)
                return self._answer(database, sql, tables, instant_of(as_of) if as_of else EVER)
        except duckdb.Error as error:
            raise PipelineError(str(error).strip().splitlines()[0], _HINT, exit_code=2) from error
        except WarehouseError as error:
            raise PipelineError(str(error), error.hint, error.exit_code) from error

    def _answer(self, database: "DuckDBPyConnection", sql: str, tables: list[Table], until: str) -> Result:
        with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
            written = list(pool.map(partial(_commits_of, self._settings), tables))
        with open_copies(self._settings) as copies:
            files = [copies.files(commits, until, self._progress) for commits in written]
            make_views(database, zip(tables, files, strict=True))
            lock(database, chain.from_iterable(files))
            answer = database.execute(sql)
            columns = tuple((str(name), str(kind)) for name, kind, *_ in answer.description or ())
            return Result(columns, tuple(answer.fetchall()))

    def _options(self) -> dict[str, Any]:
        return {
            "memory_limit": f"{self._settings.sql_memory_mb}MiB",
            "temp_directory": str(self._settings.var_dir.resolve() / "duckdb" / "spilled"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            # A name that is no table is not a variable of this program.
            "python_enable_replacements": "false",
        }

    def _tables(self, database: "DuckDBPyConnection", sql: str) -> list[Table]:
        """The tables of the lake that a statement names, if it is one that reads; it is parsed and not looked into."""
        ((told,),) = database.execute("SELECT json_serialize_sql($1)", [sql]).fetchall()
        parsed = json.loads(told)
        if parsed["error"] and parsed["error_type"] == "parser":
            raise PipelineError(parsed["error_message"].splitlines()[0], _HINT, exit_code=2)
        # Nothing but SELECT and what is one, such as DESCRIBE, is told in JSON.
        if parsed["error"] or len(parsed["statements"]) != 1:
            raise _refusal("the statement is refused; allowed: one that reads, such as SELECT")
        named = {name for name in _named(parsed) if name.split(".")[0] in LAYERS}
        tables = {table.name: table for table in map(self._table, sorted(named))}
        return list(tables.values())

    def _table(self, name: str) -> Table:
        """The table of a name, or of a view of current versions; contracts of others would take a second to read."""
        for base in (name, name.removesuffix(CURRENT)):
            folder = self._settings.warehouse_dir / base.replace(".", "/")
            if folder.is_dir() and ((table := read_contract(folder)).history or base == name):
                return table
        return load_catalog(self._settings).table(name)


def _named(parsed: Any) -> Iterator[str]:
    """Names of tables in a statement as DuckDB has parsed it; what is not known to read only is refused."""
    if isinstance(parsed, dict):
        kind = str(parsed.get("type"))
        if kind.endswith("_NODE") and kind not in _NODES:
            raise _refusal(f"{kind.split('_')[0]} is refused; allowed: SELECT")
        if kind == "TABLE_FUNCTION" and (name := parsed["function"].get("function_name")) not in _FUNCTIONS:
            raise _refusal(f"the table function {name} is refused; allowed: {', '.join(_FUNCTIONS)}")
        if kind == "BASE_TABLE":
            yield f"{parsed['schema_name']}.{parsed['table_name']}".lower()
        parsed = list(parsed.values())
    if isinstance(parsed, list):
        for part in parsed:
            yield from _named(part)


def _refusal(what: str) -> PipelineError:
    return PipelineError(what, "gridseal sql --help", exit_code=2)


def _commits_of(settings: PipelineSettings, table: Table) -> Commits:
    commits = Commits.of(settings, table)
    if not commits.files:
        path = table_path(table, settings.lake_uri)
        raise PipelineError(f"{table.name} has not been written yet ({path})", table.made_by, exit_code=3)
    return commits


def make_views(database: "DuckDBPyConnection", files: Iterable[tuple[Table, list[Path]]]) -> None:
    """Give tables, and the current versions of histories, their layer names; each is read from its Parquet files."""
    database.execute("SET TimeZone = 'UTC'")
    for layer in LAYERS:
        database.execute(f"CREATE SCHEMA {layer}")
    for table, of_table in files:
        paths = ", ".join(map(_quoted, of_table))
        database.execute(f"CREATE VIEW {table.name} AS SELECT * FROM read_parquet([{paths}])")
        if table.history:
            database.execute(f"CREATE VIEW {table.name}{CURRENT} AS {current_select(table)}")


def lock(database: "DuckDBPyConnection", files: Iterable[Path]) -> None:
    """From now on no statement reads another file, reaches the network, loads an extension, or sets anything."""
    database.execute(f"SET allowed_paths = [{', '.join(map(_quoted, files))}]")
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
