"""The lake is sealed, anchored, proven and audited; whoever changes it below the tables is named with every row."""

import csv
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from blake3 import blake3
from pyarrow import parquet

from notary.bulk.leaves import LeafMaker
from notary.lake.snapshot import Snapshot, project
from notary.office import Office, open_office
from notary.proving import prove
from notary.verify.proof import dump, load
from notary.verify.row import leaf
from notary.verify.trust import Node
from notary.verify.verdict import Outcome, Trust, judge
from pipelines.reading.commits import Commits
from pipelines.streaming.hudi import table_path
from pipelines.webhdfs import list_folder, open_client
from tests.lake.lake import DAY, Lake
from warehouse.table import Table

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

BILLS = "ads.customer_daily_bill"
VERSIONS = "dim.customer"
PARTITION = f"dt={DAY}"
NO_SALT = bytes(32)
# Rows are compared one by one in plain Python: of the largest tables, those of one meter.
LARGE = {"ods.meter_reading", "dwd.meter_reading"}
ONE_METER = "M00007"


@pytest.fixture(scope="module")
def office(lake: Lake) -> Iterator[Office]:
    with open_office(lake.settings, lake.catalog) as found:
        yield found


@pytest.fixture(scope="module")
def sealed(lake: Lake) -> dict[str, Any]:
    """Every partition is sealed, and the checkpoint of all seals is on the chain."""
    lake.settle()
    told = lake.command("seal", "--all", "--format", "json")
    outcomes = json.loads(told.stdout)
    assert not [one for one in outcomes if one["result"] != "sealed"]
    assert told.returncode == 0, told.stderr
    anchored = lake.command("anchor", "--format", "json")
    assert anchored.returncode == 0, anchored.stderr
    (checkpoint,) = json.loads(anchored.stdout)
    assert checkpoint["state"] == "finalized"
    assert checkpoint["seals"] == len(outcomes)
    return {f"{one['table']} {one['partition']}".rstrip(): one for one in outcomes}


@pytest.mark.usefixtures("sealed")
def test_nothing_is_sealed_or_anchored_twice(lake: Lake) -> None:
    again = lake.command("seal", "--all", "--format", "json")
    assert (again.returncode, json.loads(again.stdout)) == (0, [])
    status = json.loads(lake.command("notary", "status", "--format", "json").stdout)
    assert lake.command("anchor").returncode == 0
    assert json.loads(lake.command("notary", "status", "--format", "json").stdout) == status


def test_every_row_that_spark_shows_is_sealed_and_no_other(lake: Lake, sealed: dict[str, Any]) -> None:
    """Two readers that share no code: hudi-rs and Spark."""
    written = {table.name for table in lake.catalog if Commits.of(lake.settings, table).newest}
    assert {name.split(" ")[0] for name in sealed} == written
    for name in sorted(written):
        table = lake.catalog.table(name)
        commits = Commits.of(lake.settings, table)
        where = f" WHERE meter_id = '{ONE_METER}'" if name in LARGE else ""
        with Snapshot.open(lake.settings, commits) as snapshot:
            schema = snapshot.schema
            rows = lake.query(f"SELECT {', '.join(schema.names)} FROM {name}{where}")
            by_spark = sorted(
                leaf(schema, NO_SALT, dict(zip(schema.names, map(plain, row), strict=True))) for row in rows
            )
            ours = [leaf_ for path in snapshot.partitions() for leaf_ in leaves_of(snapshot, path, bool(where))]
        assert by_spark == sorted(ours), name
        total = sum(one["rows"] for place, one in sealed.items() if place.split(" ")[0] == name)
        assert lake.query(f"SELECT COUNT(*) FROM {name}") == [(total,)]


def plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, bytearray) else value


