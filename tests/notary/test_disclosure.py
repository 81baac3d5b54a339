"""A proof that shows some cells of a row and hides the others, if the table was sealed like that."""

import json
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from notary.verify.errors import ProofError
from notary.verify.proof import Place, Proof, Shown, check, dump, load
from notary.verify.row import Column, Schema, cell_hash, cell_salts, encode_cell, leaf
from notary.verify.seal import Checkpoint, Seal
from notary.verify.tree import inclusion_path, root
from tests.notary.values import rows, schemas

COLUMNS = (Column("customer_id", "INT"), Column("name", "STRING"), Column("amount", "INT"))
SCHEMA = Schema("ads.bill", COLUMNS, ("customer_id",), disclosable=True)
ROWS = [{"customer_id": number, "name": f"customer {number}", "amount": 100 + number} for number in range(5)]
SALTS = [bytes([number]) * 32 for number in range(5)]


def proof_of(schema: Schema, table: list[dict[str, Any]], at: int, shown: set[str]) -> Proof:
    leaves = [leaf(schema, SALTS[number % 5], row) for number, row in enumerate(table)]
    seal = Seal(schema.table, "", "20261121021500123", schema.id, len(leaves), root(leaves))
    salts = [
        salt if column.name in shown else cell_hash(schema, salt, column, table[at][column.name])
        for column, salt in zip(schema.columns, cell_salts(schema, SALTS[at % 5]), strict=True)
    ]
    row = {name: value for name, value in table[at].items() if name in shown}
    place = Place(at, tuple(inclusion_path(leaves, at)))
    checkpoint = Checkpoint("lake.example", 1, seal.hash)
    return Proof(schema, None, (Shown(row, tuple(salts), place),), seal, Place(0, ()), checkpoint)


def test_any_cells_may_be_shown() -> None:
    for count in range(4):
        for shown in combinations(SCHEMA.names, count):
            proof = proof_of(SCHEMA, ROWS, 3, set(shown))
            assert load(dump(proof).encode()) == proof
            check(proof)


@given(
    schemas().flatmap(lambda schema: st.tuples(st.just(schema), st.lists(rows(schema), min_size=1, max_size=5))),
    st.data(),
)
@settings(deadline=None)
def test_of_any_table(drawn: tuple[Schema, list[dict[str, Any]]], data: st.DataObject) -> None:
    schema = replace(drawn[0], disclosable=True)
    shown = data.draw(st.sets(st.sampled_from(schema.names)))
    proof = proof_of(schema, drawn[1], data.draw(st.integers(0, len(drawn[1]) - 1)), shown)
    check(load(dump(proof).encode()))


def test_what_is_hidden_is_not_in_the_file() -> None:
    """Neither the value, nor the salt of the row or of a hidden cell, by which it could be guessed."""
    text = dump(proof_of(SCHEMA, ROWS, 3, {"amount"}))
    assert json.loads(text)["rows"][0]["row"] == {"amount": "103"}
    assert "customer 3" not in text
    assert SALTS[3].hex() not in text
    customer, name, amount = cell_salts(SCHEMA, SALTS[3])
    assert amount.hex() in text
    assert customer.hex() not in text
    assert name.hex() not in text


@pytest.mark.parametrize(
    "changes",
    [
        {"row": {"amount": 104}},
        {"row": {"amount": None}},
        {"row": {}},
        {"row": {"customer_id": 103}},
        {"salts": ()},
        {"salts": (bytes(32),) * 2},
        {"salts": (bytes(32),) * 3},
    ],
    ids=str,
)
def test_another_value_is_refused(changes: dict[str, Any]) -> None:
    proof = proof_of(SCHEMA, ROWS, 3, {"amount"})
    with pytest.raises(ProofError) as caught:
        check(replace(proof, rows=(replace(proof.rows[0], **changes),)))
    assert caught.value.link == "row"


def test_a_row_that_was_sealed_as_a_whole_is_shown_as_a_whole() -> None:
    schema = replace(SCHEMA, disclosable=False)
    assert schema.id != SCHEMA.id
    proof = proof_of(SCHEMA, ROWS, 3, {"amount"})
    document = json.loads(dump(proof))
    document["schema"]["disclosable"] = False
    with pytest.raises(ProofError, match="the row has 1 columns, its schema 3"):
        load(json.dumps(document).encode())
    seal = replace(proof.seal, schema_id=schema.id)
    with pytest.raises(ProofError, match="the row has 3 salts"):
        check(replace(proof_of(SCHEMA, ROWS, 3, set(SCHEMA.names)), schema=schema, seal=seal))


def test_cells_do_not_change_places() -> None:
    """Two cells of one type and value differ by the place that their salts are made of."""
    schema = Schema("ads.pair", (Column("a", "INT"), Column("b", "INT")), ("a",), disclosable=True)
    first, second = cell_salts(schema, SALTS[0])
    assert cell_hash(schema, first, schema.columns[0], 7) != cell_hash(schema, second, schema.columns[1], 7)
    assert first == blake3(SALTS[0] + bytes(8)).digest()
    wanted = blake3(schema.id + first + encode_cell(schema.columns[0], 7)).digest()
    assert cell_hash(schema, first, schema.columns[0], 7) == wanted
