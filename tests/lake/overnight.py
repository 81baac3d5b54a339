"""Airflow beside the lake."""

from collections.abc import Iterator
from contextlib import contextmanager

import stack
from gridseal.airflow_client import AirflowClient
from stack import airflow
from tests.lake.lake import Lake
from tests.lake.recompute import Rows

BY_SPARK = ("ads.customer_monthly_bill", "ads.meter_baseline", "ads.region_load_by_weekday")
"""The marts that its nights make."""


@contextmanager
def airflow_beside(lake: Lake) -> Iterator[AirflowClient]:
    """Airflow, which runs, and is stopped afterwards."""
    names = airflow.service_names(lake.settings)
    try:
        stack.start(lake.settings, *names)
        yield AirflowClient(lake.settings)
    finally:
        for name in reversed(names):
            stack.stop(lake.settings, name)


def by_spark(lake: Lake) -> dict[str, Rows]:
    """The rows of the marts."""
    return {name: lake.rows(name) for name in BY_SPARK}
