"""What the services are told, and what they are not."""

import base64
import stat
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml
from dotenv import dotenv_values

from stack import database, flink, hdfs, kafka
from stack.airflow import processes
from stack.catalog import all_services, find_service
from stack.errors import StackError
from stack.flink_jvm import jars_digest
from stack.layout import Layout
from stack.settings import StackSettings, env_name, hidden_fields, secret_fields
from stack.sql import settings_environment
from stack.supervision import Supervisor


def test_hadoop_configuration_names_our_addresses(settings: StackSettings) -> None:
    layout = Layout.of(settings)
    hdfs.write_configuration(settings, layout)
    root = ElementTree.parse(layout.hadoop_conf / "core-site.xml").getroot()  # noqa: S314
    values = {row.findtext("name"): row.findtext("value") for row in root}
    assert values["fs.defaultFS"] == "hdfs://127.0.0.1:18020"
    assert values["dfs.replication"] == "1"
    assert not [value for value in values.values() if value and "0.0.0.0" in value]


def test_flink_configuration(settings: StackSettings) -> None:
    layout = Layout.of(settings)
    flink.write_configuration(settings, layout)
    values = yaml.safe_load((layout.flink_conf / "config.yaml").read_text())
    assert values["taskmanager.numberOfTaskSlots"] == settings.task_slots
    assert values["execution.checkpointing.dir"] == "hdfs://127.0.0.1:18020/flink/checkpoints"
    assert values["execution.checkpointing.externalized-checkpoint-retention"] == "RETAIN_ON_CANCELLATION"
    assert values["classloader.resolve-order"] == "parent-first"
    assert "--add-opens=java.base/java.util=ALL-UNNAMED" in values["env.java.opts.all"]
    assert values["high-availability.zookeeper.quorum"] == "127.0.0.1:12181"


def test_a_cluster_of_other_jars_does_not_read_the_job_of_the_old_ones(settings: StackSettings, tmp_path: Path) -> None:
    layout = Layout.of(settings)
    assert flink.properties(settings, layout)["high-availability.cluster-id"] == f"/{jars_digest(layout)}"
    other = Layout(layout.var, tmp_path)
    (tmp_path / "stamps").mkdir()
    (tmp_path / "stamps" / "flink").write_text("of other jars")
    assert jars_digest(other) != jars_digest(layout)


def test_kafka_makes_no_topic_by_itself(settings: StackSettings) -> None:
    values = kafka.properties(settings, Layout.of(settings))
    assert values["auto.create.topics.enable"] == "false"
    assert values["advertised.listeners"] == "CLIENT://127.0.0.1:19092"


def test_database_writes_whole_rows_to_its_log(settings: StackSettings) -> None:
    values = database.options(settings, Layout.of(settings))
    assert (values["binlog-format"], values["binlog-row-image"]) == ("ROW", "FULL")
    assert values["bind-address"] == "127.0.0.1"
    assert values["default-time-zone"] == "+00:00"


@pytest.mark.parametrize(
    ("level", "chatty", "warnings"),
    [("DEBUG", "INFO", "4"), ("INFO", "WARN", "2"), ("WARN", "WARN", "1"), ("ERROR", "ERROR", "0")],
)
def test_the_log_level_reaches_every_service(settings: StackSettings, level: str, chatty: str, warnings: str) -> None:
    told = settings.model_copy(update={"log_level": level})
    layout = Layout.of(told)
    flink.write_configuration(told, layout)
    hdfs.write_configuration(told, layout)
    (layout.data / "kafka").mkdir(parents=True)
    (layout.data / "kafka" / "meta.properties").write_text("version=1\n")
    find_service(told, "kafka").prepare()
    lines = (layout.flink_conf / "log4j.properties").read_text().splitlines()
    assert f"rootLogger.level = {level}" in lines
    loggers = [line for line in lines if line.startswith("logger.") and ".level" in line]
    assert loggers
    assert {line.split(" = ")[1] for line in loggers} == {chatty}
    assert f"log4j.rootLogger={level}, console" in (layout.hadoop_conf / "log4j.properties").read_text().splitlines()
    assert f"rootLogger.level = {level}" in (layout.conf / "kafka" / "log4j2.properties").read_text().splitlines()
    assert database.options(told, layout)["log-warnings"] == warnings


