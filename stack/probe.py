"""Questions that readiness checks ask over the network."""

import json
import socket
import urllib.error
import urllib.request
from typing import Any

TIMEOUT_SECONDS = 3.0


def get_json(url: str) -> Any:
    """The JSON that a URL answers, or None if it does not answer."""
    # Without a proxy: the services are on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as response:
            return json.load(response)
    except (OSError, ValueError):
        return None


def accepts(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_SECONDS):
            return True
    except OSError:
        return False
