"""Rows to leaves, on one core: beside a loop over the blake3 package, and beside the most that BLAKE3 can do."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from blake3 import blake3
from numpy.typing import NDArray

from bench import machine
from bench.clock import one_core, seconds
from bench.figure import Figure, Goal
from bench.notary import rows
from bench.options import Options
from notary.bulk.leaves import LeafMaker
from notary.bulk.trees import Tree
from notary.sealing.salts import Salts
from notary.verify.hashes import leaf_hash
from notary.verify.row import Schema, encode_row

_LOOPED = 100_000
"""Rows of the loop: encoding more in plain Python would take longer than all the rest."""
_UNIT = "rows/s"
_PER_CORE = {"avx512f": 10e6, "avx2": 5e6}


def measure(options: Options) -> Iterator[Figure]:
    """Rows and leaves; with the tree; of a disclosable table."""
    with one_core():
        schema, batches = rows.schema(), list(rows.in_key_order(options.rows))
        salts = _salts(batches)
        messages = _messages(schema, batches, salts)
        maker, disclosable = LeafMaker(schema), LeafMaker(replace(schema, disclosable=True))
        _compare(_leaves(maker, batches[:1], salts), messages)
        joined = b"".join(messages) * max(1, options.rows // len(messages))
        took = seconds(
            {
                "leaves": lambda: _leaves(maker, batches, salts),
                "tree": lambda: _with_tree(maker, batches, salts),
                "disclosable": lambda: _leaves(disclosable, batches, salts),
                "loop": lambda: [blake3(message).digest() for message in messages],
                "limit": lambda: blake3(joined).digest(),
            },
            options.runs,
        )
    speed = {name: options.rows / took[name] for name in took} | {"loop": len(messages) / took["loop"]}
    size = sum(map(len, messages)) / len(messages)
    speed["limit"] = len(joined) / size / took["limit"]
    goals = (*(Goal(">=", _PER_CORE[flag]) for flag in _widest()), Goal(">=", 8, of_ratio=True))
    loop, limit = "a loop over the blake3 package, rows encoded before", f"one BLAKE3 of all bytes, {size:.0f} a row"
    yield Figure("rows and leaves", speed["leaves"], _UNIT, loop, speed["loop"])
    yield Figure("rows and leaves", speed["leaves"], _UNIT, limit, speed["limit"])
    yield Figure("rows, leaves and tree", speed["tree"], _UNIT, loop, speed["loop"], goals)
    yield Figure("rows and leaves, disclosable", speed["disclosable"], _UNIT, "rows and leaves", speed["leaves"])


def _widest() -> list[str]:
    return [flag for flag in _PER_CORE if machine.has(flag)][:1]


def _salts(batches: Sequence[pa.RecordBatch]) -> list[NDArray[Any]]:
    salts = Salts()
    return [salts.take(len(batch)) for batch in batches]


def _leaves(maker: LeafMaker, batches: Sequence[pa.RecordBatch], salts: list[NDArray[Any]]) -> list[NDArray[Any]]:
    return [maker.leaves(batch, given) for batch, given in zip(batches, salts, strict=False)]


def _with_tree(maker: LeafMaker, batches: Sequence[pa.RecordBatch], salts: list[NDArray[Any]]) -> bytes:
    tree = Tree()
    for batch, given in zip(batches, salts, strict=True):
        tree.add(maker.leaves(batch, given))
    return tree.root()


def _messages(schema: Schema, batches: Sequence[pa.RecordBatch], salts: list[NDArray[Any]]) -> list[bytes]:
    """What the first leaves are the hashes of, by the specification."""
    first = pa.Table.from_batches(batches).slice(0, _LOOPED).to_pylist()
    given = np.concatenate(salts)[: len(first)]
    return [schema.id + salt.tobytes() + encode_row(schema, row) for row, salt in zip(first, given, strict=True)]


def _compare(leaves: list[NDArray[Any]], messages: list[bytes]) -> None:
    """Figures of wrong leaves would be worth nothing.

    Raises:
        ArithmeticError: They are not those of the specification.
    """
    for leaf, message in zip(np.concatenate(leaves), messages, strict=False):
        if leaf.tobytes() != leaf_hash(message[:32], message[32:64], message[64:]):
            raise ArithmeticError("the leaves are not those of the specification")
