"""Seconds that the job of a cluster is not whole."""

import subprocess
import time
from itertools import cycle
from threading import Lock, Thread
from types import TracebackType
from typing import Self

from tests.cluster.cluster import Cluster
from tests.faults.watch import Outage

# A line at each look, by a process on a host.
_LOOK = """
import select, sys
from gridseal.settings import load_settings
from pipelines.errors import PipelineError
from pipelines.streaming.cluster import current_job
settings = load_settings()
# Until nobody listens any more.
while not select.select([sys.stdin], [], [], 0.5)[0]:
    try:
        job = current_job(settings)
        print(int(job is not None and job.healthy), flush=True)
    except PipelineError:
        print(0, flush=True)
"""

# Nothing breaks both at once.
_HOSTS = ("gateway", "worker1")
_PAUSE_S = 0.5
_END_S = 60


class Watch(Outage):
    """Looks at the job again and again, from the other host once the one dies."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster
        self._ended = False
        self._starting = Lock()
        self._thread = Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._starting:
            self._ended = True
            assert self._process.stdin
            self._process.stdin.close()
        self._thread.join(_END_S)
        assert not self._thread.is_alive(), f"the watch does not end within {_END_S} s"

    def _read(self) -> None:
        for host in cycle(_HOSTS):
            with self._starting:
                if self._ended:
                    return
                self._process = subprocess.Popen(
                    self._cluster.words("python", "-c", _LOOK, on=host),
                    env=self._cluster.environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            assert self._process.stdout
            for line in self._process.stdout:
                self.saw(line.strip() == "1")
            self._process.wait()
            time.sleep(_PAUSE_S)