def leaves_of(snapshot: Any, path: str, one_meter: bool) -> Iterator[bytes]:
    maker = LeafMaker(snapshot.schema)
    for batch in snapshot.batches(path):
        chosen = batch
        if one_meter:
            chosen = pa.Table.from_batches([batch]).filter(pc.field("meter_id") == ONE_METER).combine_chunks()
            chosen = (chosen.to_batches() or [batch.slice(0, 0)])[0]
        salts = np.zeros((len(chosen), 32), np.uint8)
        yield from (row.tobytes() for row in maker.leaves(project(chosen, snapshot.schema.names), salts))


@pytest.mark.usefixtures("sealed")
def test_a_row_of_every_table_is_proven(lake: Lake, office: Office) -> None:
    node = Node(lake.settings.chain_url, "latest")
    trust = Trust(bytes.fromhex(str(office.contract)[2:]), node.chain_id, node.check_block)
    for table in lake.catalog:
        for sealed in office.log.newest(table.name).values():
            if not sealed.seal.rows:
                continue
            with Snapshot.open(lake.settings, Commits.of(lake.settings, table)) as snapshot:
                row = next(iter(snapshot.batches(sealed.seal.partition))).slice(0, 1).to_pylist()[0]
            key = {name: row[name] for name in table.key}
            proof = prove(lake.settings, office.log, office.checkpoints, table, key)
            verdict = judge(dump(proof).encode(), trust)
            assert verdict.outcome is Outcome.VALID, (table.name, verdict.reason)
            assert {name: proof.rows[0].row[name] for name in table.key} == key
            break


@pytest.mark.usefixtures("sealed")
def test_a_bill_is_proven_and_verified_as_a_user_would(lake: Lake, tmp_path: Path) -> None:
    customer, amount = lake.query(
        f"SELECT customer_id, total_amount FROM {BILLS} WHERE dt = '{DAY}' ORDER BY customer_id LIMIT 1"
    )[0]
    file, header = tmp_path / "bill.json", tmp_path / "header"
    proven = lake.command("prove", BILLS, str(customer), str(DAY), "--only", "total_amount", "-o", str(file))
    assert proven.returncode == 0, proven.stderr
    found = json.loads(lake.command("verify", str(file), "--format", "json").stdout)
    assert found["verdict"] == "valid"
    assert found["statement"]["row"] == f"total_amount={amount}"
    # By an auditor, who has the file, the tiny package, the contract's address and a block of his own.
    proof = load(file.read_bytes())
    contract = f"0x{proof.anchors[0].contract.hex()}"
    header.write_text(found["block"]["hash"])
    alone = [sys.executable, "-m", "notary.verify", str(file)]
    told = subprocess.run([*alone, "--header", str(header), "--contract", contract], capture_output=True, text=True)
    assert (told.returncode, told.stdout.splitlines()[0]) == (0, "valid")
    assert subprocess.run(alone, capture_output=True).returncode == 4
    # Another amount, another block, another contract.
    other = tmp_path / "other.json"
    other.write_text(file.read_text().replace(f'"{amount}"', f'"{amount + 1}"'))
    assert lake.command("verify", str(other)).stdout.startswith("invalid (row): the row leads to ")
    header.write_text("00" * 32)
    assert (
        "invalid (anchor): the proof ends in block" in lake.command("verify", str(file), "--header", str(header)).stdout
    )
    foreign = lake.command("verify", str(file), "--contract", "0x" + "11" * 20)
    assert (foreign.returncode, foreign.stdout.split(":")[0]) == (1, "invalid (anchor)")


@pytest.mark.usefixtures("sealed")
def test_a_customer_without_a_bill_is_proven_to_have_none(lake: Lake, tmp_path: Path) -> None:
    file = tmp_path / "none.json"
    assert lake.command("prove", BILLS, "999999", str(DAY), "-o", str(file)).returncode == 0
    told = lake.command("verify", str(file)).stdout
    assert told.startswith("valid\n")
    assert f"absent     customer_id=999999, dt={DAY}" in told
    # Of the neighbours nothing is shown but their keys.
    assert all(set(row.row) == {"customer_id", "dt"} for row in load(file.read_bytes()).rows)


