"""The job of Spark: read, write a batch, and how the tables are written."""

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.pipeline.peer import sql
from gridseal.settings import Settings
from pipelines.sources.topics import METER_READINGS

LAKE = "/spark-lake"
"""Its folder on HDFS."""

_MESSAGES_A_BATCH = 200_000
_WRITERS = 4
_MEMORY = "3g"
_HUDI: Mapping[str, str] = {
    "hoodie.metadata.enable": "false",
    "hoodie.embed.timeline.server": "false",
    "hoodie.write.markers.type": "DIRECT",
    "hoodie.datasource.write.hive_style_partitioning": "true",
    "hoodie.upsert.shuffle.parallelism": "2",
    "hoodie.insert.shuffle.parallelism": "2",
    "hoodie.bulkinsert.shuffle.parallelism": "2",
}
# The index of gridseal's own tables: of those of Spark the one that has nothing to look up.
_UPSERT: Mapping[str, str] = {
    "hoodie.datasource.write.operation": "upsert",
    "hoodie.index.type": "BUCKET",
    "hoodie.bucket.index.num.buckets": "1",
}
_APPEND: Mapping[str, str] = {"hoodie.datasource.write.operation": "bulk_insert"}


@dataclass(frozen=True)
class Ran:
    """What the job did: when it began to read and when all was committed, s since 1970, and how many facts it made."""

    since: float
    until: float
    facts: int


def run(settings: Settings, jars: Sequence[Path]) -> Ran:
    """Read all that the topic holds, into every table; in a process of its own."""
    session = _session(settings, jars)
    since = time.time()
    messages = (
        session.readStream.format("kafka")
        .option("kafka.bootstrap.servers", settings.kafka_bootstrap_servers)
        .option("subscribe", METER_READINGS.name)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", _MESSAGES_A_BATCH)
        .load()
    )
    query = (
        messages.writeStream.foreachBatch(partial(_write_batch, settings))
        .option("checkpointLocation", f"{settings.hdfs_uri}{LAKE}/checkpoint")
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    until = time.time()
    return Ran(since, until, _read(session, settings, "dwd.meter_reading").count())


def _write_batch(settings: Settings, messages: Any, _: int) -> None:
    session = messages.sparkSession
    messages.selectExpr(*sql.PARSED).persist().createOrReplaceTempView("parsed")
    session.sql(sql.ODS).createOrReplaceTempView("ods")
    _write(session.sql("SELECT * FROM ods"), settings, "ods.meter_reading", "message_id", "dt", _APPEND)
    _write(session.sql(sql.DEAD_LETTER), settings, "ods.dead_letter", "message_id", "dt", _APPEND)
    for name in sql.DIMENSIONS:
        _business(session, settings, name).createOrReplaceTempView(name)
    _write(session.sql(sql.DWD), settings, "dwd.meter_reading", "meter_id,event_time", "dt", _UPSERT)
    days = ", ".join(f"'{row.dt}'" for row in session.sql("SELECT DISTINCT dt FROM ods").collect())
    facts = _read(session, settings, "dwd.meter_reading").where(f"dt IN ({days})")
    facts.select(*sql.FACTS).persist().createOrReplaceTempView("fact")
    for layer in (sql.DWS, sql.ADS):
        for name, (select, _key) in layer.items():
            session.sql(select).persist().createOrReplaceTempView(name.replace(".", "_"))
        with ThreadPoolExecutor(_WRITERS) as pool:
            writes = [
                pool.submit(_write, session.table(name.replace(".", "_")), settings, name, key, "dt", _UPSERT)
                for name, (_select, key) in layer.items()
            ]
            for write in writes:
                write.result()
    session.catalog.clearCache()


def _write(frame: Any, settings: Settings, name: str, key: str, partition: str, how: Mapping[str, str]) -> None:
    options = {
        **_HUDI,
        **how,
        "hoodie.table.name": name.replace(".", "_"),
        "hoodie.datasource.write.table.type": "COPY_ON_WRITE" if name.startswith("ads.") else "MERGE_ON_READ",
        "hoodie.datasource.write.recordkey.field": key,
        "hoodie.datasource.write.partitionpath.field": partition,
    }
    frame.write.format("hudi").options(**options).mode("append").save(_path(settings, name))


def _read(session: Any, settings: Settings, name: str) -> Any:
    return session.read.format("hudi").option("hoodie.metadata.enable", "false").load(_path(settings, name))


def _path(settings: Settings, name: str) -> str:
    return f"{settings.hdfs_uri}{LAKE}/{name.replace('.', '/')}"


def _business(session: Any, settings: Settings, table: str) -> Any:
    address = f"{settings.database_host}:{settings.database_port}/{settings.database_name}"
    return (
        session.read.format("jdbc")
        .option("url", f"jdbc:mysql://{address}?useSSL=false&serverTimezone=UTC")
        .option("driver", "com.mysql.cj.jdbc.Driver")
        .option("user", "gridseal_reader")
        .option("password", settings.database_reader_password.get_secret_value())
        .option("dbtable", table)
        .load()
    )


def _session(settings: Settings, jars: Sequence[Path]) -> Any:
    os.environ.pop("SPARK_HOME", None)
    from pyspark.sql import SparkSession

    all_jars = [*(settings.build_dir / "jars" / "spark").glob("*.jar"), *jars]
    options = {
        "spark.jars": ",".join(str(jar.resolve()) for jar in all_jars),
        "spark.driver.memory": _MEMORY,
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
        "spark.driver.host": settings.host,
        "spark.driver.bindAddress": settings.host,
        "spark.ui.enabled": "false",
        "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
        "spark.kryo.registrator": "org.apache.spark.HoodieSparkKryoRegistrar",
        "spark.sql.extensions": "org.apache.spark.sql.hudi.HoodieSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.hudi.catalog.HoodieCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(settings.parallelism),
        "spark.hadoop.fs.defaultFS": settings.hdfs_uri,
        "spark.hadoop.dfs.client.use.datanode.hostname": "true",
        "spark.local.dir": str(settings.var_dir / "spark"),
        "spark.sql.warehouse.dir": (settings.var_dir / "spark-warehouse").resolve().as_uri(),
    }
    builder: Any = SparkSession.builder.appName("bench").master(f"local[{max(2, settings.parallelism)}]")
    for key, value in options.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session
