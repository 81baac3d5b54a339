"""Where the pipelines find the services, and how they run."""

from pathlib import Path

from pydantic import Field, SecretStr

from warehouse.settings import WarehouseSettings


class PipelineSettings(WarehouseSettings):
    """Addresses, credentials and sizes of the pipelines.

    On one machine the addresses follow from the ports of ``stack``; on a cluster they are set.
    """

    var_dir: Path = Field(Path("var"), description="Folder of all state: service data, logs, feed records.")
    build_dir: Path = Field(Path("build"), description="Folder of jars and of the assembled FLINK_HOME.")
    tls_dir: Path | None = Field(
        None,
        description="Folder of this host's certificates; with it nobody speaks to the services in clear.",
    )
    kafka_bootstrap_servers: str = Field("", description="host:port[,host:port] of the Kafka brokers.")
    kafka_password: SecretStr = Field(SecretStr(""), description="Password of gridseal, in Kafka; with `tls_dir` only.")
    hdfs_uri: str = Field("", description="hdfs://host:port of the NameNode.")
    webhdfs_url: str = Field("", description="http://host:port of the NameNode's WebHDFS.")
    flink_url: str = Field("", description="http://host:port[,http://...] of Flink's REST API.")
    database_host: str = Field("", description="Host of the business database.")
    database_port: int = Field(13306, ge=1, le=65535, description="Port of the business database.")
    database_name: str = Field("grid", description="Schema of the business database.")
    database_app_password: SecretStr = Field(SecretStr(""), description="Password of gridseal_app.")
    database_cdc_password: SecretStr = Field(SecretStr(""), description="Password of gridseal_cdc.")
    database_reader_password: SecretStr = Field(SecretStr(""), description="Password of gridseal_reader.")
    lake_path: str = Field("/lake", pattern=r"^/[A-Za-z0-9_./-]*$", description="Folder of the tables on HDFS.")
    flink_path: str = Field(
        "/flink", pattern=r"^/[A-Za-z0-9_./-]*$", description="Folder of checkpoints and savepoints on HDFS."
    )
    images_path: str = Field(
        "/images", pattern=r"^/[A-Za-z0-9_./-]*$", description="Folder of the packs of photographs on HDFS."
    )
    parallelism: int = Field(2, ge=1, le=128, description="Parallelism of the stream; also the slots it needs.")
    horizon_days: int = Field(
        3,
        ge=1,
        le=366,
        description="Days before the newest reading's that the stream repairs; what is older, a batch run repairs.",
    )
    checkpoint_interval_seconds: int = Field(
        10, ge=1, le=3600, description="Rows become visible in the lake once a checkpoint completes."
    )
    retention_hours: int = Field(
        2,
        ge=1,
        le=720,
        description="Hours for which tables keep what was replaced: how far back gridseal sql --as-of reads.",
    )
    sql_memory_mb: int = Field(
        1536, ge=512, description="Heap of the Spark SQL endpoint in MiB; as much DuckDB may take."
    )
    sql_statements: int = Field(4, ge=1, le=64, description="Statements of jdbc:hive2 that run at once; others wait.")
    sql_timeout_seconds: int = Field(600, ge=0, description="After which such a statement ends; 0 for never.")
    sql_max_rows: int = Field(
        0, ge=0, description="Rows of its answer at the most; what is beyond is cut off as by LIMIT; 0 for any number."
    )

    @property
    def flink_urls(self) -> list[str]:
        """Each of ``flink_url``; the first that answers speaks for the cluster, whoever leads it."""
        return self.flink_url.split(",")

    @property
    def lake_uri(self) -> str:
        """URI of the folder that holds the tables, such as hdfs://127.0.0.1:18020/lake."""
        return self.hdfs_uri + self.lake_path
