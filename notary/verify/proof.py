"""The proof file: rows of a sealed partition, and all that leads from them to a checkpoint of the lake.

It is read as if an enemy had written it: of bounded size, each field of its type and length, none unknown or missing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ProofError
from .evm import EvmAnchor, anchor_from_json, anchor_to_json
from .hashes import SIZE
from .row import TYPES, Column, Schema, cell_hash, key_of, leaf, leaf_of_cells
from .seal import Checkpoint, Seal
from .text import row_from_json, row_to_json
from .tree import root_of_path

FORMAT = "gridseal proof 1"
MAX_BYTES = 16 << 20
"""Of a proof file: a path is about 1.5 kB, and the longest row takes six times its size if its text is all controls."""
LONGEST_STAMP = 32 << 10
"""Of one time-stamp token, in bytes: most take 1 to 6 kB."""
MOST_STAMPS = 8
_FIELDS = ("format", "schema", "absent", "rows", "seal", "checkpoint", "anchors", "stamps")
_LONGEST_PATH = 64
_MOST_COLUMNS = 4096
_MOST_ANCHORS = 8
_DEEPEST = 8
_HEX = frozenset("0123456789abcdef")
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[][{}]', re.DOTALL)


@dataclass(frozen=True)
class Place:
    """Where a leaf stands in a tree: its index, and the hashes from it to the root."""

    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Shown:
    """A row of a sealed partition, as far as it is shown.

    Attributes:
        row: Its values by column; of a disclosable schema, of those columns that are shown.
        salts: That of the row alone; of a disclosable schema one a column: the salt of a cell that is shown, the hash
            of one that is not.
        place: Of its leaf in the partition.
    """

    row: Mapping[str, Any]
    salts: tuple[bytes, ...]
    place: Place


@dataclass(frozen=True)
class Proof:
    """That a row is one of a sealed partition, or that a key is none; and that the seal is one of the lake's log.

    Attributes:
        schema: What the rows are.
        absent: The key of which there is no row; None if a row is proven.
        rows: The row that is proven; or the neighbours of the key that is absent, in their order.
        seal: Of the partition.
        seal_place: Of the seal in the log.
        checkpoint: Of the log.
        anchors: Where the checkpoint is written down; empty while it is nowhere.
        stamps: Time-stamp tokens (RFC 3161, DER) of the checkpoint's hash, which other tools verify.
    """

    schema: Schema
    absent: Mapping[str, Any] | None
    rows: tuple[Shown, ...]
    seal: Seal
    seal_place: Place
    checkpoint: Checkpoint
    anchors: tuple[EvmAnchor, ...] = ()
    stamps: tuple[bytes, ...] = ()


def check(proof: Proof) -> None:
    """Follow the chain from the rows to the checkpoint.

    Whether the checkpoint is anchored is for ``check_evm`` to say, of its origin, size and root together: many sizes of
    a log share the shape of a path, and nothing here leads to the origin.

    Raises:
        ProofError: A link does not hold: which, what it leads to, and what it should.
    """
    if proof.seal.schema_id != proof.schema.id or proof.seal.table != proof.schema.table:
        raise ProofError("row", f"the seal is of {proof.seal.table} and of another schema than the rows")
    try:
        for shown in proof.rows:
            _check_row(proof, shown)
        _check_claim(proof)
    except ProofError:
        raise
    except ValueError as error:
        raise ProofError("row", str(error)) from error
    try:
        found = root_of_path(proof.seal.hash, proof.seal_place.index, proof.checkpoint.size, proof.seal_place.path)
    except ValueError as error:
        raise ProofError("seal", str(error)) from error
    if found != proof.checkpoint.root:
        raise ProofError("seal", f"the seal leads to {found.hex()}, the checkpoint says {proof.checkpoint.root.hex()}")


def _check_row(proof: Proof, shown: Shown) -> None:
    found = root_of_path(_leaf(proof.schema, shown), shown.place.index, proof.seal.rows, shown.place.path)
    if found != proof.seal.root:
        raise ProofError("row", f"the row leads to {found.hex()}, the seal says {proof.seal.root.hex()}")


def _leaf(schema: Schema, shown: Shown) -> bytes:
    if len(shown.salts) != (len(schema.columns) if schema.disclosable else 1):
        raise ValueError(f"the row has {len(shown.salts)} salts, which is another number than its schema wants")
    if not schema.disclosable:
        return leaf(schema, shown.salts[0], shown.row)
    hashes = [
        cell_hash(schema, given, column, shown.row[column.name]) if column.name in shown.row else given
        for column, given in zip(schema.columns, shown.salts, strict=True)
    ]
    return leaf_of_cells(schema, hashes)


def _check_claim(proof: Proof) -> None:
    """That the rows say what the proof is of.

    A key is absent if nothing stands between its neighbours: the last row before it and the first after it. That rows
    are sorted by their keys is what whoever seals them promises, and an audit looks at.
    """
    if proof.absent is None:
        if len(proof.rows) != 1:
            raise ValueError(f"{len(proof.rows)} rows, a proof is of one")
        return
    absent, last = key_of(proof.schema, proof.absent), proof.seal.rows - 1
    places = [shown.place.index for shown in proof.rows]
    before = [key_of(proof.schema, shown.row) < absent for shown in proof.rows]
    if any(key_of(proof.schema, shown.row) == absent for shown in proof.rows):
        raise ValueError("a row has the key that is said to be absent")
    match before:
        case [] if proof.seal.rows == 0:
            return
        case [True, False] if places[1] == places[0] + 1:
            return
        case [True] if places == [last]:
            return
        case [False] if places == [0]:
            return
    raise ValueError(f"rows {places} of {proof.seal.rows} are no neighbours of the key that is said to be absent")


def dump(proof: Proof) -> str:
    """The proof as the text of a file."""
    document = {
        "format": FORMAT,
        "schema": schema_to_json(proof.schema),
        "absent": None if proof.absent is None else row_to_json(proof.schema, proof.absent),
        "rows": [
            {
                "row": row_to_json(proof.schema, shown.row),
                "salts": [salt.hex() for salt in shown.salts],
                **_place_to_json(shown.place),
            }
            for shown in proof.rows
        ],
        "seal": {
            "partition": proof.seal.partition,
            "instant": proof.seal.instant,
            "rows": proof.seal.rows,
            "root": proof.seal.root.hex(),
            **_place_to_json(proof.seal_place),
        },
        "checkpoint": {
            "origin": proof.checkpoint.origin,
            "size": proof.checkpoint.size,
            "root": proof.checkpoint.root.hex(),
        },
        "anchors": [anchor_to_json(anchor) for anchor in proof.anchors],
        "stamps": [stamp.hex() for stamp in proof.stamps],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def load(data: bytes) -> Proof:
    """Read a proof file.

    Raises:
        ProofError: It is none; the message names the field.
    """
    if len(data) > MAX_BYTES:
        raise ProofError("file", f"{len(data):,} bytes, a proof has at most {MAX_BYTES:,}")
    try:
        _refuse_deep(data)
        document = json.loads(data.decode(), object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
        return _proof(_object(document, "proof", *_FIELDS))
    except ProofError:
        raise
    except ValueError as error:
        raise ProofError("file", f"no proof: {error}") from error


def schema_to_json(schema: Schema) -> dict[str, Any]:
    """A schema as an object of JSON."""
    return {
        "table": schema.table,
        "columns": [[column.name, column.type] for column in schema.columns],
        "key": list(schema.key),
        "disclosable": schema.disclosable,
    }


def schema_from_json(value: Any) -> Schema:
    """A schema from an object of JSON.

    Raises:
        ValueError: It is none; the message names the field.
    """
    document = _object(value, "schema", "table", "columns", "key", "disclosable")
    pairs = _list(document["columns"], "schema.columns", _MOST_COLUMNS)
    key = _list(document["key"], "schema.key", _MOST_COLUMNS)
    if type(document["disclosable"]) is not bool:
        raise ValueError("schema.disclosable is neither true nor false")
    columns = []
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError("schema.columns holds something else than pairs of name and type")
        name, kind = (_text(text, "schema.columns") for text in pair)
        columns.append(Column(name, kind))
        if kind not in TYPES:
            raise ValueError(f"{name!r:.80} has the type {kind!r:.80}, which is none")
    names = [column.name for column in columns]
    keys = [_text(name, "schema.key") for name in key]
    if len(set(names)) != len(names) or not keys or len(set(keys)) != len(keys) or not set(keys) <= set(names):
        raise ValueError("schema has a column twice, no key, or a key of other columns")
    return Schema(_text(document["table"], "schema.table"), tuple(columns), tuple(keys), document["disclosable"])


def _proof(document: dict[str, Any]) -> Proof:
    if document["format"] != FORMAT:
        raise ValueError(f"format is {document['format']!r:.80}, allowed: {FORMAT!r}")
    schema = schema_from_json(document["schema"])
    seal = _object(document["seal"], "seal", "partition", "instant", "rows", "root", "index", "path")
    checkpoint = _object(document["checkpoint"], "checkpoint", "origin", "size", "root")
    return Proof(
        schema=schema,
        absent=_absent(schema, document["absent"]),
        rows=tuple(_shown(schema, row) for row in _list(document["rows"], "rows", 2)),
        seal=Seal(
            schema.table,
            _text(seal["partition"], "seal.partition"),
            _text(seal["instant"], "seal.instant"),
            schema.id,
            _count(seal["rows"], "seal.rows"),
            _hash(seal["root"], "seal.root"),
        ),
        seal_place=_place(seal, "seal."),
        checkpoint=Checkpoint(
            _text(checkpoint["origin"], "checkpoint.origin"),
            _count(checkpoint["size"], "checkpoint.size"),
            _hash(checkpoint["root"], "checkpoint.root"),
        ),
        anchors=tuple(anchor_from_json(anchor) for anchor in _list(document["anchors"], "anchors", _MOST_ANCHORS)),
        stamps=tuple(_stamp(stamp) for stamp in _list(document["stamps"], "stamps", MOST_STAMPS)),
    )


def _absent(schema: Schema, document: Any) -> dict[str, Any] | None:
    if document is None:
        return None
    key = [column.name for column in schema.columns if column.name in schema.key]
    return row_from_json(schema, _object(document, "absent", *key))


def _shown(schema: Schema, document: Any) -> Shown:
    fields = _object(document, "rows", "row", "salts", "index", "path")
    if not isinstance(fields["row"], dict):
        raise ValueError("rows.row is no object")
    row = row_from_json(schema, fields["row"])
    if len(row) != len(schema.columns) and not schema.disclosable:
        raise ValueError(f"the row has {len(row)} columns, its schema {len(schema.columns)}")
    salts = _list(fields["salts"], "rows.salts", len(schema.columns))
    return Shown(row, tuple(_hash(salt, "rows.salts") for salt in salts), _place(fields, "rows."))


def _place_to_json(place: Place) -> dict[str, Any]:
    return {"index": place.index, "path": [hash_.hex() for hash_ in place.path]}


def _place(document: dict[str, Any], where: str) -> Place:
    path = _list(document["path"], f"{where}path", _LONGEST_PATH)
    return Place(_count(document["index"], f"{where}index"), tuple(_hash(text, f"{where}path") for text in path))


def _object(value: Any, name: str, *fields: str) -> dict[str, Any]:
    if not isinstance(value, dict) or sorted(value) != sorted(fields):
        raise ValueError(f"{name} has other fields than {', '.join(fields)}")
    return value


def _list(value: Any, name: str, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")
    if len(value) > most:
        raise ValueError(f"{name} has {len(value):,} entries, at most {most:,}")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    value.encode()  # A lone surrogate is no text.
    return value


def _count(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError(f"{name} is no count")
    return value


def _hash(value: Any, name: str) -> bytes:
    if not isinstance(value, str) or len(value) != 2 * SIZE or set(value) - _HEX:
        raise ValueError(f"{name} holds something else than 64 hexadecimal digits")
    return bytes.fromhex(value)


def _stamp(value: Any) -> bytes:
    if not isinstance(value, str) or len(value) > 2 * LONGEST_STAMP or len(value) % 2 or set(value) - _HEX:
        raise ValueError(f"stamps holds something else than at most {LONGEST_STAMP:,} bytes in hexadecimal digits")
    return bytes.fromhex(value)


def _refuse_deep(data: bytes) -> None:
    """Before it is parsed: the parser calls itself at each level, as deep as whoever imports this has allowed."""
    depth = 0
    for token in _TOKENS.finditer(data):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token[0], 0)
        if depth > _DEEPEST:
            raise ValueError(f"nested more than {_DEEPEST} levels deep")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is there twice")
    return found


def _no_float(text: str) -> Any:
    raise ValueError(f"{text:.80} is no number of a proof, which has whole ones only")
