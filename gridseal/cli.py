"""The command line: one function a command, heavy imports only inside them."""

import os
import signal
import sys
from typing import Annotated

import typer

from gridseal import __version__
from gridseal.commands import (
    audits,
    batch,
    dead_letters,
    feed,
    images,
    lake,
    metrics,
    night,
    notary,
    pipeline,
    proofs,
    query,
    sealing,
    services,
    table,
)
from gridseal.errors import FINE, UNEXPECTED

app = typer.Typer(
    name="gridseal",
    help="A lakehouse for power-grid data whose every partition can be proven."
    "\n\nStart with: gridseal demo. Exit codes: 0 fine, 1 a check failed, 2 wrong usage or setting,"
    " 3 a service is not there, 4 not final yet, 70 unexpected.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
services.register(app)
metrics.register(app)
feed.register(app)
images.register(app)
pipeline.register(app)
batch.register(app)
dead_letters.register(app)
table.register(app)
lake.register(app)
query.register(app)
sealing.register(app)
proofs.register(app)
audits.register(app)
notary.register(app)
night.register(app)


def _version(value: bool) -> None:
    if value:
        print(f"gridseal {__version__}")
        raise typer.Exit(FINE)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


class _Terminated(BaseException):
    """Somebody asks us to end."""


def _terminate(*_: object) -> None:
    # What is to be put in order is, once, such as a pipeline that is paused.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Terminated


def main() -> None:
    """Run a command; an error is one message and an exit code, never a traceback."""
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except _Terminated:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FINE)
    except Exception as error:
        code = getattr(error, "exit_code", None)
        if code is None:
            _fail(f"unexpected: {type(error).__name__}: {error}", "gridseal doctor", _write_traceback(error))
            sys.exit(UNEXPECTED)
        _fail(str(error), getattr(error, "hint", ""))
        sys.exit(code)


def _fail(message: str, hint: str, details: str = "") -> None:
    print(f"error: {message}", file=sys.stderr)
    if hint:
        print(f"next:  {hint}", file=sys.stderr)
    if details:
        print(f"details: {details}", file=sys.stderr)


def _write_traceback(error: Exception) -> str:
    """Keep what a developer needs in a file; the user gets its name."""
    import tempfile
    import traceback

    descriptor, path = tempfile.mkstemp(prefix="gridseal-", suffix=".log")
    with os.fdopen(descriptor, "w") as file:
        traceback.print_exception(error, file=file)
    return path
