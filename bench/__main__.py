"""``python -m bench``: one table of what the notary and the pipeline cost, beside what others do with the same."""

import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from bench import models, notary, pipeline
from bench.figure import COLUMNS, Figure
from bench.options import Options
from gridseal.output import Format, print_json, print_rows, progress, say

PARTS = {"notary": notary, "pipeline": pipeline, "models": models}
MEASURES = {name: part for part, module in PARTS.items() for name in module.MEASURES}
"""Of each measure the part that it belongs to, a package of that name."""


def main(
    only: Annotated[
        list[str] | None, typer.Option(help=f"Of {', '.join([*PARTS, *MEASURES])}; once for each.", metavar="MEASURE")
    ] = None,
    runs: Annotated[
        int | None, typer.Option(min=1, help="Times that each side is measured; the median counts.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1000, help="Rows of a partition of the notary.")] = 1_000_000,
    messages: Annotated[int, typer.Option(min=1000, help="Messages that flow through the pipeline.")] = 1_000_000,
    minutes: Annotated[float, typer.Option(min=0.5, help="Minutes of freshness.")] = 3,
    days: Annotated[int, typer.Option(min=1, max=30, help="Days of the month that queries ask.")] = 30,
    format: Annotated[Format, typer.Option("--format", "-f", help="table, json or csv.")] = Format.TABLE,
) -> None:
    """Measure gridseal beside others on this machine, while nothing else runs on it: docs/performance.md."""
    from bench.machine import describe

    # So that it stops its services also then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    names = chosen(only or [])
    machine = describe()
    with tempfile.TemporaryDirectory(prefix="gridseal-bench-") as folder:
        given = Options(rows, runs or 0, Path(folder), messages, minutes, days)
        found = list(_measured(names, given))
    lines = [figure.line(name, plain=format is not Format.TABLE) for name, figure in found]
    if format is Format.JSON:
        print_json({"machine": machine, "figures": [dict(zip(COLUMNS, line, strict=True)) for line in lines]})
        return
    if format is Format.TABLE:
        for heading, text in (machine | _conditions(names, given)).items():
            typer.echo(f"{heading:<10} {text}")
        typer.echo()
    print_rows(COLUMNS, lines, format)


def chosen(only: list[str]) -> list[str]:
    """The measures that are meant by names of measures and of parts; all but those that take long if there are none.

    Raises:
        typer.BadParameter: There is no such measure.
    """
    if unknown := sorted(set(only) - {*PARTS, *MEASURES}):
        allowed = ", ".join([*PARTS, *MEASURES])
        raise typer.BadParameter(f"{unknown[0]}; allowed: {allowed}", param_hint="--only")
    return [
        name
        for name, part in MEASURES.items()
        if name in only or ((part in only or not only) and name not in PARTS[part].WHEN_ASKED)
    ]


def _conditions(names: list[str], given: Options) -> dict[str, str]:
    told = {
        "notary": f"{given.rows:,} rows of 10 columns a partition",
        "pipeline": f"{given.messages:,} messages, on services of its own",
        "models": "1,992 photographs of 24 x 40 pixels, one core",
    }
    return {
        part: f"medians of {given.runs or PARTS[part].RUNS} runs, sides in turn, {text}"
        for part, text in told.items()
        if part in {MEASURES[name] for name in names}
    }


def _measured(names: list[str], given: Options) -> Iterator[tuple[str, Figure]]:
    from gridseal.errors import GridsealError
    from notary.errors import NotaryError
    from pipelines.errors import PipelineError
    from stack import StackError

    with progress("measuring", len(names)) as update:
        for done, name in enumerate(names):
            part = MEASURES[name]
            own = given.folder / name
            own.mkdir()
            tell = _teller(partial(update, done, len(names)), name)
            options = replace(given, runs=given.runs or PARTS[part].RUNS, folder=own, tell=tell)
            update(done, len(names), name)
            try:
                for figure in import_module(f"bench.{part}.{name}").measure(options):
                    options.tell(str(figure))
                    yield name, figure
            except (GridsealError, NotaryError, PipelineError, StackError) as error:
                yield name, Figure(name, None, why_not=f"{error}; next: {error.hint}")


def _teller(update: Callable[[str], None], name: str) -> Callable[[str], None]:
    """Tells of a measure at its bar, or line by line where there is no terminal to draw one."""
    began = time.monotonic()

    def tell(text: str) -> None:
        if sys.stderr.isatty():
            update(f"{name}: {text}")
        else:
            say(f"{name}, {time.monotonic() - began:.0f} s: {text}")

    return tell


if __name__ == "__main__":
    typer.run(main)
