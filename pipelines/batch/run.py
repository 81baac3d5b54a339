"""One bounded run of a table's transform in Flink, for tables of ``mode: batch``."""

from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import sink_ddl
from pipelines.streaming.job import (
    configuration,
    insert_sql,
    open_environment,
    prepare_environment,
    quoted,
    register_batch,
)
from warehouse.catalog import Catalog


def run_batch(settings: PipelineSettings, catalog: Catalog, name: str) -> None:
    """Write a table of ``mode: batch`` and return when Flink has committed it.

    Args:
        settings: Where Flink and the lake are.
        catalog: The tables.
        name: Such as ``dim.date``.

    Raises:
        PipelineError: The transform differs from its contract.
    """
    prepare_environment(settings)
    options = configuration(settings) | {
        "pipeline.name": f"gridseal {name}",
        "execution.runtime-mode": "BATCH",
        "execution.attached": "true",
        "restart-strategy.type": "none",
    }
    tables = open_environment(options)
    table = catalog.table(name)
    register_batch(tables, catalog, settings, table)
    tables.execute_sql(sink_ddl(table, settings.lake_uri, quoted(f"lake.{name}")))
    tables.execute_sql(insert_sql(table)).wait()
