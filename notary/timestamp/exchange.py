"""A request to a time-stamp authority over HTTP (RFC 3161, 3.4): by no proxy, to no other place, and bounded."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR, socket
from threading import Event, Timer
from urllib.parse import urlsplit

from notary.errors import NotaryError
from notary.verify.proof import LONGEST_STAMP

_TIMEOUT_S = 20.0
_MOST_BYTES = LONGEST_STAMP + 4096
_OK = 200
_CONNECTIONS = {"http": HTTPConnection, "https": HTTPSConnection}
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


def ask(url: str, request: bytes, timeout_s: float = _TIMEOUT_S) -> bytes:
    """Post a TimeStampReq.

    Args:
        url: Of the authority, http or https.
        request: In DER.
        timeout_s: Seconds for the connection, and for the whole answer.

    Returns:
        The answer, unread.

    Raises:
        NotaryError: There is none, or a longer one than a stamp takes.
    """
    try:
        status, data = _post(url, request, timeout_s)
    except (OSError, HTTPException, ValueError) as error:
        raise NotaryError(f"{url} does not answer: {str(error)!r:.200}", "GRIDSEAL_TIMESTAMP_URL", 3) from error
    if status != _OK:
        raise NotaryError(f"{url} answers with the HTTP status {status}, not {_OK}", "GRIDSEAL_TIMESTAMP_URL", 3)
    if len(data) > _MOST_BYTES:
        raise NotaryError(f"{url} answers more than {_MOST_BYTES:,} bytes", "GRIDSEAL_TIMESTAMP_URL", 3)
    return data


def _post(url: str, request: bytes, timeout_s: float) -> tuple[int, bytes]:
    parts = urlsplit(url)
    if parts.scheme not in _CONNECTIONS or not parts.hostname:
        raise ValueError("allowed: http://... or https://...")
    connection = _CONNECTIONS[parts.scheme](parts.hostname, parts.port, timeout=timeout_s)
    try:
        connection.connect()
        with _deadline(connection.sock, timeout_s):
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, request, _HEADERS)
            answer = connection.getresponse()
            return answer.status, answer.read(_MOST_BYTES + 1)
    finally:
        connection.close()


@contextmanager
def _deadline(connected: socket, timeout_s: float) -> Iterator[None]:
    """Cut a connection after a while: its own time-out begins anew with every byte."""
    late = Event()

    def cut() -> None:
        late.set()
        with suppress(OSError):
            connected.shutdown(SHUT_RDWR)

    timer = Timer(timeout_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if late.is_set():
            raise TimeoutError(f"no whole answer within {timeout_s:.0f} s")
