"""What docker/cluster.sh asks for with `python -m gridseal.cluster`.

Of a running cluster: `settle` waits until every message and every file has all its copies. `keep` keeps all files on
HDFS as they are now, so that a NameNode that is put back to now finds them, and `forget` what was kept before.

Of the folder of a DataNode: `last-block` tells which block it was given last, and `remove-blocks-after` removes all
later ones before a NameNode is put back that knows nothing of them.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from gridseal.errors import NO_SERVICE, WRONG_USAGE, GridsealError
from gridseal.output import say
from gridseal.settings import Settings, load_settings
from pipelines.errors import PipelineError
from pipelines.sources.broker import broker_errors, broker_options
from pipelines.webhdfs import jmx_bean, open_client, reachable
from stack.hdfs import last_block, remove_blocks_after

_PATIENCE_S = 600
_PREFIX = "backup-"


def missing_copies(settings: Settings) -> list[str]:
    """What has fewer copies than it is to have, in words.

    Raises:
        PipelineError: Kafka or HDFS does not answer.
    """
    from kafka import KafkaAdminClient

    with broker_errors(settings, "look at the topics"):
        admin = KafkaAdminClient(**broker_options(settings))
        try:
            topics = admin.describe_topics()
        finally:
            admin.close()
    short = [
        f"{topic['name']}/{partition['partition_index']}"
        for topic in topics
        for partition in topic["partitions"]
        if len(partition["isr_nodes"]) < len(partition["replica_nodes"])
    ]
    found = [f"{len(short)} partitions of Kafka, such as {short[0]}"] if short else []
    state = jmx_bean(settings, "Hadoop:service=NameNode,name=FSNamesystem")
    files, dead = int(state["UnderReplicatedBlocks"]), int(state.get("NumDeadDataNodes", 0))
    return [*found, *([f"{files} blocks of HDFS"] if files else []), *([f"{dead} DataNodes are dead"] if dead else [])]


def settle(settings: Settings) -> None:
    """Waits until everything has all its copies.

    Raises:
        GridsealError: It has not after ten minutes.
    """
    deadline, missing = time.monotonic() + _PATIENCE_S, ["nothing is known yet"]
    while missing and time.monotonic() < deadline:
        try:
            missing = missing_copies(settings)
        except PipelineError as error:
            missing = [str(error)]
        if missing:
            time.sleep(1)
    if missing:
        raise GridsealError(f"not every copy is there: {'; '.join(missing)}", "gridseal status", NO_SERVICE)


def keep(settings: Settings) -> str:
    """Keeps all files as they are, whatever replaces them.

    Returns:
        Name of the snapshot of HDFS.

    Raises:
        PipelineError: HDFS does not answer.
    """
    name = f"{_PREFIX}{datetime.now(UTC):%Y%m%d%H%M%S}"
    with reachable(settings):
        client = open_client(settings)
        client.allow_snapshot("/")
        client.create_snapshot("/", name)
    return name


def forget(settings: Settings) -> list[str]:
    """Keeps files no longer as they were, but for the last time that they were kept.

    Returns:
        Names of the snapshots that are gone.

    Raises:
        PipelineError: HDFS does not answer.
    """
    with reachable(settings):
        client = open_client(settings)
        older = sorted(name for name in client.list("/.snapshot") if name.startswith(_PREFIX))[:-1]
        for name in older:
            client.delete_snapshot("/", name)
    return older


def main(words: list[str]) -> int:
    """Does what is asked; returns the exit code."""
    try:
        match words:
            case ["settle"]:
                settle(load_settings())
            case ["keep"]:
                say(f"every file is kept as it is now, as {keep(load_settings())}")
            case ["forget"]:
                say(f"{len(forget(load_settings()))} older copies of HDFS are kept no longer")
            case ["last-block", folder]:
                print(last_block(Path(folder)))
            case ["remove-blocks-after", last, folder] if last.isdecimal():
                say(f"{remove_blocks_after(Path(folder), int(last))} blocks of later are gone")
            case _:
                said = " ".join(words)
                allowed = "settle, keep, forget, last-block FOLDER, remove-blocks-after NUMBER FOLDER"
                raise GridsealError(f"{said!r} is none of {allowed}", "docker/cluster.sh", WRONG_USAGE)
    except (GridsealError, PipelineError) as error:
        say(f"error: {error}\nnext:  {error.hint}")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
