"""Flink and Spark in processes of their own: each keeps a JVM for as long as its process lives."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from tests.observe.conftest import answers as answers
from tests.streaming.flink_process import call

Call = Callable[..., Any]


@pytest.fixture(scope="session")
def flink() -> Iterator[Call]:
    """Calls a function of ``flink_process`` in the one process that holds a JVM."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield lambda function, *arguments: pool.submit(call, function, *arguments).result(240)


@pytest.fixture(scope="module")
def spark() -> Iterator[Call]:
    """Calls a function of ``spark_process`` in a process that holds a JVM."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        yield lambda function, *arguments: pool.submit(call, function, *arguments).result(240)
