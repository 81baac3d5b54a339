"""What a user is told when something is not there."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sources.business import apply_changes, churn, seed_database
from pipelines.sources.business.journal import Journal
from pipelines.sources.grid import FIRST_DAY, Grid
from pipelines.sources.meters import MeterOptions, feed_day
from pipelines.sources.topics import ensure_topics


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sources.broker.BOOTSTRAP_TIMEOUT_MS", 300)


def test_no_broker(nowhere: PipelineSettings) -> None:
    for ask in (lambda: ensure_topics(nowhere), lambda: feed_day(nowhere, FIRST_DAY, MeterOptions())):
        with pytest.raises(PipelineError, match=r"no Kafka broker answers at 127\.0\.0\.1:1 ") as refusal:
            ask()
        assert refusal.value.exit_code == 3
        assert "gridseal up" in refusal.value.hint


def test_no_database(nowhere: PipelineSettings) -> None:
    for ask in (
        lambda: seed_database(nowhere, Grid()),
        lambda: apply_changes(nowhere, Grid(), FIRST_DAY),
        lambda: churn(nowhere, Grid(), 1, 1),
    ):
        with pytest.raises(PipelineError, match=r"no database answers at 127\.0\.0\.1:1 ") as refusal:
            ask()
        assert refusal.value.exit_code == 3
        assert "gridseal up" in refusal.value.hint


def test_a_day_before_the_grid_is_refused_before_anything_is_asked(nowhere: PipelineSettings) -> None:
    with pytest.raises(PipelineError, match="2026-01-01 is before") as refusal:
        feed_day(nowhere, date(2026, 1, 1), MeterOptions())
    assert refusal.value.exit_code == 2
    assert not (nowhere.var_dir / "feeds").exists()


@pytest.mark.parametrize("wrong", [{"meters": 3}, {"late": 2}, {"rate": 0}, {"days": 0}, {"meter": 50}])
def test_a_wrong_option_is_named(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        MeterOptions(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("seconds", "per_second"), [(0, 1), (1, -1)])
def test_churn_of_nothing_is_refused(nowhere: PipelineSettings, seconds: float, per_second: float) -> None:
    with pytest.raises(PipelineError, match="allowed are numbers above 0") as refusal:
        churn(nowhere, Grid(), seconds, per_second)
    assert refusal.value.exit_code == 2


def test_a_journal_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "feeds").write_text("a file where the folder should be")
    with pytest.raises(PipelineError, match="cannot be written") as refusal:
        Journal(tmp_path / "feeds" / "business")
    assert refusal.value.exit_code == 2
