"""Time-stamp tokens: what an authority answers, verified against its root."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import PKIStatus, TimeStampResponse, VerifierBuilder, decode_timestamp_response

from notary.errors import NotaryError
from notary.verify.errors import ProofError
from notary.verify.proof import LONGEST_STAMP

_LINK = "stamp"
_SEQUENCE = 0x30
_GRANTED = bytes.fromhex("3003020100")
_MOST_PEM_BYTES = 1 << 20


def load_roots(path: Path) -> list[Certificate]:
    """Certificates of a PEM file: an authority's root, and those below it that its tokens do not bring along.

    Raises:
        NotaryError: It cannot be read, or holds none.
    """
    try:
        with path.open("rb") as file:
            return load_pem_x509_certificates(file.read(_MOST_PEM_BYTES))
    except (OSError, ValueError) as error:
        raise NotaryError(
            f"{path} holds no certificate as PEM: {str(error)!r:.200}",
            f"openssl x509 -in {path} -text; GRIDSEAL_TIMESTAMP_CERTIFICATE, --tsa-certificate",
            2,
        ) from error


def accept(answer: bytes, message: bytes, nonce: int, roots: Sequence[Certificate]) -> tuple[bytes, datetime]:
    """The token of an answer, and its time.

    Args:
        answer: TimeStampResp in DER.
        message: What was to be stamped.
        nonce: Of the request.
        roots: Of the authority.

    Raises:
        ProofError: The authority refuses, or the token is not one of it, of the message and of the request.
    """
    with_nonce = VerifierBuilder(roots=list(roots), nonce=nonce)
    return _verified(answer, message, with_nonce)


def checker(roots: Sequence[Certificate]) -> Callable[[bytes, bytes], datetime]:
    """What verifies a token of a message, for somebody who trusts roots, and tells its time.

    Returns:
        A function of token and message; it raises ProofError if the token is none of the roots or of the message.
    """

    def check(token: bytes, message: bytes) -> datetime:
        _, time = _verified(_sequence(_GRANTED + token), message, VerifierBuilder(roots=list(roots)))
        return time

    return check


def _verified(answer: bytes, message: bytes, trusted: VerifierBuilder) -> tuple[bytes, datetime]:
    try:
        response = decode_timestamp_response(answer)
        _check_status(response)
        trusted.build().verify_message(response, message)
        token, time = response.time_stamp_token(), response.tst_info.gen_time
    except ProofError:
        raise
    except Exception as error:  # The library lets those of the certificates in a token through as they come.
        raise ProofError(_LINK, f"the time-stamp is none of the trusted root for the checkpoint: {error}") from error
    if len(token) > LONGEST_STAMP:
        raise ProofError(_LINK, f"the time-stamp has {len(token):,} bytes, at most {LONGEST_STAMP:,}")
    return token, time


def _check_status(response: TimeStampResponse) -> None:
    if response.status != PKIStatus.GRANTED:
        why = "; ".join(response.status_string)
        raise ProofError(_LINK, f"the authority refuses: PKIStatus {response.status} {why}".rstrip())


def _sequence(body: bytes) -> bytes:
    """DER of a SEQUENCE."""
    size = len(body)
    if size < 1 << 7:
        return bytes([_SEQUENCE, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([_SEQUENCE, 1 << 7 | len(length)]) + length + body
