"""A checkpoint comes to the chain once, whoever dies on the way, and whatever the chain does meanwhile."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from notary.chain.account import ADMIN, ANCHORER, Account
from notary.chain.anchor import Anchorage
from notary.chain.node import Chain
from notary.errors import NotaryError
from notary.record.checkpoints import Anchored, Checkpoints, State
from notary.record.database import alone, open_database
from notary.record.seals import SealLog
from notary.settings import NotarySettings
from notary.verify.evm import check_evm
from tests.notary.evm_record import anvil, asked
from tests.notary.seals import append

CHAIN_ID = 4711


@dataclass
class Lake:
    """A log of seals, and a chain."""

    settings: NotarySettings
    chain: Web3

    def seal(self, count: int = 1) -> None:
        with open_database(self.settings) as connection:
            append(SealLog(connection), count)

    def anchor(self, wait_s: float = 20, **other: Any) -> Anchored | None:
        with self.anchorage(**other) as anchorage:
            anchorage.deploy(wait_s)
            return anchorage.anchor(wait_s)

    @contextmanager
    def anchorage(self, **other: Any) -> Iterator[Anchorage]:
        settings = self.settings.model_copy(update=other)
        with open_database(settings) as connection, alone(settings):
            yield Anchorage(settings, connection, SealLog(connection))

    def held(self) -> tuple[int, bytes]:
        """What the contract holds."""
        with self.anchorage() as anchorage:
            origin_id = anchorage._log.checkpoint(0).origin_id
            return anchorage.chain.latest(str(anchorage.contract), origin_id)

    def states(self) -> list[State]:
        with open_database(self.settings) as connection:
            return [one.state for one in Checkpoints(connection, SealLog(connection)).all()]

    def root(self) -> bytes:
        with open_database(self.settings) as connection:
            return SealLog(connection).checkpoint().root

    def nonce(self, name: str) -> int:
        return self.chain.eth.get_transaction_count(Account(self.settings, name).checksum)

    def stored(self) -> list[Any]:
        with open_database(self.settings) as connection:
            return connection.execute("SELECT * FROM transactions ORDER BY id").fetchall()


def lake_on(chain: Web3, folder: Path) -> Lake:
    keys = folder / "keys"
    keys.mkdir()
    for name in (ADMIN, ANCHORER):
        (keys / f"{name}.key").write_text(secrets.token_hex(32))
        (keys / f"{name}.key").chmod(0o600)
    settings = NotarySettings(
        var_dir=folder, chain_url=str(chain.provider.endpoint_uri), chain_id=CHAIN_ID, chain_keys_dir=keys
    )
    for name in (ADMIN, ANCHORER):
        asked(chain, "anvil_setBalance", Account(settings, name).checksum, hex(10**20))
    return Lake(settings, chain)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    with anvil("--chain-id", str(CHAIN_ID)) as chain:
        yield lake_on(chain, tmp_path)


def test_nothing_sealed_is_nothing_to_anchor(lake: Lake) -> None:
    assert lake.anchor() is None


def test_a_checkpoint_is_anchored_once_and_proves_itself(lake: Lake) -> None:
    lake.seal(3)
    for _ in range(3):
        anchored = lake.anchor()
        assert anchored
        assert anchored.state is State.FINALIZED
        assert anchored.evidence
        block = check_evm(anchored.evidence, anchored.checkpoint)
        assert block.hash == lake.chain.eth.get_block(block.number)["hash"]
        assert lake.held() == (3, lake.root())
    assert (lake.nonce(ADMIN), lake.nonce(ANCHORER)) == (2, 1)


def test_night_after_night_costs_little_and_the_same(lake: Lake) -> None:
    costs = []
    for count in (1, 1, 100, 1000):
        lake.seal(count)
        assert lake.anchor()
        hash_ = lake.stored()[-1]["hash"]
        costs.append(lake.chain.eth.get_transaction_receipt(hash_)["gasUsed"])
    assert lake.held()[0] == 1102
    assert max(costs[1:]) <= 37_000
    assert max(costs[1:]) - min(costs[1:]) < 100


PROGRAM = """
import os, signal, sys
from notary.chain import anchor, node, outbox
from notary.record import checkpoints, database, seals
left = int(os.environ["KILL_AT"])

