"""prove, verify, trace."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import CHECK_FAILED, WRONG_USAGE, GridsealError
from gridseal.notary_office import load, open_here
from gridseal.output import Format, print_json, print_rows, progress, say

if TYPE_CHECKING:
    from notary.verify.verdict import CheckStamp


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("prove")(prove)
    app.command("verify")(verify)
    app.command("trace")(trace)


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

    with open_here() as office:
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

    loaded = load()
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
            raise GridsealError("no contract is known", f"gridseal verify {file} --contract 0x...")
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
    with open_here() as office, progress("tracing") as update:
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


def _checker(certificate: Path) -> "CheckStamp":
    from notary.timestamp.token import checker, load_roots

    return checker(load_roots(certificate))


def _own_contract() -> str | None:
    with open_here() as office:
        return office.contract


def _instant(as_of: str | None) -> str | None:
    """A moment as Hudi names its instants."""
    from pipelines.sql.time_travel import parse_moment
    from pipelines.timeline import instant_of

    return None if as_of is None else instant_of(parse_moment(as_of))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise GridsealError(
            f"{path} cannot be written: {error.strerror}", "gridseal prove --help", WRONG_USAGE
        ) from error
