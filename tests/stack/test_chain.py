"""The chain: what its node is told, and that it loses nothing that is saved."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import rlp
from eth_account import Account
from eth_utils import keccak
from trie import HexaryTrie

import stack
from stack import chain, chain_node
from stack.catalog import find_service
from stack.chain_node import Block
from stack.errors import StackError
from stack.keys import ACCOUNTS, ensure_keys, key_file, read_key
from stack.layout import Layout
from stack.probe import call_json
from stack.settings import StackSettings
from stack.supervision import Supervisor, log_of, orphans

# A contract that stores the second 32 bytes that it is called with under the first.
STORE = "0x67602035600035550060005260086018f3"
HEADER = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty"),
    *("number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas"),
    *("withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash"),
)
NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"}


def options(settings: StackSettings) -> str:
    return " ".join(chain.options(settings, Layout.of(settings)))


def test_the_node_listens_on_our_host_and_signs_for_nobody(settings: StackSettings) -> None:
    told = options(settings)
    assert "--host 127.0.0.1 --port 18545 --chain-id 2026112 --accounts 0 " in told
    for flag in ("--no-cors", "--disable-default-create2-deployer", "--hardfork osaka", "--order fifo"):
        assert flag in told


def test_the_node_logs_calls_only_if_asked(settings: StackSettings) -> None:
    assert "--quiet" in options(settings)
    assert "--quiet" not in options(settings.model_copy(update={"log_level": "DEBUG"}))


def test_the_first_block_gives_coins_to_our_accounts_alone(settings: StackSettings) -> None:
    layout = Layout.of(settings)
    addresses = ensure_keys(layout)
    block = chain.genesis(settings, [*addresses.values()])
    assert block["config"] == {"chainId": settings.embedded_chain_id}
    assert set(block["alloc"]) == set(addresses.values())
    assert {int(account["balance"], 16) for account in block["alloc"].values()} == {10**24}


def test_a_second_start_keeps_keys_and_first_block(settings: StackSettings) -> None:
    service, layout = find_service(settings, "chain"), Layout.of(settings)
    service.prepare()
    before = {file: file.read_bytes() for folder in (layout.keys, layout.chain) for file in folder.iterdir()}
    assert len(before) == len(ACCOUNTS) + 1
    service.prepare()
    assert {file: file.read_bytes() for file in before} == before


def test_the_chain_of_another_number_is_refused(settings: StackSettings) -> None:
    find_service(settings, "chain").prepare()
    with pytest.raises(StackError, match="number 2026112 for good, and GRIDSEAL_EMBEDDED_CHAIN_ID is 5; set it back"):
        find_service(settings.model_copy(update={"embedded_chain_id": 5}), "chain").prepare()


def test_a_chain_without_its_keys_does_not_get_new_ones(settings: StackSettings) -> None:
    service, file = find_service(settings, "chain"), key_file(Layout.of(settings), "anchorer")
    service.prepare()
    file.unlink()
    with pytest.raises(StackError, match=r"anchorer\.key is missing; put it back from a copy"):
        service.prepare()
    assert not file.exists()


def test_a_block_is_not_saved_while_the_next_one_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = iter([Block(1, "0x1"), Block(2, "0x2")])
    monkeypatch.setattr(chain_node, "_block", lambda url, which: next(heads))
    monkeypatch.setattr(chain_node, "call_json", lambda *_, **__: "0x1f8b")
    chain_node.save("", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("head", [Block(2, "0xother"), Block(1, "0x1")])
def test_what_is_saved_is_not_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: Block) -> None:
    (tmp_path / chain_node.HEAD).write_text("2 0x2\n")
    monkeypatch.setattr(chain_node, "_block", lambda url, which: head)
    with pytest.raises(StackError, match="the chain went back from block 2"):
        chain_node.save("", tmp_path)
    assert chain_node.saved_head(tmp_path) == Block(2, "0x2")


class Client:
    """Sends transactions, one after the other, and reads what they did."""

    def __init__(self, settings: StackSettings) -> None:
        self.settings = settings
        self.account = Account.from_key(read_key(Layout.of(settings), "anchorer"))

    def call(self, method: str, *parameters: object) -> Any:
        return call_json(chain.url(self.settings), method, *parameters)

    def send(self, to: str | None, data: str) -> dict[str, Any]:
        nonce = int(self.call("eth_getTransactionCount", self.account.address, "latest"), 16)
        fees = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9, "gas": 200_000, "type": 2}
        fields = {"chainId": self.settings.embedded_chain_id, "nonce": nonce, "value": 0, "data": data, **fees}
        if to:
            fields["to"] = bytes.fromhex(to[2:])
        raw = self.account.sign_transaction(fields).raw_transaction
        transaction = self.call("eth_sendRawTransaction", "0x" + raw.hex())
        while not (receipt := self.call("eth_getTransactionReceipt", transaction)):
            time.sleep(0.01)
        assert receipt["status"] == "0x1"
        return dict(receipt)

    def store(self, contract: str, value: int) -> dict[str, Any]:
        return self.send(contract, f"0x{0:064x}{value:064x}")

    def stored(self, contract: str) -> int:
        return int(self.call("eth_getStorageAt", contract, "0x0", "latest"), 16)

    def proven(self, contract: str) -> int:
        """The stored value by a proof that begins at the hash of the newest block."""
        block = self.call("eth_getBlockByNumber", "latest", False)
        header = [_bytes(block[name], name in NUMBERS) for name in HEADER]
        assert keccak(rlp.encode(header)) == _bytes(block["hash"])
        proof = self.call("eth_getProof", contract, [f"0x{0:064x}"], "latest")
        account = _leaf(_bytes(block["stateRoot"]), _bytes(contract), proof["accountProof"])
        slot = _leaf(rlp.decode(account)[2], bytes(32), proof["storageProof"][0]["proof"])
        return int.from_bytes(rlp.decode(slot), "big")


def _bytes(text: str, number: bool = False) -> bytes:
    return bytes.fromhex(text[2:]) if not number else int(text, 16).to_bytes(32, "big").lstrip(b"\0")


def _leaf(root: bytes, key: bytes, proof: list[str]) -> bytes:
    return bytes(HexaryTrie.get_from_proof(root, keccak(key), [rlp.decode(_bytes(node)) for node in proof]))


@pytest.fixture
def running(settings: StackSettings) -> Iterator[StackSettings]:
    """The chain alone, under a supervisor of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        alone = settings.model_copy(update={"chain_port": free.getsockname()[1], "build_dir": Path("build").absolute()})
    try:
        stack.start(alone, "chain")
        yield alone
    finally:
        stack.down(alone)


