"""Readings and business changes that go on while something breaks."""

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from itertools import count
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from pipelines.errors import PipelineError
from pipelines.sources.grid import Grid
from pipelines.sources.meters import MeterOptions
from tests.lake.lake import Lake, at

# Each fault has a day of its own after those before; none is in the future.
FIRST_DAY = date(2026, 9, 1)
GRID = Grid(seed=7, meters=50, first_day=FIRST_DAY)
OPTIONS = MeterOptions(meters=12, seed=3, first_day=FIRST_DAY, malformed=0.003)
RATE = 300
PATIENCE_S = 300
_PAUSE_S = 0.4


class Load:
    """A day of readings at an even rate, and a business change now and then, from its beginning until it is left.

    What a service that is dead refuses is tried again: the sources are no part of what is tested.
    """

    def __init__(self, lake: Lake, name: str, keys: Sequence[Any]) -> None:
        self._lake = lake
        self._keys = keys
        self._name = name
        self._ended = Event()
        self._failures: list[BaseException] = []
        self._threads = [Thread(target=self._run, args=(work,), daemon=True) for work in (self._feed, self._change)]
        self._day = lake.next_day

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        assert not any(thread.is_alive() for thread in self._threads), f"the load of {self._name} does not end"
        assert not self._failures, self._failures

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self._failures.append(error)

    def _feed(self) -> None:
        options = OPTIONS.model_copy(update={"rate": RATE})
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                # One that was interrupted is sent again whole; its first messages then come twice.
                self._lake.feed(self._day, options)
                return
            except PipelineError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def _change(self) -> None:
        for number in count():
            if self._ended.wait(_PAUSE_S):
                return
            key = self._keys[number % len(self._keys)]
            self._change_once(key, at(self._day, 0) + timedelta(minutes=number), number)

    def _change_once(self, key: Any, moment: datetime, number: int) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                # The same change twice is one, in the database and in the record.
                with self._lake.changes(f"load-{self._name}") as hand:
                    hand.update(moment, "customer", key, name=f"{self._name} {number}")
                return
            except PipelineError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
