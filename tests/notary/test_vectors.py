"""The golden vectors: what every implementation of the formats must reproduce, in whatever language.

``python -m tests.notary.test_vectors`` prints them; a change of a published one is a new version of the formats.
"""

import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from blake3 import blake3

from notary.bulk.leaves import LeafMaker
from notary.bulk.trees import Tree
from notary.verify.hashes import EMPTY_ROOT
from notary.verify.proof import Place, Proof, Shown, check, dump, load
from notary.verify.row import Column, Schema, cell_hash, cell_salts, encode_cell, leaf
from notary.verify.seal import Checkpoint, Seal
from notary.verify.text import row_from_json, row_to_json
from notary.verify.tree import consistency_path, inclusion_path, root
from tests.notary.test_bulk import batch_of

FILE = Path("notary/verify/vectors.json")
CELLS: list[tuple[str, Any]] = [
    ("STRING", "Ève d'Été"),
    ("STRING", ""),
    ("BYTES", b"\x00\xff"),
    ("BOOLEAN", True),
    ("INT", -(1 << 31)),
    ("BIGINT", (1 << 63) - 1),
    ("DATE", date(1969, 12, 31)),
    ("TIMESTAMP(3)", datetime(2026, 10, 25, 0, 59, 59, 999000)),
    ("TIMESTAMP(6)", datetime(1, 1, 1)),
    ("DECIMAL(10,3)", Decimal("-0.001")),
    ("DECIMAL(38,0)", Decimal("9" * 38)),
    ("DOUBLE", -0.0),
    ("DOUBLE", float("nan")),
    ("DOUBLE", 0.1),
]
SCHEMA = Schema(
    "ads.vector",
    tuple(Column(f"c{number}", kind) for number, (kind, _) in enumerate(CELLS)),
    ("c0", "c4"),
)
APART = replace(SCHEMA, disclosable=True)
FULL = {column.name: value for column, (_, value) in zip(SCHEMA.columns, CELLS, strict=True)}
ROWS = [FULL, dict.fromkeys(FULL), FULL | {"c0": "x" * 1500}, FULL | {"c1": None, "c13": None}]
SALTS = [blake3(f"salt {number}".encode()).digest() for number in range(len(ROWS))]
SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 300)


def numbered(count: int) -> list[bytes]:
    return [blake3(number.to_bytes(8, "little")).digest() for number in range(count)]


def made() -> dict[str, Any]:
    """All vectors, by the specification."""
    leaves = [leaf(SCHEMA, salt, row) for salt, row in zip(SALTS, ROWS, strict=True)]
    seal = Seal(SCHEMA.table, "dt=2026-11-20", "20261121021500123", SCHEMA.id, len(leaves), root(leaves))
    log = [*numbered(4), seal.hash]
    checkpoint = Checkpoint("lake.example", len(log), root(log))
    proof = Proof(
        SCHEMA, None, (Shown(ROWS[2], (SALTS[2],), Place(2, tuple(inclusion_path(leaves, 2)))),), seal,
        Place(4, tuple(inclusion_path(log, 4))), checkpoint,
    )  # fmt: skip
    return {
        "cells": [
            {"type": c.type, "value": row_to_json(SCHEMA, FULL)[c.name], "cell": encode_cell(c, FULL[c.name]).hex()}
            for c in SCHEMA.columns
        ],
        "schema": {
            "table": SCHEMA.table,
            "columns": [[c.name, c.type] for c in SCHEMA.columns],
            "key": list(SCHEMA.key),
            "disclosable": SCHEMA.disclosable,
            "id": SCHEMA.id.hex(),
        },
        "leaves": [
            {"row": row_to_json(SCHEMA, row), "salt": salt.hex(), "leaf": one.hex()}
            for row, salt, one in zip(ROWS, SALTS, leaves, strict=True)
        ],
        "disclosable": {
            "id": APART.id.hex(),
            "cell salts": [salt.hex() for salt in cell_salts(APART, SALTS[0])],
            "cell hashes": [
                cell_hash(APART, salt, column, FULL[column.name]).hex()
                for salt, column in zip(cell_salts(APART, SALTS[0]), APART.columns, strict=True)
            ],
            "leaves": [leaf(APART, salt, row).hex() for salt, row in zip(SALTS, ROWS, strict=True)],
        },
        "trees": {
            "leaf": "BLAKE3 of its index, 8 bytes",
            "empty": EMPTY_ROOT.hex(),
            "roots": {str(size): root(numbered(size)).hex() for size in SIZES},
            "path of leaf 5 of 7": [hash_.hex() for hash_ in inclusion_path(numbered(7), 5)],
            "from 3 to 7": [hash_.hex() for hash_ in consistency_path(numbered(7), 3)],
        },
        "seal": {"partition": seal.partition, "instant": seal.instant, "rows": seal.rows, "hash": seal.hash.hex()},
        "checkpoint": {
            "origin": checkpoint.origin, "origin_id": checkpoint.origin_id.hex(), "size": checkpoint.size,
            "root": checkpoint.root.hex(), "hash": checkpoint.hash.hex(),
        },
        "proof": dump(proof),
    }  # fmt: skip


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    return dict(json.loads(FILE.read_text("utf-8")))


def test_the_specification_gives_the_vectors(vectors: dict[str, Any]) -> None:
    assert made() == vectors


def test_the_kernels_give_the_vectors(vectors: dict[str, Any]) -> None:
    rows = [row_from_json(SCHEMA, one["row"]) for one in vectors["leaves"]]
    salts = np.array([list(bytes.fromhex(one["salt"])) for one in vectors["leaves"]], np.uint8)
    found = LeafMaker(SCHEMA).leaves(batch_of(SCHEMA, rows), salts)
    assert [row.tobytes().hex() for row in found] == [one["leaf"] for one in vectors["leaves"]]
    found = LeafMaker(APART).leaves(batch_of(APART, rows), salts)
    assert [row.tobytes().hex() for row in found] == vectors["disclosable"]["leaves"]
    for size, wanted in vectors["trees"]["roots"].items():
        leaves = np.frombuffer(b"".join(numbered(int(size))), np.uint8).reshape(-1, 32)
        assert Tree().add(leaves).root().hex() == wanted


def test_the_proof_of_the_vectors_holds(vectors: dict[str, Any]) -> None:
    proof = load(vectors["proof"].encode())
    check(proof)
    assert dump(proof) == vectors["proof"]


if __name__ == "__main__":
    print(json.dumps(made(), ensure_ascii=False, indent=1))  # noqa: T201