def step():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def around(owner, name):
    real = getattr(owner, name)
    def stepping(*args, **kwargs):
        step()
        result = real(*args, **kwargs)
        step()
        return result
    setattr(owner, name, stepping)

around(node.Chain, "send")
around(outbox.Outbox, "_sign")
around(checkpoints.Checkpoints, "make")
around(checkpoints.Checkpoints, "set_state")
around(anchor.Anchorage, "_made")
from notary.settings import NotarySettings
settings = NotarySettings.model_validate_json(os.environ["SETTINGS"])
with database.open_database(settings) as connection, database.alone(settings):
    anchorage = anchor.Anchorage(settings, connection, seals.SealLog(connection))
    anchorage.deploy(20)
    found = anchorage.anchor(20)
    sys.exit(0 if found.evidence else 4)
"""


def run(lake: Lake, kill_at: int) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"KILL_AT": str(kill_at), "SETTINGS": lake.settings.model_dump_json()}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment)


def test_killed_while_the_contract_is_made_it_makes_one(lake: Lake) -> None:
    lake.seal(5)
    for kill_at in range(1, 60):
        code = run(lake, kill_at).wait()
        if code == 0:
            break
        assert code == -9
    assert code == 0
    assert kill_at > 6
    assert lake.held() == (5, lake.root())
    assert (lake.nonce(ADMIN), lake.nonce(ANCHORER)) == (2, 1)
    assert lake.states() == [State.FINALIZED]


def test_killed_at_any_step_of_a_night_the_next_run_ends_it(lake: Lake) -> None:
    """Night after night, each killed one step later."""
    lake.seal()
    assert lake.anchor()
    for kill_at in range(1, 60):
        lake.seal()
        code = run(lake, kill_at).wait()
        assert lake.anchor()
        assert lake.held() == (kill_at + 1, lake.root())
        assert lake.nonce(ANCHORER) == kill_at + 1
        if code == 0:
            break
        assert code == -9
    assert kill_at > 6
    assert set(lake.states()) == {State.FINALIZED}


def test_two_runs_at_once_anchor_once(lake: Lake) -> None:
    lake.seal(2)
    runs = [run(lake, 0), run(lake, 0)]
    assert [one.wait() for one in runs] == [0, 0]
    assert (lake.held(), lake.nonce(ANCHORER)) == ((2, lake.root()), 1)


def test_a_chain_that_is_gone_for_a_day_misses_nothing(tmp_path: Path) -> None:
    with anvil("--chain-id", str(CHAIN_ID)) as chain:
        lake = lake_on(chain, tmp_path)
        lake.seal(2)
        assert lake.anchor()
        state = asked(chain, "anvil_dumpState")
    for _ in range(2):
        lake.seal(2)
        with pytest.raises(NotaryError, match="the chain does not answer at http") as gone:
            lake.anchor()
        assert gone.value.exit_code == 3
    with anvil("--chain-id", str(CHAIN_ID)) as chain:
        asked(chain, "anvil_loadState", state)
        lake.chain, lake.settings = chain, lake.settings.model_copy(update={"chain_url": chain.provider.endpoint_uri})
        anchored = lake.anchor()
        assert anchored
        assert (anchored.checkpoint.size, anchored.state) == (6, State.FINALIZED)
        assert (lake.held(), lake.nonce(ANCHORER)) == ((6, lake.root()), 2)


def test_what_is_stored_and_was_never_sent_is_sent(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.seal()
    with lake.anchorage() as anchorage:
        anchorage.deploy(20)

    def gone(*_: Any) -> None:
        raise NotaryError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(Chain, "send", gone)
        with pytest.raises(NotaryError, match="gone"):
            lake.anchor()
    stored = lake.stored()[-1]
    assert stored["sent_at"] is None
    lake.seal()
    anchored = lake.anchor()
    assert anchored
    assert anchored.checkpoint.size == 2
    # First the one that was stored, then the rest: no gap, and nothing is signed twice for one nonce.
    assert lake.chain.eth.get_transaction_receipt(stored["hash"])["status"] == 1
    assert lake.nonce(ANCHORER) == 2
    assert lake.states() == [State.FINALIZED, State.SUPERSEDED]


def test_a_transaction_that_is_not_mined_is_sent_with_a_higher_fee(lake: Lake) -> None:
    with lake.anchorage() as anchorage:
        anchorage.deploy(20)
    asked(lake.chain, "evm_setAutomine", False)
    lake.seal()
    pending = lake.anchor(wait_s=0, chain_bump_seconds=1)
    assert pending
    assert pending.state is State.PENDING
    time.sleep(1.1)
    lake.anchor(wait_s=0, chain_bump_seconds=1)
    lake.anchor(wait_s=0, chain_bump_seconds=1)
    first, second = lake.stored()[-2:]
    assert first["nonce"] == second["nonce"] == 0
    assert second["max_fee"] >= first["max_fee"] * 1.125
    assert second["tip"] > first["tip"]
    asked(lake.chain, "evm_mine")
    anchored = lake.anchor()
    assert anchored
    assert anchored.state is State.FINALIZED
    assert lake.nonce(ANCHORER) == 1


def test_it_costs_no_more_than_allowed(lake: Lake) -> None:
    asked(lake.chain, "anvil_setNextBlockBaseFeePerGas", hex(10**12))
    asked(lake.chain, "evm_mine")
    lake.seal()
    with pytest.raises(NotaryError, match="gwei now, allowed: 500"):
        lake.anchor()


def test_a_reorganised_chain_gets_it_again(lake: Lake) -> None:
    """Mined, taken back, mined again, final."""
    lake.seal()
    with lake.anchorage() as anchorage:
        anchorage.deploy(20)
    mined = lake.anchor(wait_s=0, chain_confirmations=2)
    assert mined
    assert mined.state is State.MINED
    asked(lake.chain, "anvil_reorg", 1, [])
    assert lake.held()[0] == 0
    again = lake.anchor(wait_s=0, chain_confirmations=2)
    assert again
    assert again.state is State.MINED
    asked(lake.chain, "anvil_mine", "0x2")
    final = lake.anchor(wait_s=0, chain_confirmations=2)
    assert final
    assert final.state is State.FINALIZED
    assert (lake.held(), lake.nonce(ANCHORER)) == ((1, lake.root()), 1)


def test_what_was_final_and_is_taken_back_all_the_same_is_told_and_anchored_again(lake: Lake) -> None:
    lake.seal()
    assert lake.anchor()
    asked(lake.chain, "anvil_reorg", 1, [])
    told: list[str] = []
    with lake.anchorage() as anchorage:
        anchored = anchorage.anchor(20, told.append)
    assert anchored
    assert anchored.state is State.FINALIZED
    assert anchored.evidence
    check_evm(anchored.evidence, anchored.checkpoint)
    assert told[0] == "checkpoint of 1 seals: its block is no longer one of the chain"
    assert lake.held() == (1, lake.root())


def test_safe_and_finalized_are_waited_for(tmp_path: Path) -> None:
    with anvil("--chain-id", str(CHAIN_ID), "--slots-in-an-epoch", "2") as chain:
        lake = lake_on(chain, tmp_path)
        lake.seal()
        with lake.anchorage() as anchorage:
            anchorage.deploy(20)
        seen = []
        for _ in range(8):
            anchored = lake.anchor(wait_s=0, chain_finality="finalized")
            assert anchored
            seen.append(anchored.state)
            asked(chain, "anvil_mine", "0x1")
        assert list(dict.fromkeys(seen)) == [State.MINED, State.SAFE, State.FINALIZED]


def test_another_log_on_chain_is_no_night_like_others(lake: Lake) -> None:
    """Somebody with the anchorer's key has written another root: loud, and nothing is written over it."""
    lake.seal(2)
    assert lake.anchor()
    with lake.anchorage() as anchorage:
        origin_id = anchorage._log.checkpoint(0).origin_id
        call = anchorage.chain.call(str(anchorage.contract), "checkpoint", origin_id, 2, 3, b"\7" * 32)
        anchorage._outbox.push(Account(lake.settings, ANCHORER), "forged", call)
    lake.seal()
    for _ in range(2):
        with pytest.raises(NotaryError, match=r"holds 3 seals of gridseal-[0-9a-f]{16}, root 0707") as fork:
            lake.anchor()
        assert fork.value.exit_code == 1
    assert lake.held() == (3, b"\7" * 32)


