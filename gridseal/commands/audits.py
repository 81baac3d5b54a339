"""audit."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import CHANGED_SINCE, CHECK_FAILED, FINE, WRONG_USAGE, GridsealError
from gridseal.notary_office import open_here, told
from gridseal.output import Format, print_json, print_rows, progress, say

if TYPE_CHECKING:
    from notary.audit.partition import Audit


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("audit")(audit)


def audit(
    table: Annotated[str | None, typer.Argument(help="Layer and table; default: all that is sealed.")] = None,
    partition: Annotated[str | None, typer.Option(help="Only this partition of it, such as dt=2026-11-20.")] = None,
    rows: Annotated[int, typer.Option("--rows", min=0, help="Rows that differ to list.")] = 100,
    no_chain: Annotated[bool, typer.Option("--no-chain", help="Do not compare the record with the chain.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Compare the lake with its seals, and name every row that was changed, added or removed.

    Exit codes: 0 all as sealed; 1 tampered: a difference for which no commit accounts; 5 changed since by commits.
    """
    from notary.audit.partition import Finding
    from notary.audit.run import audit_partitions, check_record, newest_seals, summary

    if partition is not None and table is None:
        raise GridsealError("--partition goes with a table", "gridseal audit --help", WRONG_USAGE)
    began = time.monotonic()
    with open_here() as office:
        check_record(office.log, office.checkpoints)
        if not no_chain and office.contract:
            office.anchorage().compare()
        wanted = [office.catalog.table(table)] if table else list(office.catalog)
        with progress("auditing") as update:
            seals = newest_seals(office.log, wanted, partition)
            audits = audit_partitions(office.settings, office.catalog, office.audits, office.forgotten, seals, update)
    columns = ("table", "partition", "sealed as of", "read as of", "rows", "finding", "what differs")
    lines = [
        (
            a.sealed.seal.table,
            a.sealed.seal.partition,
            a.sealed.seal.instant,
            a.instant,
            a.rows,
            str(a.finding),
            summary(a),
        )
        for a in audits
    ]
    if format is Format.TABLE:
        print_rows(columns, lines, format)
        _print_differences(audits, rows)
    else:
        print_json(
            [
                dict(zip(columns, line, strict=True)) | {"rows that differ": [told(d) for d in a.differences[:rows]]}
                for line, a in zip(lines, audits, strict=True)
            ]
        )
    findings = {audit.finding for audit in audits}
    say(f"{len(audits)} partitions, {sum(a.rows for a in audits):,} rows in {time.monotonic() - began:.1f} s")
    if Finding.TAMPERED in findings:
        raise typer.Exit(CHECK_FAILED)
    raise typer.Exit(CHANGED_SINCE if Finding.CHANGED_SINCE in findings else FINE)


def _print_differences(audits: "list[Audit]", most: int) -> None:
    """Rows that differ, those first for which nobody accounts."""
    found = [(audit, difference) for audit in audits for difference in audit.differences]
    found.sort(key=lambda one: one[1].commit is not None)
    if not found or not most:
        return
    rows = []
    for one, difference in found[:most]:
        words = told(difference)
        where = f"{one.sealed.seal.table} {one.sealed.seal.partition}".rstrip()
        rows.append((where, *(words[name] for name in ("row", "is", "old leaf", "new leaf", "accounted for by"))))
    print_rows(("where", "row", "is", "old leaf", "new leaf", "accounted for by"), rows, Format.TABLE)
    if len(found) > most:
        say(f"{len(found) - most:,} more rows differ: --rows")
