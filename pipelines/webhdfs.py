"""Asking HDFS through WebHDFS: its errors in the words of this house."""

import getpass
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings

ANALYSTS = "analysts"
"""Group of those who may read the tables; `stack/hdfs.py` says who is in it."""
_TIMEOUT_S = 30
_NOT_THERE = "FileNotFoundException"
# What a file of text is called until it is whole.
_NEW = ".new"


def open_client(settings: PipelineSettings) -> Any:
    """A client of WebHDFS, as the person who runs this."""
    from hdfs import InsecureClient

    return InsecureClient(settings.webhdfs_url, user=getpass.getuser(), timeout=_TIMEOUT_S, session=_direct_session())


def close_to_others(settings: PipelineSettings) -> None:
    """Let nobody but us and, to read, analysts enter any folder, and these none of Flink's, whose jobs hold passwords.

    Raises:
        PipelineError: HDFS does not answer.
    """
    with reachable(settings):
        client = open_client(settings)
        client.makedirs(settings.flink_path)
        client.set_permission(settings.flink_path, "700")
        client.set_owner("/", group=ANALYSTS)
        client.set_permission("/", "750")


def jmx_bean(settings: PipelineSettings, query: str) -> dict[str, Any]:
    """One bean of the NameNode's figures, such as of ``Hadoop:service=NameNode,name=FSNamesystemState``.

    Raises:
        PipelineError: The NameNode does not answer.
    """
    with reachable(settings), _direct_session() as session:
        answer = session.get(f"{settings.webhdfs_url}/jmx", params={"qry": query}, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        beans: list[dict[str, Any]] = answer.json()["beans"]
    if not beans:
        raise PipelineError(
            f"the NameNode at {settings.webhdfs_url} tells nothing of {query} yet", "gridseal status", 3
        )
    return beans[0]


def _direct_session() -> Any:
    from requests import Session

    session = Session()
    # Never through a proxy of the environment: the cluster is ours.
    session.trust_env = False
    return session


@contextmanager
def reachable(settings: PipelineSettings) -> Iterator[None]:
    """Turns errors of the client into one that says what to do.

    Raises:
        PipelineError: HDFS does not answer.
    """
    from hdfs import HdfsError
    from requests.exceptions import RequestException

    try:
        yield
    except (HdfsError, RequestException) as error:
        raise PipelineError(
            f"HDFS does not answer at {settings.webhdfs_url}: {_words(error)}", "gridseal up", 3
        ) from error


def _words(error: Exception) -> str:
    """What the system said, out of the five lines that requests makes of it."""
    found = re.search(r"\[Errno -?\d+\] [\w' ]+", str(error))
    return found[0] if found else str(error)


def read_text(settings: PipelineSettings, path: str) -> str | None:
    """A file of text as ``write_text`` has written it; None if it is not there.

    Raises:
        PipelineError: HDFS does not answer.
    """
    client = open_client(settings)
    with reachable(settings):
        for there in (path, path + _NEW):
            if client.status(there, strict=False) is not None:
                with client.read(there, encoding="utf-8") as reader:
                    return str(reader.read())
    return None


def write_text(settings: PipelineSettings, path: str, text: str) -> None:
    """Write a file of text in the place of one that is there; whoever reads meets the one or the other as a whole.

    Raises:
        PipelineError: HDFS does not answer.
    """
    client = open_client(settings)
    with reachable(settings):
        write_bytes(client, path, text.encode())


def write_bytes(client: Any, path: str, content: bytes) -> None:
    """Write a file in the place of one that is there; it has its name once it is whole."""
    client.write(path + _NEW, content, overwrite=True)
    client.delete(path)
    client.rename(path + _NEW, path)


def remove_text(settings: PipelineSettings, path: str) -> None:
    """Remove a file of text, if it is there.

    Raises:
        PipelineError: HDFS does not answer.
    """
    client = open_client(settings)
    with reachable(settings):
        for there in (path, path + _NEW):
            client.delete(there)


def file_length(client: Any, path: str) -> int:
    """Bytes of a file; 0 if it is not there."""
    from hdfs import HdfsError

    try:
        return int(client.status(path)["length"])
    except HdfsError as error:
        if error.exception == _NOT_THERE:
            return 0
        raise


def list_folder(client: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and status of each entry of a folder; none if the folder is not there."""
    from hdfs import HdfsError

    try:
        return list(client.list(path, status=True))
    except HdfsError as error:
        if error.exception == _NOT_THERE:
            return []
        raise


def folders(client: Any, path: str) -> list[str]:
    """Paths of the folders in a folder; none if it is not there."""
    return [f"{path}/{name}" for name, status in list_folder(client, path) if status["type"] == "DIRECTORY"]
