import re
import stat
import subprocess
import sys

import pytest
from eth_account import Account

from stack.errors import StackError
from stack.files import create_durably
from stack.findings import doctor
from stack.keys import ACCOUNTS, ensure_keys, key_file, read_key
from stack.layout import Layout
from stack.settings import StackSettings


def test_first_start_makes_a_key_for_each_account_for_the_owner_only(settings: StackSettings) -> None:
    layout = Layout.of(settings)
    addresses = ensure_keys(layout)
    assert [*addresses] == [*ACCOUNTS] == ["admin", "anchorer"]
    assert stat.S_IMODE(layout.keys.stat().st_mode) == 0o700
    assert len(list(layout.keys.iterdir())) == len(set(addresses.values())) == 2
    for name, address in addresses.items():
        assert stat.S_IMODE(key_file(layout, name).stat().st_mode) == 0o600
        assert re.fullmatch("0x[0-9a-f]{64}", read_key(layout, name))
        assert Account.from_key(read_key(layout, name)).address == address


def test_second_start_changes_nothing(settings: StackSettings) -> None:
    layout = Layout.of(settings)
    addresses = ensure_keys(layout)
    before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in layout.keys.iterdir()}
    assert ensure_keys(layout) == addresses
    assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in layout.keys.iterdir()} == before


def test_a_key_is_never_written_over(settings: StackSettings) -> None:
    layout = Layout.of(settings)
    ensure_keys(layout)
    key = read_key(layout, "admin")
    assert not create_durably(key_file(layout, "admin"), b"another")
    assert read_key(layout, "admin") == key
    assert len(list(layout.keys.iterdir())) == 2


def test_a_key_that_is_not_there_is_told(settings: StackSettings) -> None:
    with pytest.raises(StackError, match=r"cannot read the key of admin, .*admin\.key: No such file"):
        read_key(Layout.of(settings), "admin")


def test_a_folder_that_cannot_be_written_is_told(settings: StackSettings) -> None:
    settings.var_dir.touch()
    with pytest.raises(StackError, match="cannot write the keys to") as refused:
        ensure_keys(Layout.of(settings))
    assert refused.value.exit_code == 2


def test_doctor_looks_after_the_keys(settings: StackSettings) -> None:
    layout = Layout.of(settings)

    def found() -> dict[str, tuple[bool, str]]:
        findings = {finding.name: finding for finding in doctor(settings)}
        return {name: (findings[f"key {name}.key"].ok, findings[f"key {name}.key"].remedy) for name in ACCOUNTS}

    assert found() == {"admin": (False, "make up"), "anchorer": (False, "make up")}
    ensure_keys(layout)
    file = key_file(layout, "admin")
    file.chmod(0o644)
    assert found() == {"admin": (False, f"chmod 600 {file}"), "anchorer": (True, "")}
    layout.chain.mkdir(parents=True)
    (layout.chain / "genesis.json").touch()
    file.unlink()
    assert found()["admin"] == (False, f"put {file} back from a copy")


def test_a_command_does_not_wait_for_what_only_keys_need() -> None:
    code = "import sys, stack.control, stack.findings; print('eth_account' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