def test_passwords_are_quoted_for_sql(settings: StackSettings) -> None:
    sql = database.users_sql(settings)
    assert r"IDENTIFIED BY 'it''s a \\ password';" in sql
    assert all(line.endswith(";") for line in sql.splitlines())


def test_least_privilege() -> None:
    grants = {user: " ".join(lines) for user, _, lines in database.USERS}
    assert grants["gridseal_reader"] == "SELECT ON grid.* TO {user}"
    assert "ON *.*" not in grants["gridseal_app"]
    assert not {"INSERT", "UPDATE", "DELETE", "CREATE"} & set(grants["gridseal_cdc"].replace(",", "").split())


def test_no_password_outside_its_private_file(settings: StackSettings) -> None:
    layout = Layout.of(settings)
    layout.make()
    services = all_services(settings)
    (layout.data / "mariadb").mkdir()
    find_service(settings, "database").prepare()
    find_service(settings, "jobmanager").prepare()
    find_service(settings, "sql").prepare()
    processes.configure(settings, layout)
    Supervisor(layout).write_configuration(services)
    passwords = [getattr(settings, name).get_secret_value() for name in hidden_fields()]
    for service in services:
        told = " ".join(service.command) + " ".join(service.environment.values())
        assert not [password for password in passwords if password in told]
    files = [file for file in layout.var.rglob("*") if file.is_file()]
    # As it stands in an address.
    passwords.append(quote(settings.airflow_database_password.get_secret_value(), safe=""))
    holding = [file for file in files if any(password in file.read_text() for password in passwords)]
    assert sorted(str(file.relative_to(layout.conf)) for file in holding) == [
        "airflow/alarm",
        "airflow/commands/.env",
        "airflow/database",
        "airflow/passwords.json",
        "mariadb/users.sql",
        "sql/password",
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in holding} == {0o600}
    assert stat.S_IMODE((layout.run / "supervisord.conf").stat().st_mode) == 0o600


def test_commands_of_airflow_read_the_passwords_as_they_are(settings: StackSettings) -> None:
    layout = Layout.of(settings)
    layout.make()
    processes.configure(settings, layout)
    read = dotenv_values(layout.conf / "airflow" / "commands" / ".env")
    assert read == {env_name(name): getattr(settings, name).get_secret_value() for name in secret_fields()}


def test_keys_of_airflow_stay(settings: StackSettings) -> None:
    layout = Layout.of(settings)
    layout.make()
    found = []
    for _ in range(2):
        processes.configure(settings, layout)
        found.append({key.name: key.read_bytes() for key in layout.keys.glob("airflow-*.key")})
    assert found[0] == found[1]
    assert len(set(found[0].values())) == 3
    assert len(base64.urlsafe_b64decode(found[0]["airflow-fernet.key"])) == 32
    assert len(found[0]["airflow-jwt.key"]) >= 64


def test_a_missing_password_is_told(settings: StackSettings) -> None:
    bare = StackSettings(var_dir=settings.var_dir)
    with pytest.raises(StackError, match="GRIDSEAL_DATABASE_ADMIN_PASSWORD") as refused:
        find_service(bare, "database").prepare()
    assert refused.value.exit_code == 2


def test_an_unknown_service_is_told(settings: StackSettings) -> None:
    with pytest.raises(StackError, match="no service is called hive; there are namenode, datanode"):
        find_service(settings, "hive")


def test_settings_reach_a_process_of_ours(settings: StackSettings) -> None:
    values = settings_environment(settings)
    assert values["GRIDSEAL_VAR_DIR"] == str(settings.var_dir)
    assert values["GRIDSEAL_KAFKA_PORT"] == "19092"
    assert not [name for name in values if "PASSWORD" in name]