def test_a_record_that_lost_seals_is_refused(lake: Lake) -> None:
    lake.seal(3)
    assert lake.anchor()
    with lake.anchorage() as anchorage:
        anchorage.compare()
    with open_database(lake.settings) as connection:
        connection.execute("DELETE FROM seals WHERE position = 2")
    with pytest.raises(NotaryError, match="which are not the first of the 2 in the notary's record"):
        lake.anchor()
    with lake.anchorage() as anchorage, pytest.raises(NotaryError, match="which are not the first of the 2"):
        anchorage.compare()


def test_a_paused_contract_says_so(lake: Lake) -> None:
    lake.seal()
    assert lake.anchor()
    with lake.anchorage() as anchorage:
        origin_id = anchorage._log.checkpoint(0).origin_id
        call = anchorage.chain.call(str(anchorage.contract), "pause", origin_id)
        anchorage._outbox.push(Account(lake.settings, ADMIN), "pause", call)
    lake.seal()
    with pytest.raises(NotaryError, match=r"the contract refuses: .*paused"):
        lake.anchor()
    assert lake.held()[0] == 1


def test_a_node_of_another_chain_is_refused(lake: Lake) -> None:
    with pytest.raises(NotaryError, match="is one of chain 4711, GRIDSEAL_CHAIN_ID says 1"):
        lake.anchor(chain_id=1)


