"""The whole way on a cluster of containers: the same commands, told by settings where the services are."""

import subprocess
import sys
from pathlib import Path

import pytest

from notary.verify.proof import load
from stack.step import ROOT
from tests.cluster.cluster import HOSTS, Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

DAY = "2026-06-29"


def test_every_container_is_healthy_and_runs_as_nobody_special(cluster: Cluster) -> None:
    for host in HOSTS:
        container = cluster.container(host)
        assert cluster.docker("inspect", "--format", "{{.State.Health.Status}}", container) == "healthy"
        assert cluster.run("id", "--user", on=host).stdout.strip() == "10001"
    listed = {service["service"]: service["state"] for service in cluster.document("status")["services"]}
    assert {name for name, state in listed.items() if state == "ready"} == {
        "namenode@master", "jobmanager@master", "jobmanager@worker1", "database@database", "chain",
        *(f"{name}@{host}" for name in ("zookeeper", "kafka") for host in ("master", "worker1", "worker2")),
        *(f"{name}@{host}" for name in ("datanode", "taskmanager") for host in ("worker1", "worker2")),
    }  # fmt: skip


def test_a_day_flows_through_and_every_message_is_accounted_for(cluster: Cluster) -> None:
    cluster.gridseal("feed", "business", "--first-day", DAY, "--meters", "24")
    cluster.gridseal("pipeline", "start")
    cluster.gridseal("feed", "meters", "--day", DAY)
    cluster.gridseal("reconcile")
    assert cluster.number("SELECT COUNT(*) FROM dwd.meter_reading") > 20_000


def test_messages_lie_thrice_and_files_twice(cluster: Cluster) -> None:
    code = (
        "from kafka import KafkaAdminClient; from gridseal.settings import load_settings;"
        "admin = KafkaAdminClient(bootstrap_servers=load_settings().kafka_bootstrap_servers);"
        "(topic,) = admin.describe_topics(['meter-readings']);"
        "print({len(p['isr_nodes']) for p in topic['partitions']})"
    )
    assert cluster.python(code) == "{3}"
    code = (
        "from gridseal.settings import load_settings; from pipelines.webhdfs import open_client;"
        "client = open_client(load_settings());"
        "print({s['replication'] for p, _, fs in client.walk('/lake', status=True) for _, s in fs})"
    )
    assert cluster.python(code) == "{2}"


def test_both_workers_work(cluster: Cluster) -> None:
    code = (
        "from gridseal.settings import load_settings; from pipelines.streaming.cluster import get;"
        "managers = get(load_settings(), '/taskmanagers')['taskmanagers'];"
        "print(sorted(manager['slotsNumber'] - manager['freeSlots'] for manager in managers))"
    )
    assert cluster.python(code) == "[1, 1]"


def test_a_night_is_sealed_and_a_bill_is_proven_elsewhere(cluster: Cluster, tmp_path: Path) -> None:
    cluster.gridseal("notarize", "--night", DAY)
    (status,) = cluster.document("notary", "status")
    assert status["state"] == "finalized"
    cluster.gridseal("audit")
    (bill, *_) = cluster.document("sql", f"SELECT customer_id FROM ads.customer_daily_bill WHERE dt = '{DAY}'")
    cluster.gridseal("prove", "ads.customer_daily_bill", str(bill["customer_id"]), DAY, "-o", "var/bill.json")
    found = cluster.document("verify", "var/bill.json")
    # An auditor has the file and whom to trust, and nothing else of the cluster.
    cluster.copy("var/bill.json", tmp_path / "bill.json")
    (tmp_path / "header").write_text(found["block"]["hash"])
    contract = f"0x{load((tmp_path / 'bill.json').read_bytes()).anchors[0].contract.hex()}"
    trusted = ["--header", tmp_path / "header", "--contract", contract]
    command = [sys.executable, "-m", "notary.verify", tmp_path / "bill.json", *trusted]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_passwords_stand_in_no_command_and_no_log(cluster: Cluster) -> None:
    passwords = [file.read_text() for file in (ROOT / "docker" / "secrets").glob("gridseal_*")]
    assert len(passwords) == 10
    for host in HOSTS:
        seen = cluster.run("sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; cat var/log/*", on=host).stdout
        assert len(seen) > 1000
        assert not [password for password in passwords if password in seen]
        assert not [
            password for password in passwords if password in cluster.docker("inspect", cluster.container(host))
        ]


def test_the_published_ports_are_this_machines_alone(cluster: Cluster) -> None:
    for host in HOSTS:
        for line in cluster.docker("port", cluster.container(host)).splitlines():
            assert line.partition(" -> ")[2].startswith("127.0.0.1:")
