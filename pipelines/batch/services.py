"""Table services by Spark: compaction, cleaning and clustering of tables that nobody else writes meanwhile."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pipelines.errors import PipelineError
from pipelines.observe.files import TableFiles
from pipelines.settings import PipelineSettings
from pipelines.sql.session import Tables, open_session
from pipelines.streaming.hudi import kept_commits
from pipelines.streaming.job import java_cause
from pipelines.streaming.lock import writing_apart
from warehouse.catalog import Catalog
from warehouse.contract import Table
from warehouse.errors import WarehouseError

Service = Callable[[PipelineSettings, Catalog, Sequence[str]], None]


def why_not(service: Service, table: Table) -> str:
    """Why a service is not for a table; empty if it is."""
    if service is compact and table.table_type == "COPY_ON_WRITE":
        return f"{table.name} is COPY_ON_WRITE: it has no log files to compact"
    if service is cluster and table.engine == "flink":
        return (
            f"{table.name} is written by Flink, which finds a bucket by the name of its file; clustering gives it"
            " another name, and the pipeline could not write the table again"
        )
    return ""


def idle(service: Service, settings: PipelineSettings, files: TableFiles) -> bool:
    """Whether a service would find nothing to do in a table, which is not worth a pause of the pipeline.

    Args:
        service: Which.
        settings: How long the past is kept.
        files: Of the table.
    """
    if service is compact:
        return files.log_files == 0
    # The cleaner spares so many commits, and all files that they know.
    return service is clean and files.commits <= kept_commits(settings)


def refuse_unfit(service: Service, tables: Iterable[Table]) -> None:
    """Refuse tables that a service is not for.

    Raises:
        PipelineError: The first of them.
    """
    for table in tables:
        if reason := why_not(service, table):
            raise PipelineError(reason, "gridseal table files shows what may be done", exit_code=2)


def compact(settings: PipelineSettings, catalog: Catalog, names: Sequence[str]) -> None:
    """Merge the log files of tables into base files, as far as no writer has left an instant in flight.

    Raises:
        PipelineError: A table has none, another writes it, or Spark fails.
    """
    with _spark(settings, catalog, compact, names) as (session, tables):
        for table in tables:
            options = "hoodie.compact.inline.max.delta.commits=1"
            call = f"CALL run_compaction(op => 'run', table => '{table.name}', options => '{options}')"
            # The first may finish what the pipeline had planned, the next takes what came after. Hudi plans nothing new
            # beside an instant that the pipeline has left in flight, and must not be made to: the next start of the
            # pipeline removes that instant, which it cannot once there is a later commit.
            while session.sql(call).collect():
                pass


def clean(settings: PipelineSettings, catalog: Catalog, names: Sequence[str]) -> None:
    """Remove files that are older than the retention.

    Raises:
        PipelineError: Another writes a table, or Spark fails.
    """
    with _spark(settings, catalog, clean, names) as (session, tables):
        for table in tables:
            session.sql(
                f"CALL run_clean(table => '{table.name}', clean_policy => 'KEEP_LATEST_COMMITS',"
                f" retain_commits => {kept_commits(settings)})"
            ).collect()


def cluster(settings: PipelineSettings, catalog: Catalog, names: Sequence[str]) -> None:
    """Write the rows of tables anew into few files, sorted by their keys.

    Raises:
        PipelineError: Flink writes a table, another writes it now, or Spark fails.
    """
    with _spark(settings, catalog, cluster, names) as (session, tables):
        for table in tables:
            session.sql(f"CALL run_clustering(table => '{table.name}', order => '{','.join(table.key)}')").collect()


@contextmanager
def _spark(
    settings: PipelineSettings, catalog: Catalog, service: Service, names: Sequence[str]
) -> Iterator[tuple[Any, list[Table]]]:
    tables = [catalog.table(name) for name in names]
    refuse_unfit(service, tables)
    with writing_apart(settings, tables), spark_failures(settings):
        session = open_session(settings)
        known = Tables(session, catalog, settings)
        for table in tables:
            known.ensure(table.name)
        yield session, tables


@contextmanager
def spark_failures(settings: PipelineSettings) -> Iterator[None]:
    """Turns what Spark raises into one line.

    Raises:
        PipelineError: Spark failed.
    """
    try:
        yield
    except (PipelineError, WarehouseError):
        raise
    except Exception as error:  # Spark raises many kinds.
        log = settings.var_dir / "log" / "submit.log"
        raise PipelineError(f"Spark failed: {java_cause(error)}", f"see {log}") from error
