"""Anchoring: the newest checkpoint of the log to the contract, until nobody can take it back."""

import sqlite3
import time
from collections.abc import Callable
from functools import cached_property

from notary.anchors import Tell, anchor_newest
from notary.chain.account import ADMIN, ANCHORER, Account
from notary.chain.contract.artifact import load
from notary.chain.node import Chain, address_after
from notary.chain.outbox import Outbox
from notary.errors import NotaryError
from notary.record.checkpoints import Anchored, Checkpoints, State
from notary.record.database import changing
from notary.record.seals import SealLog
from notary.settings import NotarySettings
from notary.verify.seal import Checkpoint

_DEPLOY, _OPEN = "deploy", "open"
_POLL_S = 0.5


class Anchorage:
    """The contract of a lake on one chain, and what it takes to write to it."""

    def __init__(
        self,
        settings: NotarySettings,
        connection: sqlite3.Connection,
        log: SealLog,
        keep: Callable[[int], None] = lambda _: None,
        deploys: bool = False,
    ) -> None:
        """Ask nothing of the chain yet.

        Args:
            settings: Where it is.
            connection: To the record.
            log: Of the lake's seals.
            keep: Returns once the node can no longer lose a block of this number.
            deploys: Whether to make the contract where there is none.
        """
        self._settings, self._connection, self._log, self._keep = settings, connection, log, keep
        self._deploys = deploys
        self._checkpoints = Checkpoints(connection, log)

    @cached_property
    def chain(self) -> Chain:
        """The chain, connected to at first use.

        Raises:
            NotaryError: The node does not answer, or is one of another chain.
        """
        return Chain(self._settings)

    @cached_property
    def _outbox(self) -> Outbox:
        return Outbox(self._settings, self._connection, self.chain)

    @property
    def contract(self) -> str | None:
        """Address of the contract as set or as known; None before it is made."""
        row = self._connection.execute(
            "SELECT address FROM contracts WHERE chain_id = ?", (self._settings.chain_id,)
        ).fetchone()
        return self._settings.chain_contract.lower() or (str(row["address"]) if row else None)

    def deploy(self, wait_s: float, tell: Tell = lambda _: None) -> str:
        """Make the contract and open it for this lake; what is done already is left alone.

        Returns:
            The contract's address.

        Raises:
            NotaryError: The node does not answer or refuses it, or it was not mined in time.
        """
        admin = Account(self._settings, ADMIN)
        if self.contract is None:
            tell(f"making the contract on chain {self.chain.chain_id}")
            self._until(
                lambda: self._made(admin),
                lambda: self._outbox.push(admin, _DEPLOY, {"data": "0x" + load().bytecode.hex()}),
                wait_s,
            )
        address = self._there()
        origin_id = self._log.origin_id
        if self.chain.anchorer_of(address, origin_id) is None:
            tell(f"opening the contract {address} for {self._log.origin}")
            call = self.chain.call(address, "open_origin", origin_id, Account(self._settings, ANCHORER).checksum)
            self._until(
                lambda: self.chain.anchorer_of(address, origin_id) is not None,
                lambda: self._outbox.push(admin, _OPEN, call),
                wait_s,
            )
        return address

    def compare(self) -> None:
        """See that what the contract holds is a part of the log.

        Raises:
            NotaryError: It is not, or the node does not answer, or there is no contract.
        """
        self._held(self._there())

    def anchor(self, wait_s: float, tell: Tell = lambda _: None) -> Anchored | None:
        """Bring the newest checkpoint to the contract, and wait until it is final.

        Returns:
            How far it has come; None while nothing is sealed.

        Raises:
            NotaryError: The node does not answer or refuses it, there is no contract, or it holds another log.
        """
        anchored, _ = anchor_newest(self._checkpoints, [self], wait_s, tell)
        return anchored

    def hold(self, checkpoint: Checkpoint, wait_s: float, tell: Tell = lambda _: None) -> bool:
        """Bring a checkpoint to the contract, and wait until it is final.

        Returns:
            Whether it is; what is stored and not mined yet is sent again at the next run.

        Raises:
            NotaryError: The node does not answer or refuses it, there is no contract, or it holds another log.
        """
        if self._deploys:
            self.deploy(wait_s, tell)
        contract, until = self._there(), time.monotonic() + wait_s
        self._take_back(tell)
        anchorer = Account(self._settings, ANCHORER)
        last = None
        while True:
            state = self._observe(contract, checkpoint)
            if state is State.PENDING:
                self._push(anchorer, contract, checkpoint)
                state = self._observe(contract, checkpoint)
            if state is not last:
                tell(f"checkpoint of {checkpoint.size} seals: {state}")
                last = state
            if state is State.FINALIZED or time.monotonic() >= until:
                return state is State.FINALIZED
            time.sleep(_POLL_S)

    def _push(self, anchorer: Account, contract: str, checkpoint: Checkpoint) -> None:
        size, _ = self._held(contract)
        call = self.chain.call(contract, "checkpoint", checkpoint.origin_id, size, checkpoint.size, checkpoint.root)
        self._outbox.push(anchorer, _purpose(checkpoint), call)

    def _observe(self, contract: str, checkpoint: Checkpoint) -> State:
        """Read how far a checkpoint has come, and write it down."""
        state = State.PENDING
        if self._held(contract)[0] >= checkpoint.size:
            state = State.MINED
            number = self._final_block()
            if number is not None and self._held(contract, number)[0] >= checkpoint.size:
                mined = self._outbox.mined_in(_purpose(checkpoint))
                # The block that it was mined in says when; a pruned node knows the newest states only.
                block = number if mined is None or mined > number else mined
                self._keep(block)
                evidence = self.chain.anchor(contract, checkpoint.origin_id, block)
                self._checkpoints.set_state(checkpoint.size, State.FINALIZED, evidence)
                return State.FINALIZED
            if self._settings.chain_finality != "latest" and self._held(contract, "safe")[0] >= checkpoint.size:
                state = State.SAFE
        self._checkpoints.set_state(checkpoint.size, state)
        return state

    def _held(self, contract: str, tag: str | int = "latest") -> tuple[int, bytes]:
        """What the contract holds, which must be a part of our log.

        Raises:
            NotaryError: It is not: somebody else writes with our key, or the record is an old one.
        """
        size, root = self.chain.latest(contract, self._log.origin_id, tag)
        if size > len(self._log) or (size and self._log.checkpoint(size).root != root):
            raise NotaryError(
                f"the contract {contract} holds {size} seals of {self._log.origin}, root {root.hex()}, which are not"
                f" the first of the {len(self._log)} in the notary's record",
                "restore the notary's record from a backup; if it is whole, somebody else has the anchorer's key",
            )
        return size, root

    def _final_block(self) -> int | None:
        if self._settings.chain_finality != "latest":
            return self.chain.height(self._settings.chain_finality)
        number = self.chain.height() - self._settings.chain_confirmations
        return number if number >= 0 else None

    def _take_back(self, tell: Tell) -> None:
        """A checkpoint whose block is no longer one of the chain is anchored anew."""
        for one in self._checkpoints.all():
            if one.evidence and not self.chain.is_block(one.evidence):
                tell(f"checkpoint of {one.checkpoint.size} seals: its block is no longer one of the chain")
                self._checkpoints.set_state(one.checkpoint.size, State.PENDING)

    def _made(self, admin: Account) -> bool:
        nonce = self._outbox.made_contract(admin.address, _DEPLOY)
        if nonce is None:
            return False
        address = address_after(admin.address, nonce)
        if not self.chain.is_contract(address):
            return False
        with changing(self._connection):
            self._connection.execute("INSERT OR IGNORE INTO contracts VALUES (?, ?)", (self.chain.chain_id, address))
        return True

    def _there(self) -> str:
        address = self.contract
        if address is None:
            raise NotaryError(
                f"no contract is known on chain {self.chain.chain_id}",
                "gridseal notary deploy; or GRIDSEAL_CHAIN_CONTRACT=0x...",
                2,
            )
        if not self.chain.is_contract(address):
            raise NotaryError(
                f"there is no contract of gridseal at {address} on chain {self.chain.chain_id}",
                "GRIDSEAL_CHAIN_CONTRACT, GRIDSEAL_CHAIN_URL; an embedded chain that lost its state holds no anchors",
            )
        return address

    def _until(self, done: Callable[[], bool], push: Callable[[], None], wait_s: float) -> None:
        until = time.monotonic() + wait_s
        while not done():
            if time.monotonic() >= until:
                raise NotaryError(
                    f"the transaction was not mined within {wait_s:.0f} s; it is stored and goes on at the next run",
                    "gridseal anchor",
                    4,
                )
            push()
            if done():
                return
            time.sleep(_POLL_S)


def _purpose(checkpoint: Checkpoint) -> str:
    return f"checkpoint {checkpoint.size}"
