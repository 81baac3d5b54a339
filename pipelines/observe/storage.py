"""Room that is left: on the disk of the state, and in HDFS."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.webhdfs import jmx_bean

_STATE = "Hadoop:service=NameNode,name=FSNamesystemState"


@dataclass(frozen=True)
class Room:
    """Bytes of a storage: all, and those that can still be written."""

    total: int
    free: int


def disk_room(settings: PipelineSettings) -> Room:
    """The disk that holds the folder of state.

    Raises:
        PipelineError: It cannot be asked.
    """
    folder = settings.var_dir.absolute()
    try:
        usage = shutil.disk_usage(_nearest(folder))
    except OSError as error:
        raise PipelineError(f"cannot ask the disk of {folder}: {error.strerror}", "gridseal doctor", 3) from error
    return Room(usage.total, usage.free)


def hdfs_room(settings: PipelineSettings) -> Room:
    """The capacity of HDFS; on one machine it shares the disk with all else.

    Raises:
        PipelineError: The NameNode does not answer.
    """
    state = jmx_bean(settings, _STATE)
    return Room(int(state["CapacityTotal"]), int(state["CapacityRemaining"]))


def _nearest(folder: Path) -> Path:
    """The folder, or the first one above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.exists())
