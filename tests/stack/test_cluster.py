"""Services on several hosts, those of docker/compose.yaml: the same code, told by settings what runs where."""

import json
import os
import ssl
import stat
import subprocess
import time
from collections.abc import Callable
from configparser import RawConfigParser
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError
from supervisor.datatypes import dict_of_key_value_pairs

from gridseal.settings import Settings
from stack import database, flink, hdfs, kafka, secrets, tls, zookeeper
from stack.catalog import all_services, services_elsewhere
from stack.certificates import ensure_certificates
from stack.errors import StackError
from stack.findings import doctor
from stack.layout import Layout
from stack.secrets import ensure_files, ensure_secrets
from stack.serving import serve_one
from stack.settings import StackSettings, env_name, port_fields, secret_fields
from stack.state import status
from stack.step import ROOT
from stack.supervision import Supervisor

COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))
SECURE = yaml.safe_load((ROOT / "docker" / "secure.yaml").read_text(encoding="utf-8"))
CLUSTER = json.loads(COMPOSE["x-settings"]["GRIDSEAL_CLUSTER"])
BESIDE_COMMANDS = {"chain", "sql", "detector"}


@pytest.fixture
def cluster(settings: StackSettings) -> StackSettings:
    """Settings of the gateway of a cluster."""
    return settings.model_copy(update={"cluster": CLUSTER})


def names(settings: StackSettings) -> set[str]:
    return {service.name for service in all_services(settings) if not service.name.startswith("airflow")}


def test_each_host_runs_what_it_is_given(cluster: StackSettings) -> None:
    for host, services in CLUSTER.items():
        assert names(cluster.on(host)) == set(services)
    assert names(cluster) == BESIDE_COMMANDS
    assert sorted((host, service.name) for host, service in services_elsewhere(cluster)) == sorted(
        (host, name) for host, services in CLUSTER.items() for name in services
    )


def test_on_one_host_is_everything(settings: StackSettings) -> None:
    assert names(settings) == BESIDE_COMMANDS | {name for services in CLUSTER.values() for name in services}
    assert services_elsewhere(settings) == []


def test_every_port_belongs_to_one_service(cluster: StackSettings) -> None:
    everywhere = [*all_services(cluster), *(service for _, service in services_elsewhere(cluster))]
    owners = {(field, service.name) for service in everywhere for field in service.ports}
    assert sorted(field for field, _ in owners) == sorted(port_fields())


def test_brokers_replicate_and_one_may_be_missing(cluster: StackSettings) -> None:
    layout = Layout.of(cluster)
    told = [kafka.properties(cluster.on(host), layout) for host in ("master", "worker1", "worker2")]
    assert [properties["node.id"] for properties in told] == ["1", "2", "3"]
    assert len({properties["controller.quorum.voters"] for properties in told}) == 1
    assert told[0]["controller.quorum.voters"] == "1@master:19093,2@worker1:19093,3@worker2:19093"
    assert told[2]["advertised.listeners"] == "CLIENT://worker2:19092"
    factors = {value for name, value in told[0].items() if name.endswith("replication.factor")}
    least = {value for name, value in told[0].items() if name.endswith(("min.isr", "min.insync.replicas"))}
    assert (factors, least) == ({"3"}, {"2"})


def test_one_broker_replicates_nothing(settings: StackSettings) -> None:
    told = kafka.properties(settings, Layout.of(settings))
    assert {told[name] for name in told if "replication.factor" in name or "min." in name} == {"1"}


def test_files_lie_twice_and_one_datanode_is_enough(cluster: StackSettings) -> None:
    told = hdfs.properties(cluster.on("worker2"), Layout.of(cluster))
    assert told["dfs.replication"] == "2"
    assert told["fs.defaultFS"] == "hdfs://master:18020"
    assert told["dfs.datanode.hostname"] == "worker2"
    assert told["dfs.namenode.safemode.min.datanodes"] == "1"
    assert told["dfs.client.block.write.replace-datanode-on-failure.policy"] == "NEVER"
    wider = cluster.model_copy(update={"cluster": CLUSTER | {"worker3": ["datanode"]}})
    told = hdfs.properties(wider, Layout.of(wider))
    assert told["dfs.replication"] == "2"
    assert told["dfs.client.block.write.replace-datanode-on-failure.policy"] == "DEFAULT"


