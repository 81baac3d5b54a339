"""A backfill of three days by Airflow: its tables are those that the stream and the records say."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from gridseal.airflow_client import AirflowClient
from stack.airflow import url
from tests.lake.lake import DAY, Lake, differing
from tests.lake.overnight import BY_SPARK, airflow_beside

# Ten minutes: too long for every change.
pytestmark = pytest.mark.faults
PATIENCE_S = 1800


@pytest.fixture
def client(lake: Lake) -> Iterator[AirflowClient]:
    """Airflow."""
    with airflow_beside(lake) as running:
        yield running


def test_a_backfill_of_three_days_ends_in_the_tables_of_the_stream(lake: Lake, client: AirflowClient) -> None:
    days = [str(DAY + timedelta(days=number)) for number in range(-1, 2)]
    login = {"username": "engineer", "password": lake.settings.airflow_engineer_password.get_secret_value()}
    token = requests.post(f"{url(lake.settings)}/auth/token", json=login, timeout=30).json()["access_token"]
    # Its end is the day after the last one.
    wanted = {
        "dag_id": "batch_marts",
        "from_date": f"{days[0]}T00:00:00Z",
        "to_date": f"{DAY + timedelta(days=2)}T00:00:00Z",
    }
    header = {"Authorization": f"Bearer {token}"}
    made = requests.post(f"{url(lake.settings)}/api/v2/backfills", json=wanted, headers=header, timeout=30)
    assert made.status_code == 200, made.text
    deadline = time.monotonic() + PATIENCE_S
    for day in days:
        for dag in ("batch_marts", "nightly_notary"):
            run = client.await_run(dag, day, set(), deadline)
            assert client.wait(dag, run, deadline, lambda _: None) == "success", client.tasks(dag, run)
    expected = lake.assert_as_recomputed()
    assert {name: found for name in BY_SPARK if (found := differing(expected[name], lake.rows(name)))} == {}
    for day in days:
        assert lake.command("notary", "status", "--night", day).returncode == 0
