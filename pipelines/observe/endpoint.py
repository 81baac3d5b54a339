"""The SQL endpoint, asked only if somebody has started it: it takes memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.errors import PipelineError

TIMEOUT_S = 30.0


@contextmanager
def if_it_runs(address: tuple[str, int]) -> Iterator[None]:
    """Says how to start the endpoint where it was asked and does not run.

    Args:
        address: Where it listens.

    Raises:
        PipelineError: It does not run, or does not answer.
    """
    try:
        yield
    except PipelineError as error:
        if isinstance(error.__cause__, OSError):
            raise PipelineError(
                f"counted by the SQL endpoint, which does not run at {address[0]}:{address[1]}",
                'gridseal sql "SELECT 1" starts it; it stays',
                3,
            ) from error
        raise
