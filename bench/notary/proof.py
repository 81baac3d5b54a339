"""One proof of a row of 2^20: how long it takes to make and to verify, and how large it is."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.clock import one_core, repeated, seconds
from bench.figure import Figure, Goal
from bench.notary import rows
from bench.notary.tree import random_hashes
from bench.options import Options
from notary.bulk.trees import Levels, Tree
from notary.verify.evm import EvmAnchor, anchor_from_json, check_evm
from notary.verify.proof import Place, Proof, Shown, check, dump, load
from notary.verify.row import leaf
from notary.verify.seal import Checkpoint, Seal
from notary.verify.text import row_to_json

_ROWS, _SEALS = 1 << 20, 10_000
_PLACE, _SEAL_PLACE = 777_777, 7_777
# How often each is done at a time; keccak-256 in plain Python takes its time.
_TIMES = {"check": 500, "anchor": 20, "load": 100, "path": 1}
# Of a chain with 40 lakes, recorded for the tests.
_ANCHOR = Path(__file__).parents[2] / "tests" / "notary" / "evm_anchor.json"


def measure(options: Options) -> Iterator[Figure]:
    """Verifying without and with its anchor; reading the file; its size; making its path."""
    proof, leaves = _proof()
    anchor, anchored = _recorded_anchor()
    text = dump(replace(proof, anchors=(anchor,)))
    steps: dict[str, Callable[[], object]] = {
        "check": partial(check, proof),
        "anchor": partial(check_evm, anchor, anchored),
        "load": partial(load, text.encode()),
        "path": lambda: Levels(leaves).path(_PLACE),
    }
    with one_core():
        took = seconds({name: repeated(step, _TIMES[name]) for name, step in steps.items()}, options.runs)
    micros = {name: 1e6 * time / _TIMES[name] for name, time in took.items()}
    row = len(json.dumps(row_to_json(proof.schema, proof.rows[0].row)))
    bare = len(dump(proof)) - row
    whole = micros["load"] + micros["check"] + micros["anchor"]
    yield Figure("verify a proof, from row to checkpoint", micros["check"], "us", goals=(Goal("<=", 50),))
    yield Figure("verify a proof, its anchor too", micros["check"] + micros["anchor"], "us")
    yield Figure("verify a proof, from the bytes of its file to the block", whole, "us")
    yield Figure("size of a proof beside the row, to the checkpoint", bare, "bytes", "the row", row, (Goal("<=", 4e3),))
    yield Figure("size of a proof beside the row, to the block", len(text) - row, "bytes", "the row", row)
    yield Figure("make the path of a row from the stored leaves", micros["path"], "us")


def _proof() -> tuple[Proof, NDArray[Any]]:
    """A proof of a row of the sample, and the leaves of its partition; the other leaves are random."""
    schema, salt = rows.schema(), bytes(range(32))
    row = next(rows.in_key_order(1000)).slice(500, 1).to_pylist()[0]
    leaves = random_hashes(_ROWS).copy()
    leaves[_PLACE] = np.frombuffer(leaf(schema, salt, row), np.uint8)
    seal = Seal(schema.table, f"dt={rows.DAY}", "20261121000000000", schema.id, _ROWS, Tree().add(leaves).root())
    log = random_hashes(_SEALS).copy()
    log[_SEAL_PLACE] = np.frombuffer(seal.hash, np.uint8)
    checkpoint = Checkpoint("gridseal-0123456789abcdef", _SEALS, Tree().add(log).root())
    shown = Shown(row, (salt,), Place(_PLACE, tuple(Levels(leaves).path(_PLACE))))
    place = Place(_SEAL_PLACE, tuple(Levels(log).path(_SEAL_PLACE)))
    return Proof(schema, None, (shown,), seal, place, checkpoint), leaves


def _recorded_anchor() -> tuple[EvmAnchor, Checkpoint]:
    recorded = json.loads(_ANCHOR.read_text())
    said = recorded["checkpoint"]
    return anchor_from_json(recorded["anchor"]), Checkpoint(said["origin"], said["size"], bytes.fromhex(said["root"]))
