"""What Spark does, in a child of its own that stays warm."""

from pathlib import Path
from typing import Any

from bench.notary import rows
from bench.notary.partition import distinct
from pipelines.settings import PipelineSettings
from pipelines.sql.session import WRITE_OPTIONS, open_session
from pipelines.streaming.hudi import table_path
from warehouse.catalog import load_catalog


def write_table(settings: PipelineSettings, file: Path) -> None:
    """Make the rows of a file a table of Hudi, in one commit, as the tables are written that Spark makes."""
    session: Any = open_session(settings)
    table = load_catalog(settings).table(rows.TABLE)
    options = {
        **WRITE_OPTIONS,
        "hoodie.table.name": table.name.split(".")[1],
        "hoodie.database.name": table.layer,
        "hoodie.datasource.write.table.type": table.table_type,
        "hoodie.datasource.write.operation": "insert_overwrite",
        "hoodie.datasource.write.recordkey.field": ",".join(table.key),
        "hoodie.datasource.write.partitionpath.field": ",".join(table.partition_by),
        "hoodie.datasource.write.keygenerator.class": "org.apache.hudi.keygen.ComplexKeyGenerator",
        "hoodie.datasource.write.hive_style_partitioning": "true",
    }
    casts = [f"CAST({c.name} AS {c.type.spark}) AS {c.name}" for c in table.columns if c.name in rows.COLUMNS]
    frame = session.read.parquet(f"file://{file}").selectExpr(*casts)
    frame.write.format("hudi").options(**options).mode("append").save(table_path(table, settings.lake_uri))


def count_distinct(settings: PipelineSettings) -> list[int]:
    """How many values each column has."""
    session: Any = open_session(settings)
    table = load_catalog(settings).table(rows.TABLE)
    session.read.format("hudi").load(table_path(table, settings.lake_uri)).createOrReplaceTempView("sample")
    (found,) = session.sql(distinct("sample")).collect()
    return list(found)
