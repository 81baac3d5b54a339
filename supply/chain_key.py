"""A detector of detect-secrets: private keys of a chain, as gridseal writes them to var/keys.

It is loaded by detect-secrets, in .venv-supply.
"""

import re

from detect_secrets.plugins.base import RegexBasedDetector


class ChainKeyDetector(RegexBasedDetector):  # type: ignore[misc]
    """Finds 32 bytes in hexadecimal digits after 0x, quoted or not, which the tool's own detectors pass over."""

    secret_type = "Private key of a chain"  # noqa: S105 - a name  # pragma: allowlist secret
    denylist = (re.compile(r"\b0x[0-9a-fA-F]{64}\b"),)
