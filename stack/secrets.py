"""Passwords, made at random at the first start and kept in .env, which only its owner can read.

In a container they are files, one each, made before by `python -m stack.secrets FOLDER`.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from stack.errors import StackError
from stack.files import create_durably
from stack.settings import ENV_FILE, env_name, hidden_fields, secret_fields

# No GRIDSEAL_ name: it says where settings are, and is none.
SECRETS_VARIABLE = "SECRETS_OF_GRIDSEAL"  # pragma: allowlist secret
_HEADER = "# Made by gridseal at its first start. Keep it private: mode 0600, never committed.\n"


def ensure_secrets(env_file: Path = ENV_FILE) -> list[str]:
    """Adds a random password for each one that the file lacks; lines that exist stay as they are.

    Call it before the settings are read, since they are read from this file. Nothing happens where secrets are files.

    Args:
        env_file: The file, made with mode 0600 if it is not there.

    Returns:
        The names that were added, such as GRIDSEAL_DATABASE_APP_PASSWORD.

    Raises:
        StackError: The file cannot be written.
    """
    if secrets_dir():
        return []
    try:
        text = env_file.read_text(encoding="utf-8") if env_file.exists() else ""
        missing = [name for name in map(env_name, secret_fields()) if name not in names_in(text)]
        if not missing:
            return []
        lines = "".join(f"{name}={secrets.token_urlsafe(24)}\n" for name in missing)
        lead = _HEADER if not text else "" if text.endswith("\n") else "\n"
        descriptor = os.open(env_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="utf-8") as file:
            # The file may be older than the passwords and open to others.
            os.fchmod(descriptor, 0o600)
            file.write(lead + lines)
    except OSError as error:
        raise StackError(
            f"cannot write the passwords to {env_file}: {error.strerror}",
            hint=f"ls -ld {env_file} {env_file.absolute().parent}",
            exit_code=2,
        ) from error
    return missing


def secrets_dir() -> Path | None:
    """Where a container finds its secrets, one file each; what it does not get it does not need, so none is made."""
    return Path(named) if (named := os.environ.get(SECRETS_VARIABLE)) else None


def ensure_files(folder: Path) -> list[str]:
    """Makes a file with a random password for each one that the folder lacks, for containers to get.

    Whoever runs a container is another user there, so anybody may read the files: it is the folder that is private.

    Returns:
        The names that were added, such as gridseal_database_app_password.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    missing = [file for name in secret_fields() if not (file := folder / env_name(name).lower()).exists()]
    for file in missing:
        create_durably(file, secrets.token_urlsafe(24).encode())
        file.chmod(0o444)
    return [file.name for file in missing]


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for a process that needs no password, or reads it from .env."""
    secret = {env_name(field) for field in hidden_fields()}
    return {name: value for name, value in environment.items() if name not in secret}


def names_in(text: str) -> set[str]:
    """Names that the lines of an environment file set to a value that is not empty."""
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {name.strip().removeprefix("export ").strip().upper() for name, _, value in pairs if value.strip(" '\"")}


if __name__ == "__main__":
    print("".join(f"made {name}\n" for name in ensure_files(Path(sys.argv[1]))), end="")  # noqa: T201
