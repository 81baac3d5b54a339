"""``python -m bench.notary``: one table of what the notary costs, beside what others do with the same bytes."""

import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from bench.figure import COLUMNS, Figure
from bench.options import Options
from gridseal.output import Format, print_json, print_rows, progress

MEASURES = ("leaves", "tree", "partition", "memory", "proof", "gas", "night", "seal", "unchanged", "tessera")
"""Modules of this package, each of which yields its figures; imported one by one, so that one child has little."""


def main(
    rows: Annotated[int, typer.Option(min=1000, help="Rows of a partition.")] = 1_000_000,
    runs: Annotated[int, typer.Option(min=1, help="Times that each side is measured; the median counts.")] = 5,
    only: Annotated[list[str] | None, typer.Option(help=f"Of {', '.join(MEASURES)}; once for each.")] = None,
    format: Annotated[Format, typer.Option("--format", "-f", help="table, json or csv.")] = Format.TABLE,
) -> None:
    """Measure the notary beside others on this machine, while nothing else runs on it: docs/performance.md."""
    from bench.machine import describe

    if unknown := sorted(set(only or ()) - set(MEASURES)):
        raise typer.BadParameter(f"{unknown[0]}; allowed: {', '.join(MEASURES)}", param_hint="--only")
    machine = describe()
    with tempfile.TemporaryDirectory(prefix="gridseal-bench-") as folder:
        found = list(_measured([name for name in MEASURES if name in (only or MEASURES)], rows, runs, Path(folder)))
    lines = [figure.line(name, plain=format is not Format.TABLE) for name, figure in found]
    if format is Format.JSON:
        print_json({"machine": machine, "figures": [dict(zip(COLUMNS, line, strict=True)) for line in lines]})
        return
    if format is Format.TABLE:
        for heading, text in machine.items():
            typer.echo(f"{heading:<10} {text}")
        typer.echo(f"{'measured':<10} medians of {runs} runs, sides in turn, {rows:,} rows of 10 columns a partition\n")
    print_rows(COLUMNS, lines, format)


def _measured(names: list[str], rows: int, runs: int, folder: Path) -> Iterator[tuple[str, Figure]]:
    from gridseal.errors import GridsealError
    from notary.errors import NotaryError
    from pipelines.errors import PipelineError

    with progress("measuring", len(names)) as update:
        for done, name in enumerate(names):
            update(done, len(names), name)
            own = folder / name
            own.mkdir()
            try:
                for figure in import_module(f"bench.{name}").measure(Options(rows, runs, own)):
                    yield name, figure
            except (GridsealError, NotaryError, PipelineError) as error:
                yield name, Figure(name, None, why_not=f"{error}; next: {error.hint}")


if __name__ == "__main__":
    typer.run(main)
