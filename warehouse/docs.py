"""The page docs/tables.md: every table of the lake, written from the contracts."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from warehouse.catalog import CURRENT, Catalog, load_catalog
from warehouse.contract import LAYERS, Column, Table
from warehouse.errors import WarehouseError
from warehouse.settings import WarehouseSettings

PAGE = Path(__file__).parent.parent / "docs" / "tables.md"

_LAYERS = {
    "ods": "What came in, as it came, with its place in Kafka or in the binlog; rows are only ever added.",
    "dim": "What the grid consists of, and what was in force when.",
    "dwd": "Facts, each once, joined to what was in force at their own time.",
    "dws": "Sums by hour and by day.",
    "ads": "What people ask for.",
}
_LIMITS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "pattern": "matches `{}`",
}
_INTRODUCTION = """\
# Tables

Written by `make docs` from the contracts in `warehouse/`: edit `warehouse/LAYER/TABLE/contract.odcs.yaml`, not this
page.

Types are those of Flink's SQL; Spark reads TIMESTAMP(3) and TIMESTAMP(6) as TIMESTAMP, and BYTES as BINARY. Times are
UTC; a day (`dt`) is a day of the grid's zone. Where no unit stands, the column is a count, a share, a name or a flag.
What the numbers mean is told in [semantics.md](semantics.md).
"""


def render_page(catalog: Catalog) -> str:
    """The page, in Markdown: an overview of each layer, then each table with its columns."""
    downstream: dict[str, list[str]] = {t.name: [] for t in catalog}
    for table in catalog:
        for name in catalog.upstream[table.name]:
            downstream[name].append(table.name)
    blocks = [_INTRODUCTION]
    for layer in LAYERS:
        tables = [t for t in catalog if t.layer == layer]
        if tables:
            blocks.append(f"## {layer.upper()}\n\n{_LAYERS[layer]}\n\n{_overview(tables)}")
            blocks += [_section(table, catalog.upstream[table.name], downstream[table.name]) for table in tables]
    return "\n".join(blocks)


def _overview(tables: Iterable[Table]) -> str:
    rows = ((_link(t.name), t.owner, ", ".join(t.key), ", ".join(t.partition_by), t.description) for t in tables)
    return _grid(("table", "owner", "key", "partitioned by", "what it is"), rows)


def _section(table: Table, upstream: Iterable[str], downstream: Iterable[str]) -> str:
    facts = "".join(f"- {name}: {value}\n" for name, value in _facts(table, upstream, downstream))
    columns = ((f"`{c.name}`", str(c.type), _unit(c), _role(c, table), _meaning(c)) for c in table.columns)
    grid = _grid(("column", "type", "unit", "role", "what it is"), columns)
    return f"### {table.name}\n\n{table.description}\n\n{facts}\n{grid}"


def _facts(table: Table, upstream: Iterable[str], downstream: Iterable[str]) -> Iterator[tuple[str, str]]:
    yield "Owner", table.owner
    yield "Key", ", ".join(f"`{c}`" for c in table.key)
    yield "Partitioned by", ", ".join(f"`{c}`" for c in table.partition_by) or "nothing"
    writer = "the streaming job" if table.mode == "stream" else "one bounded run, before the streaming job starts"
    if table.engine != "flink":
        writer = f"Spark, with `{table.made_by}`"
    yield "Stored as", f"{table.table_type}, written by {writer}"
    if table.freshness_minutes is not None:
        yield "Promised", f"rows are visible {table.freshness_minutes} min after they happened"
    if table.history:
        yield "Current state", f"the view `{table.name}{CURRENT}`: the version in force now, without `valid_to`"
    yield "Made from", _origin(table) or _links(upstream) or _made_from_nothing(table)
    yield "Read by", _links(downstream) or "no other table"


def _made_from_nothing(table: Table) -> str:
    return "the notary's record" if table.engine == "notary" else "nothing: its transform makes the rows"


def _origin(table: Table) -> str:
    if table.source is None:
        return ""
    if table.source.kind == "kafka":
        return f"the Kafka topic `{table.source.name}`"
    if table.source.kind == "late":
        return "what comes for a day that the stream has frozen"
    if table.source.kind == "mysql":
        return f"the changes of `{table.source.name}` in the business database"
    return "the messages of every Kafka topic that could not be parsed"


def _unit(column: Column) -> str:
    return "" if column.unit == "1" else column.unit


def _role(column: Column, table: Table) -> str:
    roles = {
        "key": column.name in table.key,
        "partition": column.name in table.partition_by,
        "required": column.required and column.name not in table.key,
    }
    return ", ".join(role for role, holds in roles.items() if holds)


def _meaning(column: Column) -> str:
    limits = "; ".join(_LIMITS[option].format(limit) for option, limit in column.options.items())
    return f"{column.description} ({limits})" if limits else column.description


def _link(name: str) -> str:
    return f"[{name}](#{name.replace('.', '')})"


def _links(names: Iterable[str]) -> str:
    return ", ".join(_link(name) for name in names)


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def main() -> int:
    """Write the page; the exit code of the process."""
    try:
        PAGE.write_text(render_page(load_catalog(WarehouseSettings())), encoding="utf-8")
    except WarehouseError as error:
        sys.stderr.write(f"{error}\n{error.hint}\n")
        return error.exit_code
    except OSError as error:
        sys.stderr.write(f"{PAGE} cannot be written: {error.strerror}\n")
        return 2
    sys.stdout.write("docs/tables.md is written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
