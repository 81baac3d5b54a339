"""All tables together: complete folders, known references, an order."""

from itertools import pairwise

import pytest

from tests.warehouse.folders import Warehouse, column, contract, custom, keyed
from warehouse.errors import WarehouseError
from warehouse.settings import WarehouseSettings


@pytest.mark.parametrize("file", ["checks.sql", "transform.sql"])
def test_an_incomplete_folder(warehouse: Warehouse, file: str) -> None:
    (warehouse.folder("dws.site_day") / file).unlink()
    refused = warehouse.refusal(f"dws.site_day: the folder is incomplete: {file} is missing")
    assert refused.hint == "see warehouse/dws/site_day/ and docs/architecture.md, 'Add a table'"


def test_an_unknown_file(warehouse: Warehouse) -> None:
    warehouse.write("dws.site_day", "transfrom.sql", "SELECT 1")
    warehouse.refusal(
        "dws.site_day: unknown file transfrom.sql;"
        " allowed: checks.sql, contract.odcs.yaml, reconcile.sql, transform.sql"
    )


@pytest.mark.parametrize("file", [".hidden", "__pycache__"])
def test_files_of_tools_do_not_count(warehouse: Warehouse, file: str) -> None:
    warehouse.write("dws.site_day", file, "")
    assert "dws.site_day" in warehouse.load().tables


def test_an_ods_table_has_no_transform(warehouse: Warehouse) -> None:
    warehouse.write("ods.reading", "transform.sql", "SELECT 1")
    warehouse.refusal("ods.reading: an ODS table has a source and no transform.sql")


@pytest.mark.parametrize("sql", ["", "\n", "{# nothing #}"])
def test_an_empty_transform(warehouse: Warehouse, sql: str) -> None:
    warehouse.write("dws.site_day", "transform.sql", sql)
    warehouse.refusal("dws.site_day: transform.sql is empty; it holds the SELECT that makes the table")


def test_a_folder_in_no_layer(warehouse: Warehouse) -> None:
    (warehouse.root / "dws").rename(warehouse.root / "dsw")
    warehouse.refusal("dsw/site_day: dsw is not a layer; allowed: ods, dim, dwd, dws, ads")


def test_a_contract_outside_of_a_table_folder(warehouse: Warehouse) -> None:
    (warehouse.folder("dws.site_day") / "contract.odcs.yaml").rename(warehouse.root / "dws" / "contract.odcs.yaml")
    warehouse.refusal("dws/contract.odcs.yaml stands outside of a table folder")


def test_a_name_that_a_view_has_taken(warehouse: Warehouse) -> None:
    warehouse.add(contract("dim.site_current", [keyed(1, "site_id", "INT")]), "SELECT site_id FROM dim.site")
    warehouse.refusal("dim.site_current: the name is taken: it is the view of the current versions of dim.site")


def test_no_table_at_all(warehouse: Warehouse) -> None:
    warehouse.root = warehouse.root / "empty"
    warehouse.refusal(f"no table folder below {warehouse.root}")


@pytest.mark.parametrize("name", ["ods.readings", "dws.site_hour", "dws.site_day_current", "dim.site_current_current"])
def test_a_reference_to_no_table(warehouse: Warehouse, name: str) -> None:
    warehouse.write("ads.site_report", "transform.sql", f"SELECT * FROM {name}")
    refused = warehouse.refusal(f"ads.site_report: transform.sql reads {name}, which no folder declares")
    assert refused.hint == (f"add warehouse/{name.replace('.', '/')}/ or correct the name; gridseal tables lists all")


def test_a_reference_upwards(warehouse: Warehouse) -> None:
    warehouse.write("dim.site", "transform.sql", "SELECT * FROM dws.site_day")
    refused = warehouse.refusal("dim.site: transform.sql reads dws.site_day of a higher layer; allowed: ods, dim")
    assert refused.hint == "edit warehouse/dim/site/transform.sql, then: gridseal tables"


def test_a_reference_in_a_comment_or_a_string_does_not_count(warehouse: Warehouse) -> None:
    sql = "SELECT 'FROM ods.nothing' -- JOIN ods.nothing\n/* FROM ads.site_report */ FROM ods.reading"
    warehouse.write("dws.site_day", "transform.sql", sql)
    assert warehouse.load().upstream["dws.site_day"] == ("ods.reading",)


def test_flink_cannot_make_what_spark_makes(warehouse: Warehouse) -> None:
    for name, value in (("engine", "spark"), ("mode", "batch"), ("hudi.table.type", "COPY_ON_WRITE")):
        warehouse.edit("dws.site_day", lambda d, name=name, value=value: custom(d, name, value))
    warehouse.edit("ads.site_report", lambda d: custom(d, "mode", "batch"))
    refused = warehouse.refusal(
        "ads.site_report: transform.sql reads dws.site_day, which is engine: spark; Flink cannot"
    )
    assert "engine: spark" in refused.hint


