"""Seals and checkpoints: each field counts."""

from dataclasses import fields, replace

import pytest

from notary.verify.hashes import leaf_hash, node_hash
from notary.verify.seal import Checkpoint, Seal

SEAL = Seal("ads.customer_daily_bill", "dt=2026-11-20", "20261121021500123", b"\x01" * 32, 45, b"\x02" * 32)
CHECKPOINT = Checkpoint("lake.example", 36, b"\x03" * 32)


@pytest.mark.parametrize("field", [field.name for field in fields(Seal)])
def test_another_value_of_a_field_is_another_seal(field: str) -> None:
    value = getattr(SEAL, field)
    other = value + (1 if field == "rows" else "x") if not isinstance(value, bytes) else b"\x09" * 32
    assert replace(SEAL, **{field: other}).hash != SEAL.hash


def test_letters_move_between_no_two_fields() -> None:
    moved = replace(SEAL, table="ads.customer_daily_billd", partition="t=2026-11-20")
    assert moved.hash != SEAL.hash


@pytest.mark.parametrize(
    "other",
    [replace(CHECKPOINT, origin="lake.exampl"), replace(CHECKPOINT, size=37), replace(CHECKPOINT, root=b"\x04" * 32)],
)
def test_another_value_of_a_field_is_another_checkpoint(other: Checkpoint) -> None:
    assert other.hash != CHECKPOINT.hash


def test_a_hash_has_32_bytes_and_a_count_8() -> None:
    with pytest.raises(ValueError, match="a hash has 32 bytes, this one has 31"):
        _ = replace(SEAL, root=b"\x02" * 31).hash
    for rows in (-1, 1 << 64):
        with pytest.raises(ValueError, match="is no count of 8 bytes"):
            _ = replace(SEAL, rows=rows).hash


def test_leaves_and_nodes_are_made_of_lengths_of_their_own() -> None:
    for arguments in (
        (b"\x01" * 31, b"\x02" * 32, b"row"),
        (b"\x01" * 32, b"\x02" * 33, b"row"),
        (b"\x01" * 32,) * 2 + (b"",),
    ):
        with pytest.raises(ValueError, match="a leaf is made of"):
            leaf_hash(*arguments)
    with pytest.raises(ValueError, match="a node is made of"):
        node_hash(b"\x01" * 32, b"\x02" * 64)