def processes(settings: StackSettings) -> dict[str, psutil.Process]:
    """The processes of this stack by their names, such as `anvil`."""
    found = {}
    for process in orphans(Layout.of(settings).var):
        # One may end meanwhile.
        with suppress(psutil.NoSuchProcess):
            found[process.name()] = process
    return found


def await_another(settings: StackSettings, before: psutil.Process) -> None:
    deadline = time.monotonic() + 20
    while processes(settings).get("anvil") in (None, before) or chain._ready(settings):
        assert time.monotonic() < deadline, log_of(Layout.of(settings), "chain").read_text()
        time.sleep(0.05)


def test_a_fresh_chain(running: StackSettings) -> None:
    client = Client(running)
    chain.await_saved(running, 0)
    assert int(client.call("eth_chainId"), 16) == running.embedded_chain_id
    assert client.call("eth_accounts") == []
    contract = client.send(None, STORE)["contractAddress"]
    client.store(contract, 7)
    assert client.stored(contract) == client.proven(contract) == 7
    blocks = {tag: client.call("eth_getBlockByNumber", tag, False) for tag in ("latest", "safe", "finalized")}
    assert {int(block["number"], 16) for block in blocks.values()} == {2}
    assert abs(int(blocks["latest"]["timestamp"], 16) - time.time()) < 10
    with pytest.raises(StackError, match=r"block 3 of the chain is not saved after 0 s, only up to \d"):
        chain.await_saved(running, 3, seconds=0.1)


