"""The real services of gridseal as supervised local processes, without Docker.

Names are imported when they are first used: set-up imports this package before anything is installed, and the
command line must start fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stack.control import Report, clean, down, start, stop, up
    from stack.errors import StackError
    from stack.findings import Finding, doctor
    from stack.layout import Layout
    from stack.secrets import ensure_secrets
    from stack.settings import StackSettings
    from stack.state import ServiceStatus, status

__all__ = [
    "Finding",
    "Layout",
    "Report",
    "ServiceStatus",
    "StackError",
    "StackSettings",
    "clean",
    "doctor",
    "down",
    "ensure_secrets",
    "start",
    "status",
    "stop",
    "up",
]

_HOMES = {
    "Finding": "stack.findings",
    "Layout": "stack.layout",
    "Report": "stack.control",
    "ServiceStatus": "stack.state",
    "StackError": "stack.errors",
    "StackSettings": "stack.settings",
    "clean": "stack.control",
    "doctor": "stack.findings",
    "down": "stack.control",
    "ensure_secrets": "stack.secrets",  # pragma: allowlist secret
    "start": "stack.control",
    "status": "stack.state",
    "stop": "stack.control",
    "up": "stack.control",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stack' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)
