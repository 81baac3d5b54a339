"""A header leads to a checkpoint in the contract's storage; whatever is given instead is refused in one sentence."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import rlp
from eth.chains.mainnet import MAINNET_GENESIS_HEADER
from trie import HexaryTrie

from notary.chain.header import encode_header
from notary.verify import evm, trie
from notary.verify.errors import ProofError
from notary.verify.evm import (
    HEADS_SLOT,
    ROOTS_SLOT,
    Block,
    EvmAnchor,
    anchor_from_json,
    anchor_to_json,
    check_evm,
    parse_header,
    storage_key,
)
from notary.verify.keccak import keccak256
from notary.verify.seal import Checkpoint
from tests.notary.evm_record import FILE, LAKES, anvil, asked, filled, recorded
from tests.notary.test_trie import proof_of

RECORD: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
HARDFORKS = ("berlin", "london", "shanghai", "cancun", "prague", "osaka")
PAUSED = 1 << 64
CHECKPOINT = Checkpoint(
    RECORD["checkpoint"]["origin"], RECORD["checkpoint"]["size"], bytes.fromhex(RECORD["checkpoint"]["root"])
)
ANCHOR = anchor_from_json(RECORD["anchor"])
BLOCK = check_evm(ANCHOR, CHECKPOINT)


def test_the_recorded_anchor_holds() -> None:
    told = RECORD["block"]
    assert (BLOCK.number, BLOCK.timestamp) == (int(told["number"], 16), int(told["timestamp"], 16))
    assert ["0x" + hash_.hex() for hash_ in (BLOCK.hash, BLOCK.state_root)] == [told["hash"], told["stateRoot"]]
    assert BLOCK.number == 81
    assert anchor_to_json(ANCHOR) == RECORD["anchor"]
    assert len(json.dumps(RECORD["anchor"])) < 8192


@pytest.mark.parametrize(
    ("checkpoint", "told"),
    [
        (replace(CHECKPOINT, size=CHECKPOINT.size + 1), f"block 81 holds {CHECKPOINT.size} seals and root "),
        (replace(CHECKPOINT, size=CHECKPOINT.size + PAUSED), f"the checkpoint says {CHECKPOINT.size + PAUSED} and "),
        (replace(CHECKPOINT, root=keccak256(b"")), f"the checkpoint says {CHECKPOINT.size} and {keccak256(b'').hex()}"),
        (replace(CHECKPOINT, origin="lake.example"), "the way to the size of lake.example: a node has the hash"),
        (replace(CHECKPOINT, origin="\ud800"), "surrogates not allowed"),
        (replace(CHECKPOINT, origin="\x1b[2J" + "x" * 600), "the way to the size of \\x1b[2Jxxx"),
    ],
)
def test_another_checkpoint_is_not_anchored(checkpoint: Checkpoint, told: str) -> None:
    with pytest.raises(ProofError) as caught:
        check_evm(ANCHOR, checkpoint)
    assert told in str(caught.value)
    assert caught.value.link == "anchor"


@pytest.mark.parametrize(
    "forged",
    [
        replace(ANCHOR, contract=bytes(20)),
        replace(ANCHOR, contract=ANCHOR.contract + b"\0"),
        replace(ANCHOR, head_proof=ANCHOR.root_proof, root_proof=ANCHOR.head_proof),
        replace(ANCHOR, root_proof=ANCHOR.head_proof),
        replace(ANCHOR, account_proof=ANCHOR.head_proof),
        replace(ANCHOR, account_proof=()),
        replace(ANCHOR, head_proof=ANCHOR.head_proof[:-1]),
        replace(ANCHOR, root_proof=(*ANCHOR.root_proof, ANCHOR.root_proof[0])),
        replace(ANCHOR, header=b""),
        replace(ANCHOR, header=ANCHOR.header + b"\0"),
    ],
)
def test_a_forged_anchor_is_refused(forged: EvmAnchor) -> None:
    with pytest.raises(ProofError) as caught:
        check_evm(forged, CHECKPOINT)
    assert caught.value.link == "anchor"
    assert len(str(caught.value)) < 300


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message is hashed once."""
    for module in (evm, trie):
        monkeypatch.setattr(module, "keccak256", cache(keccak256))