@pytest.mark.parametrize("victim", ["anvil", "keeper"])
def test_what_is_saved_outlives_a_kill(running: StackSettings, victim: str) -> None:
    client = Client(running)
    contract = client.send(None, STORE)["contractAddress"]
    for value in (5, 6, 7):
        receipt = client.store(contract, value)
    chain.await_saved(running, int(receipt["blockNumber"], 16))
    blocks = [client.call("eth_getBlockByNumber", hex(number), True) for number in range(5)]
    anvil = processes(running)["anvil"]
    killed = anvil if victim == "anvil" else anvil.parent()
    assert killed
    killed.kill()
    await_another(running, anvil)
    assert [client.call("eth_getBlockByNumber", hex(number), True) for number in range(5)] == blocks
    assert client.call("eth_getBlockByHash", blocks[2]["hash"], True) == blocks[2]
    assert client.call("eth_getTransactionReceipt", receipt["transactionHash"]) == receipt
    assert client.stored(contract) == client.proven(contract) == 7
    later = client.store(contract, 8)
    assert int(later["blockNumber"], 16) == 5
    block = client.call("eth_getBlockByNumber", "latest", False)
    assert block["parentHash"] == blocks[-1]["hash"]
    assert abs(int(block["timestamp"], 16) - time.time()) < 10
    assert client.proven(contract) == 8


def test_a_stop_saves_the_last_block(running: StackSettings) -> None:
    client = Client(running)
    contract = client.send(None, STORE)["contractAddress"]
    receipt = client.store(contract, 9)
    stack.stop(running, "chain")
    stack.start(running, "chain")
    assert client.call("eth_getTransactionReceipt", receipt["transactionHash"]) == receipt
    assert client.proven(contract) == 9


def test_a_reset_by_a_stranger_is_undone(running: StackSettings) -> None:
    client = Client(running)
    contract = client.send(None, STORE)["contractAddress"]
    chain.await_saved(running, int(client.store(contract, 3)["blockNumber"], 16))
    anvil = processes(running)["anvil"]
    client.call("anvil_reset")
    await_another(running, anvil)
    assert client.stored(contract) == 3
    assert "the chain went back from block 2" in log_of(Layout.of(running), "chain").read_text()


def test_no_key_and_no_password_reaches_the_node(running: StackSettings) -> None:
    layout = Layout.of(running)
    keys = [read_key(layout, name).removeprefix("0x") for name in ACCOUNTS]
    shown = [str(process.cmdline()) + str(process.environ()) for process in orphans(layout.var)]
    shown += [
        file.read_text(errors="replace") for file in layout.var.rglob("*") if file.is_file() and file.suffix != ".key"
    ]
    assert len(shown) > 5
    assert not [text for text in shown if any(key in text for key in keys)]
    # anvil reads the .env of the folder that it runs in, and those of the folders around.
    assert processes(running)["anvil"].cwd() == "/"


def test_a_supervisor_that_does_not_know_a_service_is_told(
    running: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Supervisor.processes
    monkeypatch.setattr(
        Supervisor, "processes", lambda self: {n: info for n, info in known(self).items() if n != "chain"}
    )
    with pytest.raises(StackError, match="started by a version that has no chain") as refused:
        stack.start(running, "chain")
    assert refused.value.hint == "make down && make up"


def test_a_taken_port_is_told(settings: StackSettings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StackError, match=f"port {port} of chain is held by process {os.getpid()}"):
            stack.start(settings.model_copy(update={"chain_port": port}), "chain")


def test_a_full_disk_does_not_end_the_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saves: list[int] = []

    def full(url: str, folder: Path) -> None:
        saves.append(1)
        if len(saves) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        raise OSError(28, "No space left on device")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(chain_node, "save", full)
    monkeypatch.setattr(chain_node, "_AFTER_ERROR_SECONDS", 0.1)
    try:
        # In place of the node a program that does nothing.
        assert chain_node.run("", tmp_path, [sys.executable, "-c", "import time; time.sleep(60)"]) == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert len(saves) == 3
