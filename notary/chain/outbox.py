"""Transactions on their way: each is stored, signed, before it is sent, and sent until it is mined.

A transaction has a number of its account, its nonce, and only one of a number is ever mined. So whoever died in between
sends again what is stored for the next number, and a higher fee is another transaction of the same number.
"""

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from notary.chain.account import Account
from notary.chain.node import Chain
from notary.errors import NotaryError
from notary.record.database import changing, now
from notary.settings import NotarySettings

_GWEI = 10**9
_LEAST_RAISE = 1.125
"""Nodes refuse a second transaction of a nonce that does not offer an eighth more; by EIP-1559 clients' rule."""


class Outbox:
    """The transactions of one record."""

    def __init__(self, settings: NotarySettings, connection: sqlite3.Connection, chain: Chain) -> None:
        self._settings, self._connection, self._chain = settings, connection, chain

    def push(self, account: Account, purpose: str, call: Mapping[str, Any]) -> None:
        """Bring an account's next transaction on by one step: sign and send it, send it again, or offer more.

        If another transaction of the account is still on its way, it is that one that is brought on.

        Args:
            account: Who signs.
            purpose: What it is for, in a word.
            call: Where to and what: ``to`` (missing for a contract that is made) and ``data``.

        Raises:
            NotaryError: The node does not answer or refuses it, the contract would, or it costs more than allowed.
        """
        nonce = self._chain.mined_nonce(account.address)
        waiting = self._newest(account.address, nonce)
        if waiting is None:
            stored = self._sign(account, nonce, purpose, call, self._chain.fees())
        elif self._overdue(waiting):
            stored = self._sign(account, nonce, waiting["purpose"], json.loads(waiting["call"]), self._raised(waiting))
        else:
            stored = waiting
        self._chain.send(stored["raw"])
        with changing(self._connection):
            self._connection.execute(
                "UPDATE transactions SET sent_at = ? WHERE id = ? AND sent_at IS NULL", (now(), stored["id"])
            )

    def made_contract(self, address: str, purpose: str) -> int | None:
        """Nonce of the first transaction of an account for a purpose; None before."""
        row = self._connection.execute(
            "SELECT min(nonce) AS nonce FROM transactions WHERE chain_id = ? AND sender = ? AND purpose = ?",
            (self._chain.chain_id, address, purpose),
        ).fetchone()
        return None if row["nonce"] is None else int(row["nonce"])

    def mined_in(self, purpose: str) -> int | None:
        """Number of the block that a transaction for a purpose was mined in, if one was."""
        for row in self._connection.execute(
            "SELECT hash FROM transactions WHERE chain_id = ? AND purpose = ? ORDER BY id DESC",
            (self._chain.chain_id, purpose),
        ):
            if (block := self._chain.block_of(row["hash"])) is not None:
                return block
        return None

    def _newest(self, sender: str, nonce: int) -> Any:
        return self._connection.execute(
            "SELECT * FROM transactions WHERE chain_id = ? AND sender = ? AND nonce = ? ORDER BY id DESC LIMIT 1",
            (self._chain.chain_id, sender, nonce),
        ).fetchone()

    def _overdue(self, stored: Any) -> bool:
        if stored["sent_at"] is None:
            return False
        sent = max(datetime.fromisoformat(stored["sent_at"]), datetime.fromisoformat(stored["signed_at"]))
        return datetime.now(UTC) - sent > timedelta(seconds=self._settings.chain_bump_seconds)

    def _raised(self, stored: Any) -> tuple[int, int]:
        most, tip = self._chain.fees()
        return max(most, int(stored["max_fee"] * _LEAST_RAISE) + 1), max(tip, int(stored["tip"] * _LEAST_RAISE) + 1)

    def _sign(
        self, account: Account, nonce: int, purpose: str, call: Mapping[str, Any], fees: tuple[int, int]
    ) -> Mapping[str, Any]:
        most, tip = fees
        if most > self._settings.chain_max_fee_gwei * _GWEI:
            raise NotaryError(
                f"a unit of gas costs up to {most / _GWEI:.1f} gwei now, allowed: {self._settings.chain_max_fee_gwei}",
                "wait, or raise GRIDSEAL_CHAIN_MAX_FEE_GWEI",
            )
        transaction = {
            **call,
            "type": 2,
            "chainId": self._chain.chain_id,
            "nonce": nonce,
            "value": 0,
            "maxFeePerGas": most,
            "maxPriorityFeePerGas": min(tip, most),
        }
        transaction["gas"] = self._chain.gas({**call, "from": account.checksum, "value": 0})
        raw, hash_ = account.sign(transaction)
        with changing(self._connection):
            self._connection.execute(
                "INSERT OR IGNORE INTO transactions"
                " (chain_id, purpose, sender, nonce, call, hash, raw, max_fee, tip, signed_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self._chain.chain_id,
                    purpose,
                    account.address,
                    nonce,
                    json.dumps(call),
                    hash_,
                    raw,
                    most,
                    tip,
                    now(),
                ),
            )
        row = self._connection.execute("SELECT * FROM transactions WHERE hash = ?", (hash_,)).fetchone()
        return dict(row)
