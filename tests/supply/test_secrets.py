"""The scan for secrets finds one that is planted; `make lint` scans what is tracked here."""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from supply.secrets import scan, tracked

# Put together here, or they would be found in this file.
SECRETS = {
    "key.pem": "-----BEGIN EC PRIVATE " + "KEY-----",
    "settings.py": "KEY = '" + os.urandom(32).hex() + "'",
    "admin.key": "0x" + os.urandom(32).hex(),
    ".env": "GRIDSEAL_DATABASE_APP_PASSWORD=" + "correct-horse-battery",
    "url.txt": "postgresql://grid:" + "battery-staple@db/grid",
    "deploy.sh": "export TOKEN=gh" + "p_" + "Ab1" * 12,
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a file that holds no secret."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    _track(tmp_path, "README.md", "# Nothing to see")
    return tmp_path


def _track(repository: Path, name: str, text: str) -> None:
    (repository / name).write_text(f"\n{text}\n")
    subprocess.run(["git", "-C", repository, "add", "--force", name], check=True)


@pytest.mark.parametrize(("name", "text"), SECRETS.items(), ids=SECRETS)
def test_a_planted_secret_is_found(repository: Path, name: str, text: str) -> None:
    _track(repository, name, text)
    found = scan(repository)
    assert f"Location:    {name}:2" in found
    assert text not in found


def test_a_repository_without_secrets_is_silent(repository: Path) -> None:
    assert scan(repository) == ""


def test_only_tracked_files_are_read(repository: Path) -> None:
    (repository / "key.pem").write_text(SECRETS["key.pem"])
    assert scan(repository) == ""
    assert tracked(repository) == ["README.md"]


def test_a_line_that_is_allowed_is_left_out(repository: Path) -> None:
    _track(repository, "settings.py", SECRETS["settings.py"] + "  # pragma: allowlist " + "secret")
    assert scan(repository) == ""


def _notebook(code: str, answer: str = "") -> str:
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + os.urandom(999)).decode()
    outputs = [{"data": {"image/png": picture, "text/plain": [answer]}}]
    return json.dumps({"cells": [{"cell_type": "code", "outputs": outputs, "source": [code]}]}, indent=1)


@pytest.mark.parametrize(
    ("notebook", "line"),
    [(_notebook(f'KEY = "{os.urandom(32).hex()}"\n'), 17), (_notebook("admin_key()\n", SECRETS["admin.key"]), 11)],
    ids=["code", "answer"],
)
def test_a_secret_in_a_notebook_is_found(repository: Path, notebook: str, line: int) -> None:
    _track(repository, "notebook.ipynb", notebook)
    assert f"Location:    notebook.ipynb:{line}\n" in scan(repository)


def test_a_picture_in_a_notebook_is_no_secret(repository: Path) -> None:
    _track(repository, "notebook.ipynb", _notebook("draw()\n", "<Figure>"))
    assert scan(repository) == ""


def test_a_tool_that_is_missing_is_no_silence(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supply.secrets.BASELINE", repository / "none")
    assert scan(repository)
