"""tables, describe, lineage, check, reconcile."""

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import CHECK_FAILED, NO_SERVICE, GridsealError
from gridseal.output import Format, print_json, print_rows, progress, say

if TYPE_CHECKING:
    from gridseal.settings import Settings
    from pipelines.reconcile.line import Line
    from warehouse.table import Table


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("tables")(tables)
    app.command("describe")(describe)
    app.command("lineage")(lineage)
    app.command("check")(check)
    app.command("freshness")(freshness)
    app.command("reconcile")(reconcile)


TableArgument = Annotated[str | None, typer.Argument(help="Layer and table, such as dws.region_hour; default: all.")]


def tables(format: FormatOption = Format.TABLE) -> None:
    """List the tables of the lake, layer by layer."""
    catalog = _catalog()
    rows = [
        (t.name, ", ".join(t.key), ", ".join(t.partition_by), t.table_type, t.owner, t.description) for t in catalog
    ]
    print_rows(("table", "key", "partitioned by", "type", "owner", "what it is"), rows, format)


def describe(
    table: Annotated[str, typer.Argument(help="Layer and table, such as dws.region_hour.")],
    sql: Annotated[bool, typer.Option("--sql", help="Print the SELECT that makes it instead.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the columns of a table with type, unit and meaning, as its contract declares them."""
    catalog = _catalog()
    found = catalog.table(table)
    if sql:
        if found.source:
            from pipelines.streaming.sources import ods_select

            print(ods_select(found, catalog))
        else:
            print(catalog.transform(table))
        return
    rows = [
        (
            c.name,
            str(c.type),
            c.unit,
            " ".join(
                word
                for word, holds in (
                    ("key", c.name in found.key),
                    ("partition", c.name in found.partition_by),
                    ("required", c.required),
                )
                if holds
            ),
            c.description,
        )
        for c in found.columns
    ]
    if format is Format.TABLE:
        say(f"{found.name}: {found.description}")
    print_rows(("column", "type", "unit", "role", "what it is"), rows, format)


def lineage(table: TableArgument = None, format: FormatOption = Format.TABLE) -> None:
    """Show which tables each table is made from."""
    catalog = _catalog()
    if table is None:
        rows = [(t.name, ", ".join(catalog.upstream[t.name]) or _source(t)) for t in catalog.ordered]
        print_rows(("table", "made from"), rows, format)
        return
    catalog.table(table)
    if format is Format.JSON:
        print_json(_tree(catalog, table))
    elif format is Format.CSV:
        print_rows(("table", "made from"), [(table, name) for name in catalog.upstream[table]], format)
    else:
        from rich.console import Console
        from rich.tree import Tree

        root = Tree(table)
        _grow(root, catalog, table)
        Console().print(root)


def check(
    table: Annotated[str | None, typer.Argument(help="Layer and table, or a layer, such as ods; default: all.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Run the checks of a table, a layer or of all, and name offending rows; exit 1 if one fails."""
    from gridseal.settings import load_settings
    from gridseal.sql_access import open_sql
    from warehouse.checks import checks_of
    from warehouse.contract import LAYERS

    settings = load_settings()
    catalog = _catalog()
    several = table is None or table in LAYERS
    if several:
        names = [t.name for t in catalog if table in (None, t.layer) and _made(settings, t)]
    else:
        names = [catalog.table(str(table)).name]
    checks = [c for name in names for c in checks_of(catalog, name)]
    rows: list[tuple[Any, ...]] = []
    with open_sql(settings) as sql, progress("checking", len(checks)) as update:
        for done, one in enumerate(checks):
            update(done, len(checks), f"{one.table}: {one.name}")
            result = sql.query(f"SELECT * FROM (\n{one.sql}\n) LIMIT 100")
            verdict = "ok" if not result.rows else ("FAILED" if one.severity == "fail" else "warning")
            example = (
                ", ".join(f"{n}={v}" for n, v in zip(result.names, result.rows[0], strict=True)) if result.rows else ""
            )
            count = f"{len(result.rows)}+" if len(result.rows) == 100 else str(len(result.rows))
            rows.append((one.table, one.name, verdict, count, example))
    shown = rows if format is not Format.TABLE or not several else [r for r in rows if r[2] != "ok"]
    if shown:
        print_rows(("table", "check", "verdict", "rows", "first of them"), shown, format)
    failed = sum(r[2] == "FAILED" for r in rows)
    say(f"{len(rows)} checks: {failed} failed, {sum(r[2] == 'warning' for r in rows)} warnings")
    if failed:
        raise typer.Exit(CHECK_FAILED)


def freshness(format: FormatOption = Format.TABLE) -> None:
    """Hold every table against the freshness that its contract promises; exit 1 if one is late.

    A table is late if something that it still lacks may have been waiting for longer than promised. The age of its
    last commit says nothing: where nothing comes nothing is late.
    """
    import time

    from gridseal.settings import load_settings
    from pipelines.observe.checkpoint import checkpoint_figures
    from pipelines.observe.promise import delays
    from pipelines.observe.topics import topic_figures

    settings = load_settings()
    catalog = _catalog()
    topics, checkpoint = topic_figures(settings, catalog), checkpoint_figures(settings)
    if checkpoint is None:
        raise GridsealError(
            "the pipeline has no checkpoint yet, so that no table can be judged", "gridseal pipeline start", NO_SERVICE
        )
    found = [one for one in delays(catalog, topics, checkpoint, time.time()) if one.promised_s is not None]
    rows = [(one.table, round(one.delay_s), one.promised_s, "late" if one.behind else "ok") for one in found]
    print_rows(("table", "may lack, s", "promised, s", ""), rows, format)
    late = sum(one.behind for one in found)
    say(f"{len(found)} tables promise how fresh they are; {late} are late")
    if late:
        raise typer.Exit(CHECK_FAILED)


def reconcile(
    timeout: Annotated[float, typer.Option(min=0, help="Seconds to wait until the pipeline has caught up.")] = 120,
    format: FormatOption = Format.TABLE,
) -> None:
    """Account for every message: Kafka and the database = ODS and DIM = DWD = DWS = ADS; exit 1 if numbers clash."""
    from gridseal.settings import load_settings
    from gridseal.sql_access import ensure_sql
    from pipelines.reconcile.run import reconcile as compare

    settings = load_settings()
    address = ensure_sql(settings)
    with progress("reconciling") as update:
        lines = compare(settings, _catalog(), address, timeout, update)
    show_lines(lines, format)
    if not all(line.ok for line in lines):
        raise typer.Exit(CHECK_FAILED)


def show_lines(lines: "Sequence[Line]", format: Format) -> None:
    """Print every line of a reconciliation and what they add up to."""
    rows = [
        ("ok" if x.ok else "CLASH", x.scope, x.measure, digits(x.upstream), digits(x.here), x.detail) for x in lines
    ]
    print_rows(("", "where", "measure", "came from", "arrived", "detail"), rows, format)
    say_verdict(lines)


def show_brief(lines: "Sequence[Line]") -> None:
    """Print one row a topic partition or table, and every line that clashes."""
    scopes = dict.fromkeys(line.scope for line in lines)
    rows = []
    for scope in scopes:
        mine = [line for line in lines if line.scope == scope]
        told = [f"{digits(x.here)} {x.measure}" + (f" ({x.detail})" if x.detail else "") for x in mine if x.ok]
        told += [
            f"{x.measure}: {digits(x.upstream)} came, {digits(x.here)} arrived {x.detail}" for x in mine if not x.ok
        ]
        rows.append(("ok" if all(x.ok for x in mine) else "CLASH", scope, "; ".join(told)))
    print_rows(("", "where", "accounted for"), rows, Format.TABLE, "Every message accounted for")
    say_verdict(lines)


def say_verdict(lines: "Sequence[Line]") -> None:
    """Say how many numbers were compared and how many clash."""
    clashes = sum(not line.ok for line in lines)
    say(f"{len(lines)} numbers compared, {clashes} clash" if clashes else f"{len(lines)} numbers compared, all agree")


def digits(value: Decimal) -> str:
    """A number with thousands separators and without zeros that say nothing."""
    plain = f"{value:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return f"{Decimal(plain or 0):,f}"


def _made(settings: "Settings", table: "Table") -> bool:
    """Whether a table can be asked: those that Spark makes are not there before their first run."""
    from pipelines.streaming.restore import table_exists

    if table.engine == "flink" or table_exists(settings, table):
        return True
    say(f"{table.name} is not checked: it waits for {table.made_by}")
    return False


def _catalog() -> Any:
    from gridseal.settings import load_settings
    from warehouse.catalog import load_catalog

    return load_catalog(load_settings())


def _source(table: Any) -> str:
    return f"{table.source.kind} {table.source.name}".strip() if table.source else ""


def _tree(catalog: Any, name: str) -> dict[str, Any]:
    return {"table": name, "made_from": [_tree(catalog, above) for above in catalog.upstream[name]]}


def _grow(node: Any, catalog: Any, name: str) -> None:
    if source := _source(catalog.table(name)):
        node.add(source)
    for above in catalog.upstream[name]:
        _grow(node.add(above), catalog, above)