def verdict(document: Any) -> tuple[EvmAnchor, Block] | None:
    """The anchor that a document is, and its block; None if it is none. Nothing else may happen."""
    try:
        anchor = anchor_from_json(document)
        return anchor, check_evm(anchor, CHECKPOINT)
    except ValueError as error:
        refused = error
    assert 0 < len(str(refused)) < 600
    return None


def changed(document: dict[str, Any]) -> Iterator[str]:
    """The document with each digit of it changed, in its place; gives the name of the field."""
    chance = random.Random(20261125)
    for name, value in document.items():
        holder, places = (value, range(len(value))) if isinstance(value, list) else (document, [name])
        for place in places if name != "chain_id" else ():
            text: str = holder[place]
            for digit in range(len(text)):
                for other in (f"{int(text[digit], 16) ^ 1 << chance.randrange(4):x}", chance.choice("gF ")):
                    holder[place] = text[:digit] + other + text[digit + 1 :]
                    yield name
            holder[place] = text


@pytest.mark.usefixtures("quick_hashes")
def test_no_other_digit_says_the_same_of_the_same_block() -> None:
    document = json.loads(json.dumps(RECORD["anchor"]))
    tried = 0
    for name in changed(document):
        tried += 1
        if found := verdict(document):
            # A header that leads to the same state: its hash tells that it is of no block.
            assert name == "header"
            assert replace(found[0], header=ANCHOR.header) == ANCHOR
            assert found[1].hash != BLOCK.hash
            assert found[1].state_root == BLOCK.state_root
    assert tried > 10_000
    assert verdict(document) == (ANCHOR, BLOCK)