def test_zookeepers_know_each_other(cluster: StackSettings, settings: StackSettings) -> None:
    layout = Layout.of(cluster)
    told = zookeeper.properties(cluster.on("worker2"), layout)
    assert told["server.3"] == "worker2:12888:13888"
    assert told["clientPortAddress"] == "worker2"
    next(s for s in all_services(cluster.on("worker2")) if s.name == "zookeeper").prepare()
    assert (layout.data / "zookeeper" / "myid").read_text() == "3\n"
    assert not [name for name in zookeeper.properties(settings, layout) if name.startswith("server.")]


def test_blocks_of_later_are_removed_with_their_checksums(tmp_path: Path) -> None:
    assert hdfs.last_block(tmp_path) == 0
    kept, gone = tmp_path / "finalized" / "subdir0", tmp_path / "finalized" / "subdir10"
    for folder, number in ((kept, 999), (kept, 1_073_741_825), (gone, 1_073_741_826), (gone, 1_073_741_830)):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"blk_{number}").touch()
        (folder / f"blk_{number}_1001.meta").touch()
    assert hdfs.last_block(tmp_path) == 1_073_741_830
    assert hdfs.remove_blocks_after(tmp_path, 1_073_741_825) == 2
    assert len(list(kept.iterdir())) == 4
    assert not list(gone.iterdir())
    assert hdfs.last_block(tmp_path) == 1_073_741_825


@pytest.mark.integration
def test_a_zookeeper_is_ready_once_a_majority_is_there(settings: StackSettings) -> None:
    everything = [name for services in CLUSTER.values() for name in services if name != "zookeeper"]
    addresses = [f"127.0.0.{number}" for number in (1, 2, 3)]
    free = {"zookeeper_port": 32181, "zookeeper_peer_port": 32888, "zookeeper_election_port": 33888}
    three = settings.model_copy(
        update={"cluster": {address: ["zookeeper"] for address in addresses} | {"127.0.0.4": everything}} | free
    )
    with ExitStack() as running:

        def start(address: str) -> Callable[[], str]:
            own = three.on(address).model_copy(update={"var_dir": settings.var_dir / address})
            (service,) = zookeeper.services(own)
            service.prepare()
            process = running.enter_context(subprocess.Popen(service.command, stderr=subprocess.DEVNULL))
            running.callback(process.kill)
            return service.ready

        ready = start(addresses[0])
        until(lambda: ready() == "the ZooKeeper server finds no majority")
        time.sleep(3)
        assert ready() == "the ZooKeeper server finds no majority"
        start(addresses[1])
        until(lambda: not ready())


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_flink_finds_the_leader_by_any_zookeeper(cluster: StackSettings) -> None:
    told = flink.properties(cluster.on("worker1"), Layout.of(cluster))
    assert told["high-availability.zookeeper.quorum"] == "master:12181,worker1:12181,worker2:12181"
    assert told["jobmanager.rpc.address"] == told["taskmanager.host"] == "worker1"
    assert told["high-availability.storageDir"] == "hdfs://master:18020/flink/ha"


