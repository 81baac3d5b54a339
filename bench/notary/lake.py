"""A corner of the lake that runs: folders of its own on HDFS, a record of its own, all removed afterwards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.command import gridseal
from gridseal.errors import CHECK_FAILED, FINE, GridsealError
from gridseal.settings import Settings, load_settings
from pipelines.webhdfs import open_client, reachable

_CORNER = "/gridseal-bench"


@dataclass(frozen=True)
class Corner:
    """Settings with which nothing of the lake itself is changed."""

    settings: Settings

    def command(self, *words: str, codes: tuple[int, ...] = (FINE,)) -> str:
        """What a command of gridseal prints there, if it ends with one of these exit codes.

        Raises:
            GridsealError: It failed.
        """
        return gridseal(self.settings, *words, codes=codes)

    def seal(self, *words: str) -> list[dict[str, Any]]:
        """What ``gridseal seal`` says of each partition.

        Raises:
            GridsealError: One could not be sealed, and would be tried again at every run.
        """
        found = json.loads(self.command("seal", *words, "--format", "json", codes=(FINE, CHECK_FAILED)))
        for one in found:
            if one["result"] not in ("sealed", "unchanged"):
                what = f"{one['table']} {one['partition']} cannot be sealed: {one['result']}"
                raise GridsealError(what, "gridseal audit", CHECK_FAILED)
        return list(found)


@contextmanager
def open_corner(folder: Path, own_tables: bool) -> Iterator[Corner]:
    """Folders on HDFS for leaves, and for tables if they are not to be those of the lake.

    Raises:
        PipelineError: No lake runs.
    """
    settings = load_settings()
    changed: dict[str, object] = {"var_dir": folder, "notary_path": f"{_CORNER}/notary"}
    if own_tables:
        changed["lake_path"] = f"{_CORNER}/lake"
    client = open_client(settings)
    with reachable(settings):
        # Of a run that was killed.
        client.delete(_CORNER, recursive=True)
        try:
            yield Corner(settings.model_copy(update=changed))
        finally:
            client.delete(_CORNER, recursive=True)
