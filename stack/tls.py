"""Certificates of a host, as they lie in the folder `tls_dir`, and how servers and clients are told of them.

`stack/certificates.py` makes them.
"""

import json
import ssl
from pathlib import Path
from typing import Any

TRUST = "ca.pem"
"""Whom to believe: the authority's certificate."""
HOST = "host.pem"
"""The host's key and certificate."""
JAVA_TRUST, JAVA_HOST = "trust.p12", "host.p12"
"""The same for Java."""
# Java wants one for each file. It keeps nobody out: the folder does.
JAVA_PASSWORD = "gridseal"  # noqa: S105  # pragma: allowlist secret
KAFKA_USER = "gridseal"
"""Who logs in to Kafka."""
# For keys of elliptic curves; Flink's default is for those of RSA, and keeps no secret from who gets the key later.
_CIPHERS = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"


def client_context(folder: Path) -> ssl.SSLContext:
    """How a client of this host proves who it is, and believes servers of the cluster and no others."""
    context = ssl.create_default_context(cafile=folder / TRUST)
    context.load_cert_chain(folder / HOST)
    return context


def kafka_client(folder: Path, password: str) -> dict[str, Any]:
    """What kafka-python is told."""
    return {
        "security_protocol": "SASL_SSL",
        "ssl_cafile": str(folder / TRUST),
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": KAFKA_USER,
        "sasl_plain_password": password,
    }


def kafka_login(password: str) -> str:
    """What Java's clients and brokers are told, but for the semicolon at its end."""
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return f'{module} required username="{KAFKA_USER}" password={json.dumps(password)}'


def flink_options(folder: Path, *parts: str) -> dict[str, str]:
    """What Flink is told of `rest` or `internal`: who asks, and who answers, proves by a certificate who it is."""
    options = {"security.ssl.algorithms": _CIPHERS, "security.ssl.rest.authentication-enabled": "true"}
    for part in parts:
        ours = f"security.ssl.{part}"
        options |= {
            f"{ours}.enabled": "true",
            f"{ours}.keystore": str(folder / JAVA_HOST),
            f"{ours}.keystore-password": JAVA_PASSWORD,
            f"{ours}.key-password": JAVA_PASSWORD,
            f"{ours}.truststore": str(folder / JAVA_TRUST),
            f"{ours}.truststore-password": JAVA_PASSWORD,
        }
    return options


def jvm_options(folder: Path) -> list[str]:
    """By which a JVM believes the cluster's servers."""
    store = "-Djavax.net.ssl.trustStore"
    return [f"{store}={folder / JAVA_TRUST}", f"{store}Password={JAVA_PASSWORD}"]
