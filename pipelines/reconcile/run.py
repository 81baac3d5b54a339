"""The reconciliation: wait until the pipeline has caught up, then compare everything."""

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from pipelines.batch.changes import waiting
from pipelines.errors import PipelineError
from pipelines.reconcile.business import compare_business
from pipelines.reconcile.line import Line
from pipelines.reconcile.messages import compare_messages
from pipelines.settings import PipelineSettings
from pipelines.sql.client import SqlClient, connect
from pipelines.sql.time_travel import replace_tables
from pipelines.streaming.lag import lag
from warehouse.catalog import Catalog
from warehouse.contract import Table

Progress = Callable[[int, int, str], None]
Address = tuple[str, int]
_PAUSE_S = 2.0


def reconcile(
    settings: PipelineSettings, catalog: Catalog, address: Address, timeout_s: float, progress: Progress
) -> list[Line]:
    """Compare until all lines agree or the time is over.

    A stream is always a little behind its sources: a line that clashes is looked at again until ``timeout_s``.

    Args:
        settings: Where everything is.
        catalog: The tables.
        address: Host and port of the SQL endpoint.
        timeout_s: Seconds to wait for the pipeline to catch up.
        progress: Told of messages covered and produced, and what is being done.

    Returns:
        All lines of the last comparison; look at ``ok`` of each.

    Raises:
        PipelineError: A service does not answer.
    """
    deadline = time.monotonic() + timeout_s
    covered, produced = lag(settings, catalog)
    while covered < produced and time.monotonic() < deadline:
        progress(covered, produced, "waiting for a checkpoint that covers every message")
        time.sleep(0.5)
        covered, produced = lag(settings, catalog)
    progress(covered, produced, "comparing")
    lines: list[Line] = []
    while True:
        lines = compare(settings, catalog, address, lines)
        if all(line.ok for line in lines) or time.monotonic() > deadline:
            return lines
        progress(covered, produced, f"{sum(not line.ok for line in lines)} numbers clash; looking again")
        time.sleep(_PAUSE_S)


def compare(
    settings: PipelineSettings, catalog: Catalog, address: Address, previous: Sequence[Line] = ()
) -> list[Line]:
    """Compare everything once.

    Args:
        settings: Where everything is.
        catalog: The tables.
        address: Host and port of the SQL endpoint.
        previous: Lines of the last look; while tables clash, only these are looked at again.
    """
    clashing = {line.scope for line in previous if not line.ok}
    tables = [t.name for t in catalog.ordered if catalog.reconcile(t.name)]
    # While something still clashes, do not pay for what agreed already.
    again = [t for t in tables if t in clashing]
    fresh = _measures(settings, catalog, address, again) if again else []
    if not all(line.ok for line in fresh):
        return [*(line for line in previous if line.scope not in again), *fresh]
    with connect(settings, address) as sql:
        lines = [*compare_messages(settings, catalog, sql), *compare_business(settings, catalog, sql)]
    return [*lines, *_measures(settings, catalog, address, tables)]


def _measures(settings: PipelineSettings, catalog: Catalog, address: Address, tables: list[str]) -> list[Line]:
    def measure(names: list[str]) -> list[Line]:
        with connect(settings, address) as sql:
            return [line for name in names for line in _measure(settings, sql, catalog, name)]

    workers = max(2, settings.parallelism)
    shares = [tables[i::workers] for i in range(workers) if tables[i::workers]]
    with ThreadPoolExecutor(workers) as pool:
        lines = [line for share in pool.map(measure, shares) for line in share]
    return sorted(lines, key=lambda line: tables.index(line.scope))


def _measure(settings: PipelineSettings, sql: SqlClient, catalog: Catalog, name: str) -> list[Line]:
    statement, detail = catalog.reconcile(name) or "", ""
    if catalog.table(name).engine == "spark":
        pending = waiting(settings, catalog, catalog.table(name)).partitions
        if pending is None:
            return [Line(name, "compared", Decimal(0), Decimal(0), f"waits for gridseal batch run {name}")]
        if pending:
            statement = _without(statement, catalog, catalog.table(name), pending)
            detail = f"without {len(pending)} days or months that wait for gridseal batch run {name}"
    result = sql.query(statement)
    if result.names != ("measure", "upstream", "here"):
        raise PipelineError(
            f"{name}: reconcile.sql gives the columns {', '.join(result.names)}; needed: measure, upstream, here",
            f"edit warehouse/{name.replace('.', '/')}/reconcile.sql",
            exit_code=2,
        )
    return [Line(name, str(m), _number(upstream), _number(here), detail) for m, upstream, here in result.rows]


def _without(sql: str, catalog: Catalog, table: Table, partitions: Collection[str]) -> str:
    """The comparison of a table that Spark makes, without the partitions that have changed since its last run."""
    (column,) = table.partition_by
    listed = ", ".join(f"'{partition}'" for partition in sorted(partitions))

    def others(name: str) -> str:
        if name == table.name:
            return f"(SELECT * FROM {name} WHERE {column} NOT IN ({listed}))"
        if name in catalog.tables and catalog.table(name).partition_by == ("dt",):
            of_day = "dt" if column == "dt" else "substr(dt, 1, 7)"
            return f"(SELECT * FROM {name} WHERE {of_day} NOT IN ({listed}))"
        return name

    return replace_tables(sql, others)


def _number(value: Any) -> Decimal:
    """An empty table sums to NULL, which is zero here."""
    return Decimal(0) if value is None else Decimal(value)
