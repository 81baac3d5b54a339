"""A proof holds; a proof of anything else does not, and whatever is given instead of one is refused in one sentence."""

import json
import random
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from notary.verify.errors import ProofError
from notary.verify.evm import check_evm
from notary.verify.hashes import node_hash
from notary.verify.proof import MAX_BYTES, Place, Proof, Shown, check, dump, load
from notary.verify.row import Column, Schema, leaf
from notary.verify.seal import Checkpoint, Seal
from notary.verify.tree import inclusion_path, root
from notary.verify.trust import trusted_block
from notary.verify.verdict import Outcome, Trust, judge

SCHEMA_FILE = Path("notary/verify/proof.schema.json")
ANCHORED_FILE = Path("tests/notary/anchored_proof.json")
SCHEMA = Schema(
    "ads.customer_daily_bill",
    (Column("customer_id", "INT"), Column("day", "DATE"), Column("amount", "DECIMAL(10,2)"), Column("name", "STRING")),
    ("customer_id", "day"),
)
SALTS = [bytes([number]) * 32 for number in range(45)]
Document = dict[str, Any]


def bill(customer: int) -> dict[str, Any]:
    amount = Decimal(customer * 317).scaleb(-2)
    return {
        "customer_id": customer,
        "day": date(2026, 11, 20),
        "amount": amount,
        "name": None if customer % 7 else "Ève",
    }


def key(customer: int) -> dict[str, Any]:
    return {"customer_id": customer, "day": date(2026, 11, 20)}


LEAVES = [leaf(SCHEMA, salt, bill(customer)) for customer, salt in enumerate(SALTS)]
SEALS = [
    Seal(SCHEMA.table, f"dt=2026-11-{day:02}", "20261121021500123", SCHEMA.id, len(LEAVES), root(LEAVES))
    for day in range(1, 13)
]
LOG = [seal.hash for seal in SEALS]


def shown(customer: int) -> Shown:
    return Shown(bill(customer), (SALTS[customer],), Place(customer, tuple(inclusion_path(LEAVES, customer))))


def proof_of(customer: int, night: int = 4, size: int = 12) -> Proof:
    return Proof(
        SCHEMA,
        None,
        (shown(customer),),
        SEALS[night],
        Place(night, tuple(inclusion_path(LOG[:size], night))),
        Checkpoint("lake.example", size, root(LOG[:size])),
    )


PROOF = proof_of(7)
TEXT = dump(PROOF)


@pytest.mark.parametrize("customer", range(45))
def test_every_row_is_proven_by_its_file(customer: int) -> None:
    proof = load(dump(proof_of(customer)).encode())
    assert proof == proof_of(customer)
    check(proof)


def test_the_file_reads_as_what_it_says() -> None:
    document = json.loads(TEXT)
    assert document["rows"][0]["row"] == {"customer_id": "7", "day": "2026-11-20", "amount": "22.19", "name": "Ève"}
    assert document["schema"]["columns"][2] == ["amount", "DECIMAL(10,2)"]
    assert len(TEXT) < 4096


def leads_nowhere(forged: Proof) -> str:
    with pytest.raises(ProofError) as caught:
        check(forged)
    return caught.value.link


def other_row(**changes: Any) -> Proof:
    return replace(PROOF, rows=(replace(shown(7), **changes),))


def other_place(**changes: Any) -> Proof:
    return other_row(place=replace(shown(7).place, **changes))


