"""The notary's part of ``make run``: seal, anchor, prove a bill and verify it, then show that a forgery is found."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any

from gridseal.errors import CHECK_FAILED, GridsealError
from gridseal.notary_office import told
from gridseal.output import progress, say

if TYPE_CHECKING:
    from gridseal.settings import Settings
    from notary.audit.partition import Audit
    from notary.office import Office
    from notary.record.seals import Sealed
    from warehouse.contract import Table

_BILLS, _AMOUNT = "ads.customer_daily_bill", "total_amount"
_COPY = "/forged"


def seal_lake(office: "Office") -> None:
    """Seal what has changed, and anchor the checkpoint of all seals.

    Raises:
        GridsealError: A partition could not be sealed, or the checkpoint did not become final.
        NotaryError: The chain does not answer.
    """
    from notary.sealing.seal import seal_tables

    with progress("sealing", len(office.catalog.tables)) as update:
        outcomes = seal_tables(office.settings, office.log, list(office.catalog), progress=update)
    if failed := [outcome for outcome in outcomes if outcome.error]:
        one = failed[0]
        raise GridsealError(f"{one.table} {one.partition}: {one.error}", "gridseal seal --all", CHECK_FAILED)
    rows = sum(outcome.sealed.seal.rows for outcome in outcomes if outcome.sealed)
    say(f"  {len(outcomes)} partitions sealed, {rows:,} rows; {len(office.log):,} seals in the log")
    anchorage = office.anchorage()
    anchorage.deploy(60, lambda what: say(f"  {what}"))
    anchored = anchorage.anchor(60, lambda what: say(f"  {what}"))
    if anchored is None or not anchored.evidence:
        raise GridsealError("the checkpoint is not final yet", "gridseal anchor", CHECK_FAILED)


def prove_bill(settings: "Settings", office: "Office", day: date) -> None:
    """Prove the first bill of a day, without the customer's name, and verify the file.

    Raises:
        GridsealError: The proof does not hold.
        NotaryError: It cannot be made.
    """
    from notary.proving import prove
    from notary.verify.__main__ import lines, trust_in
    from notary.verify.proof import dump
    from notary.verify.verdict import Outcome, judge

    table, sealed = office.catalog.table(_BILLS), _sealed(office, day)
    key = {"customer_id": _first_customer(office, sealed), "dt": day.isoformat()}
    proof = prove(
        office.settings, office.log, office.checkpoints, table, key, shown=("customer_id", "dt", _AMOUNT, "currency")
    )
    file = settings.var_dir / "bill.json"
    file.write_text(dump(proof), "utf-8")
    verdict = judge(file.read_bytes(), trust_in(office.contract, settings.chain_url, None, settings.chain_finality))
    say(f"  {file}, {file.stat().st_size:,} bytes, its customer's name left out:")
    for line in lines(verdict):
        say(f"  {line}")
    if verdict.outcome is not Outcome.VALID:
        raise GridsealError(f"the proof of a bill is {verdict.outcome}", f"gridseal verify {file}", CHECK_FAILED)


def show_forgery(office: "Office", day: date) -> None:
    """Make one bill a cent cheaper in a copy of its Parquet file, and let the audit name it.

    Raises:
        GridsealError: It does not.
    """
    sealed = _sealed(office, day)
    with _copy(office, sealed) as settings:
        audit = _audit(settings, office.catalog.table(_BILLS), sealed)
    for words in map(told, audit.differences):
        say(
            f"  {words['is']}: {words['row']}; leaf {words['old leaf']} is {words['new leaf']} now;"
            f" accounted for by {words['accounted for by']}"
        )
    say(f"  finding: {audit.finding}")
    if len(audit.differences) != 1 or audit.differences[0].commit:
        raise GridsealError("the audit did not find the one bill that was forged", "gridseal audit", CHECK_FAILED)


def _sealed(office: "Office", day: date) -> "Sealed":
    return office.log.newest(_BILLS)[f"dt={day}"]


def _first_customer(office: "Office", sealed: "Sealed") -> int:
    from notary.sealing.leaf_table import LeafTable

    return int(LeafTable(office.settings, sealed).key(0)["customer_id"])


def _audit(settings: "Settings", table: "Table", sealed: "Sealed") -> "Audit":
    from notary.audit.partition import audit_partition
    from notary.lake.snapshot import Snapshot
    from pipelines.reading.commits import Commits

    commits = Commits.of(settings, table)
    with Snapshot.open(settings, commits) as snapshot:
        return audit_partition(settings, snapshot, commits, sealed)


@contextmanager
def _copy(office: "Office", sealed: "Sealed") -> Iterator[Any]:
    """Settings of a lake that holds a copy of one partition, with one bill forged; removed afterwards."""
    from pipelines.streaming.hudi import table_path
    from pipelines.webhdfs import list_folder, open_client, reachable

    settings, table = office.settings, office.catalog.table(_BILLS)
    forged = settings.model_copy(update={"lake_path": _COPY})
    with reachable(settings):
        client = open_client(settings)
        try:
            for folder in (".hoodie", sealed.seal.partition):
                source, target = (f"{table_path(table, one.lake_path)}/{folder}" for one in (settings, forged))
                names = [name for name, status in list_folder(client, source) if status["type"] == "FILE"]
                bases = [name for name in names if name.endswith(".parquet")]
                newest = max(bases, key=lambda name: name.rsplit("_", 1)[1], default="")
                for name in names:
                    with client.read(f"{source}/{name}") as reader:
                        data = reader.read()
                    client.write(f"{target}/{name}", _cheaper(data) if name == newest else data, overwrite=True)
            yield forged
        finally:
            client.delete(_COPY, recursive=True)


def _cheaper(data: bytes) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    table = parquet.read_table(BytesIO(data))
    amounts = table.column(_AMOUNT).to_pylist()
    amounts[0] -= Decimal("0.01")
    place = table.schema.get_field_index(_AMOUNT)
    field = table.schema.field(place)
    out = BytesIO()
    parquet.write_table(table.set_column(place, field, pa.array(amounts, field.type)), out)
    return out.getvalue()
