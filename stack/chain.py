"""The chain: one anvil node, a development node of an EVM chain, on which checkpoints are anchored.

It mines a block for each transaction at once, and holds no key: whoever sends a transaction signs it himself. Every
block is final as soon as it is there; it stays, come what may, once it is saved (`await_saved`).

**The loopback is its border.** Whoever may connect may also call what no public chain has, and needs no key for it:
`anvil_impersonateAccount`, `anvil_autoImpersonateAccount` (send as any account), `anvil_setBalance`,
`anvil_addBalance`, `anvil_setCode`, `anvil_setNonce`, `anvil_setStorageAt`, `anvil_loadState` (change what the chain
holds), `anvil_mine`, `evm_mine`, `anvil_setAutomine`, `anvil_setIntervalMining`, `anvil_setNextBlockTimestamp`,
`anvil_setTime`, `evm_increaseTime` (blocks and their times), `anvil_setChainId`, `anvil_setCoinbase`,
`anvil_dropTransaction`, and each by its other names `hardhat_*` and `evm_*`. anvil cannot switch them off.
`anvil_reset`, `anvil_rollback`, `anvil_reorg` and `evm_revert` are undone: see `stack/chain_node.py`. No web page may
call it by HTTP (`--no-cors`); by WebSocket, which browsers do not guard, one opened on this machine may.
"""

import json
import sys
import time
from typing import Any

from stack import anvil
from stack.chain_node import GENESIS, saved_head
from stack.errors import StackError
from stack.files import write_durably
from stack.keys import ACCOUNTS, ensure_keys, key_file
from stack.layout import Layout
from stack.probe import call_json
from stack.service import Service
from stack.settings import StackSettings, env_name

# A million coins of 10^18 wei: they buy nothing, and must never run out.
_COINS_WEI = 10**24


def services(settings: StackSettings) -> list[Service]:
    """The node."""
    layout = Layout.of(settings)
    return [
        Service(
            name="chain",
            command=(
                sys.executable,
                "-m",
                "stack.chain_node",
                url(settings),
                str(layout.chain),
                str(anvil.installed(layout.build)),
                *options(settings, layout),
            ),
            prepare=lambda: _prepare(settings, layout),
            ready=lambda: _ready(settings),
            ports=("chain_port",),
            address=url(settings),
        )
    ]


def url(settings: StackSettings) -> str:
    """Where the chain answers calls by JSON-RPC."""
    return f"http://{settings.host}:{settings.chain_port}"


def options(settings: StackSettings, layout: Layout) -> list[str]:
    """Options of anvil; what is not named keeps its default."""
    values = {
        "host": settings.host,
        "port": str(settings.chain_port),
        "chain-id": str(settings.embedded_chain_id),
        # Otherwise it would sign for ten accounts whose keys everybody knows.
        "accounts": "0",
        # Pinned: the default, the newest that a version knows (`bpo1` in 1.7.1), moves. No block may change its form.
        "hardfork": "osaka",
        "order": "fifo",
        # So many blocks `safe` lies behind the newest, and `finalized` twice as many. There is nobody to wait for, and
        # the next block may come in a week.
        "slots-in-an-epoch": "0",
        # So many past states are kept for calls about the past. Without, they go to the disk: 750 MB at 3,000 blocks.
        "prune-history": "32",
        # Otherwise under HOME.
        "cache-path": str(layout.chain / "cache"),
    }
    flags = ["no-cors", "disable-default-create2-deployer"]
    if settings.log_level != "DEBUG":
        # It would log each call, and the accounts that it does not have.
        flags.append("quiet")
    return [
        *(word for name, value in values.items() for word in (f"--{name}", value)),
        *(f"--{flag}" for flag in flags),
    ]


def genesis(settings: StackSettings, addresses: list[str]) -> dict[str, Any]:
    """The first block: it gives coins to these accounts."""
    return {
        "config": {"chainId": settings.embedded_chain_id},
        "alloc": {address: {"balance": hex(_COINS_WEI)} for address in addresses},
        "gasLimit": hex(30_000_000),
        "difficulty": "0x0",
    }


def await_saved(settings: StackSettings, block: int, seconds: float = 10.0) -> None:
    """Waits until a block is on the disk; before that, it is lost if the node is killed.

    Args:
        settings: Settings of the stack.
        block: Its number.
        seconds: How long to wait at most.

    Raises:
        StackError: It is not by then.
    """
    layout, deadline = Layout.of(settings), time.monotonic() + seconds
    while not (saved := saved_head(layout.chain)) or saved.number < block:
        if time.monotonic() > deadline:
            raise StackError(
                f"block {block} of the chain is not saved after {seconds:.0f} s, only up to "
                f"{saved.number if saved else 'none'}",
                hint=f"tail {layout.log / 'chain.log'}",
            )
        time.sleep(0.05)


def _prepare(settings: StackSettings, layout: Layout) -> None:
    file = layout.chain / GENESIS
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        addresses = ensure_keys(layout)
        write_durably(file, json.dumps(genesis(settings, [*addresses.values()]), indent=2).encode())
        return
    number = json.loads(file.read_text(encoding="utf-8"))["config"]["chainId"]
    if number != settings.embedded_chain_id:
        raise StackError(
            f"the chain in {layout.chain} has the number {number} for good, and {env_name('embedded_chain_id')} is "
            f"{settings.embedded_chain_id}; set it back to {number}",
            hint="gridseal settings",
            exit_code=2,
        )
    if lost := [str(file) for name in ACCOUNTS if not (file := key_file(layout, name)).exists()]:
        raise StackError(
            f"the chain in {layout.chain} knows no accounts but those of its keys, and {', '.join(lost)} is missing; "
            f"put it back from a copy",
            hint=f"ls -la {layout.keys}",
        )


def _ready(settings: StackSettings) -> str:
    answer, ours = call_json(url(settings), "eth_chainId"), hex(settings.embedded_chain_id)
    if answer is None:
        return "the node of the chain does not answer yet"
    return "" if answer == ours else f"the node is one of chain {answer}, not {ours}"
