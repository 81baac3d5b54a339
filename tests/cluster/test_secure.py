"""The profile `secure`: what works as before for those who belong to the cluster, and who is refused."""

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.test_cluster import DAY

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.timeout(1800),
    pytest.mark.parametrize("cluster", ["secure"], indirect=True, scope="session"),
]

_KAFKA = """
from kafka import KafkaConsumer
from gridseal.settings import load_settings
from pipelines.sources.broker import broker_options
options = broker_options(load_settings())
{change}
print(sorted(KafkaConsumer(**options).topics()))
"""
_DATABASE = """
import pymysql
from gridseal.settings import load_settings
settings = load_settings()
password = settings.database_reader_password.get_secret_value()
place = {{"host": settings.database_host, "port": settings.database_port}}
connection = pymysql.connect(user="gridseal_reader", password=password, **place, {options})
cursor = connection.cursor()
cursor.execute("SHOW STATUS LIKE 'Ssl_version'")
print(cursor.fetchall())
"""
_FLINK = """
import ssl, urllib.request
from gridseal.settings import load_settings
from stack import tls
settings = load_settings()
context = {context}
print(urllib.request.urlopen(settings.flink_urls[0].replace("https", "{scheme}") + "/overview", context=context).read())
"""
_HDFS = """
from hdfs import InsecureClient
from gridseal.settings import load_settings
client = InsecureClient(load_settings().webhdfs_url, user={user!r})
print({act})
"""

_NAMELESS = """
import requests
from gridseal.settings import load_settings
print(requests.get(load_settings().webhdfs_url + "/webhdfs/v1/lake?op=LISTSTATUS").text)
"""


def run(cluster: Cluster, code: str) -> tuple[bool, str]:
    """Whether a program on the gateway came to its end, and the last line of what it said."""
    done = cluster.run("python", "-c", code)
    return done.returncode == 0, (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()[-1]


def test_a_day_flows_through(cluster: Cluster) -> None:
    cluster.gridseal("feed", "business", "--first-day", DAY, "--meters", "24")
    cluster.gridseal("pipeline", "start")
    cluster.gridseal("feed", "meters", "--day", DAY)
    cluster.gridseal("reconcile")
    cluster.gridseal("notarize", "--night", DAY)
    cluster.gridseal("audit")


@pytest.mark.parametrize(
    "change",
    [
        "options = {k: v for k, v in options.items() if k.startswith('bootstrap')}",
        "options['security_protocol'] = 'SSL'",
        "options['sasl_plain_password'] = 'somebody-elses'",  # pragma: allowlist secret
        "options['ssl_cafile'] = '/etc/ssl/certs/ca-certificates.crt'",
    ],
    ids=["in clear", "without a password", "with a wrong password", "who believes others"],
)
def test_kafka_refuses(cluster: Cluster, change: str) -> None:
    there, topics = run(cluster, _KAFKA.format(change=""))
    assert there, topics
    assert "meter-readings" in topics
    there, refused = run(cluster, _KAFKA.format(change=change))
    assert not there
    assert "Unable to bootstrap from master:19092" in refused


def test_the_database_refuses_in_clear(cluster: Cluster) -> None:
    there, version = run(cluster, _DATABASE.format(options="ssl_ca='/run/tls/ca.pem', ssl_verify_identity=True"))
    assert there, version
    assert "TLSv1" in version
    there, refused = run(cluster, _DATABASE.format(options="ssl_disabled=True"))
    assert not there
    assert "secure" in refused or "Access denied" in refused


def test_flink_refuses_whoever_has_no_certificate(cluster: Cluster) -> None:
    ours = "tls.client_context(settings.tls_dir)"
    there, answer = run(cluster, _FLINK.format(context=ours, scheme="https"))
    assert there, answer
    assert "jobs-running" in answer
    for context, scheme in (
        ("ssl.create_default_context(cafile=settings.tls_dir / tls.TRUST)", "https"),
        ("None", "http"),
    ):
        there, refused = run(cluster, _FLINK.format(context=context, scheme=scheme))
        assert not there
        assert "Error" in refused or "RemoteDisconnected" in refused


LISTING, READING = "client.list('/lake')", "client.read('/lake/ads').__enter__()"
WRITING, REMOVING = "client.write('/lake/x', b'')", "client.delete('/lake', recursive=True)"
STATE = "client.list('/flink')"


@pytest.mark.parametrize(
    ("user", "refused"),
    [("nobody", (LISTING, READING, WRITING, REMOVING, STATE)), ("analyst", (WRITING, REMOVING, STATE))],
)
def test_files_are_closed_to_others(cluster: Cluster, user: str, refused: tuple[str, ...]) -> None:
    there, files = run(cluster, _HDFS.format(user="gridseal", act=LISTING))
    assert there, files
    assert run(cluster, _HDFS.format(user="analyst", act=LISTING))[0]
    for act in refused:
        done = cluster.run("python", "-c", _HDFS.format(user=user, act=act))
        assert done.returncode
        assert "Permission denied: user=" in done.stderr


def test_who_says_no_name_is_nobody(cluster: Cluster) -> None:
    there, told = run(cluster, _NAMELESS)
    assert there, told
    assert "Permission denied: user=nobody" in told


def test_keys_and_passwords_stand_in_no_log_and_no_command(cluster: Cluster) -> None:
    (key,) = (cluster.run("cat", "/run/secrets/gridseal_kafka_password").stdout,)
    assert len(key) > 20
    for host in ("master", "worker1", "worker2", "gateway"):
        seen = cluster.run("sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; cat var/log/*", on=host).stdout
        assert key not in seen
        assert "PRIVATE KEY" not in seen