@pytest.mark.parametrize("name", RECORD["anchor"])
def test_another_value_in_any_field_is_no_anchor(name: str) -> None:
    values: list[Any] = [
        None, True, -1, 0, 1.5, 1 << 63, "", "x", "0", "00", "00" * 20, "0x" + "00" * 19, "0x" + "00" * 20,
        "00" * 4096, "00" * 4097, [], {}, [[]], [""], ["0"], ["00"], ["00"] * 64, ["00"] * 65, ["00" * 1025], [None],
        RECORD["anchor"][name][:-1] if name != "chain_id" else "1",
        f" {RECORD['anchor'][name]}",
    ]  # fmt: skip
    for value in values:
        assert verdict(RECORD["anchor"] | {name: value}) is None
    assert verdict({key: value for key, value in RECORD["anchor"].items() if key != name}) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"more": 1}, "anchor has other fields than chain_id, contract, header, account_proof, head_proof, root_proof"),
        ({"chain_id": True}, "anchor.chain_id is no chain's"),
        ({"contract": "00" * 21}, "anchor.contract holds something else than 20 to 20 bytes"),
        ({"contract": "0X" + "00" * 19}, "anchor.contract holds something else than hexadecimal digits 0-9 and a-f"),
        ({"header": "00" * 4097}, "anchor.header holds something else than 1 to 4096 bytes"),
        ({"contract": "00" * 19 + "  "}, "anchor.contract holds something else than hexadecimal digits 0-9 and a-f"),
        ({"header": "000"}, "anchor.header holds something else than 1 to 4096 bytes"),
        ({"account_proof": []}, "anchor.account_proof is no list of 1 to 64 nodes"),
        ({"head_proof": ["00"] * 65}, "anchor.head_proof is no list of 1 to 64 nodes"),
        ({"root_proof": ["00" * 1025]}, "anchor.root_proof holds something else than 1 to 1024 bytes"),
    ],
)
def test_what_is_no_anchor_is_told(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        anchor_from_json(RECORD["anchor"] | change)


def test_a_chain_id_is_only_said() -> None:
    """No header tells it: who verifies compares it with that of the node that he asks."""
    found = verdict(RECORD["anchor"] | {"chain_id": 1})
    assert found == (replace(ANCHOR, chain_id=1), BLOCK)


HEADER = list(rlp.decode(ANCHOR.header))
ACCOUNT = [b"\1", b"", bytes(32), keccak256(b"code")]
ORIGIN = Checkpoint("lake.example", 36, b"\0\3" * 16)
HEAD, ROOT = ORIGIN.size | 0xABCD << 96, int.from_bytes(ORIGIN.root, "big")


def secure(entries: dict[bytes, Any]) -> HexaryTrie:
    made = HexaryTrie({})
    for key, value in entries.items():
        made[keccak256(key)] = rlp.encode(value)
    return made


def anchored(head: Any = HEAD, root: Any = ROOT, account: Any = None) -> EvmAnchor:
    """An anchor of ORIGIN; with something else than there should be, if so asked, in the place where it should be."""
    keys = [storage_key(slot, ORIGIN.origin_id) for slot in (HEADS_SLOT, ROOTS_SLOT)]
    storage = secure({keys[0]: head, keys[1]: root, b"other": 1})
    contract, fields = b"\1" * 20, list(account or ACCOUNT)
    if account is None:
        fields[2] = storage.root_hash
    state = secure({contract: fields, b"\2" * 20: ACCOUNT, b"\3" * 20: ACCOUNT})
    header = rlp.encode([*HEADER[:3], state.root_hash, *HEADER[4:]])
    ways = [proof_of(state, keccak256(contract)), *(proof_of(storage, keccak256(key)) for key in keys)]
    return EvmAnchor(1, contract, header, *map(tuple, ways))


@pytest.mark.parametrize("head", [HEAD, HEAD | PAUSED, HEAD | ((1 << 160) - 1 << 96), ORIGIN.size, HEAD | 0xFF << 65])
def test_of_the_head_only_the_size_counts(head: int) -> None:
    assert check_evm(anchored(head), ORIGIN).number == BLOCK.number


@pytest.mark.parametrize(
    ("forged", "told"),
    [
        (anchored(head=HEAD - 1), "holds 35 seals"),
        (anchored(head=HEAD + (1 << 63)), f"holds {36 + (1 << 63)} seals"),
        (anchored(head=HEAD + PAUSED - 36), "holds 0 seals"),
        (anchored(head=HEAD.to_bytes(32, "big")), "is no integer of at most 32 bytes"),
        (anchored(head=b"\1" * 33), "is no integer of at most 32 bytes"),
        (anchored(head=[b"\1"]), "RLP holds a list"),
        (anchored(root=ORIGIN.root), "is no integer of at most 32 bytes"),
        (anchored(root=b"\3" * 33), "is no integer of at most 32 bytes"),
        (anchored(root=[]), "RLP holds a list"),
        (anchored(account=ACCOUNT), "the way to the size of lake.example: a node has the hash"),
        (anchored(account=ACCOUNT[:3]), "an account has 4 fields, not 3"),
        (anchored(account=[*ACCOUNT, b""]), "an account has 4 fields, not 5"),
        (anchored(account=[b"\0", *ACCOUNT[1:]]), "00 is no integer of at most 8 bytes"),
        (anchored(account=[b"\1" * 9, *ACCOUNT[1:]]), "is no integer of at most 8 bytes"),
        (anchored(account=[b"\1", b"\1" * 33, *ACCOUNT[2:]]), "is no integer of at most 32 bytes"),
        (anchored(account=[*ACCOUNT[:2], bytes(31), ACCOUNT[3]]), "the storage root of the account has 31 bytes"),
        (anchored(account=[*ACCOUNT[:3], bytes(33)]), "the code hash of the account has 33 bytes"),
        (anchored(account=[[], *ACCOUNT[1:]]), "RLP holds a list"),
    ],
)
def test_a_state_that_no_chain_has_is_refused(forged: EvmAnchor, told: str) -> None:
    with pytest.raises(ProofError) as caught:
        check_evm(forged, ORIGIN)
    assert told in str(caught.value)


def header_with(place: int, value: Any) -> list[Any]:
    return [*HEADER[:place], value, *HEADER[place + 1 :]]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (b"", "RLP holds a string"),
        ([], "a header has 15 to 32 fields, not 0"),
        (HEADER[:14], "a header has 15 to 32 fields, not 14"),
        (HEADER + HEADER[:12], "a header has 15 to 32 fields, not 33"),
        (header_with(3, bytes(31)), "the state root of the header has 31 bytes, not 32"),
        (header_with(3, bytes(33)), "the state root of the header has 33 bytes, not 32"),
        (header_with(3, [bytes(31)]), "RLP holds a list"),
        (header_with(8, b"\0\1"), "0001 is no integer of at most 8 bytes"),
        (header_with(8, b"\1" * 9), "is no integer of at most 8 bytes"),
        (header_with(11, b"\0"), "00 is no integer of at most 8 bytes"),
        (header_with(11, b"\1" * 9), "is no integer of at most 8 bytes"),
        (header_with(12, [b"extra"]), "RLP holds a list"),
        (header_with(20, []), "RLP holds a list"),
    ],
)
def test_what_is_no_header_is_told(fields: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_header(rlp.encode(fields))


def test_headers_of_fewer_and_more_fields_are_read() -> None:
    for fields in (HEADER[:15], HEADER[:17], HEADER + HEADER[:11]):
        assert parse_header(rlp.encode(fields)) == replace(BLOCK, hash=keccak256(rlp.encode(fields)))
    block = parse_header(rlp.encode(MAINNET_GENESIS_HEADER))
    assert (block.number, block.timestamp) == (0, 0)
    # pragma: allowlist nextline secret
    assert block.hash.hex() == "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"
    # pragma: allowlist nextline secret
    assert block.state_root.hex() == "d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544"


def test_a_header_is_built_from_what_a_node_says() -> None:
    assert encode_header(RECORD["block"]) == ANCHOR.header
    assert encode_header(RECORD["block"] | {"size": "0x0", "more": None}) == ANCHOR.header


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"gasUsed": "0x1"},
            "block 81 has the hash .*, its header .*: the node is wrong, or the headers ",
        ),
        ({"hash": "0x" + "00" * 32}, "block 81 has the hash 0000"),
        ({"requestsHash": None}, "excessBlobGas, parentBeaconBlockRoot$"),
        ({"stateRoot": None}, "a node told a block that is none: ValueError.*stateRoot is None"),
        ({"hash": None, "number": None}, "a node told a block that is none"),
        ({"number": 81}, "a node told a block that is none: ValueError.*number is 81"),
        ({"number": "0xx"}, "a node told a block that is none"),
        ({"extraData": "0x0"}, "a node told a block that is none"),
    ],
)
def test_a_block_with_another_hash_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        encode_header(RECORD["block"] | change)


