"""How long the job is not whole."""

import time
from threading import Event, Thread
from types import TracebackType
from typing import Self

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.cluster import current_job

_PAUSE_S = 0.5


class Outage:
    """How long something is not whole, by what is seen of it."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._broken_s = 0.0

    def zero(self) -> None:
        """Begin anew: what happened so far does not count."""
        self._began, self._broken_s = time.monotonic(), 0.0

    def saw(self, whole: bool) -> None:
        """Told at each look."""
        if not whole:
            self._broken_s = self.seconds

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    @property
    def running_again_s(self) -> float:
        """Seconds until all tasks ran again and stayed so; 0 if they never stopped."""
        return self._broken_s


class Watch(Outage):
    """Looks at the job again and again, from before a fault until it is over."""

    def __init__(self, settings: PipelineSettings) -> None:
        super().__init__()
        self._settings = settings
        self._ended = Event()
        self._thread = Thread(target=self._look)

    def __enter__(self) -> Self:
        self.zero()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(_PAUSE_S):
            try:
                job = current_job(self._settings)
                self.saw(job is not None and job.healthy)
            except PipelineError:
                self.saw(whole=False)
