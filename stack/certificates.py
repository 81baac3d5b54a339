"""A certificate authority of the cluster's own, and a certificate for each of its hosts.

Run as `python -m stack.certificates FOLDER HOST ...`; what is there already stays. Each host gets a folder
of its own, as `stack/tls.py` says.

The authority's key stays in FOLDER/authority, which no host needs.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from stack.files import create_durably
from stack.tls import HOST, JAVA_HOST, JAVA_PASSWORD, JAVA_TRUST, TRUST

AUTHORITY = "authority"
_YEARS = 10
_PLAIN = serialization.NoEncryption()


def ensure_certificates(folder: Path, hosts: list[str]) -> list[str]:
    """Makes what is missing: the authority, and a folder for each host.

    Whoever runs a container is another user there, so anybody may read the files: the folder above is private.

    Args:
        folder: Of all of them; only its owner may enter it.
        hosts: Names by which hosts are reached.

    Returns:
        The hosts that got one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    key, certificate = _authority(folder / AUTHORITY)
    made = [host for host in hosts if not (folder / host / JAVA_HOST).exists()]
    for host in made:
        _issue(folder / host, host, key, certificate)
    return made


def _authority(folder: Path) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    file = folder / HOST
    if not file.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("gridseal authority")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        certificate = (
            _validity(x509.CertificateBuilder())
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        create_durably(file, _pem(key, certificate))
    text = file.read_bytes()
    found = serialization.load_pem_private_key(text, None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)  # noqa: S101
    return found, x509.load_pem_x509_certificate(text)


def _issue(folder: Path, host: str, authority: ec.EllipticCurvePrivateKey, issuer: x509.Certificate) -> None:
    folder.mkdir(exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    certificate = (
        _validity(x509.CertificateBuilder())
        .subject_name(_name(host))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key()), critical=False)
        .sign(authority, hashes.SHA256())
    )
    locked = serialization.BestAvailableEncryption(JAVA_PASSWORD.encode())
    alone = issuer.public_bytes(serialization.Encoding.PEM)
    trusted = pkcs12.PKCS12Certificate(issuer, b"authority")
    for name, content in (
        (TRUST, alone),
        (JAVA_TRUST, pkcs12.serialize_java_truststore([trusted], locked)),
        (HOST, _pem(key, certificate)),
        # Last: a folder that has it is whole.
        (JAVA_HOST, pkcs12.serialize_key_and_certificates(host.encode(), key, certificate, [issuer], locked)),
    ):
        create_durably(folder / name, content)
        (folder / name).chmod(0o444)


def _validity(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    # Clocks of hosts differ a little.
    begins, ends = now - timedelta(hours=1), now + timedelta(days=365 * _YEARS)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begins).not_valid_after(ends)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, _PLAIN)
    return secret + certificate.public_bytes(serialization.Encoding.PEM)


if __name__ == "__main__":
    made = ensure_certificates(Path(sys.argv[1]), sys.argv[2:])
    print("".join(f"made a certificate for {host}\n" for host in made), end="")  # noqa: T201
