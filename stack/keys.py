"""Private keys of our two accounts on the chain: `admin` owns what stands there, `anchorer` adds to it.

They belong to one chain, whose first block gives them their coins, and go where it goes: `make clean` removes both.
"""

import secrets
from pathlib import Path

from stack.errors import StackError
from stack.files import create_durably
from stack.layout import Layout

ACCOUNTS = ("admin", "anchorer")


def ensure_keys(layout: Layout) -> dict[str, str]:
    """Makes the keys that are not there yet, each in a file that only its owner can read.

    Returns:
        The address of each account, by its name.

    Raises:
        StackError: A key cannot be written.
    """
    from eth_account import Account

    try:
        layout.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ACCOUNTS:
            file = key_file(layout, name)
            if not file.exists():
                create_durably(file, f"0x{secrets.token_hex(32)}\n".encode())
    except OSError as error:
        raise StackError(
            f"cannot write the keys to {layout.keys}: {error.strerror}", hint=f"ls -la {layout.keys}", exit_code=2
        ) from error
    return {name: Account.from_key(read_key(layout, name)).address for name in ACCOUNTS}


def read_key(layout: Layout, name: str) -> str:
    """The private key of an account, in hexadecimal digits after 0x.

    Raises:
        StackError: It cannot be read.
    """
    file = key_file(layout, name)
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise StackError(f"cannot read the key of {name}, {file}: {error.strerror}", hint="make up") from error


def key_file(layout: Layout, name: str) -> Path:
    """Where the key of an account lies."""
    return layout.keys / f"{name}.key"
