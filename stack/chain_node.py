"""Runs anvil, the node of the chain, and keeps on the disk what it holds in memory: the command of the service `chain`.

anvil could write its state to a file by itself, but at intervals and in place. If it is killed, what came since the
last one is lost, and if that happens while it writes, half a file is left, with which it never starts again. So it is
asked for its state after each new block, and the file is replaced in one step. What is saved is never taken back: a
node whose chain no longer holds the saved block is ended, and starts again from there.
"""

import gzip
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from stack.errors import StackError
from stack.files import write_durably
from stack.probe import call_json

GENESIS, STATE, HEAD = "genesis.json", "state.json", "head"

_POLL_SECONDS = 0.2
_AFTER_ERROR_SECONDS = 5.0
_DUMP_SECONDS = 60.0


class Block(NamedTuple):
    """A block, as far as it matters here."""

    number: int
    hash: str


def saved_head(folder: Path) -> Block | None:
    """The newest block that is on the disk."""
    try:
        number, block_hash = (folder / HEAD).read_text(encoding="ascii").split()
    except FileNotFoundError:
        return None
    return Block(int(number), block_hash)


def save(url: str, folder: Path) -> None:
    """Saves the chain, if there is a block that is not on the disk yet.

    If yet another block comes meanwhile, nothing is saved: blocks and accounts might not be of one moment.

    Raises:
        StackError: The chain no longer holds the block that was saved last.
        OSError: The disk refuses.
    """
    head, saved = _block(url, "latest"), saved_head(folder)
    if not head or head == saved:
        return
    if saved:
        again = _block(url, hex(saved.number))
        if head.number < saved.number or (again and again != saved):
            raise StackError(
                f"the chain went back from block {saved.number} to another past; it starts again from there"
            )
    dump = call_json(url, "anvil_dumpState", seconds=_DUMP_SECONDS)
    if dump and _block(url, "latest") == head:
        write_durably(folder / STATE, gzip.decompress(bytes.fromhex(dump.removeprefix("0x"))))
        write_durably(folder / HEAD, f"{head.number} {head.hash}\n".encode())


def run(url: str, folder: Path, command: list[str]) -> int:
    """Runs the node until it ends or we are told to, and saves after each block.

    Returns:
        The exit code.
    """
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    node = _start(folder, command)
    pause = _POLL_SECONDS
    try:
        while node.poll() is None:
            stopping = ended.wait(pause)
            pause = _POLL_SECONDS
            try:
                save(url, folder)
            except OSError as error:
                # Such as a full disk: the chain goes on, and whoever waits for a block to be saved goes on waiting.
                sys.stderr.write(f"cannot save the chain in {folder}: {error}\n")
                pause = _AFTER_ERROR_SECONDS
            if stopping:
                return 0
    except StackError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    finally:
        node.terminate()
        node.wait()
    return node.returncode


def _start(folder: Path, command: list[str]) -> "subprocess.Popen[bytes]":
    # Its clock begins at the time of the first block, that is, now; with a state it is right by itself.
    first = ("--init", str(folder / GENESIS), "--timestamp", str(int(time.time())))
    state = folder / STATE
    return subprocess.Popen(
        # It never outlives us, and is not told to end before we have saved.
        ["setpriv", "--pdeathsig", "KILL", *command, *(("--load-state", str(state)) if state.exists() else first)],
        start_new_session=True,
        # It reads the .env of the folder that it runs in, and of the repository around that: our passwords.
        cwd="/",
        stdin=subprocess.DEVNULL,
    )


def _block(url: str, which: str) -> Block | None:
    block = call_json(url, "eth_getBlockByNumber", which, False)
    return Block(int(block["number"], 16), block["hash"]) if block else None


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], Path(sys.argv[2]), sys.argv[3:]))