@pytest.mark.usefixtures("sealed")
def test_a_bill_is_traced_to_the_messages_that_it_was_made_of(lake: Lake, tmp_path: Path) -> None:
    customer, readings = lake.query(
        f"SELECT customer_id, readings FROM {BILLS} WHERE dt = '{DAY}' AND readings > 1000 ORDER BY customer_id LIMIT 1"
    )[0]
    told = lake.command("trace", BILLS, str(customer), str(DAY), "-o", str(tmp_path), "--format", "json")
    assert told.returncode == 0, told.stderr
    found: dict[str, int] = {}
    for line in json.loads(told.stdout):
        found[line["table"]] = found.get(line["table"], 0) + line["rows"]
    assert found["ods.meter_reading"] == readings
    changes = lake.query(f"SELECT COUNT(*) FROM ods.customer_change WHERE customer_id = {customer}")
    assert changes == [(found["ods.customer_change"],)]
    files = sorted(tmp_path.glob("ods.meter_reading-*.json"))
    assert len(files) == readings
    assert len(list(tmp_path.iterdir())) == sum(found.values())
    proof = load(files[len(files) // 2].read_bytes())
    assert lake.command("verify", str(files[0])).returncode == 0
    assert proof.rows[0].row["message_id"] in {
        row[0] for row in lake.query(f"SELECT message_id FROM dwd.meter_reading WHERE customer_id = {customer}")
    }


def audit(lake: Lake, *words: str) -> tuple[int, dict[str, Any]]:
    told = lake.command("audit", *words, "--format", "json")
    found = json.loads(told.stdout)
    return told.returncode, {f"{one['table']} {one['partition']}".rstrip(): one for one in found}


@pytest.mark.usefixtures("sealed")
def test_an_audit_of_an_untouched_lake_finds_nothing(lake: Lake) -> None:
    code, found = audit(lake)
    assert code == 0
    assert {one["finding"] for one in found.values()} == {"as sealed"}


@contextmanager
def in_place_of(lake: Lake, path: str, data: bytes | None) -> Iterator[None]:
    """A file of HDFS is another one meanwhile, or is gone."""
    client = open_client(lake.settings)
    with client.read(path) as reader:
        before = reader.read()
    try:
        client.delete(path)
        if data is not None:
            client.write(path, data)
        yield
    finally:
        client.write(path, before, overwrite=True)


def files(lake: Lake, table: str, folder: str = "") -> list[str]:
    root = f"{table_path(lake.catalog.table(table), lake.settings.lake_path)}/{folder}".rstrip("/")
    return sorted(
        f"{root}/{name}" for name, status in list_folder(open_client(lake.settings), root) if status["type"] == "FILE"
    )


def newest_base(lake: Lake, table: str, folder: str) -> str:
    bases = [path for path in files(lake, table, folder) if path.endswith(".parquet")]
    return max(bases, key=lambda path: path.rsplit("_", 1)[1])


def rewritten(lake: Lake, path: str, edit: Callable[[pa.Table], pa.Table]) -> bytes:
    with open_client(lake.settings).read(path) as reader:
        table = parquet.read_table(BytesIO(reader.read()))
    out = BytesIO()
    parquet.write_table(edit(table), out)
    return out.getvalue()


def cheaper(table: pa.Table) -> pa.Table:
    """One bill is a cent less."""
    amounts = table.column("total_amount").to_pylist()
    amounts[3] -= Decimal("0.01")
    place = table.schema.get_field_index("total_amount")
    return table.set_column(place, table.schema.field(place), pa.array(amounts, table.schema.field(place).type))


def shorter(table: pa.Table) -> pa.Table:
    return table.slice(1)


def longer(table: pa.Table) -> pa.Table:
    """A bill of a customer that does not exist."""
    row = table.slice(0, 1).to_pylist()[0] | {"customer_id": 4711, "_hoodie_record_key": f"customer_id:4711,dt:{DAY}"}
    return pa.concat_tables([table, pa.Table.from_pylist([row], table.schema)])


EDITS: list[tuple[Callable[[pa.Table], pa.Table], str]] = [
    (cheaper, "changed"),
    (shorter, "removed"),
    (longer, "added"),
]


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize(("edit", "kind"), EDITS)
def test_an_edited_parquet_file_is_found_with_its_row(
    lake: Lake, edit: Callable[[pa.Table], pa.Table], kind: str
) -> None:
    path = newest_base(lake, BILLS, PARTITION)
    with in_place_of(lake, path, rewritten(lake, path, edit)):
        code, found = audit(lake, BILLS, "--partition", PARTITION)
        (one,) = found.values()
        assert (code, one["finding"], one["what differs"]) == (1, "tampered", f"1 {kind}")
        (row,) = one["rows that differ"]
        assert (row["is"], row["accounted for by"]) == (kind, "nobody")
        assert bool(row["old leaf"]) == (kind != "added")
        assert bool(row["new leaf"]) == (kind == "changed")
    assert audit(lake, BILLS, "--partition", PARTITION)[0] == 0


@pytest.mark.usefixtures("sealed")
def test_an_export_says_whether_its_rows_were_sealed_like_that(lake: Lake, office: Office, tmp_path: Path) -> None:
    file, words = tmp_path / "bills.parquet", ("export", BILLS, "--partition", PARTITION, "--to")
    assert lake.command(*words, str(file)).returncode == 0
    exported, manifest = parquet.read_table(file), json.loads((tmp_path / "bills.parquet.manifest.json").read_text())
    columns = ", ".join(lake.catalog.table(BILLS).column_names)
    rows = lake.query(f"SELECT {columns} FROM {BILLS} WHERE dt = '{DAY}' ORDER BY customer_id")
    assert [tuple(row.values()) for row in exported.to_pylist()] == rows
    assert ", ".join(exported.column_names) == columns
    assert manifest["file_blake3"] == blake3(file.read_bytes()).hexdigest()
    (told,) = manifest["partitions"]
    sealed = office.log.newest(BILLS)[PARTITION]
    assert (told["partition"], told["rows"], told["rows_are"]) == (PARTITION, len(rows), "as sealed")
    assert (told["seal"]["root"], told["seal"]["state"]) == (sealed.seal.root.hex(), "finalized")

    assert lake.command(*words, str(tmp_path / "bills.csv")).returncode == 0
    with (tmp_path / "bills.csv").open(newline="") as lines:
        written = list(csv.DictReader(lines))
    assert [Decimal(row["total_amount"]) for row in written] == exported.column("total_amount").to_pylist()

    path = newest_base(lake, BILLS, PARTITION)
    with in_place_of(lake, path, rewritten(lake, path, cheaper)):
        assert lake.command(*words, str(file)).returncode == 0
    (told,) = json.loads((tmp_path / "bills.parquet.manifest.json").read_text())["partitions"]
    assert told["rows_are"] == "changed since the seal"

    before = sorted(tmp_path.iterdir())
    for wrong in (("bills.txt",), ("bills.parquet", "--partition", "dt=1999-01-01")):
        refused = lake.command(*words, *(str(tmp_path / wrong[0]), *wrong[1:]))
        assert (refused.returncode, "next:  gridseal" in refused.stderr) == (2, True)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("sealed")
def test_a_broken_parquet_file_is_found(lake: Lake) -> None:
    path = newest_base(lake, BILLS, PARTITION)
    with in_place_of(lake, path, b"PAR1" + bytes(100)):
        code, found = audit(lake, BILLS, "--partition", PARTITION)
        assert (code, found[f"{BILLS} {PARTITION}"]["finding"]) == (1, "tampered")
    with in_place_of(lake, path, None):
        assert audit(lake, BILLS, "--partition", PARTITION)[0] == 1
    assert audit(lake, BILLS, "--partition", PARTITION)[0] == 0


@pytest.mark.usefixtures("sealed")
def test_a_swapped_log_file_is_found(lake: Lake) -> None:
    """A log of a table is replaced by that of another table, and by a shorter one."""
    logs = {table.name: newest_log(lake, table) for table in lake.catalog if table.layer == "dim"}
    # Which of them have been compacted depends on how many commits there were.
    (name, path), (_, other), *_ = [(name, path) for name, path in logs.items() if path]
    client = open_client(lake.settings)
    with client.read(other) as reader:
        foreign = reader.read()
    with client.read(path) as reader:
        own = reader.read()
    for data in (foreign, own[: len(own) // 2], b""):
        with in_place_of(lake, path, data):
            code, found = audit(lake, name)
            assert (code, found[name]["finding"]) == (1, "tampered")
    assert audit(lake, name)[0] == 0


def newest_log(lake: Lake, table: Table) -> str:
    """Path of the newest log that rows of a table without partitions are read from; empty if there is none."""
    with Snapshot.open(lake.settings, Commits.of(lake.settings, table)) as snapshot:
        names = [file.name for file in snapshot.files("") if file.is_log]
    newest = max(names, key=lambda name: int(name.partition(".log.")[2].partition("_")[0]), default="")
    return f"{table_path(table, lake.settings.lake_path)}/{newest}" if newest else ""


@pytest.mark.usefixtures("sealed")
def test_a_removed_instant_is_found(lake: Lake) -> None:
    table = lake.catalog.table(BILLS)
    newest = Commits.of(lake.settings, table).newest
    path = f"{table_path(table, lake.settings.lake_path)}/.hoodie/{newest}"
    with in_place_of(lake, path, None):
        code, found = audit(lake, BILLS)
        assert code == 1
        assert "tampered" in {one["finding"] for one in found.values()}
    assert audit(lake, BILLS)[0] == 0


@pytest.mark.usefixtures("sealed")
def test_a_forged_instant_accounts_for_nothing_that_it_does_not_write(lake: Lake) -> None:
    """Rows that name an instant which is not there, or is one of another partition, are nobody's."""
    path = newest_base(lake, BILLS, PARTITION)

    def dated(table: pa.Table) -> pa.Table:
        place = table.schema.get_field_index("_hoodie_commit_time")
        times = pa.array(["29991231000000000"] * len(table), table.schema.field(place).type)
        return cheaper(table).set_column(place, table.schema.field(place), times)

    with in_place_of(lake, path, rewritten(lake, path, dated)):
        code, found = audit(lake, BILLS, "--partition", PARTITION)
        (row,) = found[f"{BILLS} {PARTITION}"]["rows that differ"]
        assert (code, row["accounted for by"]) == (1, "nobody")


@pytest.mark.usefixtures("sealed")
def test_leaves_that_somebody_changed_prove_nothing(lake: Lake, office: Office, tmp_path: Path) -> None:
    newest = office.log.newest(BILLS)[PARTITION]
    with open_client(lake.settings).read(newest.leaves) as reader:
        stored = parquet.read_table(BytesIO(reader.read()))
    turned = BytesIO()
    parquet.write_table(stored.take(list(range(len(stored)))[::-1]), turned)
    for data in (turned.getvalue(), b"", None):
        with in_place_of(lake, newest.leaves, data):
            audited = lake.command("audit", BILLS)
            assert audited.returncode == 1
            assert "leaves" in audited.stderr
            proven = lake.command("prove", BILLS, "1", str(DAY), "-o", str(tmp_path / "x"))
            assert proven.returncode == 1
            assert "Traceback" not in proven.stderr + audited.stderr


def test_a_later_commit_accounts_for_what_it_changed(lake: Lake, sealed: dict[str, Any], tmp_path: Path) -> None:
    """A customer's name changes: the audit names the commit that did it, and an old proof stays valid."""
    (customer, valid_from, *_), *_ = lake.query(f"SELECT customer_id, valid_from FROM {VERSIONS} ORDER BY customer_id")
    old = tmp_path / "old.json"
    key = (str(customer), valid_from.isoformat())
    assert lake.command("prove", VERSIONS, *key, "-o", str(old)).returncode == 0
    free = lake.free("customer")[0]
    with lake.changes("notary") as hand:
        hand.update(lake_noon(lake), "customer", free, name="Renamed by a test")
    lake.reconcile()
    code, found = audit(lake, VERSIONS)
    assert (code, found[VERSIONS]["finding"]) == (5, "changed since"), found
    assert all(row["accounted for by"] != "nobody" for row in found[VERSIONS]["rows that differ"])
    again = json.loads(lake.command("seal", VERSIONS, "--format", "json").stdout)
    assert [one["result"] for one in again] == ["sealed"]
    assert again[0]["instant"] > sealed[VERSIONS]["instant"]
    assert audit(lake, VERSIONS)[0] == 0
    # The new seal is in no checkpoint yet, so the proof of now waits for one; the old proof needs none.
    new = tmp_path / "new.json"
    assert lake.command("prove", VERSIONS, *key, "-o", str(new)).returncode == 0
    assert lake.command("verify", str(new)).returncode == 4
    assert lake.command("verify", str(old)).returncode == 0
    assert lake.command("anchor").returncode == 0
    assert lake.command("prove", VERSIONS, *key, "-o", str(new)).returncode == 0
    assert lake.command("verify", str(new)).returncode == 0


def lake_noon(lake: Lake) -> datetime:
    """Noon of the last day that was sent: changes by hand must not come before earlier ones of their row."""
    return datetime.combine(lake.next_day - timedelta(days=1), clock(12))


@pytest.mark.slow
@pytest.mark.usefixtures("sealed")
def test_killed_at_any_moment_it_seals_nothing_twice_and_loses_nothing(lake: Lake, office: Office) -> None:
    """SIGKILL at random moments of `seal --again` of tables; whoever comes next finds a whole log and whole leaves."""
    names = ["dim.tariff", "dim.feeder", "dws.feeder_hour", "ods.customer_change"]
    began = time.monotonic()
    assert lake.command("seal", *names, "--again").returncode == 0
    took = time.monotonic() - began
    chance, before, killed = random.Random(7), len(office.log), 0
    for _ in range(8):
        run = subprocess.Popen(
            lake.program("seal", *names, "--again"),
            env=lake.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0.2, 1) * took)
        run.send_signal(signal.SIGKILL)
        killed += run.wait() == -signal.SIGKILL
    assert killed >= 3
    assert lake.command("seal", *names, "--again").returncode == 0
    assert lake.command("seal", "--all").returncode == 0
    log = list(office.log.all())
    assert [sealed.position for sealed in log] == list(range(len(log)))
    assert len(log) > before
    code, found = audit(lake)
    assert code == 0
    assert {one["finding"] for one in found.values()} == {"as sealed"}
    assert lake.command("anchor").returncode == 0
    assert json.loads(lake.command("notary", "status", "--format", "json").stdout)[0]["seals"] == len(log)


@pytest.mark.usefixtures("sealed")
def test_two_runs_at_once_wait_for_each_other(lake: Lake, office: Office) -> None:
    before = len(office.log)
    words = lake.program("seal", "dim.tariff", "--again")
    runs = [
        subprocess.Popen(words, env=lake.environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) for _ in "ab"
    ]
    assert [run.wait() for run in runs] == [0, 0]
    assert len(office.log) == before + 2
    office.log.hashes()


@pytest.mark.usefixtures("sealed")
def test_a_row_is_forgotten_and_no_other(lake: Lake, office: Office, tmp_path: Path) -> None:
    # The later commit has changed a row of this partition since its seal.
    assert lake.command("seal", BILLS, "--partition", PARTITION, "--again").returncode == 0
    assert lake.command("anchor").returncode == 0
    (first,), (second,), *_ = lake.query(f"SELECT customer_id FROM {BILLS} WHERE dt = '{DAY}' ORDER BY customer_id")
    neighbour, gone = tmp_path / "neighbour.json", tmp_path / "gone.json"
    assert lake.command("prove", BILLS, str(first), str(DAY), "-o", str(neighbour)).returncode == 0
    words = ("notary", "forget", BILLS, str(second), str(DAY), "--reason", "request 7", "--yes")
    assert lake.command(*words).returncode == 0
    proven = lake.command("prove", BILLS, str(second), str(DAY), "-o", str(gone))
    assert (proven.returncode, "was destroyed" in proven.stderr) == (1, True)
    assert lake.command("verify", str(neighbour)).returncode == 0
    again = lake.command(*words)
    assert (again.returncode, "has a salt of" in again.stderr) == (1, True)
    code, found = audit(lake, BILLS, "--partition", PARTITION)
    assert (code, found[f"{BILLS} {PARTITION}"]["what differs"]) == (0, "1 forgotten")
    # Whoever destroys a salt without a word hides a row from the audit, and is found for that.
    path = office.log.newest(BILLS)[PARTITION].leaves
    with in_place_of(lake, path, rewritten(lake, path, without_first_salt)):
        code, found = audit(lake, BILLS, "--partition", PARTITION)
        assert (code, found[f"{BILLS} {PARTITION}"]["finding"]) == (1, "tampered")
    # What is still in the lake gets a new salt with a new seal.
    assert lake.command("seal", BILLS, "--partition", PARTITION, "--again").returncode == 0
    assert lake.command("prove", BILLS, str(second), str(DAY), "-o", str(gone)).returncode == 0


def without_first_salt(table: pa.Table) -> pa.Table:
    salts = [None, *table.column("_salt").to_pylist()[1:]]
    return table.set_column(table.schema.get_field_index("_salt"), "_salt", pa.array(salts, pa.binary(32)))


@pytest.mark.slow
@pytest.mark.usefixtures("sealed")
def test_a_night_is_sealed_once_and_every_partition_has_its_turn(lake: Lake, office: Office) -> None:
    def night(number: int) -> int:
        told = lake.command("notarize", "--night", f"2026-06-{number:02}")
        failed = [line for line in told.stdout.splitlines() if " sealed " not in line]
        assert told.returncode == 0, failed
        return len(office.log)

    first = night(1)
    assert night(1) == first
    with lake.changes("notary-night") as hand:
        hand.update(lake_noon(lake), "customer", lake.free("customer")[0], name="Renamed at night")
    lake.reconcile()
    assert night(1) == first
    assert night(2) > first
    sealed = {
        (one.seal.table, one.seal.partition) for table in lake.catalog for one in office.log.newest(table.name).values()
    }
    lake.environment["GRIDSEAL_AUDIT_NIGHTS"] = "2"
    try:
        night(3)
        since = max(office.audits.last().values())
        night(4)
    finally:
        del lake.environment["GRIDSEAL_AUDIT_NIGHTS"]
    assert set(office.audits.last()) >= sealed
    assert sum(at > since for at in office.audits.last().values()) == -(-len(sealed) // 2)


@pytest.mark.usefixtures("sealed")
def test_what_the_record_says_is_a_table(lake: Lake, office: Office) -> None:
    for _ in range(2):
        assert lake.command("notary", "publish").returncode == 0
    rows = lake.query("SELECT table_name, partition_path, instant, row_count, root, state FROM ads.seal_register")
    log = [one.seal for one in office.log.all()]
    assert len(rows) == len(log)
    assert {row[:5] for row in rows} == {(s.table, s.partition, s.instant, s.rows, s.root.hex()) for s in log}
    blocks = lake.query("SELECT DISTINCT block_hash FROM ads.seal_register WHERE state = 'finalized'")
    known = {"0x" + row[0] for row in blocks}
    assert known
    node = Node(lake.settings.chain_url, "latest")
    assert all(node._ask("eth_getBlockByHash", one, False) for one in known)
    audits = office.connection.execute("SELECT count(*) FROM audits").fetchone()[0]
    assert lake.query("SELECT COUNT(*) FROM ads.audit_status") == [(audits,)]
