"""A step of set-up: it keeps a stamp, a hash of what went into it, and is left out while the stamp holds."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
_STILL_SECONDS = 20.0


@dataclass(frozen=True)
class Step:
    """A part of set-up.

    Attributes:
        name: Its name in messages, of its stamp and of its log.
        what: What it does, in a few words.
        inputs: Everything it depends on, as text.
        outputs: What must be there when it has run.
        run: Does it.
        needed: Whether there is anything to do at all; asked only when the stamp does not hold.
    """

    name: str
    what: str
    inputs: Callable[[], str]
    outputs: Callable[[], Iterable[Path]]
    run: Callable[["Step"], None]
    needed: Callable[[], bool] = lambda: True

    @property
    def log(self) -> Path:
        """Log of the step's commands."""
        return BUILD / "log" / f"{self.name}.log"

    def digest(self) -> str:
        """Hash of the inputs."""
        return hashlib.sha256(self.inputs().encode()).hexdigest()

    def done(self) -> bool:
        """Whether the step has run with these inputs and its outputs are there."""
        stamp = BUILD / "stamps" / self.name
        return (
            stamp.exists()
            and stamp.read_text(encoding="ascii") == self.digest()
            and all(output.exists() for output in self.outputs())
        )

    def ensure(self) -> None:
        """Runs the step unless it is done, and says how long it took.

        Raises:
            StackError: A command of it failed.
        """
        if self.done():
            return
        if self.needed():
            self._run()
        stamp = BUILD / "stamps" / self.name
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(self.digest(), encoding="ascii")

    def _run(self) -> None:
        began = time.monotonic()
        say(f"{self.name:<9}{self.what} ...")
        ended = threading.Event()
        threading.Thread(target=self._still, args=(began, ended), daemon=True).start()
        try:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            self.log.write_text("", encoding="utf-8")
            self.run(self)
        finally:
            ended.set()
        say(f"{self.name:<9}done in {time.monotonic() - began:.1f} s")

    def command(self, *words: str | Path, environment: dict[str, str] | None = None) -> None:
        """Runs a command of the step with its output in the log.

        Raises:
            StackError: It failed; the message ends in the log's last lines.
        """
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"$ {' '.join(map(str, words))}\n")
            log.flush()
            done = subprocess.run(
                words,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env=os.environ | (environment or {}),
                check=False,
            )
        if done.returncode:
            lines = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-12:])
            raise StackError(
                f"{self.name}: {Path(words[0]).name} failed (exit {done.returncode}). "
                f"Last lines of {self.log}:\n{lines}",
                hint="make setup",
            )

    def _still(self, began: float, ended: threading.Event) -> None:
        while not ended.wait(_STILL_SECONDS):
            say(f"{self.name:<9}still at it after {time.monotonic() - began:.0f} s ({self.log})")


def say(line: str) -> None:
    """Prints a line of progress at once."""
    # In one piece: the steps run side by side.
    sys.stdout.write(f"set-up  {line}\n")
    sys.stdout.flush()