def test_a_cycle_is_shown(warehouse: Warehouse) -> None:
    columns = [keyed(1, "site_id", "INT")]
    warehouse.add(contract("dws.one", columns), "SELECT site_id FROM dws.three")
    warehouse.add(contract("dws.two", columns), "SELECT site_id FROM dws.one")
    warehouse.add(contract("dws.three", columns), "SELECT site_id FROM dws.two JOIN ods.reading USING (site_id)")
    refused = warehouse.refusal("the transforms form a cycle: ")
    names = str(refused).split(": ")[1].split(" -> ")
    assert len(names) == 4
    assert names[0] == names[-1]
    # Each reads the one after it.
    reads = {"dws.one": "dws.three", "dws.two": "dws.one", "dws.three": "dws.two"}
    assert all(reads[name] == read for name, read in pairwise(names))


def test_a_table_that_reads_itself(warehouse: Warehouse) -> None:
    warehouse.write("dws.site_day", "transform.sql", "SELECT * FROM dws.site_day")
    warehouse.refusal("the transforms form a cycle: dws.site_day -> dws.site_day")


def test_upstream_order_and_sources(warehouse: Warehouse) -> None:
    catalog = warehouse.load()
    assert catalog.upstream == {
        "ods.reading": (),
        "ods.site_change": (),
        "dim.site": ("ods.site_change",),
        "dws.site_day": ("ods.reading",),
        "ads.site_report": ("dim.site", "dws.site_day"),
    }
    place = {table.name: i for i, table in enumerate(catalog.ordered)}
    assert len(place) == len(catalog.tables)
    assert all(place[above] < place[name] for name, all_above in catalog.upstream.items() for above in all_above)
    assert catalog.sources_of("ads.site_report") == {"ods.reading", "ods.site_change"}
    assert catalog.sources_of("ods.reading") == {"ods.reading"}


def test_the_view_of_current_versions(warehouse: Warehouse) -> None:
    catalog = warehouse.load()
    assert catalog.current_view(catalog.table("dim.site")) == (
        "SELECT site_id, MAX(valid_from) AS valid_from, MAX(name) AS name FROM `dim`.`site`"
        " WHERE valid_to IS NULL GROUP BY site_id"
    )


def test_reconcile_is_optional(warehouse: Warehouse) -> None:
    assert warehouse.load().reconcile("dws.site_day") is None
    warehouse.write("dws.site_day", "reconcile.sql", "SELECT '{{ table.name }}' AS measure, 1 AS upstream, 1 AS here;")
    sql = warehouse.load().reconcile("dws.site_day")
    assert sql == "SELECT 'dws.site_day' AS measure, 1 AS upstream, 1 AS here"


def test_an_unknown_table_names_the_nearest(warehouse: Warehouse) -> None:
    with pytest.raises(
        WarehouseError, match=r"there is no table 'dws.site_dya'; did you mean dws.site_day\?"
    ) as refused:
        warehouse.load().table("dws.site_dya")
    assert (refused.value.hint, refused.value.exit_code) == ("gridseal tables", 2)
    with pytest.raises(WarehouseError, match=r"there is no table 'xyz'$"):
        warehouse.load().table("xyz")


def test_a_new_table_is_one_new_folder(warehouse: Warehouse) -> None:
    before = warehouse.load()
    columns = [keyed(1, "dt"), column("energy", "DECIMAL(20,3)")]
    warehouse.add(contract("dws.total_day", columns), "SELECT dt, SUM(energy) AS energy FROM dws.site_day GROUP BY dt")
    after = warehouse.load()
    assert set(after.tables) - set(before.tables) == {"dws.total_day"}
    assert after.upstream["dws.total_day"] == ("dws.site_day",)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("grid_timezone", "Mars/Olympus"),
        ("grid_timezone", ""),
        ("grid_timezone", "Europe"),
        ("grid_timezone", "../../etc/passwd"),
        ("voltage_band_percent", 0),
        ("voltage_band_percent", 100),
        ("silence_minutes", 0),
        ("flat_line_minutes", 1),
        ("jump_kw", "0.0001"),
        ("jump_kw", "NaN"),
        ("reverse_flow_minutes", 2000),
    ],
)
def test_settings_out_of_range(setting: str, value: object) -> None:
    with pytest.raises(ValueError, match=setting):
        WarehouseSettings(**{setting: value})


def test_a_setting_is_an_exact_number_in_sql() -> None:
    assert f"{WarehouseSettings(jump_kw='1e1').jump_kw}" == "10"
