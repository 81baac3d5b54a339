"""Keccak-256 gives what Ethereum's own packages give."""

import hashlib

import pytest
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from notary.verify.keccak import keccak256


@pytest.mark.parametrize(
    ("data", "hash_"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),  # pragma: allowlist secret
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),  # pragma: allowlist secret
        (b"\x80", "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),  # pragma: allowlist secret
    ],
)
def test_published_hashes(data: bytes, hash_: str) -> None:
    assert keccak256(data).hex() == hash_
    assert hashlib.sha3_256(data).hexdigest() != hash_


def test_every_length_around_the_blocks() -> None:
    """Blocks are of 136 bytes; padding takes one to 136."""
    for length in range(301):
        for data in (bytes(length), b"\xff" * length, bytes(number * 7 % 256 for number in range(length))):
            assert keccak256(data) == keccak(data), length


@given(st.binary(max_size=2000))
def test_random_data(data: bytes) -> None:
    assert keccak256(data) == keccak(data)