@pytest.mark.parametrize("name", ["hash", "parentHash", "nonce", "stateRoot"])
def test_a_block_without_a_field_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"a node told a block that is none: KeyError.*{name}"):
        encode_header({key: value for key, value in RECORD["block"].items() if key != name})


@pytest.mark.integration
def test_every_lake_of_a_chain_is_proven() -> None:
    with anvil() as chain:
        contract = filled(chain)
        records = [recorded(chain, contract, lake) for lake in LAKES]
    for lake, record in zip(LAKES, records, strict=True):
        block = check_evm(anchor_from_json(record["anchor"]), lake)
        assert "0x" + block.hash.hex() == record["block"]["hash"]
    with pytest.raises(ProofError, match=r"the way to the size of lake-1\.example"):
        check_evm(anchor_from_json(records[0]["anchor"]), LAKES[1])


@pytest.mark.integration
@pytest.mark.parametrize("hardfork", HARDFORKS)
def test_headers_of_every_hardfork_are_built(hardfork: str) -> None:
    with anvil("--hardfork", hardfork) as chain:
        asked(chain, "evm_mine")
        for number in range(2):
            told = asked(chain, "eth_getBlockByNumber", hex(number), False)
            block = parse_header(encode_header(told))
            assert ("0x" + block.hash.hex(), block.number) == (told["hash"], number)
