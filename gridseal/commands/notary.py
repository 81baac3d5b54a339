"""seal, anchor, notarize, prove, verify; notary status, deploy."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption, parse_days
from gridseal.errors import CHANGED_SINCE, CHECK_FAILED, FINE, PENDING, WRONG_USAGE, GridsealError
from gridseal.output import Format, print_json, print_rows, progress, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gridseal.settings import Settings
    from notary.audit.partition import Audit, Difference
    from notary.record.checkpoints import Anchored
    from notary.record.office import Office
    from notary.sealing.seal import Outcome
    from notary.verify.verdict import CheckStamp

WaitOption = Annotated[
    float,
    typer.Option("--wait", min=0, help="Seconds to wait until the checkpoint is final; it goes on at the next run."),
]
_HASH_DIGITS = 16


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("seal")(seal)
    app.command("anchor")(anchor)
    app.command("notarize")(notarize)
    app.command("prove")(prove)
    app.command("verify")(verify)
    app.command("trace")(trace)
    app.command("audit")(audit)
    group = typer.Typer(help="The notary: what is sealed and anchored, and the contract on the chain.")
    group.command("status")(status)
    group.command("publish")(publish)
    group.command("forget")(forget)
    group.command("deploy")(deploy)
    app.add_typer(group, name="notary")


def seal(
    tables: Annotated[list[str] | None, typer.Argument(help="Layer and table, one or more.")] = None,
    all_tables: Annotated[bool, typer.Option("--all", help="Every table of the lake.")] = False,
    partition: Annotated[
        str | None, typer.Option(help="Only this partition of one table, such as dt=2026-11-20.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also partitions in which nothing has changed.")] = False,
    format: FormatOption = Format.TABLE,
) -> None:
    """Seal every partition whose rows have changed since its last seal, as of one instant of its table.

    It only reads the lake, and may run beside the pipeline. Exit code 1: a partition could not be sealed; others are.
    """
    from notary.sealing.seal import seal_tables

    if all_tables == bool(tables) or (partition is not None and len(tables or ()) != 1):
        raise GridsealError(
            "say either --all, or one or more tables; --partition goes with one table",
            "gridseal seal --help",
            WRONG_USAGE,
        )
    began = time.monotonic()
    with _office() as office, office.alone(_say_waiting):
        wanted = list(office.catalog) if all_tables else [office.catalog.table(name) for name in tables or ()]
        with progress("sealing", len(wanted)) as update:
            outcomes = seal_tables(office.settings, office.log, wanted, partition, again, update)
        size = len(office.log)
    failed = _print_outcomes(outcomes, format)
    sealed = sum(outcome.sealed is not None for outcome in outcomes)
    say(f"{sealed} partitions sealed in {time.monotonic() - began:.1f} s, {failed} failed; {size:,} seals in the log")
    if sealed:
        say("next:  gridseal anchor")
    raise typer.Exit(CHECK_FAILED if failed else FINE)


def anchor(wait: WaitOption = 120, format: FormatOption = Format.TABLE) -> None:
    """Write the newest checkpoint of all seals to the contract, and wait until it is final.

    Whatever is stored and not yet mined is sent again, for a higher fee after a while: run it as often as you like.
    A time-stamp authority, if one is set, stamps it too. Exit code 4: not final yet, or not stamped yet.
    """
    from notary.anchors import anchor_newest

    with _office() as office, office.alone(_say_waiting):
        anchored, held = anchor_newest(office.checkpoints, office.anchors(), wait, _tell)
    if anchored is None:
        raise GridsealError("nothing is sealed yet", "gridseal seal --all", CHECK_FAILED)
    _print_checkpoints([anchored], format)
    raise typer.Exit(FINE if held else PENDING)


def notarize(
    night: Annotated[str, typer.Option("--night", help="Night, yyyy-MM-dd; default: today, in UTC.")] = "",
    wait: WaitOption = 600,
    format: FormatOption = Format.TABLE,
) -> None:
    """Do the night's work: seal what has changed, anchor, and audit the partitions whose turn it is.

    Any number of runs of one night make one checkpoint. Exit codes: 0 the checkpoint is final and nothing was found;
    1 a partition could not be sealed, or an audit found tampering; 4 the checkpoint is not final or stamped yet.
    """
    from datetime import UTC, date, datetime

    from notary.audit.partition import Finding
    from notary.audit.run import summary
    from notary.night import notarize as run

    days = parse_days(night, night, "gridseal notarize") if night else None
    wanted = date.fromisoformat(days.first) if days else datetime.now(UTC).date()
    with _office() as office, office.alone(_say_waiting), progress(f"night of {wanted}") as update:
        found = run(office, wanted, wait, _tell, update)
        _publish(office)
    failed = (
        _print_outcomes(found.outcomes, format)
        if format is Format.TABLE
        else sum(bool(o.error) for o in found.outcomes)
    )
    tampered = [audit for audit in found.audits if audit.finding is Finding.TAMPERED]
    if found.anchored:
        _print_checkpoints([found.anchored], format)
    for audit in tampered:
        say(f"tampered: {audit.sealed.seal.table} {audit.sealed.seal.partition}: {summary(audit)}")
    say(f"night of {wanted}: {len(found.outcomes) - failed} sealed, {failed} failed, {len(found.audits)} audited")
    if failed or tampered:
        raise typer.Exit(CHECK_FAILED)
    raise typer.Exit(FINE if found.held else PENDING)


def prove(
    table: Annotated[str, typer.Argument(help="Layer and table, such as ads.customer_daily_bill.")],
    key: Annotated[list[str], typer.Argument(help="Values of its key in the contract's order, or each as name=value.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")],
    as_of: Annotated[str | None, typer.Option(help="The last seal until this moment, ISO 8601; UTC if unsaid.")] = None,
    only: Annotated[
        str | None, typer.Option("--only", help="Columns to show, a,b,c; for tables that are disclosable.")
    ] = None,
) -> None:
    """Write the proof of a row to a file: from the row to its seal, to the checkpoint, to the chain.

    If no row has the key, it is the proof of that: the rows before and after it, which stand side by side.
    """
    from notary.proving import parse_key
    from notary.proving import prove as prove_key
    from notary.verify.proof import dump

    with _office() as office:
        wanted = office.catalog.table(table)
        shown = only.split(",") if only else None
        proof = prove_key(
            office.settings, office.log, office.checkpoints, wanted, parse_key(wanted, key), _instant(as_of), shown
        )
    _write(output, dump(proof))
    what = "the row" if proof.absent is None else "that there is no such row"
    anchored = "anchored" if proof.anchors else "not anchored yet: gridseal anchor"
    say(f"{output}: proves {what}, sealed as of {proof.seal.instant}, {anchored}")
    say(f"next:  gridseal verify {output}")


def verify(
    file: Annotated[Path, typer.Argument(help="Proof file.")],
    contract: Annotated[
        str | None, typer.Option(help="Contract that the lake published; default: the one of this lake.")
    ] = None,
    rpc: Annotated[
        str | None, typer.Option(help="Node of the chain that you trust; default: GRIDSEAL_CHAIN_URL.")
    ] = None,
    header: Annotated[
        Path | None, typer.Option(help="Block that you trust: its hash, header or JSON, in a file.")
    ] = None,
    finality: Annotated[
        str | None, typer.Option(help="latest, safe or finalized; default: GRIDSEAL_CHAIN_FINALITY.")
    ] = None,
    tsa_certificate: Annotated[
        Path | None,
        typer.Option(help="Root of a time-stamp authority that you trust, as PEM; a chain only if you name it, too."),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Verify a proof file. Exit codes: 0 valid, 1 invalid, 4 pending.

    Every clock that you name must hold: the chain, the authority, or both; the chain of this lake if you name none.
    An auditor needs nothing of this platform for it: see docs/notary.md.
    """
    from notary.verify.__main__ import lines, read, trust_in
    from notary.verify.trust import TrustError
    from notary.verify.verdict import EXIT_CODES, judge, statement

    loaded = _load()
    if finality not in (None, "latest", "safe", "finalized"):
        raise GridsealError(f"--finality is {finality!r}; allowed: latest, safe, finalized", "gridseal verify --help")
    try:
        check_stamp = _checker(tsa_certificate) if tsa_certificate else None
        trust, named = None, bool(contract or rpc or header or finality)
        if named or check_stamp is None:
            trust = trust_in(
                contract or _own_contract(),
                None if header else rpc or loaded.chain_url,
                header,
                finality or loaded.chain_finality,
            )
        if check_stamp and named and trust is None:
            raise GridsealError("no contract is known; which one did the lake publish?", "gridseal verify --contract")
        verdict = judge(read(file), trust, check_stamp)
    except OSError as error:
        raise GridsealError(str(error), "gridseal prove --help", WRONG_USAGE) from error
    except TrustError as error:
        raise GridsealError(str(error), "gridseal up; or --header FILE", 3) from error
    if format is Format.TABLE:
        print("\n".join(lines(verdict)))
    else:
        block = verdict.block
        print_json(
            {
                "verdict": verdict.outcome,
                "link": verdict.link,
                "reason": verdict.reason,
                "statement": statement(verdict.proof) if verdict.proof else None,
                "block": {"number": block.number, "hash": block.hash, "timestamp": block.timestamp} if block else None,
                "stamped": verdict.stamped,
            }
        )
    raise typer.Exit(EXIT_CODES[verdict.outcome])


