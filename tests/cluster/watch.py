"""Seconds that the job of a cluster is not whole."""

import subprocess
from threading import Thread
from types import TracebackType
from typing import Self

from tests.cluster.cluster import Cluster
from tests.faults.watch import Outage

# A line at each look, by a process on a host that nobody breaks meanwhile.
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


_END_S = 60


class Watch(Outage):
    """Looks at the job again and again."""

    def __init__(self, cluster: Cluster, on: str = "gateway") -> None:
        super().__init__()
        self._cluster = cluster
        self._on = on

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._cluster.words("python", "-c", _LOOK, on=self._on),
            env=self._cluster.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._thread = Thread(target=self._read)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._thread.join(_END_S)
        self._process.wait(_END_S)

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self.saw(line.strip() == "1")
