"""What a bounded run refuses before it asks anybody."""

from pathlib import Path

import pytest

from pipelines.batch.run import Days, run_batch
from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from warehouse.catalog import load_catalog

SETTINGS = PipelineSettings(flink_url="http://127.0.0.1:1")
CATALOG = load_catalog(SETTINGS)


@pytest.mark.parametrize(
    ("name", "days", "message", "exit_code"),
    [
        ("ods.meter_reading", None, "ods.meter_reading is a table of ODS, which has no transform", 2),
        ("dim.customer", Days("2026-11-20", "2026-11-20"), "dim.customer has no partition a day", 2),
        ("dws.meter_day", None, "Flink does not answer", 3),
    ],
)
def test_refusals(tmp_path: Path, name: str, days: Days | None, message: str, exit_code: int) -> None:
    with pytest.raises(PipelineError, match=message) as refused:
        run_batch(SETTINGS.model_copy(update={"var_dir": tmp_path}), CATALOG, [name], days)
    assert refused.value.exit_code == exit_code
    assert refused.value.hint


def test_days_are_sql() -> None:
    assert Days("2026-11-20", "2026-11-22").condition("dt") == "`dt` BETWEEN '2026-11-20' AND '2026-11-22'"
    assert Days("2026-02-27", "2026-03-01").each() == ["2026-02-27", "2026-02-28", "2026-03-01"]
