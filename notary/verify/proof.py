"""The proof file: one row, and all that leads from it to a checkpoint of the lake.

It is read as if an enemy had written it: of bounded size, each field of its type and length, none unknown or missing.
"""

import json
from dataclasses import dataclass
from typing import Any

from .hashes import SIZE
from .row import TYPES, Column, Schema, leaf
from .seal import Checkpoint, Seal
from .text import row_from_json, row_to_json
from .tree import root_of_path

FORMAT = "gridseal proof 1"
MAX_BYTES = 16 << 20
"""Of a proof file: a path is about 1.5 kB, and the longest row takes six times its size if its text is all controls."""
_LONGEST_PATH = 64
_MOST_COLUMNS = 4096
_TOLD = 500


class ProofError(ValueError):
    """A proof does not hold.

    Attributes:
        link: Which part of the chain: file, row or seal.
    """

    def __init__(self, link: str, message: str) -> None:
        # What an enemy wrote into a file shall not write to the terminal.
        super().__init__("".join(c if c.isprintable() else repr(c)[1:-1] for c in message[:_TOLD]))
        self.link = link


@dataclass(frozen=True)
class Place:
    """Where a leaf stands in a tree: its index, and the hashes from it to the root."""

    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Proof:
    """That a row is one of a sealed partition, and its seal one of the lake's log.

    Attributes:
        schema: What the row is.
        row: Its values by column.
        salt: Of its leaf.
        place: Of the leaf in the partition.
        seal: Of the partition.
        seal_place: Of the seal in the log.
        checkpoint: Of the log.
    """

    schema: Schema
    row: dict[str, Any]
    salt: bytes
    place: Place
    seal: Seal
    seal_place: Place
    checkpoint: Checkpoint


def check(proof: Proof) -> None:
    """Follow the chain from the row to the checkpoint.

    Whether the checkpoint is anchored is for a chain or a clock to say, of its origin, size and root together: many
    sizes of a log share the shape of a path, and nothing here leads to the origin.

    Raises:
        ProofError: A link does not hold: which, what it leads to, and what it should.
    """
    if proof.seal.schema_id != proof.schema.id or proof.seal.table != proof.schema.table:
        raise ProofError("row", f"the seal is of {proof.seal.table} and of another schema than the row")
    try:
        found = root_of_path(
            leaf(proof.schema, proof.salt, proof.row), proof.place.index, proof.seal.rows, proof.place.path
        )
    except ValueError as error:
        raise ProofError("row", str(error)) from error
    if found != proof.seal.root:
        raise ProofError("row", f"the row leads to {found.hex()}, the seal says {proof.seal.root.hex()}")
    try:
        found = root_of_path(proof.seal.hash, proof.seal_place.index, proof.checkpoint.size, proof.seal_place.path)
    except ValueError as error:
        raise ProofError("seal", str(error)) from error
    if found != proof.checkpoint.root:
        raise ProofError("seal", f"the seal leads to {found.hex()}, the checkpoint says {proof.checkpoint.root.hex()}")


def dump(proof: Proof) -> str:
    """The proof as the text of a file."""
    document = {
        "format": FORMAT,
        "schema": {
            "table": proof.schema.table,
            "columns": [[column.name, column.type] for column in proof.schema.columns],
            "key": list(proof.schema.key),
        },
        "row": row_to_json(proof.schema, proof.row),
        "salt": proof.salt.hex(),
        **_place_to_json(proof.place),
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
        document = json.loads(data.decode(), object_pairs_hook=_once, parse_float=_no_float, parse_constant=_no_float)
        return _proof(
            _object(document, "proof", "format", "schema", "row", "salt", "index", "path", "seal", "checkpoint")
        )
    except ProofError:
        raise
    except RecursionError as error:
        raise ProofError("file", "nested too deeply for a proof") from error
    except ValueError as error:
        raise ProofError("file", f"no proof: {error}") from error


def _proof(document: dict[str, Any]) -> Proof:
    if document["format"] != FORMAT:
        raise ValueError(f"format is {document['format']!r:.80}, allowed: {FORMAT!r}")
    schema = _schema(_object(document["schema"], "schema", "table", "columns", "key"))
    if not isinstance(document["row"], dict):
        raise ValueError("row is no object")
    seal = _object(document["seal"], "seal", "partition", "instant", "rows", "root", "index", "path")
    checkpoint = _object(document["checkpoint"], "checkpoint", "origin", "size", "root")
    return Proof(
        schema=schema,
        row=row_from_json(schema, document["row"]),
        salt=_hash(document["salt"], "salt"),
        place=_place(document, ""),
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
    )


def _schema(document: dict[str, Any]) -> Schema:
    pairs, key = _list(document["columns"], "schema.columns"), _list(document["key"], "schema.key")
    if len(pairs) > _MOST_COLUMNS:
        raise ValueError(f"schema.columns has {len(pairs):,} columns, at most {_MOST_COLUMNS:,}")
    columns = []
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError("schema.columns holds something else than pairs of name and type")
        name, kind = (_text(text, "schema.columns") for text in pair)
        columns.append(Column(name, kind))
        if kind not in TYPES:
            raise ValueError(f"{name!r:.80} has the type {kind!r:.80}, which is none")
    names = [column.name for column in columns]
    if len(set(names)) != len(names) or not set(map(str, key)) <= set(names) or not key:
        raise ValueError("schema has a column twice, no key, or a key of other columns")
    return Schema(_text(document["table"], "schema.table"), tuple(columns), tuple(_text(k, "schema.key") for k in key))


def _place_to_json(place: Place) -> dict[str, Any]:
    return {"index": place.index, "path": [hash_.hex() for hash_ in place.path]}


def _place(document: dict[str, Any], where: str) -> Place:
    path = _list(document["path"], f"{where}path")
    if len(path) > _LONGEST_PATH:
        raise ValueError(f"{where}path has {len(path)} hashes, at most {_LONGEST_PATH}")
    return Place(_count(document["index"], f"{where}index"), tuple(_hash(text, f"{where}path") for text in path))


def _object(value: Any, name: str, *fields: str) -> dict[str, Any]:
    if not isinstance(value, dict) or sorted(value) != sorted(fields):
        raise ValueError(f"{name} has other fields than {', '.join(fields)}")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name} is no list")
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
    if not isinstance(value, str) or len(value) != 2 * SIZE or set(value) - set("0123456789abcdef"):
        raise ValueError(f"{name} holds something else than 64 hexadecimal digits")
    return bytes.fromhex(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field is there twice")
    return found


def _no_float(text: str) -> Any:
    raise ValueError(f"{text:.80} is no number of a proof, which has whole ones only")
