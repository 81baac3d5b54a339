"""All tables of the lake: read from their folders, ordered by what they read, refused when they contradict."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from warehouse.as_of import VIEW, AsOf, chosen
from warehouse.contract import CONTRACT_FILE, LAYERS, Table, read_contract
from warehouse.errors import WarehouseError, refusal
from warehouse.settings import WarehouseSettings
from warehouse.table import SourceKind
from warehouse.template import references, render

TRANSFORM_FILE = "transform.sql"
CHECKS_FILE = "checks.sql"
RECONCILE_FILE = "reconcile.sql"
CURRENT = "_current"


@dataclass(frozen=True)
class Catalog:
    """The tables under one warehouse folder, with the settings their SQL is rendered with."""

    tables: dict[str, Table]
    settings: WarehouseSettings

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def table(self, name: str) -> Table:
        """Return a table by its layer name.

        Raises:
            WarehouseError: There is none of that name; the message names the nearest.
        """
        if name not in self.tables:
            from difflib import get_close_matches

            near = get_close_matches(name, self.tables, n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise WarehouseError(f"there is no table {name!r}{meant}", "gridseal tables")
        return self.tables[name]

    def fed_by(self, kind: SourceKind) -> list[Table]:
        """The ODS tables that one kind of source feeds."""
        return [t for t in self if t.source and t.source.kind == kind]

    def transform(self, name: str) -> str:
        """The SELECT that makes a table, rendered; ODS tables have none."""
        return self._render(name, TRANSFORM_FILE)

    def stream_transform(self, name: str) -> tuple[str, AsOf | None]:
        """The same SELECT for the stream, where an operator does what ``as_of`` states, and that statement.

        Raises:
            WarehouseError: The transform states it twice.
        """
        joins: list[AsOf] = []

        def view(join: AsOf) -> str:
            joins.append(join)
            layer, table = name.split(".")
            return f"`{layer}`.`{table}{VIEW}`"

        select = self._render(name, TRANSFORM_FILE, view)
        if len(joins) > 1:
            raise refusal(name, f"{TRANSFORM_FILE} calls as_of {len(joins)} times; allowed: once", TRANSFORM_FILE)
        return select, (joins[0] if joins else None)

    @cached_property
    def joins(self) -> dict[str, AsOf]:
        """The streamed tables whose transforms call ``as_of``, and what they join."""
        made = {t.name: self.stream_transform(t.name)[1] for t in self if not t.source and t.mode == "stream"}
        return {name: join for name, join in made.items() if join}

    @cached_property
    def facts(self) -> tuple[Table, ...]:
        """The tables whose rows ``as_of`` joins: their days freeze at the horizon."""
        return tuple(self.tables[name] for name in sorted({join.facts for join in self.joins.values()}))

    def made_of_facts(self, name: str) -> bool:
        """Whether a table calls ``as_of``, or is made from one that does."""
        return name in self.joins or any(map(self.made_of_facts, self.upstream[name]))

    def checks(self, name: str) -> str:
        """The assertions of a table, rendered."""
        return self._render(name, CHECKS_FILE)

    def reconcile(self, name: str) -> str | None:
        """The comparison of a table with what it was made from, rendered; None if it has none."""
        return self._render(name, RECONCILE_FILE) if (self.table(name).folder / RECONCILE_FILE).exists() else None

    def current_view(self, table: Table) -> str:
        """SELECT of ``NAME_current``: the version in force now, one row a key, without valid_to."""
        key = [c for c in table.key if c != "valid_from"]
        rest = [c for c in table.column_names if c not in (*key, "valid_to")]
        maxima = ", ".join(f"MAX({c}) AS {c}" for c in rest)
        keys = ", ".join(key)
        # One row a key even while a version is being closed: without the GROUP BY the planner
        # knows no key, and a sink behind it would see two rows.
        # Quoted: Flink's parser takes some names, such as model, for words of its own.
        layer, short = table.name.split(".")
        return f"SELECT {keys}, {maxima} FROM `{layer}`.`{short}` WHERE valid_to IS NULL GROUP BY {keys}"

    @cached_property
    def upstream(self) -> dict[str, tuple[str, ...]]:
        """For each table, the tables its transform reads; ``dim.x_current`` counts as ``dim.x``.

        Raises:
            WarehouseError: A transform reads a table that no folder declares, or reads upwards.
        """
        return {t.name: self._upstream(t) for t in self}

    def sources_of(self, name: str) -> frozenset[str]:
        """The ODS tables that a table is made from, itself if it is one."""
        above = self.upstream[name]
        return frozenset().union(*map(self.sources_of, above)) if above else frozenset({name})

    @cached_property
    def ordered(self) -> tuple[Table, ...]:
        """Tables such that each comes after all that it reads.

        Raises:
            WarehouseError: The transforms form a cycle; the message shows it.
        """
        try:
            order = TopologicalSorter(self.upstream).static_order()
            return tuple(self.tables[name] for name in order)
        except CycleError as error:
            cycle = " -> ".join(reversed(error.args[1]))
            raise WarehouseError(
                f"the transforms form a cycle: {cycle}", "let one of them read a table of a lower layer instead"
            ) from error

    def _upstream(self, table: Table) -> tuple[str, ...]:
        if table.source and table.source.kind == "late":
            return tuple(self.joins)
        if not table.has_transform:
            return ()
        found = set()
        select = self.transform(table.name)
        if not select:
            raise refusal(
                table.name, f"{TRANSFORM_FILE} is empty; it holds the SELECT that makes the table", TRANSFORM_FILE
            )
        for reference in references(select):
            base = reference.removesuffix(CURRENT) if reference not in self.tables else reference
            if base not in self.tables or (base != reference and not self.tables[base].history):
                raise WarehouseError(
                    f"{table.name}: {TRANSFORM_FILE} reads {reference}, which no folder declares",
                    f"add warehouse/{reference.replace('.', '/')}/ or correct the name; gridseal tables lists all",
                )
            if LAYERS.index(base.split(".")[0]) > LAYERS.index(table.layer):
                allowed = ", ".join(LAYERS[: LAYERS.index(table.layer) + 1])
                raise refusal(
                    table.name,
                    f"{TRANSFORM_FILE} reads {reference} of a higher layer; allowed: {allowed}",
                    TRANSFORM_FILE,
                )
            if table.mode == "stream" and self.tables[base].mode == "batch":
                raise WarehouseError(
                    f"{table.name}: {TRANSFORM_FILE} reads {reference}, which is mode: batch; a stream would never see"
                    " its rows",
                    f"declare {table.name} mode: batch, or read a streamed table instead",
                )
            if table.engine == "flink" and (engine := self.tables[base].engine) in ("notary", "spark"):
                raise WarehouseError(
                    f"{table.name}: {TRANSFORM_FILE} reads {reference}, which is engine: {engine};"
                    " Flink cannot make it",
                    f"declare {table.name} engine: spark, too",
                )
            found.add(base)
        return tuple(sorted(found))

    def _render(self, name: str, file: str, join: Callable[[AsOf], str] = AsOf.batch_sql) -> str:
        table = self.table(name)

        def as_of(
            facts: str, versions: str, key: str, time: str, first_by: list[str], columns: list[str], day: str = "dt"
        ) -> str:
            needed = (key, time, day, *first_by)
            others = [c for c in self.table(versions).column_names if c not in (key, "valid_from", "valid_to")]
            given = [c for c in others if c not in columns]
            return join(AsOf(facts, versions, key, time, day, tuple(first_by), chosen(columns, needed), tuple(given)))

        context = {"settings": self.settings, "table": table, "catalog": self, "as_of": as_of}
        return render(table.folder / file, context, name)


def load_catalog(settings: WarehouseSettings) -> Catalog:
    """Read every table folder and judge them together.

    Args:
        settings: Where they are, and parameters that the SQL may use.

    Raises:
        WarehouseError: A folder is incomplete or tables contradict each other.
    """
    root = settings.warehouse_dir
    tables: dict[str, Table] = {}
    for folder in _folders(root):
        table = read_contract(folder)
        _complete(table)
        tables[table.name] = table
    if not tables:
        raise WarehouseError(f"no table folder below {root}", "run gridseal from a complete checkout")
    for table in tables.values():
        if table.history and (view := table.name + CURRENT) in tables:
            raise refusal(view, f"the name is taken: it is the view of the current versions of {table.name}")
    catalog = Catalog(tables, settings)
    _ = catalog.ordered
    return catalog


def _folders(root: Path) -> Iterator[Path]:
    """Table folders, layer by layer; what looks like one and stands elsewhere is refused, not passed over."""
    for stray in sorted(p for p in (*root.glob(CONTRACT_FILE), *root.glob(f"*/{CONTRACT_FILE}"))):
        raise WarehouseError(f"{stray} stands outside of a table folder", f"mv {stray} {root}/LAYER/TABLE/")
    for stray in sorted(p.parent for p in root.glob(f"*/*/{CONTRACT_FILE}") if p.parent.parent.name not in LAYERS):
        raise WarehouseError(
            f"{stray}: {stray.parent.name} is not a layer; allowed: {', '.join(LAYERS)}", f"mv {stray} {root}/LAYER/"
        )
    for layer in LAYERS:
        yield from sorted(p for p in (root / layer).glob("*") if p.is_dir() and not p.name.startswith(("_", ".")))


def _complete(table: Table) -> None:
    allowed = {CONTRACT_FILE, TRANSFORM_FILE, CHECKS_FILE, RECONCILE_FILE}
    needed = {CONTRACT_FILE, CHECKS_FILE} | ({TRANSFORM_FILE} if table.has_transform else set())
    present = {p.name for p in table.folder.iterdir() if not p.name.startswith((".", "__"))}
    hint = f"see warehouse/{table.name.replace('.', '/')}/ and docs/architecture.md, 'Add a table'"
    if missing := sorted(needed - present):
        raise WarehouseError(f"{table.name}: the folder is incomplete: {', '.join(missing)} is missing", hint)
    if unknown := sorted(present - allowed):
        raise WarehouseError(f"{table.name}: unknown file {unknown[0]}; allowed: {', '.join(sorted(allowed))}", hint)
    if not table.has_transform and TRANSFORM_FILE in present:
        what = "an ODS table has a source" if table.source else "engine is notary, whose record makes the rows,"
        raise WarehouseError(f"{table.name}: {what} and no {TRANSFORM_FILE}", hint)
