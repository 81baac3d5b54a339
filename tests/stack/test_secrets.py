import stat
from pathlib import Path

import pytest

from stack.errors import StackError
from stack.secrets import ensure_secrets, names_in
from stack.settings import env_name, secret_fields

NAMES = [env_name(field) for field in secret_fields()]


def test_first_start_makes_all_passwords_for_the_owner_only(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    assert ensure_secrets(env_file) == NAMES
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    values = [line.partition("=")[2] for line in env_file.read_text().splitlines() if "=" in line]
    assert len(set(values)) == len(NAMES) == 10
    assert all(len(value) >= 32 for value in values)


def test_second_start_changes_nothing(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    ensure_secrets(env_file)
    before = env_file.read_bytes()
    assert ensure_secrets(env_file) == []
    assert env_file.read_bytes() == before


def test_lines_that_exist_stay(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("# mine\nGRIDSEAL_KAFKA_PORT=19999\nGRIDSEAL_DATABASE_APP_PASSWORD=chosen-by-me-1")
    env_file.chmod(0o644)
    assert ensure_secrets(env_file) == [name for name in NAMES if name != "GRIDSEAL_DATABASE_APP_PASSWORD"]
    text = env_file.read_text()
    assert text.startswith("# mine\nGRIDSEAL_KAFKA_PORT=19999\nGRIDSEAL_DATABASE_APP_PASSWORD=chosen-by-me-1\n")
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600


def test_comments_and_empty_values_name_nothing() -> None:
    assert names_in("#A=1\nB=\nexport C = 'x'\n\nD=''") == {"C"}


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="cannot write the passwords") as refused:
        ensure_secrets(tmp_path / "file" / ".env")
    assert refused.value.exit_code == 2
