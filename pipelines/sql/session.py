"""The Spark session on the lake: tables under their layer names, timestamps in UTC."""

import os
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import table_path
from warehouse.catalog import CURRENT, Catalog
from warehouse.contract import LAYERS, Table
from warehouse.template import references

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


WRITE_OPTIONS: Mapping[str, str] = {
    # By default Spark's Hudi brings a table to its own version at the first write, and Flink's can no longer read it.
    "hoodie.write.table.version": "6",
    "hoodie.write.auto.upgrade": "false",
    # As Flink writes them.
    "hoodie.metadata.enable": "false",
    "hoodie.embed.timeline.server": "false",
    "hoodie.write.markers.type": "DIRECT",
    "hoodie.bloom.index.filter.type": "SIMPLE",
    "hoodie.index.bloom.num_entries": "1",
}
"""Hudi options of whatever Spark writes, so that its tables stay what Flink's are."""


def open_session(
    settings: PipelineSettings, cached_relations: int = 0, further: Mapping[str, str] | None = None
) -> "SparkSession":
    """Start a local Spark session with Hudi.

    Args:
        settings: Where the lake is.
        cached_relations: Tables whose files are remembered until the session's catalog forgets them, as the parser of
            the endpoint has it do; with 0 each mention of a table lists its files, by jobs of Spark.
        further: Options of this session; lists that it has already become longer.

    Raises:
        PipelineError: The set-up has not been run.
    """
    jars = sorted((settings.build_dir / "jars" / "spark").glob("*.jar"))
    if not jars:
        raise PipelineError(f"no jar in {settings.build_dir / 'jars' / 'spark'}", "make setup", exit_code=2)
    # PySpark would otherwise take the Spark of some other installation on the machine.
    os.environ.pop("SPARK_HOME", None)
    # What the services say of HDFS, such as how often files lie there; without it Spark asks for three copies.
    os.environ.setdefault("HADOOP_CONF_DIR", str((settings.var_dir / "conf" / "hadoop").absolute()))
    from pyspark.sql import SparkSession

    options = {
        "spark.jars": ",".join(str(jar.resolve()) for jar in jars),
        "spark.driver.memory": f"{settings.sql_memory_mb}m",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        # Its own ports answer its own parts.
        "spark.authenticate": "true",
        "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
        "spark.kryo.registrator": "org.apache.spark.HoodieSparkKryoRegistrar",
        "spark.sql.extensions": "org.apache.spark.sql.hudi.HoodieSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.hudi.catalog.HoodieCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(settings.parallelism),
        "spark.sql.warehouse.dir": (settings.var_dir / "data" / "spark").resolve().as_uri(),
        # A cached relation shows the files of the moment at which it was first read.
        "spark.sql.filesourceTableRelationCacheSize": str(cached_relations),
        # Flink writes the tables without it.
        "spark.hadoop.hoodie.metadata.enable": "false",
        "spark.hadoop.fs.defaultFS": settings.hdfs_uri,
        "spark.hadoop.dfs.client.use.datanode.hostname": "true",
    }
    for key, value in (further or {}).items():
        separator = " " if key.endswith("JavaOptions") else ","
        options[key] = f"{options[key]}{separator}{value}" if key in options else value
    builder: Any = SparkSession.builder.appName("gridseal").master(f"local[{max(2, settings.parallelism)}]")
    for key, value in options.items():
        builder = builder.config(key, value)
    session: SparkSession = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    for key, value in WRITE_OPTIONS.items():
        session.conf.set(key, value)
    for layer in LAYERS:
        session.sql(f"CREATE DATABASE IF NOT EXISTS {layer}")
    return session


class Tables:
    """Registers tables in the session when they are first asked for.

    Attributes:
        settings: Where the lake is.
        still: Held while a table is registered, for which it goes and comes again, and while a query is analysed,
            which must find it.
    """

    def __init__(self, session: "SparkSession", catalog: Catalog, settings: PipelineSettings) -> None:
        self._session = session
        self._catalog = catalog
        self.settings = settings
        self.still = Lock()
        self._known: set[str] = set()

    def ensure(self, name: str) -> None:
        """Make a table, or the view of its current versions, known to the session.

        Raises:
            WarehouseError: No folder declares it.
            PipelineError: It has not been written yet.
        """
        if name in self._known:
            return
        base = name if name in self._catalog.tables else name.removesuffix(CURRENT)
        table = self._catalog.table(base)
        if base not in self._known:
            self._register(table)
        if table.history and f"{base}{CURRENT}" not in self._known:
            self._session.sql(f"CREATE OR REPLACE VIEW {base}{CURRENT} AS {current_select(table)}")
            self._known.add(f"{base}{CURRENT}")
        if name not in self._known:
            self._catalog.table(name)

    def ensure_named(self, sql: str) -> tuple[str, ...]:
        """Make the tables that a statement names known, and return their names.

        Raises:
            WarehouseError: No folder declares one of them.
            PipelineError: One has not been written yet.
        """
        names = references(sql)
        with self.still:
            for name in names:
                self.ensure(name)
        return names

    def unknown(self) -> list[str]:
        """Tables that were not asked for yet."""
        return [table.name for table in self._catalog if table.name not in self._known]

    def written(self, table: Table) -> bool:
        """Whether a table is there."""
        jvm: Any = self._session._jvm
        hadoop = self._session._jsc.hadoopConfiguration()
        file = jvm.org.apache.hadoop.fs.Path(f"{table_path(table, self.settings.lake_uri)}/.hoodie/hoodie.properties")
        return bool(file.getFileSystem(hadoop).exists(file))

    def _register(self, table: Table) -> None:
        path = table_path(table, self.settings.lake_uri)
        if not self.written(table):
            raise PipelineError(f"{table.name} has not been written yet ({path})", table.made_by, exit_code=3)
        columns = ", ".join(
            f"`{c.name}` {c.type.spark} COMMENT '{_comment(c.description, c.unit)}'" for c in table.columns
        )
        self._forget(table)
        partitions = f" PARTITIONED BY ({', '.join(table.partition_by)})" if table.partition_by else ""
        self._session.sql(
            f"CREATE TABLE {table.name} ({columns}) USING hudi{partitions}"
            f" COMMENT '{_comment(table.description)}' LOCATION '{path}'"
        )
        # A column that was added to the contract is there from the table's next commit on.
        if set(table.column_names) <= set(self._session.table(table.name).columns):
            self._known.add(table.name)

    def _forget(self, table: Table) -> None:
        """Take a table out of the session's own catalog; its files are not touched, as Hudi's DROP TABLE might."""
        session: Any = self._session
        layer, name = table.name.split(".")
        session._jsparkSession.sessionState().catalog().externalCatalog().dropTable(layer, name, True, False)


def current_select(table: Table, as_of: str = "") -> str:
    """SELECT of the versions of a history that are in force now.

    Args:
        table: A table with ``history: true``.
        as_of: A clause such as ``TIMESTAMP AS OF '...'`` or nothing.
    """
    columns = ", ".join(c for c in table.column_names if c != "valid_to")
    return f"SELECT {columns} FROM {table.name} {as_of} WHERE valid_to IS NULL"


def _comment(text: str, unit: str = "") -> str:
    said = f"{text} [{unit}]" if unit not in ("", "1") else text
    return said.replace("\\", "\\\\").replace("'", "\\'")
