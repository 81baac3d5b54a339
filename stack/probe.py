"""Questions that readiness checks ask over the network."""

import json
import socket
import ssl
import urllib.request
from http.client import HTTPException
from typing import Any

TIMEOUT_SECONDS = 3.0


def get_json(url: str, context: ssl.SSLContext | None = None) -> Any:
    """The JSON that a URL answers, or None if it does not answer."""
    return _json(urllib.request.Request(url), TIMEOUT_SECONDS, context)  # noqa: S310


def call_json(url: str, method: str, *parameters: object, seconds: float = TIMEOUT_SECONDS) -> Any:
    """The result of a call by JSON-RPC, or None if there is no answer or it is an error."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    answer = _json(request, seconds)
    return answer.get("result") if isinstance(answer, dict) else None


def accepts(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_SECONDS):
            return True
    except OSError:
        return False


def converse(host: str, port: int, words: bytes) -> bytes:
    """All that is answered until the connection is closed; nothing if nobody listens."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as connection:
            connection.sendall(words)
            return b"".join(iter(lambda: connection.recv(4096), b""))
    except OSError:
        return b""


def _json(request: urllib.request.Request, seconds: float, context: ssl.SSLContext | None = None) -> Any:
    # Without a proxy: the services are on this machine.
    handlers = [urllib.request.HTTPSHandler(context=context)] if context else []
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)
    try:
        with opener.open(request, timeout=seconds) as response:
            return json.load(response)
    except (OSError, ValueError, HTTPException):
        return None