def trace(
    table: Annotated[str, typer.Argument(help="Layer and table, such as ads.customer_daily_bill.")],
    key: Annotated[list[str], typer.Argument(help="Values of its key in the contract's order, or each as name=value.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the proof of every row that it was made of.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the messages and changes that a row was made of, where they stand in Kafka and the binlog, and if sealed.

    Of histories, such as a customer's versions, all changes of the customer are told. Exit code 1: some are not sealed.
    """
    from notary.proving import parse_key
    from notary.tracing import places, proofs
    from notary.tracing import trace as run
    from notary.verify.proof import dump

    rows: list[tuple[object, ...]] = []
    missing = 0
    with _office() as office, progress("tracing") as update:
        wanted = office.catalog.table(table)
        origins = run(office.settings, office.catalog, wanted, parse_key(wanted, key))
        for done, origin in enumerate(origins):
            update(done, len(origins), f"proofs of {origin.table.name}")
            sealed = 0
            for of_row, proof in proofs(office.settings, office.log, office.checkpoints, origin):
                sealed += proof is not None
                if proof and output:
                    _write(_named(output, origin.table.name, of_row), dump(proof))
            missing += len(origin.rows) - sealed
            via = " < ".join(origin.via)
            rows += [(origin.table.name, where, count, via) for where, count in places(origin)]
            say(f"{origin.table.name}: {len(origin.rows):,} rows, {sealed:,} sealed")
    print_rows(("table", "where", "rows", "by way of"), rows, format)
    if output:
        say(f"proofs lie in {output}")
    if missing:
        say("next:  gridseal seal --all; gridseal audit")
        raise typer.Exit(CHECK_FAILED)


def _named(folder: Path, table: str, key: "Mapping[str, object]") -> Path:
    """A file for the proof of a row: its key, as far as a name of a file may hold it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "_".join(str(value) for value in key.values())
    return folder / f"{table}-{''.join(c if c.isalnum() or c in '-.' else '_' for c in text)[:120]}.json"


def audit(
    table: Annotated[str | None, typer.Argument(help="Layer and table; default: all that is sealed.")] = None,
    partition: Annotated[str | None, typer.Option(help="Only this partition of it, such as dt=2026-11-20.")] = None,
    rows: Annotated[int, typer.Option("--rows", min=0, help="Rows that differ to list.")] = 100,
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
    with _office() as office:
        check_record(office.log, office.checkpoints)
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
                dict(zip(columns, line, strict=True)) | {"rows that differ": [_told(d) for d in a.differences[:rows]]}
                for line, a in zip(lines, audits, strict=True)
            ]
        )
    findings = {audit.finding for audit in audits}
    say(f"{len(audits)} partitions, {sum(a.rows for a in audits):,} rows in {time.monotonic() - began:.1f} s")
    if Finding.TAMPERED in findings:
        raise typer.Exit(CHECK_FAILED)
    raise typer.Exit(CHANGED_SINCE if Finding.CHANGED_SINCE in findings else FINE)


def status(format: FormatOption = Format.TABLE) -> None:
    """Show the checkpoints, the newest first, and how many partitions have been sealed."""
    with _office() as office:
        checkpoints, seals, contract = office.checkpoints.all(), len(office.log), office.contract
        partitions = sum(len(office.log.newest(table.name)) for table in office.catalog)
        origin = office.log.origin
    _print_checkpoints(checkpoints, format)
    say(f"{origin}: {partitions} partitions, {seals:,} seals; contract {contract or 'not made yet'}")


def forget(
    table: Annotated[str, typer.Argument(help="Layer and table.")],
    key: Annotated[list[str], typer.Argument(help="Values of its key in the contract's order, or each as name=value.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, such as a request by its number; it is kept.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy the salt of a row in every seal: nothing proves the row any more, and all other proofs stay valid.

    It cannot be undone. Delete the row at its source first: what is still in the lake gets a new salt at the next seal.
    """
    from notary.proving import parse_key
    from notary.sealing.forget import forget as destroy

    with _office() as office, office.alone(_say_waiting):
        wanted = office.catalog.table(table)
        parsed = parse_key(wanted, key)
        if not yes:
            typer.confirm(f"destroy the salt of {table} {' '.join(key)} for good?", abort=True)
        destroyed = destroy(office.settings, office.forgotten, wanted, parsed, reason)
    if not destroyed:
        raise GridsealError(f"no seal of {table} has a salt of {' '.join(key)}", "gridseal notary status", CHECK_FAILED)
    say(f"{destroyed} salts destroyed")


def publish() -> None:
    """Bring ads.seal_register and ads.audit_status up to date with the notary's record; notarize does it, too."""
    with _office() as office, office.alone(_say_waiting):
        _publish(office)


def _publish(office: "Office") -> None:
    from notary.publishing import publish as run
    from pipelines.streaming.child import in_child

    with progress("writing ads.seal_register, ads.audit_status"):
        made = in_child(office.settings, run, office.settings, office.catalog)
    for one in made:
        say(f"{one.table}: {len(one.replaced)} days written")


def deploy(wait: WaitOption = 120) -> None:
    """Make the contract on the chain and open it for this lake, signed by admin.key.

    On the chain of this stack, anchor does it by itself.
    """
    with _office() as office, office.alone(_say_waiting):
        address = office.anchorage().deploy(wait, say)
    print(address)


@contextmanager
def _office() -> "Iterator[Office]":
    from notary.record.office import open_office
    from warehouse.catalog import load_catalog

    loaded = _load()
    with open_office(loaded, load_catalog(loaded), keeper(loaded), deploys=loaded.embedded_chain) as office:
        yield office


def keeper(loaded: "Settings") -> "Callable[[int], None]":
    """The node of this stack loses what it has not saved if it is killed; others are several."""
    from stack.chain import await_saved

    return (lambda block: await_saved(loaded, block)) if loaded.embedded_chain else (lambda _: None)


def _load() -> "Settings":
    from gridseal.settings import load_settings

    return load_settings()


def _checker(certificate: Path) -> "CheckStamp":
    from notary.timestamp.token import checker, load_roots

    return checker(load_roots(certificate))


def _own_contract() -> str | None:
    with _office() as office:
        return office.contract


def _instant(as_of: str | None) -> str | None:
    """A moment as Hudi names its instants."""
    from pipelines.sql.time_travel import parse_moment

    if as_of is None:
        return None
    moment = parse_moment(as_of)
    return f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise GridsealError(
            f"{path} cannot be written: {error.strerror}", "gridseal prove --help", WRONG_USAGE
        ) from error


def _tell(text: str) -> None:
    """What a node or an authority has said is text: [red] in it is no style."""
    from rich.markup import escape

    say(escape(text))


def _say_waiting() -> None:
    say("another run of the notary goes on; waiting for its end")


def _print_outcomes(outcomes: "Sequence[Outcome]", format: Format) -> int:
    rows: list[tuple[object, ...]] = []
    for outcome in outcomes:
        if outcome.sealed:
            seal = outcome.sealed.seal
            rows.append(
                (outcome.table, outcome.partition, seal.instant, seal.rows, seal.root.hex()[:_HASH_DIGITS], "sealed")
            )
        else:
            rows.append((outcome.table, outcome.partition, None, None, None, outcome.error or "unchanged"))
    if rows or format is not Format.TABLE:
        print_rows(("table", "partition", "instant", "rows", "root", "result"), rows, format)
    return sum(bool(outcome.error) for outcome in outcomes)


def _print_differences(audits: "list[Audit]", most: int) -> None:
    """Rows that differ, those first for which nobody accounts."""
    found = [(audit, difference) for audit in audits for difference in audit.differences]
    found.sort(key=lambda one: one[1].commit is not None)
    if not found or not most:
        return
    rows = []
    for one, difference in found[:most]:
        told = _told(difference)
        where = f"{one.sealed.seal.table} {one.sealed.seal.partition}".rstrip()
        rows.append((where, *(told[name] for name in ("row", "is", "old leaf", "new leaf", "accounted for by"))))
    print_rows(("where", "row", "is", "old leaf", "new leaf", "accounted for by"), rows, Format.TABLE)
    if len(found) > most:
        say(f"{len(found) - most:,} more rows differ: --rows")


def _told(difference: "Difference") -> dict[str, str]:
    commit = difference.commit
    return {
        "row": ", ".join(f"{name}={value}" for name, value in difference.key.items()),
        "is": str(difference.kind),
        "old leaf": difference.old_leaf.hex()[:_HASH_DIGITS] if difference.old_leaf else "",
        "new leaf": difference.new_leaf.hex()[:_HASH_DIGITS] if difference.new_leaf else "",
        "accounted for by": f"{commit.action} {commit.instant} {commit.operation}" if commit else "nobody",
    }


def _print_checkpoints(checkpoints: "list[Anchored]", format: Format) -> None:
    from datetime import UTC, datetime

    from notary.verify.evm import parse_header

    rows = []
    for one in checkpoints:
        block = parse_header(one.evidence.header) if one.evidence else None
        rows.append(
            (
                one.checkpoint.size,
                one.checkpoint.root.hex(),
                one.made_at,
                str(one.state),
                block and block.number,
                block and datetime.fromtimestamp(block.timestamp, UTC),
                one.stamps[0].time if one.stamps else None,
            )
        )
    print_rows(("seals", "root", "made at", "state", "block", "block time", "stamped"), rows, format)
