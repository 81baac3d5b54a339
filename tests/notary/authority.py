"""A time-stamp authority (RFC 3161) of the tests' own: real tokens, over HTTP, of a root that it makes.

The tokens are written here byte by byte (RFC 5652, 5816), so that each part of one can be another than it should be.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import SSLContext
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client._rust import parse_timestamp_request

_SEQUENCE, _SET, _INTEGER, _OCTETS, _OID, _TIME, _TEXT, _NULL = 0x30, 0x31, 2, 4, 6, 0x18, 12, b"\x05\x00"
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _DIGEST, _CERTIFICATE = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.16.2.47"
_SHA256, _ECDSA, _POLICY = "2.16.840.1.101.3.4.2.1", "1.2.840.10045.4.3.2", "1.3.6.1.4.1.4711.1"
_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING
REJECTION = 2


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def integer(value: int) -> bytes:
    return der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    first, second, *others = map(int, dotted.split("."))
    parts = []
    for number in (40 * first + second, *others):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        parts.append(bytes(reversed(digits)))
    return der(_OID, *parts)


def _attribute(kind: str, value: bytes) -> bytes:
    return der(_SEQUENCE, oid(kind), der(_SET, value))


@dataclass
class Signer:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def root(cls, name: str) -> "Signer":
        return cls.make(name, None, (x509.BasicConstraints(ca=True, path_length=None), True))

    @classmethod
    def make(cls, name: str, issuer: "Signer | None", extension: tuple[x509.ExtensionType, bool]) -> "Signer":
        key, subject = (
            ec.generate_private_key(ec.SECP256R1()),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        )
        signing = issuer.key if issuer else key
        for added, critical in (
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), False),
            extension,
        ):
            builder = builder.add_extension(added, critical)
        return cls(builder.sign(signing, SHA256()), key)

    def stamper(self, purpose: x509.ObjectIdentifier = _STAMPING, critical: bool = True) -> "Signer":
        """One that this root has signed for time-stamps, or for something else."""
        return Signer.make("stamper", self, (x509.ExtendedKeyUsage([purpose]), critical))

    def host(self, name: str) -> "Signer":
        """One that this root has signed for a server."""
        return Signer.make(name, self, (x509.SubjectAlternativeName([x509.DNSName(name)]), False))

    def write(self, path: Path) -> Path:
        """The certificate in a file, as PEM."""
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def write_key(self, path: Path) -> Path:
        """The key in a file, as PEM."""
        path.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return path


@dataclass
class Authority:
    """What it answers, which a test may change.

    Attributes:
        root: Whom its users trust.
        signer: Who signs.
        url: Where it listens.
        status: PKIStatus.
        http_status: Of the answer.
        headers: Further ones of the answer.
        body: The answer, instead of a token.
        imprint: What it stamps, instead of what is asked.
        nonce: That of the token, instead of the one that is asked.
        others: Further certificates in the token, in DER.
        requests: What it was asked, in bytes.
    """

    root: Signer
    signer: Signer
    url: str = ""
    status: int = 0
    http_status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    imprint: bytes | None = None
    nonce: int | None = None
    others: list[bytes] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)

    def answer(self, request: bytes) -> bytes:
        """A TimeStampResp."""
        self.requests.append(request)
        if self.body is not None:
            return self.body
        if self.status:
            return der(
                _SEQUENCE, der(_SEQUENCE, integer(self.status), der(_SEQUENCE, der(_TEXT, b"not\x1b[31m [/b] today")))
            )
        asked = parse_timestamp_request(request)
        assert asked.cert_req
        assert asked.nonce
        return der(
            _SEQUENCE,
            der(_SEQUENCE, integer(0)),
            self.token(self.imprint or asked.message_imprint.message, self.nonce or asked.nonce),
        )

    def token(self, imprint: bytes, nonce: int) -> bytes:
        """A token of an imprint in SHA-256."""
        info = der(
            _SEQUENCE,
            integer(1),
            oid(_POLICY),
            der(_SEQUENCE, der(_SEQUENCE, oid(_SHA256), _NULL), der(_OCTETS, imprint)),
            integer(secrets.randbits(64)),
            der(_TIME, f"{datetime.now(UTC):%Y%m%d%H%M%SZ}".encode()),
            integer(nonce),
        )
        certificate = self.signer.certificate
        signed_data = der(
            _SEQUENCE,
            integer(3),
            der(_SET, der(_SEQUENCE, oid(_SHA256))),
            der(_SEQUENCE, oid(_TST_INFO), der(0xA0, der(_OCTETS, info))),
            der(0xA0, *sorted([certificate.public_bytes(Encoding.DER), *self.others])),
            der(_SET, self._signer_info(info)),
        )
        return der(_SEQUENCE, oid(_SIGNED_DATA), der(0xA0, signed_data))

    def _signer_info(self, info: bytes) -> bytes:
        certificate = self.signer.certificate
        named = der(_SEQUENCE, der(_OCTETS, sha256(certificate.public_bytes(Encoding.DER)).digest()))
        attributes = sorted(
            (
                _attribute(_CONTENT_TYPE, oid(_TST_INFO)),
                _attribute(_DIGEST, der(_OCTETS, sha256(info).digest())),
                _attribute(_CERTIFICATE, der(_SEQUENCE, der(_SEQUENCE, named))),
            )
        )
        return der(
            _SEQUENCE,
            integer(1),
            der(_SEQUENCE, certificate.issuer.public_bytes(), integer(certificate.serial_number)),
            der(_SEQUENCE, oid(_SHA256)),
            der(0xA0, *attributes),
            der(_SEQUENCE, oid(_ECDSA)),
            der(_OCTETS, self.signer.key.sign(der(_SET, *attributes), ec.ECDSA(SHA256()))),
        )


@contextmanager
def serving(port: int = 0, secured: SSLContext | None = None) -> Iterator[Authority]:
    """An authority on a port of the loopback, any free one unless named; over TLS if it is given how."""
    root = Signer.root("root of the tests")
    authority = Authority(root, root.stamper())

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            body = authority.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(authority.http_status)
            for name, value in {"Content-Type": "application/timestamp-reply", **authority.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # Whoever asked may have heard enough.
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        authority.url = f"http://127.0.0.1:{server.server_address[1]}/stamp"
        if secured:
            server.socket = secured.wrap_socket(server.socket, server_side=True)
            authority.url = f"https://localhost:{server.server_address[1]}/stamp"
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield authority
        finally:
            server.shutdown()
