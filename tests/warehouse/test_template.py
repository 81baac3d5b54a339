"""Templates: what they may use, and which tables a SELECT reads."""

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from tests.warehouse.folders import Warehouse
from warehouse.template import references


@pytest.mark.parametrize(
    ("sql", "cause"),
    [
        ("SELECT {{ colour }}", "'colour' is undefined"),
        ("SELECT {{ settings.colour }}", "has no attribute 'colour'"),
        ("SELECT {{ macros.colour() }}", "has no attribute 'colour'"),
        ("{{ macros.history() }}", "parameter 'of' was not provided"),
        ("{{ macros.history(on='ods.site_change') }}", "takes no keyword argument 'on'"),
        ("SELECT {{ settings.jump_kw", "unexpected end of template"),
        ("{% for %}", "Expected an expression"),
        ("SELECT {{ 1 / 0 }}", "division by zero"),
        ("{{ catalog.table('dws.site_year') }}", "there is no table 'dws.site_year'; did you mean dws.site_day?"),
    ],
)
def test_a_template_that_cannot_be_rendered(warehouse: Warehouse, sql: str, cause: str) -> None:
    warehouse.write("dws.site_day", "transform.sql", sql)
    refused = warehouse.refusal(cause)
    assert str(refused).startswith("dws.site_day: transform.sql cannot be rendered: ")
    assert refused.hint == "edit warehouse/dws/site_day/transform.sql, then: gridseal tables"


def test_a_template_that_is_no_text(warehouse: Warehouse) -> None:
    (warehouse.folder("dws.site_day") / "transform.sql").write_bytes(b"SELECT '\xff'")
    warehouse.refusal("dws.site_day: transform.sql cannot be rendered: 'utf-8' codec can't decode byte 0xff")


def test_settings_and_the_contract_are_there(warehouse: Warehouse) -> None:
    sql = "SELECT {{ table.key | join(', ') }}, {{ settings.jump_kw }} FROM ods.reading;\n"
    warehouse.write("dws.site_day", "transform.sql", sql)
    assert warehouse.load(jump_kw="7.5").transform("dws.site_day") == "SELECT site_id, dt, 7.5 FROM ods.reading"


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT 1", ()),
        ("SELECT * FROM ods.a", ("ods.a",)),
        ("select * from\n\tODS.A", ("ods.a",)),
        ("SELECT * FROM dwd.a JOIN dim.b_current ON a.x = b.x", ("dim.b_current", "dwd.a")),
        (
            "SELECT * FROM ods.a, ods.b AS b, (dim.c JOIN dwd.d ON f(x, y)), dws.e WHERE z",
            ("dim.c", "dwd.d", "dws.e", "ods.a", "ods.b"),
        ),
        (
            "WITH x AS (SELECT 1 FROM ods.a) SELECT * FROM x, ods.b UNION SELECT 2 FROM ods.c",
            ("ods.a", "ods.b", "ods.c"),
        ),
        ("SELECT * FROM dim.`date`", ("dim.date",)),
        ("SELECT * FROM `dim` . `date`", ("dim.date",)),
        ("SELECT * FROM ods.a WHERE x IN (SELECT x FROM ods.b)", ("ods.a", "ods.b")),
        # Columns of an alias that has the name of a layer.
        ("SELECT x, ods.y FROM dwd.a AS ods WHERE f(x, ods.y) AND x IN (1, ods.y)", ("dwd.a",)),
        ("SELECT * FROM dwd.a AS ods ORDER BY ods.x, ods.y", ("dwd.a",)),
        ("SELECT * FROM (SELECT ods.x, ods.y FROM dwd.a AS ods) AS t, dwd.b", ("dwd.a", "dwd.b")),
        # Comments and strings.
        ("SELECT 1 -- FROM ods.a\nFROM ods.b", ("ods.b",)),
        ("SELECT 1 /* FROM ods.a\n JOIN ods.c */ FROM ods.b", ("ods.b",)),
        ("SELECT 1 FROM ods.b /* JOIN ods.c", ("ods.b",)),
        ("SELECT 'FROM ods.a', \"FROM ods.c\" FROM ods.b", ("ods.b",)),
        ("SELECT 'it''s FROM ods.a' FROM ods.b", ("ods.b",)),
        ("SELECT 1 FROM ods.b -- it's\nJOIN ods.c", ("ods.b", "ods.c")),
        # Names that only look alike.
        ("SELECT * FROM lake.ods.a", ()),
        ("SELECT * FROM xods.a", ()),
        ("SELECT datefrom ods.a FROM ods.b", ("ods.b",)),
        ("SELECT ods.a.x FROM ods.a", ("ods.a",)),
        (")", ()),
    ],
)
def test_references(sql: str, tables: tuple[str, ...]) -> None:
    assert references(sql) == tables


NAMES = st.builds(
    lambda layer, name: f"{layer}.{name}",
    st.sampled_from(["ods", "dim", "dwd", "dws", "ads"]),
    st.sampled_from(["a", "b", "c_current"]),
)
ITEMS = st.one_of(
    NAMES, NAMES.map(lambda n: f"{n} AS q"), st.just("cte"), st.just("(SELECT 1 FROM ods.inner_one) AS i")
)
LISTS = st.lists(ITEMS, min_size=1, max_size=3).map(", ".join)
WHERES = st.sampled_from(["", " WHERE ods.x = 1", " GROUP BY x, ods.y", " ORDER BY ods.x, dim.y", " -- FROM ods.no\n"])
SELECTS = st.builds(
    lambda columns, tables, join, where: f"SELECT {columns} FROM {tables}{join}{where}",
    st.sampled_from(["*", "ods.x, dim.y", "f(a, ods.b), 'FROM ods.no'", "(SELECT MAX(x) FROM dws.m)"]),
    LISTS,
    st.one_of(st.just(""), NAMES.map(lambda n: f" JOIN {n} ON x = dim.y")),
    WHERES,
)


@settings(deadline=None)
@given(st.one_of(SELECTS, st.builds("{} UNION ALL {}".format, SELECTS, SELECTS)))
def test_references_agree_with_a_parser(sql: str) -> None:
    tree = sqlglot.parse_one(sql)
    assert references(sql) == tuple(sorted({f"{t.db}.{t.name}" for t in tree.find_all(exp.Table) if t.db}))