def test_commands_find_what_the_cluster_has(cluster: StackSettings) -> None:
    found = Settings(_env_file=None, cluster=CLUSTER)
    assert found.kafka_bootstrap_servers == "master:19092,worker1:19092,worker2:19092"
    assert found.hdfs_uri == "hdfs://master:18020"
    assert found.webhdfs_url == "http://master:19870"
    assert found.flink_urls == ["http://master:18081", "http://worker1:18081"]
    assert found.database_host == "database"
    assert found.chain_url == "http://127.0.0.1:18545"
    assert found.embedded_chain


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (CLUSTER | {"worker3": ["hive"]}, "'namenode', 'datanode'"),
        ({"master": ["namenode"]}, "has no host for datanode, kafka, database, zookeeper, jobmanager, taskmanager"),
        (CLUSTER | {"worker3": ["namenode"]}, "has namenode on master, worker3; it must be one"),
    ],
)
def test_a_wrong_cluster_is_refused(wrong: dict[str, list[str]], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        StackSettings(cluster=wrong)


def test_what_does_not_answer_elsewhere_is_told_with_its_host(settings: StackSettings) -> None:
    nowhere = settings.model_copy(
        update={"cluster": {f"127.0.0.{n}": names for n, names in enumerate(CLUSTER.values(), 2)}}
    )
    states = {service.name: service.state for service in status(nowhere)}
    assert states["kafka@127.0.0.3"] == "unreachable"
    assert states["chain"] == "stopped"
    assert "kafka" not in states


def test_the_supervisor_hands_on_what_it_is_told(cluster: StackSettings) -> None:
    layout = Layout.of(cluster)
    services = all_services(cluster)
    config = RawConfigParser()
    config.read_string(Supervisor(layout).write_configuration(services).read_text())
    for service in services:
        read = dict_of_key_value_pairs(config[f"program:{service.name}"].get("environment", "").replace("%%", "%"))
        assert read == dict(service.environment)
    assert json.loads(read["GRIDSEAL_CLUSTER"]) == CLUSTER


def test_what_one_serves_must_exist(cluster: StackSettings) -> None:
    with pytest.raises(StackError, match="no service is called kafka; there are chain, sql"):
        serve_one(cluster, "kafka")


def test_without_an_engine_it_says_so() -> None:
    environment = os.environ | {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
    for verb in ("up", "check", "status", "down"):
        words = [ROOT / "docker" / "cluster.sh", verb]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 3
        assert done.stderr == (
            "the cluster needs a Docker engine that you may use, and none answers here\nnext: make doctor\n"
        )


def test_whoever_looks_for_what_is_wrong_hears_of_docker(
    settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    (engine,) = (finding for finding in doctor(settings) if finding.name == "docker")
    assert engine.ok
    assert "no engine answers; on Debian: apt-get install docker.io" in engine.detail
    monkeypatch.setenv("PATH", "/nowhere")
    assert {finding.ok for finding in doctor(settings) if finding.name.startswith("docker")} == {True}


class TestCertificates:
    """One authority, a certificate a host, and what services are told of them."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        assert ensure_certificates(tmp_path / "tls", ["master", "worker1"]) == ["master", "worker1"]
        return tmp_path / "tls"

    def test_each_host_is_believed_by_its_name_alone(self, folder: Path) -> None:
        assert ensure_certificates(folder, ["master", "worker1"]) == []
        trusted = tls.client_context(folder / "master")
        for name, believed in (("worker1", True), ("master", False)):
            served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "worker1" / tls.TRUST)
            served.load_cert_chain(folder / "worker1" / tls.HOST)
            served.verify_mode = ssl.CERT_REQUIRED
            assert shake_hands(trusted, served, name) is believed

    def test_who_has_no_certificate_or_a_foreign_one_is_refused(self, folder: Path, tmp_path: Path) -> None:
        ensure_certificates(tmp_path / "foreign", ["master"])
        stranger = ssl.create_default_context(cafile=folder / "master" / tls.TRUST)
        served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "worker1" / tls.TRUST)
        served.load_cert_chain(folder / "worker1" / tls.HOST)
        served.verify_mode = ssl.CERT_REQUIRED
        assert not shake_hands(stranger, served, "worker1")
        stranger.load_cert_chain(tmp_path / "foreign" / "master" / tls.HOST)
        assert not shake_hands(stranger, served, "worker1")

    def test_only_the_folder_is_private(self, folder: Path) -> None:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in (folder / "master").iterdir()} == {0o444}
        key = folder / "authority" / tls.HOST
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert not [file for file in folder.glob("worker1/*") if key.read_bytes() in file.read_bytes()]

    def test_java_reads_them(self, folder: Path) -> None:
        from stack.java import java_home

        for store in (tls.JAVA_TRUST, tls.JAVA_HOST):
            words = ("-list", "-keystore", folder / "master" / store, "-storepass", tls.JAVA_PASSWORD)
            listed = subprocess.run(
                [java_home() / "bin" / "keytool", *words], capture_output=True, text=True, check=True
            )
            assert "Your keystore contains 1 entry" in listed.stdout

    def test_services_are_told(self, folder: Path, cluster: StackSettings) -> None:
        layout, secured = Layout.of(cluster), cluster.on("master").model_copy(update={"tls_dir": folder / "master"})
        told = kafka.properties(secured, layout)
        assert told["listener.security.protocol.map"] == "CLIENT:SASL_SSL,CONTROLLER:SSL"
        assert told["listener.name.controller.ssl.client.auth"] == "required"
        assert database.options(secured, layout)["require-secure-transport"] == "ON"
        assert flink.properties(secured, layout)["security.ssl.rest.authentication-enabled"] == "true"
        assert flink.properties(secured, layout)["security.ssl.internal.enabled"] == "true"
        assert flink.urls(secured) == ["https://master:18081", "https://worker1:18081"]
        assert hdfs.properties(secured, layout)["hadoop.http.staticuser.user"] == "nobody"
        assert hdfs.properties(secured, layout)["dfs.block.access.token.enable"] == "true"
        commands = Settings(_env_file=None, cluster=CLUSTER, tls_dir=folder / "master")
        assert commands.flink_urls == flink.urls(secured)

    def test_every_host_of_compose_has_its_own(self) -> None:
        for name, service in SECURE["services"].items():
            host = name if name in {*CLUSTER, "gateway"} else "gateway"
            assert service["volumes"] == [f"./secrets/tls/{host}:/run/tls:ro"]
        beside = {name for name, service in COMPOSE["services"].items() if name != "airflow-database"}
        assert set(SECURE["services"]) == beside


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> bool:
    """Whether a client that wants to reach a name and a server believe each other; no socket is needed."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(down, up, server_hostname=name), server.wrap_bio(up, down, server_side=True)]
    done: set[int] = set()
    for _ in range(10):
        for number, end in enumerate(ends):
            try:
                end.do_handshake()
                done.add(number)
                # TLS 1.3 tells a client of a refusal after its handshake.
                end.read(1)
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLError:
                return False
    return done == {0, 1}


class TestSecrets:
    """Passwords as files, one each."""

    def test_each_has_a_file_in_a_private_folder(self, tmp_path: Path) -> None:
        folder = tmp_path / "secrets"
        made = ensure_files(folder)
        assert (
            set(made)
            == {env_name(name).lower() for name in secret_fields()}
            == set(COMPOSE["secrets"] | SECURE["secrets"])
        )
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o444}
        before = {file.name: file.read_text() for file in folder.iterdir()}
        assert len(set(before.values())) == len(before)
        assert ensure_files(folder) == []
        assert {file.name: file.read_text() for file in folder.iterdir()} == before

    def test_commands_read_them_and_make_up_none(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from gridseal.settings import load_settings

        ensure_files(tmp_path / "secrets")
        (tmp_path / "secrets" / "gridseal_sql_password").unlink()
        monkeypatch.setenv(secrets.SECRETS_VARIABLE, str(tmp_path / "secrets"))
        loaded = load_settings(tmp_path / ".env")
        given = (tmp_path / "secrets" / "gridseal_database_app_password").read_text()
        assert loaded.database_app_password.get_secret_value() == given
        assert loaded.sql_password.get_secret_value() == ""
        assert ensure_secrets(tmp_path / ".env") == []
        assert not (tmp_path / ".env").exists()

    def test_a_container_gets_those_that_compose_declares(self) -> None:
        for name, service in COMPOSE["services"].items():
            assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"]), name
        assert "secrets" not in COMPOSE["services"]["worker1"]