def test_an_address_without_the_contract_is_refused(lake: Lake) -> None:
    lake.seal()
    with (
        lake.anchorage(chain_contract="0x" + "12" * 20) as anchorage,
        pytest.raises(NotaryError, match="there is no contract of gridseal at 0x1212"),
    ):
        anchorage.anchor(5)
    with lake.anchorage() as anchorage, pytest.raises(NotaryError, match="no contract is known on chain 4711"):
        anchorage.anchor(5)


def test_a_key_that_others_can_read_is_refused(lake: Lake) -> None:
    key = lake.settings.keys_dir / "anchorer.key"
    key.chmod(0o640)
    with pytest.raises(NotaryError, match="others can read the key"):
        Account(lake.settings, ANCHORER)
    key.chmod(0o600)
    secret = key.read_text()
    key.write_text(f"{secret[:-2]}zz")
    with pytest.raises(NotaryError, match="holds no key") as refused:
        Account(lake.settings, ANCHORER)
    assert secret[:20] not in str(refused.value)
    key.unlink()
    with pytest.raises(NotaryError, match="cannot be read"):
        Account(lake.settings, ANCHORER)


def test_the_record_is_private_and_holds_no_key(lake: Lake) -> None:
    lake.seal()
    assert lake.anchor()
    folder = lake.settings.notary_dir
    assert folder.stat().st_mode & 0o077 == 0
    keys = [path.read_text() for path in lake.settings.keys_dir.iterdir()]
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0 or path.name == "lock"
        assert not any(key.encode() in path.read_bytes() or bytes.fromhex(key) in path.read_bytes() for key in keys)
    assert json.loads(lake.stored()[-1]["call"])["data"].startswith("0x")
