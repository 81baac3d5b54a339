"""What has to be waited for: a command of gridseal, and all from ``up`` to the first row of ADS."""

import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial

from bench.clock import seconds
from bench.command import gridseal
from bench.figure import Figure
from bench.options import Options
from bench.pipeline.lake import Lake, open_lake, readings_of
from pipelines.observe.commits import table_commits
from pipelines.sources.meters import FeedSummary

_MESSAGES = 20_000
_COMMANDS = ("--help", "tables", "status")
_TABLE = "ads.customer_daily_bill"
_POLL_S = 0.5


def measure(options: Options) -> Iterator[Figure]:
    """A start with no state at all, once; then commands as they are typed, beside Python that does nothing."""
    began = time.monotonic()
    with open_lake(options.folder, options.tell) as lake:
        up = time.monotonic() - began
        sent = _fill(lake)
        lake.start()
        runs = time.monotonic() - began
        while not any(c.table == _TABLE and c.rows for c in table_commits(lake.settings, lake.catalog)):
            time.sleep(_POLL_S)
        first = time.monotonic() - began
        options.tell("starting commands")
        commands = {word: partial(gridseal, lake.settings, word, folder=options.folder) for word in _COMMANDS}
        took = seconds({"python": _python, **commands}, options.runs)
    yield Figure("from up to services that are ready", up, "s")
    yield Figure("from up to a pipeline all of whose tasks run", runs, "s")
    yield Figure(f"from up to the first row of ADS, {sent.messages:,} messages waiting", first, "s")
    for word in commands:
        yield Figure(f"gridseal {word}", took[word], "s", "python -c pass", took["python"])


def _fill(lake: Lake) -> FeedSummary:
    return lake.fill(readings_of(_MESSAGES, days=1))


def _python() -> None:
    subprocess.run([sys.executable, "-c", "pass"], check=True)
