"""A file of HDFS that was being written when the power went."""

from collections.abc import Iterator
from threading import Event, Thread

import psutil
import pytest
from hdfs.util import HdfsError
from requests import RequestException

import stack
from gridseal.settings import Settings
from pipelines.webhdfs import open_client
from tests.faults.faults import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

PATH = "/open-when-the-power-went"
# The NameNode closes it after 90 s.
SECONDS = 150.0


def test_what_was_written_can_be_read_again(running_stack: Settings) -> None:
    client = open_client(running_stack)
    died = Event()

    def content() -> Iterator[bytes]:
        yield b"row" * 1_000_000
        died.wait()

    def write() -> None:
        with pytest.raises((HdfsError, RequestException, OSError)):
            client.write(PATH, content(), overwrite=True)

    def read() -> bytes:
        try:
            with client.read(PATH, length=3) as reader:
                return bytes(reader.read())
        except (HdfsError, RequestException):
            return b""

    writer = Thread(target=write)
    writer.start()
    try:
        until(lambda: read() == b"row", "the beginning is there while it is written")
        # It is the client of the writer, too, and holds the only copy.
        (service,) = [found for found in stack.status(running_stack) if found.name == "datanode"]
        psutil.Process(service.pid).kill()
    finally:
        died.set()
        writer.join()
    stack.up(running_stack)
    until(lambda: read() == b"row", "it is there again", SECONDS)
    client.delete(PATH)
