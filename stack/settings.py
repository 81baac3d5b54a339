"""Where the services listen, how much memory they take and where they keep their state."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

ENV_PREFIX = "GRIDSEAL_"
ENV_FILE = Path(".env")

# Ports below 1024 need root, and the stack must not.
Port = Annotated[int, Field(ge=1024, le=65535)]
LogLevel = Literal["DEBUG", "INFO", "WARN", "ERROR"]
Placed = Literal["namenode", "datanode", "kafka", "database", "zookeeper", "jobmanager", "taskmanager"]
"""Services that other machines can reach; the rest runs beside the commands, on the loopback."""
MIN_PASSWORD_LENGTH = 12


class StackSettings(BaseModel):
    """Settings of the services on one machine; the environment's names are GRIDSEAL_ and the field's name."""

    # An error's text would show a refused password; whoever tells a user of an error takes values that are no
    # secret from its `errors()`.
    model_config = ConfigDict(hide_input_in_errors=True)

    host: str = Field("127.0.0.1", min_length=1, description="Address that every service binds to.")
    cluster: dict[str, list[Placed]] = Field(
        default_factory=dict,
        description="Hosts and the services on each, as JSON; what none of them has, or everything, runs on `host`.",
    )
    var_dir: Path = Field(Path("var"), description="Folder of all state: service data, logs, feed records.")
    build_dir: Path = Field(Path("build"), description="Folder of jars and of the assembled FLINK_HOME.")
    tls_dir: Path | None = Field(
        None,
        description="Folder of this host's certificates; with it nobody speaks to the services in clear.",
    )

    log_level: LogLevel = Field("INFO", description="What the services log: DEBUG, INFO, WARN or ERROR and worse.")

    namenode_port: Port = Field(18020, description="HDFS NameNode, RPC.")
    namenode_http_port: Port = Field(19870, description="HDFS NameNode, web page and WebHDFS.")
    datanode_port: Port = Field(19866, description="HDFS DataNode, data transfer.")
    datanode_http_port: Port = Field(19864, description="HDFS DataNode, web page and WebHDFS.")
    datanode_ipc_port: Port = Field(19867, description="HDFS DataNode, RPC.")
    kafka_port: Port = Field(19092, description="Kafka broker.")
    kafka_controller_port: Port = Field(19093, description="Kafka controller (KRaft).")
    database_port: Port = Field(13306, description="MariaDB, the business database.")
    zookeeper_port: Port = Field(12181, description="ZooKeeper, Flink's memory of its job.")
    zookeeper_peer_port: Port = Field(12888, description="ZooKeeper, where there are several: to its leader.")
    zookeeper_election_port: Port = Field(13888, description="ZooKeeper, where there are several: to elect a leader.")
    flink_rest_port: Port = Field(18081, description="Flink, web page and REST.")
    flink_rpc_port: Port = Field(16123, description="Flink JobManager, RPC.")
    flink_blob_port: Port = Field(16124, description="Flink JobManager, blob server.")
    flink_taskmanager_data_port: Port = Field(16121, description="Flink TaskManager, data exchange.")
    sql_port: Port = Field(18100, description="Spark SQL endpoint, started on demand.")
    sql_jdbc_port: Port = Field(18110, description="The same endpoint for clients of jdbc:hive2.")
    airflow_port: Port = Field(18080, description="Airflow, web page and REST, started on demand.")
    airflow_database_port: Port = Field(15432, description="PostgreSQL of Airflow.")
    chain_port: Port = Field(18545, description="Node of the chain, JSON-RPC.")

    # Signed into every transaction, so that none is valid on two chains: no public one has it, and 31337 is what every
    # development node takes unless told. Apart from the notary's `chain_id`, which may be that of another chain.
    embedded_chain_id: int = Field(
        2026112, ge=1, le=2**32 - 1, description="Number of the chain of this stack, from its first start on."
    )

    task_slots: int = Field(2, ge=1, le=64, description="Slots of the TaskManager; equal to the parallelism.")
    namenode_memory_mb: int = Field(384, ge=128, le=65536, description="Heap of the NameNode in MiB.")
    datanode_memory_mb: int = Field(256, ge=128, le=65536, description="Heap of the DataNode in MiB.")
    kafka_memory_mb: int = Field(512, ge=256, le=65536, description="Heap of the Kafka broker in MiB.")
    zookeeper_memory_mb: int = Field(64, ge=32, le=65536, description="Heap of ZooKeeper in MiB.")
    database_memory_mb: int = Field(128, ge=32, le=65536, description="Buffer pool of MariaDB in MiB.")
    jobmanager_memory_mb: int = Field(
        1200, ge=1024, le=65536, description="Whole process of the Flink JobManager in MiB."
    )
    taskmanager_memory_mb: int = Field(
        4608, ge=2560, le=131072, description="Whole process of the Flink TaskManager in MiB."
    )
    taskmanager_managed_memory_mb: int = Field(
        1024, ge=256, le=65536, description="Part of it for RocksDB, divided by the slots, in MiB."
    )

    kafka_password: SecretStr = Field(SecretStr(""), description="Password of gridseal, in Kafka; with `tls_dir` only.")
    database_admin_password: SecretStr = Field(SecretStr(""), description="Password of gridseal_admin.")
    database_app_password: SecretStr = Field(SecretStr(""), description="Password of gridseal_app.")
    database_cdc_password: SecretStr = Field(SecretStr(""), description="Password of gridseal_cdc.")
    database_reader_password: SecretStr = Field(SecretStr(""), description="Password of gridseal_reader.")
    sql_password: SecretStr = Field(SecretStr(""), description="Password of analyst, the user of jdbc:hive2.")

    alarm_url: SecretStr | None = Field(
        None, description="Webhook, http(s)://..., that Airflow tells, as JSON, what has failed or is late."
    )
    alarm_after_minutes: int = Field(
        90, ge=0, le=1440, description="Minutes after its marts by which a night must be final, or Airflow tells so."
    )

    airflow_database_password: SecretStr = Field(SecretStr(""), description="Password of airflow, in PostgreSQL.")
    airflow_admin_password: SecretStr = Field(SecretStr(""), description="Password of admin, in Airflow.")
    airflow_engineer_password: SecretStr = Field(
        SecretStr(""), description="Password of engineer, who may run and end DAGs."
    )
    airflow_viewer_password: SecretStr = Field(SecretStr(""), description="Password of viewer, who may only look.")

    @field_validator(
        "airflow_database_password",
        "airflow_admin_password",
        "airflow_engineer_password",
        "airflow_viewer_password",
        "kafka_password",
        "database_admin_password",
        "database_app_password",
        "database_cdc_password",
        "database_reader_password",
        "sql_password",
    )
    @classmethod
    def _check_password(cls, password: SecretStr) -> SecretStr:
        text = password.get_secret_value()
        if text and (len(text) < MIN_PASSWORD_LENGTH or not text.isprintable()):
            raise ValueError(f"a password needs {MIN_PASSWORD_LENGTH} or more printable characters")
        return password

    @field_validator("alarm_url")
    @classmethod
    def _check_address(cls, address: SecretStr | None) -> SecretStr | None:
        if address and not re.fullmatch(r"https?://\S+", address.get_secret_value()):
            raise ValueError("an address that begins with http:// or https:// is needed")
        return address

    @model_validator(mode="after")
    def _check_placed(self) -> Self:
        if self.cluster and (absent := [name for name in get_args(Placed) if not self._placed(name)]):
            raise ValueError(f"{env_name('cluster')} has no host for {', '.join(absent)}")
        for name in ("namenode", "database"):
            if len(self._placed(name)) > 1:
                raise ValueError(f"{env_name('cluster')} has {name} on {', '.join(self._placed(name))}; it must be one")
        return self

    def _placed(self, service: str) -> list[str]:
        return [host for host, names in self.cluster.items() if service in names]

    def hosts(self, service: str) -> list[str]:
        """The hosts that a service runs on, in an order that stays."""
        return self._placed(service) or [self.host]

    def flink_rest_url(self, host: str) -> str:
        """Where the REST of a host's JobManager answers."""
        return f"http{'s' if self.tls_dir else ''}://{host}:{self.flink_rest_port}"

    def runs_here(self, service: str) -> bool:
        """Whether a service runs on this host."""
        return service in self.cluster[self.host] if self.host in self.cluster else not self._placed(service)

    def on(self, host: str) -> Self:
        """The settings as another host of the cluster has them."""
        return self.model_copy(update={"host": host})

    @model_validator(mode="after")
    def _check_ports_differ(self) -> Self:
        by_port: dict[int, str] = {}
        for name in port_fields():
            port = getattr(self, name)
            if port in by_port:
                both = f"{env_name(by_port[port])} and {env_name(name)}"
                raise ValueError(f"{both} are both {port}; each service needs its own port")
            by_port[port] = name
        return self


def port_fields() -> list[str]:
    """Names of the fields that hold a port."""
    return [name for name in StackSettings.model_fields if name.endswith("_port")]


def secret_fields() -> list[str]:
    """Names of the fields that hold a password."""
    return [name for name, field in StackSettings.model_fields.items() if field.annotation is SecretStr]


def hidden_fields() -> list[str]:
    """Names of the fields that are never shown: passwords, and addresses that may hold a key."""
    return [*secret_fields(), "alarm_url"]


def env_name(field: str) -> str:
    """Name of a field in the environment and in .env, such as GRIDSEAL_KAFKA_PORT."""
    return ENV_PREFIX + field.upper()
