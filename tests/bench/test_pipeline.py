"""The pipeline's bench keeps to ports and a folder of its own, and reckons ages from commits."""

import json
from pathlib import Path

import numpy as np
import pytest

from bench.pipeline import blackhole
from bench.pipeline.freshness import Checkpoint, ages_of
from bench.pipeline.lake import PORT_OFFSET, own_settings, readings_of
from gridseal.settings import Settings
from pipelines.sources.meters.schedule import messages_by_day
from stack.settings import ENV_PREFIX, port_fields
from stack.sql import settings_environment
from tests.conftest import PORT_OFFSET as OF_TESTS
from warehouse.catalog import load_catalog


def test_the_bench_is_beside_whatever_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "HDFS_URI", "FLINK_URL", "DATABASE_HOST", "VAR_DIR", "KAFKA_PORT"):
        monkeypatch.setenv(ENV_PREFIX + name, "1234")
    monkeypatch.setenv(f"{ENV_PREFIX}CHECKPOINT_INTERVAL_SECONDS", "20")
    settings = own_settings(tmp_path)
    assert "1234" not in json.dumps(settings_environment(settings))
    assert settings.var_dir == tmp_path / "var"
    assert settings.checkpoint_interval_seconds == 20
    assert settings.database_app_password.get_secret_value()
    ports = {getattr(settings, name) for name in port_fields()}
    taken = {Settings.model_fields[name].default + offset for name in port_fields() for offset in (0, OF_TESTS)}
    assert not ports & taken
    assert PORT_OFFSET + max(Settings.model_fields[name].default for name in port_fields()) < 32768


@pytest.mark.parametrize(("messages", "days"), [(100_000, 1), (200_000, 2)])
def test_a_feed_has_about_so_many_messages(messages: int, days: int) -> None:
    options = readings_of(messages, days)
    made = sum(len(of_day) for of_day, _ in messages_by_day(options, options.first_day, "UTC"))
    assert abs(made - messages) < 0.1 * messages


def test_what_goes_nowhere_is_declared_as_the_table_is() -> None:
    settings = Settings()
    for table in load_catalog(settings):
        declared = blackhole.into_blackhole(table, settings, f"lake.{table.name}")
        assert declared.endswith("WITH ('connector' = 'blackhole')")
        assert all(f"`{column.name}` {column.type.flink}" in declared for column in table.columns)
        assert "PRIMARY KEY (" in declared
        assert ("PARTITIONED BY" in declared) == bool(table.partition_by)


def test_a_reading_is_as_old_as_the_last_commit_of_its_checkpoint() -> None:
    checkpoints = {7: Checkpoint(9_000, 10_000), 8: Checkpoint(19_000, 20_000), 9: Checkpoint(29_000, 30_000)}
    # Two tables of ADS commit after the first checkpoint, none after the second, one after the third.
    ads = [10_600, 11_000, 30_500]
    produced = np.array([5_000, 8_000, 12_000, 25_000], np.int64)
    in_ods = [10_200, 10_200, 20_300, 30_900]
    # Nothing counts before the warm-up is over, and all if that is the whole.
    assert ages_of(produced, in_ods, ads, checkpoints).tolist() == [6_000, 3_000, 18_500, 5_900]
    late = produced + 40_000
    moved = {number: Checkpoint(c.triggered + 40_000, c.completed + 40_000) for number, c in checkpoints.items()}
    first = np.array([1_000], np.int64)
    ages = ages_of(
        np.concatenate([first, late]), [2_000, *(at + 40_000 for at in in_ods)], [2_500, *(a + 40_000 for a in ads)],
        {1: Checkpoint(1_200, 1_500), **moved},
    )  # fmt: skip
    assert ages.tolist() == [6_000, 3_000, 18_500, 5_900]
