"""Kafka: brokers that are their own controllers (KRaft)."""

import base64
import json
import os
import subprocess
import uuid
from pathlib import Path

from stack import tls
from stack.errors import StackError
from stack.files import write
from stack.java import classpath, java_home
from stack.layout import Layout
from stack.probe import accepts
from stack.service import Service
from stack.settings import StackSettings

_REPLICAS = 3
_OPEN = {"listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT"}


def services(settings: StackSettings) -> list[Service]:
    """The broker of this host."""
    layout = Layout.of(settings)
    return [
        Service(
            name="kafka",
            command=(
                *_java(settings, layout),
                "kafka.Kafka",
                str(layout.conf / "kafka" / "server.properties"),
            ),
            prepare=lambda: _prepare(settings, layout),
            ready=lambda: _ready(settings),
            ports=("kafka_port", "kafka_controller_port"),
            address=f"{settings.host}:{settings.kafka_port}",
        )
    ]


def properties(settings: StackSettings, layout: Layout) -> dict[str, str]:
    """Properties of server.properties; what is not named keeps Kafka's default."""
    broker = f"{settings.host}:{settings.kafka_port}"
    controller = f"{settings.host}:{settings.kafka_controller_port}"
    hosts = settings.hosts("kafka")
    voters = [f"{number}@{host}:{settings.kafka_controller_port}" for number, host in enumerate(hosts, 1)]
    replicas = min(_REPLICAS, len(hosts))
    # What is acknowledged outlives the loss of a broker, and one may be missing while messages come.
    in_sync = max(1, replicas - 1)
    return {
        "process.roles": "broker,controller",
        "node.id": str(hosts.index(settings.host) + 1),
        "controller.quorum.voters": ",".join(voters),
        "controller.listener.names": "CONTROLLER",
        "listeners": f"CLIENT://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"CLIENT://{broker}",
        "inter.broker.listener.name": "CLIENT",
        **(_secured(settings, settings.tls_dir) if settings.tls_dir else _OPEN),
        "log.dirs": str(layout.data / "kafka"),
        # A topic that nobody declared is a typing error, never a new topic.
        "auto.create.topics.enable": "false",
        "default.replication.factor": str(replicas),
        "min.insync.replicas": str(in_sync),
        # Kafka's own topics.
        "offsets.topic.replication.factor": str(replicas),
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": str(replicas),
        "transaction.state.log.min.isr": str(in_sync),
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": str(replicas),
        "share.coordinator.state.topic.min.isr": str(in_sync),
        # A killed broker may not come back before its old session ends, 9 s by default.
        "broker.session.timeout.ms": "4000",
        "broker.heartbeat.interval.ms": "1000",
        # Nobody else will join: a first consumer need not be kept waiting for others.
        "group.initial.rebalance.delay.ms": "0",
    }


def _secured(settings: StackSettings, folder: Path) -> dict[str, str]:
    """Clients and brokers have a password, controllers a certificate, and nothing goes in clear."""
    password = settings.kafka_password.get_secret_value()
    login = f"{tls.kafka_login(password)} user_{tls.KAFKA_USER}={json.dumps(password)};"
    return {
        "listener.security.protocol.map": "CLIENT:SASL_SSL,CONTROLLER:SSL",
        "listener.name.controller.ssl.client.auth": "required",
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": login,
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / tls.HOST),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / tls.TRUST),
    }


def _java(settings: StackSettings, layout: Layout) -> tuple[str, ...]:
    return (
        str(java_home() / "bin" / "java"),
        f"-Xmx{settings.kafka_memory_mb}m",
        "-XX:+ExitOnOutOfMemoryError",
        f"-Dlog4j2.configurationFile={layout.conf / 'kafka' / 'log4j2.properties'}",
        "-cp",
        classpath(layout.jars("kafka") / "*"),
    )


def _prepare(settings: StackSettings, layout: Layout) -> None:
    conf = layout.conf / "kafka"
    lines = "".join(f"{name}={value}\n" for name, value in properties(settings, layout).items())
    write(conf / "server.properties", lines)
    write(
        conf / "log4j2.properties",
        "appender.console.type = Console\n"
        "appender.console.name = console\n"
        "appender.console.layout.type = PatternLayout\n"
        "appender.console.layout.pattern = %d{ISO8601} %-5p %c{1}: %m%n\n"
        f"rootLogger.level = {settings.log_level}\n"
        "rootLogger.appenderRef.console.ref = console\n",
    )
    if (layout.data / "kafka" / "meta.properties").exists():
        return
    cluster = _cluster_id(settings)
    command = [
        *_java(settings, layout),
        "kafka.tools.StorageTool",
        "format",
        "-t",
        cluster,
        "-c",
        str(conf / "server.properties"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(os.environ))
    if done.returncode:
        log = layout.log / "kafka-format.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise StackError(
            f"Kafka could not format {layout.data / 'kafka'} (exit {done.returncode}); see {log}",
            hint=f"tail {log}",
        )


def _cluster_id(settings: StackSettings) -> str:
    """16 bytes in URL-safe Base64: at random, or, where several brokers must come to the same, always these."""
    alone = len(settings.hosts("kafka")) == 1
    given = uuid.uuid4() if alone else uuid.uuid5(uuid.NAMESPACE_DNS, "gridseal")
    # A leading - would read as an option.
    return base64.urlsafe_b64encode(given.bytes).rstrip(b"=").decode().replace("-", "A", 1)


def _ready(settings: StackSettings) -> str:
    waiting = "the broker does not answer yet"
    # Asked first: the client logs an error for every connection that is refused.
    if not accepts(settings.host, settings.kafka_port):
        return waiting
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    try:
        address, password = f"{settings.host}:{settings.kafka_port}", settings.kafka_password.get_secret_value()
        login = tls.kafka_client(settings.tls_dir, password) if settings.tls_dir else {}
        client = KafkaAdminClient(bootstrap_servers=address, request_timeout_ms=3000, **login)
    except (KafkaError, OSError, ValueError):
        return waiting
    try:
        cluster = client.describe_cluster()
        return "" if cluster.get("brokers") else "the cluster has no broker yet"
    except (KafkaError, OSError):
        return waiting
    finally:
        client.close()
