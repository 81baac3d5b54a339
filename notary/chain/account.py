"""Accounts that sign: their keys are files that only their owner can read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from notary.errors import NotaryError
from notary.settings import NotarySettings

ADMIN, ANCHORER = "admin", "anchorer"


class Account:
    """An account of the chain."""

    def __init__(self, settings: NotarySettings, name: str) -> None:
        """Read the key.

        Args:
            settings: Where the keys are.
            name: ``ADMIN`` or ``ANCHORER``.

        Raises:
            NotaryError: It is not there, others can read it, or it is none.
        """
        from eth_account import Account as EthAccount

        path = settings.keys_dir / f"{name}.key"
        try:
            self._account = EthAccount.from_key(_read(path))
        except ValueError as error:
            # Not the error's own text, which may show the key.
            raise NotaryError(f"{path} holds no key: 64 hexadecimal digits are needed", f"ls -l {path}", 2) from error
        self.checksum: str = self._account.address
        self.address: str = self.checksum.lower()

    def sign(self, transaction: Mapping[str, Any]) -> tuple[bytes, str]:
        """Bytes of the signed transaction, and its hash."""
        signed = self._account.sign_transaction(dict(transaction))
        return bytes(signed.raw_transaction), "0x" + signed.hash.hex().removeprefix("0x")


def _read(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o077:
            raise NotaryError(f"others can read the key {path}", f"chmod 600 {path}", 2)
        return path.read_text("ascii").strip()
    except (OSError, UnicodeError) as error:
        raise NotaryError(f"the key {path} cannot be read: {error}", "gridseal up; ls -l " + str(path), 3) from error
