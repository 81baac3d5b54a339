"""``gridseal seal --all`` when nothing has changed: what every night costs at least."""

from collections.abc import Iterator

from bench.clock import seconds
from bench.figure import Figure
from bench.notary.lake import open_corner
from bench.options import Options


def measure(options: Options) -> Iterator[Figure]:
    """Of the lake that runs, sealed once before, into a record of its own.

    Raises:
        GridsealError: A partition cannot be sealed.
        PipelineError: No lake runs.
    """
    with open_corner(options.folder, own_tables=False) as corner:
        sealed = corner.seal("--all")
        took = seconds(
            {"seal": lambda: corner.seal("--all"), "start": lambda: corner.command("notary", "status")},
            options.runs,
        )
    what = f"gridseal seal --all, {len(sealed):,} partitions, nothing changed"
    yield Figure(what, took["seal"], "s", "gridseal notary status, which seals nothing", took["start"])
