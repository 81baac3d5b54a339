"""The same job with the same settings, whose rows go nowhere: what the tables cost is what it lacks."""

from typing import Any

from gridseal.settings import Settings
from pipelines.settings import PipelineSettings
from pipelines.streaming import hudi, stages
from pipelines.streaming.job import configuration, open_environment, prepare_environment
from warehouse.catalog import Catalog
from warehouse.contract import Table


def submit(settings: Settings, catalog: Catalog) -> None:
    """Submit the job with Flink's blackhole in the place of each Hudi table; in a child of its own."""
    prepare_environment(settings)
    stages.sink_ddl = into_blackhole  # type: ignore[attr-defined]
    tables: Any = open_environment(configuration(settings))
    stages.register(tables, catalog, settings)
    stages.statement_set(tables, catalog).execute()


def into_blackhole(table: Table, settings: PipelineSettings, name: str, **_: str) -> str:
    """The table's own declaration with another connector; columns, key and partitions stay what the planner sees."""
    declared = hudi.sink_ddl(table, settings, name)
    return declared.partition(" WITH (")[0] + " WITH ('connector' = 'blackhole')"
