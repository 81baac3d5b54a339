"""What the running services were started with, so that a later change of settings is noticed."""

import hashlib
import json
from pathlib import Path

from stack.errors import StackError
from stack.files import write
from stack.layout import Layout
from stack.settings import StackSettings, env_name, hidden_fields

# Not a setting, but as good a reason for a new start: other jars lie in FLINK_HOME.
_SET_UP = "set-up"


def take(settings: StackSettings) -> dict[str, str]:
    """Each setting of the stack as text; of one that is hidden only a hash."""
    values = {name: str(getattr(settings, name)) for name in StackSettings.model_fields}
    layout = Layout.of(settings)
    values |= {"var_dir": str(layout.var), "build_dir": str(layout.build)}
    for name in hidden_fields():
        secret = getattr(settings, name)
        given = secret.get_secret_value() if secret else ""
        values[name] = "sha256:" + hashlib.sha256(given.encode()).hexdigest()
    stamp = layout.build / "stamps" / "flink"
    values[_SET_UP] = stamp.read_text(encoding="ascii") if stamp.exists() else ""
    return values


def save(settings: StackSettings) -> None:
    """Keeps the settings that the services are started with."""
    write(_path(settings), json.dumps(take(settings), indent=2))


def check_unchanged(settings: StackSettings) -> None:
    """Checks that the settings are those that the running services were started with.

    Raises:
        StackError: Some differ; the message names them with both values.
    """
    try:
        before = json.loads(_path(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    changed = [
        _describe(name, before[name], value)
        for name, value in take(settings).items()
        if before.get(name, value) != value
    ]
    if changed:
        raise StackError(
            f"the services run with other settings: {'; '.join(changed)}. Stop them before the new ones can hold",
            hint="make down && make up",
            exit_code=2,
        )


def _describe(name: str, before: str, now: str) -> str:
    if name == _SET_UP:
        return "set-up has assembled another FLINK_HOME"
    return f"{env_name(name)} changed" + ("" if name in hidden_fields() else f" from {before} to {now}")


def _path(settings: StackSettings) -> Path:
    return Layout.of(settings).run / "settings.json"