PATH = shown(7).place.path
NODE = node_hash(LEAVES[6], LEAVES[7])
OTHER = Schema(SCHEMA.table, SCHEMA.columns[::-1], SCHEMA.key)
FORGERIES: dict[str, tuple[Proof, str]] = {
    "another value": (other_row(row=bill(7) | {"amount": Decimal("0.00")}), "row"),
    "a value for null": (other_row(row=bill(7) | {"name": "Eve"}), "row"),
    "another salt": (other_row(salts=(SALTS[8],)), "row"),
    "another row's path": (other_row(place=shown(8).place), "row"),
    "another index": (other_place(index=6), "row"),
    "an index beyond": (other_place(index=45), "row"),
    "a path cut above": (other_place(path=PATH[:-1]), "row"),
    "a path cut below": (other_place(index=3, path=PATH[1:]), "row"),
    "a path lengthened": (other_place(path=(*PATH, NODE)), "row"),
    "a path turned round": (other_place(path=PATH[::-1]), "row"),
    "two salts": (other_row(salts=SALTS[7:9]), "row"),
    "no row": (replace(PROOF, rows=()), "row"),
    "two rows": (replace(PROOF, rows=(shown(7), shown(8))), "row"),
    "the row is absent": (replace(PROOF, absent=key(7)), "row"),
    "another number of rows": (replace(PROOF, seal=replace(PROOF.seal, rows=46)), "seal"),
    "half the rows": (replace(PROOF, seal=replace(PROOF.seal, rows=23)), "row"),
    "another root": (replace(PROOF, seal=replace(PROOF.seal, root=NODE)), "row"),
    "another partition": (replace(PROOF, seal=replace(PROOF.seal, partition="dt=2026-11-06")), "seal"),
    "another instant": (replace(PROOF, seal=replace(PROOF.seal, instant="20261122021500123")), "seal"),
    "another table": (replace(PROOF, seal=replace(PROOF.seal, table="ads.feeder_loss")), "row"),
    "another schema": (replace(PROOF, schema=OTHER), "row"),
    "another schema with its seal": (
        replace(PROOF, schema=OTHER, seal=replace(PROOF.seal, schema_id=OTHER.id)),
        "row",
    ),
    "another night's seal": (replace(PROOF, seal=SEALS[5]), "seal"),
    "another place in the log": (replace(PROOF, seal_place=replace(PROOF.seal_place, index=5)), "seal"),
    "an older log": (replace(PROOF, checkpoint=proof_of(7, 4, 11).checkpoint), "seal"),
    "a forked log": (replace(PROOF, checkpoint=replace(PROOF.checkpoint, root=root(LOG[:11] + LOG[:1]))), "seal"),
    "a last leaf twice": (replace(PROOF, checkpoint=Checkpoint("lake.example", 13, root([*LOG, LOG[-1]]))), "seal"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_breaks_at_its_link(name: str) -> None:
    forged, link = FORGERIES[name]
    assert leads_nowhere(forged) == link
    # And so it does as a file.
    assert leads_nowhere(load(dump(forged).encode()) if forged.seal.table == SCHEMA.table else forged) == link


def fields(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where everything stands in a document."""
    if path:
        yield path
    keys = document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    for key in keys:
        yield from fields(document[key], (*path, key))


PLACES = sorted(fields(json.loads(TEXT)), key=str)
VALUES: list[Any] = [None, True, -1, 0, 1, 45, 1 << 64, 1.5, "", "x", "00" * 32, [], {}, [[]], {"x": 1}, "\ud800"]


def changed(place: tuple[Any, ...], value: Any) -> bytes:
    """The file with one value in the place of another."""
    document = json.loads(TEXT)
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return json.dumps(document).encode()


def verdict(data: bytes) -> Proof | None:
    """The proof that a file is; None if it is none. Nothing else may happen."""
    try:
        proof = load(data)
        check(proof)
    except ProofError as error:
        refused = error
    else:
        return proof
    assert 0 < len(str(refused)) < 600
    assert refused.link in ("file", "row", "seal")
    return None


# Nothing leads to them: they are compared with what is anchored, together with the root.
ANCHORED = (("checkpoint", "origin"), ("checkpoint", "size"))


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_another_value_in_any_field_is_no_proof(place: tuple[Any, ...]) -> None:
    for value in VALUES:
        if proof := verdict(changed(place, value)):
            same = proof == PROOF
            assert same or place in ANCHORED
            assert same or type(value) is type(json.loads(TEXT)["checkpoint"][place[-1]])


def test_the_size_of_a_log_is_no_link_of_the_chain() -> None:
    """Logs of 9 to 16 seals share the shape of this path: the size is only as good as what is anchored."""
    sizes = [size for size in range(40) if verdict(changed(("checkpoint", "size"), size))]
    assert sizes == list(range(9, 17))


@pytest.mark.parametrize("place", [place for place in PLACES if isinstance(place[-1], str)], ids=str)
def test_no_field_may_be_missing_or_more(place: tuple[Any, ...]) -> None:
    document = json.loads(TEXT)
    inner: Any = document
    for key in place[:-1]:
        inner = inner[key]
    inner["more"] = 1
    assert verdict(json.dumps(document).encode()) is None
    del inner["more"], inner[place[-1]]
    assert verdict(json.dumps(document).encode()) is None


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no proof: "),
        (b"\xff\xfe", "no proof: "),
        (b"[" * 100_000, "nested more than 8 levels deep"),
        (b'{"a":' * 100_000, "nested more than 8 levels deep"),
        (b"[]", "proof has other fields than format, schema"),
        (b" " * (MAX_BYTES + 1), "16,777,217 bytes, a proof has at most 16,777,216"),
        (TEXT.replace('"salts"', '"row": {}, "salts"').encode(), "a field is there twice"),
        (TEXT.replace("gridseal proof 1", "gridseal proof 2").encode(), "format is 'gridseal proof 2', allowed"),
        (TEXT.replace('"index": 7', '"index": 7.0').encode(), "7.0 is no number of a proof"),
        (TEXT.replace('"index": 7', '"index": NaN').encode(), "NaN is no number of a proof"),
        (TEXT.replace('"index": 7', f'"index": {"9" * 5000}').encode(), "no proof: "),
        (
            changed(("schema", "columns", 0, 1), "VARCHAR(10)"),
            "'customer_id' has the type 'VARCHAR(10)', which is none",
        ),
        (changed(("schema", "columns"), [["c", "INT"]] * 4097), "schema.columns has 4,097 entries, at most 4,096"),
        (changed(("schema", "columns", 3, 0), "\x1b[2Jvalid" + "x" * 5000), "the row has the columns"),
        (changed(("schema", "columns", 0), ["\x1b[2Jvalid" + "x" * 5000, "CHAR"]), r"no proof: '\x1b[2Jvalidxxx"),
        (changed(("schema", "columns", 0, 0), "day"), "schema has a column twice"),
        (changed(("rows", 0, "path"), ["00" * 32] * 65), "rows.path has 65 entries, at most 64"),
        (changed(("rows", 0, "salts", 0), "0" * 63), "rows.salts holds something else than 64 hexadecimal digits"),
        (changed(("rows", 0, "row", "amount"), "22,19"), "amount: '22,19' is no DECIMAL(10,2)"),
    ],
)
def test_what_is_no_proof_is_told(data: bytes, told: str) -> None:
    with pytest.raises(ProofError) as caught:
        load(data)
    assert told in str(caught.value)
    assert caught.value.link == "file"
    # What an enemy wrote does not write to the terminal.
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


def test_deep_nesting_is_refused_whatever_the_process_allows() -> None:
    """A library that raises the limit of recursion would let the parser run out of the stack, and kill the process."""
    code = (
        "import sys; sys.setrecursionlimit(10**6)\n"
        "from notary.verify.proof import load\n"
        "try: load(b'[' * 10**6)\nexcept ValueError as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told == "no proof: nested more than 8 levels deep\n"


def test_brackets_of_a_text_are_no_levels() -> None:
    name = "[{" * 500 + '"\\'
    leaves = [leaf(SCHEMA, SALTS[0], bill(0) | {"name": name})]
    seal = Seal(SCHEMA.table, "", "20261121021500123", SCHEMA.id, 1, leaves[0])
    row = Shown(bill(0) | {"name": name}, (SALTS[0],), Place(0, ()))
    proof = Proof(SCHEMA, None, (row,), seal, Place(0, ()), Checkpoint("lake.example", 1, seal.hash))
    assert load(dump(proof).encode()) == proof
    check(proof)


@given(st.binary(max_size=300))
def test_random_bytes_are_no_proof(data: bytes) -> None:
    assert verdict(data) is None


MUTATIONS: list[Callable[[random.Random, bytearray], None]] = [
    lambda chance, data: data.__setitem__(chance.randrange(len(data)), chance.randrange(256)),
    lambda chance, data: data.__delitem__(slice((first := chance.randrange(len(data))), first + chance.randrange(9))),
    lambda chance, data: data.__setitem__(slice(first := chance.randrange(len(data)), first), data[first - 9 : first]),
    lambda chance, data: data.__setitem__(
        slice(first := chance.randrange(len(data)), first), bytes(chance.choice(b'0123456789abcdef{}[]",:ntf-.e'))
    ),
]


def mutated(chance: random.Random, text: str) -> bytes:
    data = bytearray(text.encode())
    for _ in range(chance.randrange(1, 4)):
        chance.choice(MUTATIONS)(chance, data)
    return bytes(data)


def test_mutated_proofs_are_refused_or_say_the_same() -> None:
    """With those of ``test_mutated_proofs_that_are_anchored``, a hundred thousand; memory does not grow with them."""
    chance, before = random.Random(20261125), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(97_000):
        proof = verdict(mutated(chance, TEXT))
        if proof:
            # White space, an escape, or what is compared with the anchor.
            checkpoint = replace(PROOF.checkpoint, origin=proof.checkpoint.origin, size=proof.checkpoint.size)
            assert proof == replace(PROOF, checkpoint=checkpoint)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def test_mutated_proofs_that_are_anchored_are_refused_or_say_the_same() -> None:
    """Down to the block, which says which size and root of which lake it holds: here nothing is left to compare."""
    chance, text = random.Random(7), ANCHORED_FILE.read_text("utf-8")
    whole = load(text.encode())
    block = check_evm(whole.anchors[0], whole.checkpoint)
    trust = Trust(whole.anchors[0].contract, None, trusted_block(block.hash.hex().encode()))
    assert judge(text.encode(), trust).outcome is Outcome.VALID
    for _ in range(3000):
        found = judge(mutated(chance, text), trust)
        if found.outcome is Outcome.VALID:
            assert found.proof
            assert replace(found.proof, anchors=(), stamps=()) == replace(whole, anchors=(), stamps=())
        else:
            assert found.link in ("file", "row", "seal", "anchor")
            assert 0 < len(found.reason) < 600


def test_the_schema_of_the_file_is_published() -> None:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    validator = Draft202012Validator(schema)
    Draft202012Validator.check_schema(schema)
    for text in (TEXT, ANCHORED_FILE.read_text("utf-8"), dump(replace(PROOF, absent=key(99), stamps=(b"token",)))):
        validator.validate(json.loads(text))
    # Whatever the schema refuses, the reader refuses; he refuses more.
    refused = 0
    for place in PLACES:
        for value in VALUES[:-1]:
            data = changed(place, value)
            if not validator.is_valid(json.loads(data)):
                refused += 1
                assert verdict(data) is None
    assert refused > len(PLACES)
