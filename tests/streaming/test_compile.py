"""What the compiler says of SQL that does not make the table of the contract."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.streaming import flink_process as process

pytestmark = pytest.mark.integration
Call = Callable[..., Any]

NAME = "ads.data_freshness"
WHERE = "warehouse/ads/data_freshness/transform.sql"
RIGHT = (
    "SELECT 'x' AS table_name,"
    " CAST(TIMESTAMP '2026-11-20 00:00:00' AS TIMESTAMP(3)) AS newest_event_time, 1 AS promised_minutes"
)


@pytest.mark.parametrize(
    ("select", "message", "hint"),
    [
        (RIGHT, "", ""),
        (
            RIGHT.replace("1 AS promised", "CAST(1 AS BIGINT) AS promised"),
            f"{NAME}: column promised_minutes is BIGINT in {WHERE}, INT in the contract",
            f"write CAST(promised_minutes AS INT) in {WHERE}",
        ),
        (
            RIGHT.replace(", 1 AS promised_minutes", ""),
            f"{NAME}: {WHERE} makes no column promised_minutes, which the contract declares; it makes table_name,"
            " newest_event_time",
            f"edit {WHERE}",
        ),
        (
            RIGHT + ", 2 AS surplus",
            f"{NAME}: {WHERE} makes column surplus, which the contract does not declare",
            f"add surplus to the contract or remove it from {WHERE}",
        ),
        (
            "SELECT no_such FROM (VALUES (1)) AS v (x)",
            f"{NAME}: From line 1, column 8 to line 1, column 14: Column 'no_such' not found in any table",
            f"edit {WHERE}",
        ),
    ],
)
def test_a_query_that_differs_from_its_contract_is_refused(flink: Call, select: str, message: str, hint: str) -> None:
    said, next_step, exit_code = flink(process.refusal, NAME, select)
    assert (said, next_step) == (message, hint)
    assert exit_code == (2 if message else 0)
