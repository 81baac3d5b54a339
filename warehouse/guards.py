"""Refuses SQL that Flink accepts and that would make a wrong table without an error."""

import re
from typing import TYPE_CHECKING

from warehouse.errors import WarehouseError

if TYPE_CHECKING:
    from sqlglot import exp

    from warehouse.catalog import Catalog
    from warehouse.table import Table

_TRY_CAST = re.compile(r"\btry_cast\s*\(", re.IGNORECASE)
_LITERAL = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)


def guard_transform(table: "Table", catalog: "Catalog") -> None:
    """Judge the transform of a table.

    Raises:
        WarehouseError: It uses TRY_CAST, or filters rows that change on their way into the sink.
    """
    import sqlglot

    sql = catalog.transform(table.name)
    if _TRY_CAST.search(_LITERAL.sub(" ", sql)):
        raise _refuse(
            table, "TRY_CAST is refused: Flink's TRY_CAST('x' AS DECIMAL(10,3)) is 0.000 and not NULL; use CAST"
        )
    tree = sqlglot.parse_one(sql)
    names = {cte.alias: cte.this for cte in tree.find_all(sqlglot.exp.CTE)}
    if condition := _filter_into_sink(tree, names):
        raise _refuse(
            table,
            f"WHERE {condition} filters rows that change, straight into the table: when a row stops to pass, Hudi never"
            " hears of it and keeps it; allowed: a filter below a GROUP BY on the key, and rn = 1 of a Top-1",
        )


def _filter_into_sink(tree: "exp.Expr", names: dict[str, "exp.Expr"]) -> str:
    """The first filter between the sink and whatever states the key below it; empty if there is none."""
    from sqlglot import exp

    while isinstance(tree, exp.Select):
        if tree.args.get("having"):
            return str(tree.args["having"].this.sql())
        if tree.args.get("group"):
            return ""
        where, source = tree.args.get("where"), tree.args.get("from_") or tree.args.get("from")
        below = source.this if source else None
        if isinstance(below, exp.Table) and not below.db:
            below = names.get(below.name, below)
        below = below.this if isinstance(below, exp.Subquery) else below
        if where and _is_top_1(where.this, below):
            return ""
        if where:
            return str(where.this.sql())
        if tree.args.get("joins") or not isinstance(below, exp.Expr):
            return ""
        tree = below
    return ""


def _is_top_1(condition: "exp.Expr", below: "exp.Expr | None") -> bool:
    from sqlglot import exp

    if not isinstance(below, exp.Select) or not isinstance(condition, exp.EQ) or condition.expression.sql() != "1":
        return False
    ranks = [e.alias for e in below.expressions if isinstance(e, exp.Alias) and e.this.find(exp.RowNumber)]
    return condition.this.name in ranks


def _refuse(table: "Table", what: str) -> WarehouseError:
    return WarehouseError(f"{table.name}: {what}", f"edit warehouse/{table.name.replace('.', '/')}/transform.sql")
