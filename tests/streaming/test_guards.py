"""Choices that Flink accepts and that lose rows without an error: impossible, or refused with the reason."""

import shutil
from pathlib import Path

import pytest

from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import EXACT_OPTIONS, kept_commits, sink_ddl, sink_options
from pipelines.streaming.job import configuration
from pipelines.streaming.sources import ods_select
from pipelines.streaming.stages import chains_histories, freezes, stage_parallelism
from warehouse.catalog import Catalog, load_catalog
from warehouse.errors import WarehouseError
from warehouse.guards import guard_transform
from warehouse.settings import WarehouseSettings

CATALOG = load_catalog(WarehouseSettings())
SETTINGS = PipelineSettings(flink_url="http://127.0.0.1:18081", hdfs_uri="hdfs://127.0.0.1:18020")
TRANSFORMED = [t.name for t in CATALOG if not t.source and t.mode == "stream"]


def changed(tmp_path: Path, name: str, old: str, new: str) -> Catalog:
    """The real warehouse with one transform changed."""
    root = tmp_path / "warehouse"
    for layer in ("ods", "dim", "dwd", "dws", "ads"):
        shutil.copytree(Path("warehouse") / layer, root / layer)
    file = root / name.replace(".", "/") / "transform.sql"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return load_catalog(WarehouseSettings(warehouse_dir=root))


@pytest.mark.parametrize("name", TRANSFORMED)
def test_the_transforms_of_the_lake_pass(name: str) -> None:
    guard_transform(CATALOG.table(name), CATALOG)


def test_try_cast_is_refused(tmp_path: Path) -> None:
    catalog = changed(tmp_path, "dws.region_hour", "CAST(SUM(active_power) AS", "TRY_CAST(SUM(active_power) AS")
    with pytest.raises(WarehouseError, match=r"dws.region_hour: TRY_CAST is refused.*0\.000") as caught:
        guard_transform(catalog.table("dws.region_hour"), catalog)
    assert caught.value.exit_code == 2
    assert caught.value.hint == "edit warehouse/dws/region_hour/transform.sql"


def test_try_cast_in_a_comment_does_not_count(tmp_path: Path) -> None:
    catalog = changed(tmp_path, "dws.region_hour", "SELECT\n  region_id", "-- no TRY_CAST(x)\nSELECT\n  region_id")
    guard_transform(catalog.table("dws.region_hour"), catalog)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("dwd.work_ticket", "WHERE rn = 1", "WHERE rn = 1 AND status <> 'closed'"),
        ("dwd.risk_point", "WHERE rn = 1", "WHERE rn <= 2"),
        ("dws.meter_day", "GROUP BY meter_id, dt)", "GROUP BY meter_id, dt) WHERE readings > 5"),
        (
            "dws.region_hour",
            "GROUP BY region_id, hour_start, dt",
            "GROUP BY region_id, hour_start, dt HAVING COUNT(*) > 5",
        ),
        ("ads.region_load_curve", "WHERE rn = 1", "WHERE rn = 1 AND readings > 5"),
        ("ads.meter_anomaly", "GROUP BY meter_id, dt, kind", ""),
    ],
)
def test_a_filter_above_rows_that_change_is_refused(tmp_path: Path, name: str, old: str, new: str) -> None:
    catalog = changed(tmp_path, name, old, new)
    with pytest.raises(WarehouseError, match="filters rows that change, straight into the table"):
        guard_transform(catalog.table(name), catalog)


@pytest.mark.parametrize("name", [t.name for t in CATALOG])
def test_every_sink_has_the_options_that_make_it_exact(name: str) -> None:
    options = sink_options(CATALOG.table(name), SETTINGS)
    assert EXACT_OPTIONS.items() <= options.items()
    assert options["write.precombine"] == "true"
    # Hudi's appending writer may double rows when a TaskManager dies (docs/decisions/0008).
    assert options.get("write.operation", "upsert") == "upsert"


@pytest.mark.parametrize(("hours", "seconds", "commits"), [(2, 10, 864), (24, 60, 1728), (1, 3600, 2)])
def test_commits_of_the_retention_are_kept_whole(hours: int, seconds: int, commits: int) -> None:
    settings = SETTINGS.model_copy(update={"retention_hours": hours, "checkpoint_interval_seconds": seconds})
    # One a checkpoint, and a compaction after every five of them.
    assert kept_commits(settings) == commits
    options = sink_options(CATALOG.table("dws.meter_day"), settings)
    # By hours Hudi removes the version that was in force when the retention began.
    assert options["clean.policy"] == "KEEP_LATEST_COMMITS"
    assert int(options["clean.retain_commits"]) == commits
    assert commits < int(options["archive.min_commits"]) < int(options["archive.max_commits"])


@pytest.mark.parametrize("name", [t.name for t in CATALOG])
def test_only_the_key_is_not_null(name: str) -> None:
    table = CATALOG.table(name)
    ddl = sink_ddl(table, SETTINGS, name)
    assert ddl.count("NOT NULL") == len(table.key)


def test_updates_are_materialised_where_the_planner_finds_it_needed() -> None:
    options = configuration(SETTINGS)
    assert options["table.exec.sink.upsert-materialize"] == "AUTO"
    assert options["table.local-time-zone"] == "UTC"
    assert "execution.state-recovery.path" not in options
    assert configuration(SETTINGS, "hdfs://x/chk-1")["execution.state-recovery.path"] == "hdfs://x/chk-1"


@pytest.mark.parametrize("name", [t.name for t in CATALOG if t.source and t.source.kind != "late"])
def test_ods_filters_by_the_source_alone_and_casts_exactly(name: str) -> None:
    select = ods_select(CATALOG.table(name), CATALOG)
    assert "TRY_CAST" not in select
    assert select.count("WHERE") == select.count("FROM source_")


def test_what_grows_with_the_readings_runs_in_parallel() -> None:
    def parallelism(name: str) -> int:
        return stage_parallelism(CATALOG.table(name), CATALOG, SETTINGS)

    assert {parallelism(t.name) for t in CATALOG if t.layer in ("dim", "ads") or t.name.endswith("_change")} == {1}
    assert parallelism("ods.meter_reading") == parallelism("dwd.meter_reading") == SETTINGS.parallelism
    assert parallelism("dwd.work_ticket") == parallelism("ods.image") == parallelism("dwd.image") == 1


def test_only_days_of_readings_freeze() -> None:
    freezing = {t.name for t in CATALOG if freezes(t, CATALOG)}
    assert freezing >= {"dwd.meter_reading", "dws.region_hour", "ads.customer_daily_bill"}
    assert freezing.isdisjoint({"ods.meter_reading", "ods.image", "dwd.image", "dwd.work_ticket"})


def test_only_chains_of_histories_pass_on_net_changes() -> None:
    assert [t.name for t in CATALOG if chains_histories(t, CATALOG)] == ["dim.meter_assignment"]
