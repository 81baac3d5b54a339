"""That a key is in no row of a partition: its neighbours stand side by side, and nothing else is believed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notary.verify.errors import ProofError
from notary.verify.hashes import EMPTY_ROOT
from notary.verify.proof import Place, Proof, Shown, check, dump, load
from notary.verify.row import Column, Schema, key_of, leaf
from notary.verify.seal import Checkpoint, Seal
from notary.verify.tree import inclusion_path, root

SCHEMA = Schema("dws.meter_day", (Column("meter_id", "STRING"), Column("reading", "INT")), ("meter_id",))
SALT = bytes(range(32))


def row(name: str) -> dict[str, Any]:
    return {"meter_id": name, "reading": len(name)}


def sealed(names: list[str]) -> tuple[list[bytes], Seal]:
    leaves = [leaf(SCHEMA, SALT, row(name)) for name in names]
    return leaves, Seal(SCHEMA.table, "dt=2026-11-20", "20261121021500123", SCHEMA.id, len(leaves), root(leaves))


def proof_of(names: list[str], absent: str, shown: list[int]) -> Proof:
    """Whatever rows somebody shows for an absent key."""
    leaves, seal = sealed(names)
    rows = [Shown(row(names[at]), (SALT,), Place(at, tuple(inclusion_path(leaves, at)))) for at in shown]
    checkpoint = Checkpoint("lake.example", 1, seal.hash)
    return Proof(SCHEMA, {"meter_id": absent}, tuple(rows), seal, Place(0, ()), checkpoint)


def holds(proof: Proof) -> bool:
    try:
        check(load(dump(proof).encode()))
    except ProofError:
        return False
    return True


NAMES = st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=3), max_size=9, unique=True).map(sorted)


@given(NAMES, st.text(st.characters(exclude_categories=("Cs",)), max_size=3))
def test_a_key_is_absent_only_by_its_neighbours(names: list[str], absent: str) -> None:
    after = sum(name < absent for name in names)
    neighbours = [at for at in (after - 1, after) if 0 <= at < len(names)]
    others = [[], *([at] for at in range(len(names))), *([at, at + 1] for at in range(len(names) - 1))]
    others += [[at + 1, at] for at in range(len(names) - 1)] + [[at, at] for at in range(len(names))]
    others += [[at, at + 2] for at in range(len(names) - 2)]
    for shown in others:
        assert holds(proof_of(names, absent, shown)) == (shown == neighbours and absent not in names)


def test_an_empty_partition_has_no_row_at_all() -> None:
    proof = proof_of([], "M1", [])
    assert proof.seal.root == EMPTY_ROOT
    assert holds(proof)


def test_a_neighbour_of_another_partition_is_none() -> None:
    proof, other = proof_of(["a", "c"], "b", [0, 1]), proof_of(["a", "b", "c"], "b", [0, 2])
    assert holds(proof)
    assert not holds(replace(proof, rows=other.rows))
    assert not holds(replace(proof, seal=other.seal))


@pytest.mark.parametrize("absent", [{"meter_id": None}, {}, {"reading": 1}, {"meter_id": "b", "reading": 1}])
def test_what_is_no_key_is_not_absent(absent: dict[str, Any]) -> None:
    proof = replace(proof_of(["a", "c"], "b", [0, 1]), absent=absent)
    with pytest.raises(ProofError):
        check(load(dump(proof).encode()))


KINDS: list[tuple[str, Any, Any]] = [
    ("INT", -3, 2),
    ("BIGINT", 9, 10),
    ("BOOLEAN", False, True),
    ("STRING", "Z", "a"),
    ("STRING", "\uffff", "\U00010000"),
    ("BYTES", b"\x7f", b"\x80"),
    ("DATE", datetime(1969, 12, 31).date(), datetime(1970, 1, 1).date()),
    ("TIMESTAMP(3)", datetime(2026, 1, 1), datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)),
    ("DECIMAL(10,2)", Decimal("9.99"), Decimal("10.00")),
    ("DECIMAL(10,2)", Decimal("-10.00"), Decimal("-9.99")),
]


@pytest.mark.parametrize(("kind", "low", "high"), KINDS)
def test_keys_have_the_order_of_their_type(kind: str, low: Any, high: Any) -> None:
    schema = Schema("dws.trial", (Column("c", kind),), ("c",))
    assert key_of(schema, {"c": low}) < key_of(schema, {"c": high})


def test_a_later_column_decides_among_equals() -> None:
    columns = (Column("a", "INT"), Column("b", "STRING"))
    schema = Schema("dws.trial", columns, ("b", "a"))
    rows = [{"a": a, "b": b} for a in (1, 2, 10) for b in ("x", "y")]
    ordered = sorted(rows, key=lambda one: key_of(schema, one))
    assert [(one["b"], one["a"]) for one in ordered] == [("x", 1), ("x", 2), ("x", 10), ("y", 1), ("y", 2), ("y", 10)]


def test_a_double_is_no_key() -> None:
    with pytest.raises(ValueError, match="c is no key: it is a DOUBLE"):
        key_of(Schema("dws.trial", (Column("c", "DOUBLE"),), ("c",)), {"c": 1.0})


def test_times_are_compared_in_utc() -> None:
    schema = Schema("dws.trial", (Column("c", "TIMESTAMP(3)"),), ("c",))
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert key_of(schema, {"c": noon}) == key_of(schema, {"c": noon.replace(tzinfo=None)})
    assert key_of(schema, {"c": noon + timedelta(seconds=1)}) > key_of(schema, {"c": noon.replace(tzinfo=None)})
