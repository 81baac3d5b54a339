"""The page verifies like the specification: whatever file is given to both, they say the same, and of the same link.

``python -m tests.notary.test_page`` writes the hashes of its script and of its style into its policy.
"""

import base64
import hashlib
import json
import random
import re
import shutil
import struct
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import rlp
from blake3 import blake3
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from notary.verify import evm, trie
from notary.verify import proof as specified
from notary.verify.evm import EvmAnchor, anchor_from_json, check_evm, storage_key
from notary.verify.hashes import leaf_hash
from notary.verify.keccak import keccak256
from notary.verify.proof import Place, Proof, Shown, dump
from notary.verify.row import MAX_ROW_BYTES, TYPES, Column, Schema, cell_hash, cell_salts, encode_cell, key_of, leaf
from notary.verify.seal import Checkpoint, Seal
from notary.verify.text import row_from_json, row_to_json
from notary.verify.tree import inclusion_path, root, root_of_path
from notary.verify.trust import TrustError, trusted_block
from notary.verify.verdict import Trust, judge
from tests.notary import test_absence, test_disclosure, test_proof, test_trie, test_vectors
from tests.notary.test_evm import ACCOUNT, ANCHOR, CHECKPOINT, HEADER, RECORD, secure
from tests.notary.values import KINDS, rows, schemas, values

FILE = Path("notary/verify/page.html")
RUNNER = Path("tests/notary/page_runner.mjs")
TEXT = FILE.read_text("utf-8")
VECTORS: dict[str, Any] = json.loads(test_vectors.FILE.read_text("utf-8"))
CONTRACT = b"\1" * 20
Ask = Callable[..., Any]

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="no node; make setup needs npm, which brings it")


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.fixture(scope="module")
def asked() -> Iterator[Ask]:
    """Asks the page: the answer, with ``found`` or ``refused``."""
    command = ["node", str(RUNNER), str(FILE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as node:
        to_node, from_node = node.stdin, node.stdout
        assert to_node
        assert from_node

        def ask(call: str, **given: Any) -> dict[str, Any]:
            to_node.write(json.dumps({"call": call, **given}) + "\n")
            to_node.flush()
            answer: dict[str, Any] = json.loads(from_node.readline())
            assert "crashed" not in answer, answer["crashed"]
            return answer

        yield ask
        to_node.close()


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """In Python, by a package that is compiled; test_keccak compares them."""
    for module in (evm, trie):
        monkeypatch.setattr(module, "keccak256", keccak)


def compared(asked: Ask, data: bytes, contract: bytes | None = None, block: bytes = b"") -> tuple[str, str]:
    """What both say of a file, and whose link it is; with a contract and the hash of a block, these are trusted."""
    given = {"contract": "0x" + contract.hex(), "block": "0x" + block.hex()} if contract else {}
    told = asked("judge", file=in_base64(data), **given)["found"]
    wanted = judge(data, Trust(contract, None, trusted_block(block.hex().encode())) if contract else None)
    assert (told["outcome"], told["link"]) == (wanted.outcome, wanted.link), (wanted.reason, told["reason"], data)
    if wanted.block:
        assert told["blocks"][0] == [str(wanted.block.number), wanted.block.hash.hex()]
    assert bool(told["reason"]) == bool(wanted.reason)
    assert len(told["reason"]) < 5000
    assert told["reason"].isprintable()
    return told["outcome"], told["link"]


def answered(read: Callable[[bytes], Any], data: bytes) -> dict[str, Any]:
    """What the specification reads, as the runner tells it."""
    try:
        return {"found": read(data)}
    except ValueError as error:
        return {"refused": str(error)}


# What it is made of, link by link.


@pytest.mark.parametrize("size", [0, 1, 31, 63, 64, 65, 135, 136, 137, 271, 272, 1023, 1024, 1025, 2048, 2049, 3073])
def test_hashes_of_every_length(asked: Ask, size: int) -> None:
    for data in (bytes(size), random.Random(size).randbytes(size)):
        given = in_base64(data)
        assert asked("blake3", data=given)["found"] == blake3(data).hexdigest()
        assert asked("keccak256", data=given)["found"] == keccak256(data).hex()
        wanted = blake3(data, derive_key_context="gridseal 2026 Ève v1").hexdigest()
        assert asked("deriveKey", context="gridseal 2026 Ève v1", data=given)["found"] == wanted


@pytest.mark.parametrize("chunks", [3, 4, 5, 7, 8, 9, 31, 33])
def test_hashes_of_many_chunks(asked: Ask, chunks: int) -> None:
    data = random.Random(chunks).randbytes(1024 * chunks)
    for size in (len(data), len(data) - 1, len(data) - 1000):
        assert asked("blake3", data=in_base64(data[:size]))["found"] == blake3(data[:size]).hexdigest()


def test_the_golden_vectors(asked: Ask) -> None:
    given = [{"type": one["type"], "value": one["value"]} for one in VECTORS["cells"]]
    assert asked("cells", cells=given)["found"] == [{"found": one["cell"]} for one in VECTORS["cells"]]
    schema = VECTORS["schema"]
    assert asked("schema", schema=schema)["found"] == schema["id"]
    for one in VECTORS["leaves"]:
        assert asked("leaf", schema=schema, row=one["row"], salts=[one["salt"]])["found"] == one["leaf"]
    seal = VECTORS["seal"] | {"root": root([bytes.fromhex(one["leaf"]) for one in VECTORS["leaves"]]).hex()}
    assert asked("seal", schema=schema, seal=seal)["found"] == seal["hash"]
    checkpoint = VECTORS["checkpoint"]
    assert asked("checkpoint", **checkpoint)["found"] == checkpoint["hash"]
    assert asked("origin", origin=checkpoint["origin"])["found"] == checkpoint["origin_id"]
    assert compared(asked, VECTORS["proof"].encode()) == ("pending", "anchor")


def test_the_golden_vectors_of_disclosable_rows(asked: Ask) -> None:
    schema, wanted = VECTORS["schema"] | {"disclosable": True}, VECTORS["disclosable"]
    assert asked("schema", schema=schema)["found"] == wanted["id"]
    full = VECTORS["leaves"][0]["row"]
    assert asked("cellHashes", schema=schema, row=full, salts=wanted["cell salts"])["found"] == wanted["cell hashes"]
    for one, wanted_leaf in zip(VECTORS["leaves"], wanted["leaves"], strict=True):
        own = [salt.hex() for salt in cell_salts(test_vectors.APART, bytes.fromhex(one["salt"]))]
        assert asked("leaf", schema=schema, row=one["row"], salts=own)["found"] == wanted_leaf
    assert asked("leaf", schema=schema, row={}, salts=wanted["cell hashes"])["found"] == wanted["leaves"][0]


def test_the_golden_vectors_of_trees(asked: Ask) -> None:
    trees = VECTORS["trees"]
    for size, wanted in ((int(size), wanted) for size, wanted in trees["roots"].items()):
        leaves = test_vectors.numbered(size)
        for index in {*range(min(size, 9)), size // 2, size - 1}:
            path = [hash_.hex() for hash_ in inclusion_path(leaves, index)]
            assert asked("root", leaf=leaves[index].hex(), index=index, size=size, path=path)["found"] == wanted
    leaf_5 = test_vectors.numbered(7)[5].hex()
    given = {"leaf": leaf_5, "index": 5, "path": trees["path of leaf 5 of 7"]}
    assert asked("root", size=7, **given)["found"] == trees["roots"]["7"]
    assert "refused" in asked("root", size=5, **given)


def test_paths(asked: Ask) -> None:
    """Of any length, whether there is such a tree or not."""
    chance, hashes = random.Random(20261202), test_vectors.numbered(7)
    for _ in range(2000):
        index, size = chance.randrange(20), chance.randrange(20)
        path = [chance.choice(hashes) for _ in range(chance.randrange(7))]
        given = {"index": index, "size": size, "path": [hash_.hex() for hash_ in path]}
        answer = asked("root", leaf=hashes[0].hex(), **given)
        try:
            wanted = {"found": root_of_path(hashes[0], index, size, path).hex()}
        except ValueError as error:
            wanted = {"refused": str(error)}
        assert answer == wanted


# Values: one text for each, of every type.


def same_cells(asked: Ask, given: Sequence[tuple[str, Any]]) -> list[bool]:
    """Whether each text is a value of its type, which both must say; and that they are the same bytes."""
    answers = asked("cells", cells=[{"type": kind, "value": text} for kind, text in given])["found"]
    for (kind, text), answer in zip(given, answers, strict=True):
        column = Column("c", kind)
        try:
            value = row_from_json(Schema("dws.trial", (column,), ("c",)), {"c": text})["c"]
            wanted = {"found": encode_cell(column, value).hex()}
        except ValueError:
            assert "refused" in answer, (kind, text)
            assert answer["refused"].startswith("c: ")
        else:
            assert answer == wanted, (kind, text)
    return ["found" in answer for answer in answers]


@settings(deadline=None, max_examples=150)
@given(st.lists(KINDS.flatmap(lambda kind: st.tuples(st.just(kind), values(kind))), min_size=1, max_size=20))
def test_values_of_every_type(asked: Ask, drawn: list[tuple[str, Any]]) -> None:
    schema = Schema("dws.trial", tuple(Column(f"c{at}", kind) for at, (kind, _) in enumerate(drawn)), ("c0",))
    written = row_to_json(schema, {f"c{at}": value for at, (_, value) in enumerate(drawn)})
    assert all(same_cells(asked, [(column.type, written[column.name]) for column in schema.columns]))


def test_doubles_of_all_sizes(asked: Ask) -> None:
    """By their bits; and around every power of ten, where the way to write them changes."""
    chance = random.Random(20261126)
    doubles = [struct.unpack("<d", chance.randbytes(8))[0] for _ in range(4000)]
    doubles += [chance.choice((1, -1)) * chance.random() * 10.0 ** chance.randrange(-8, 20) for _ in range(4000)]
    for power in range(-324, 309):
        near = float(f"1e{power}")
        doubles += [near, near * 9.999999999999999, near * 1.0000000000000002, -near]
    doubles += [float(2**power) for power in range(1024)] + [float(n) for n in range(-1000, 1000)]
    doubles += [2.0**-power for power in range(1075)]
    assert all(same_cells(asked, [("DOUBLE", repr(value + 0.0)) for value in doubles]))


LETTERS = "0123456789" * 3 + "+-.eEinfaNTZ:_ ,/\u0661\u00a0\n"
SEEDS = [
    "0", "-0", "7", "-7", "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "99", "0.00", "-0.01", "1.50", "12.345",
    "0." + "1" * 38, "9" * 38, "9" * 39, "1" * 64, "1" * 65, "1e16", "1e+16", "1e-05", "1e-5", "0.0001", "0.00001",
    "1e+22", "123456789012345680.0", "1.2345678901234568e+17", "inf", "-inf", "nan", "-nan", "Infinity", "NaN",
    "constructor", "1e400", "-0.0", "0.0", "0x10", "", " ", "00", "ff", "FF", "0f1", "true", "false", "null",
    "2026-11-20", "0001-01-01", "0000-01-01", "9999-12-31", "2024-02-29", "1900-02-29", "2000-02-29", "2026-02-29",
    "2026-04-31", "2026-13-01", "2026-00-10", "2026-11-00", "2026-W47-5", "20261120", "1969-12-31",
    "2026-11-20T12:00:00.000000Z", "2026-11-20T23:59:59.999000Z", "2026-11-20T23:59:60.000000Z",
    "2026-11-20T24:00:00.000000Z", "2026-11-20 12:00:00.000000Z", "2026-11-20T12:00:00.000001Z",
    "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00.000000Z", "2026-11-20T12:00:00.000000",
    "2026-11-20T12:00:00.000000ZZ", "2026-11-20T12:00:00.000000+00:00", "1500-02-29T00:00:00.000000Z",
]  # fmt: skip
SOME_TYPES = sorted(kind for kind in TYPES if not kind.startswith("DECIMAL")) + [
    f"DECIMAL({numbers})" for numbers in ("1,0", "1,1", "4,2", "10,3", "18,0", "38,0", "38,2", "38,38")
]


def near(chance: random.Random, text: str) -> str:
    """A text with a letter more, less or other."""
    at = chance.randrange(len(text) + 1)
    letter: str = chance.choice((*LETTERS, ""))
    return text[:at] + letter + text[at + chance.randrange(2) :]


def test_what_is_nearly_a_value(asked: Ask) -> None:
    chance = random.Random(20261127)
    texts: list[Any] = [None, True, False, 0, 1, [], {}, *SEEDS]
    texts += [near(chance, chance.choice(SEEDS)) for _ in range(800)]
    texts += [near(chance, near(chance, chance.choice(SEEDS))) for _ in range(400)]
    for kind in SOME_TYPES:
        found = same_cells(asked, [(kind, text) for text in texts])
        assert any(found[1:])
        assert not all(found)


def test_every_type_and_no_other(asked: Ask) -> None:
    others = {f"DECIMAL({digits},{scale})" for digits in range(41) for scale in range(41)} | {
        "", "int", "INT ", " INT", "INT\n", "INT(4)", "VARCHAR(10)", "DECIMAL", "DECIMAL(10)", "DECIMAL(10, 2)",
        "DECIMAL(010,2)", "DECIMAL(10,02)", "DECIMAL(10,2,3)", "DECIMAL(-1,0)", "TIMESTAMP", "TIMESTAMP(0)",
        "TIMESTAMP(9)", "TIMESTAMP(3)x", "xTIMESTAMP(3)", "STRING()", "toString", "__proto__", "constructor",
    }  # fmt: skip
    kinds = sorted(TYPES | others)
    answers = asked("cells", cells=[{"type": kind, "value": None} for kind in kinds])["found"]
    assert {kind for kind, answer in zip(kinds, answers, strict=True) if "found" in answer} == TYPES


# JSON: what one of them takes, the other takes, for the same.

JSON_SEEDS = [
    *("{}", "[]", "0", "-0", "-1", "01", "-01", "+1", "-", "--1", "1.0", "1e3", "1E+3", "1.", ".5", "NaN", "Infinity"),
    *("-Infinity", "true", "false", "null", "nul", "True", "'x'", "", " ", "\ufeff{}", "{} {}", "[1,]", "[,1]", "{,}"),
    *('{"a":1,}', '{"a" 1}', "{a:1}", '{"a":1 "b":2}', "[1 2]", '"\t"', '"\\t"', '"\x7f"', '"\\u00"', '"\\x41"'),
    *('"\\ud83d\\ude00"', '"\\ud83d"', '"\\ude00\\ud83d"', '"\\ud83d\\u0041"', '"\\ud83dx"', '"\\uD83D\\uDE00"'),
    *('"\\u12G4"', '"\\u 123"', '"\\u+123"', '"\\/\\b\\f\\n\\r\\t\\"\\\\"', '"x', '"\\', '"\\"', "\u00a0[]"),
    *("\u2028[]", " \t\r\n[ \t\r\n] \t\r\n", "\x0c[]", "\x0b[]", "\x00[]", "[]\x00", '"\x00"', "9" * 4300, "9" * 4301),
    *("-" + "9" * 4300, "-" + "9" * 4301, "[" * 8 + "]" * 8, "[" * 9 + "]" * 9, '{"a":' * 8 + "1" + "}" * 8),
    *('{"a":' * 9 + "1" + "}" * 9, "[[],[[[[[[[]]]]]]]]", '"[[[[[[[[[[[["', '"\\"[[[[[[[[[[["', '{"a":1,"a":1}'),
    *('{"a":1,"\\u0061":1}', '{"__proto__":1,"b":{"constructor":2}}', '{"__proto__":1,"__proto__":2}', "/**/[]"),
    *("[1]//", "0x10", "1_0", "1n", '{"2":1,"1":2}', '["\u2028", "\U0001f600"]'),
]  # fmt: skip


def of_python(data: bytes) -> Any:
    """What the specification's parser takes a file for, in the form of the runner's.

    Raises:
        ValueError: For nothing.
    """

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {"object": [[plain(name), plain(inner)] for name, inner in value.items()]}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        if isinstance(value, str):
            value.encode()  # Refuses a lone surrogate, as _text does.
        return {"integer": str(value)} if type(value) is int else value

    specified._refuse_deep(data)
    once, no_float = specified._once, specified._no_float
    return plain(json.loads(data.decode(), object_pairs_hook=once, parse_float=no_float, parse_constant=no_float))


def same_json(asked: Ask, text: str) -> bool:
    data = text.encode()
    answer = asked("parse", file=in_base64(data))
    try:
        wanted = of_python(data)
    except ValueError:
        assert "refused" in answer, text
        return False
    assert answer.get("found", answer) == wanted, text
    return True


@pytest.mark.parametrize("text", JSON_SEEDS, ids=lambda text: ascii(text)[:40])
def test_json(asked: Ask, text: str) -> None:
    same_json(asked, text)
    same_json(asked, f'[{text}, {{"x": {text}}}]')


def test_json_at_random(asked: Ask) -> None:
    chance = random.Random(20261128)
    seeds = [seed for seed in JSON_SEEDS if len(seed) < 100]
    taken = 0
    for _ in range(3000):
        text = "".join(chance.choice(seeds) for _ in range(chance.randrange(1, 3)))
        text = chance.choice(["{}", "[{}]", '{{"x":{}}}', "[{},[{}]]"]).format(text, chance.choice(seeds))
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(text) + 1)
            text = text[:at] + chance.choice((*'{}[]",:\\u0dtrue -', "\x1f", "")) + text[at + chance.randrange(2) :]
        taken += same_json(asked, text)
    assert 100 < taken < 2900


# Whole proofs.


def anchor_of(
    checkpoint: Checkpoint, account: Sequence[Any] = ACCOUNT, more: Callable[[list[Any]], Any] = list
) -> EvmAnchor:
    """An anchor of a checkpoint, with some account, and a header that ``more`` makes of the fields of a right one."""
    head, tail = (storage_key(slot, checkpoint.origin_id) for slot in (evm.HEADS_SLOT, evm.ROOTS_SLOT))
    words = {head: checkpoint.size | 0xABCD << 96, tail: int.from_bytes(checkpoint.root, "big")}
    storage = secure(words | {bytes([number]): number for number in range(1, 20)})
    own = [storage.root_hash if field == ACCOUNT[2] else field for field in account]
    state = secure({CONTRACT: own, b"\2" * 20: ACCOUNT, b"\3" * 20: ACCOUNT})
    header = rlp.encode(more([*HEADER[:3], state.root_hash, *HEADER[4:]]))
    trees = [(state, keccak(CONTRACT)), (storage, keccak(head)), (storage, keccak(tail))]
    return EvmAnchor(31337, CONTRACT, header, *(tuple(test_trie.proof_of(tree, key)) for tree, key in trees))


def anchored(proof: Proof) -> tuple[Proof, bytes]:
    """A proof whose checkpoint is in a block; and the hash of the block."""
    anchor = anchor_of(proof.checkpoint)
    return replace(proof, anchors=(anchor,)), keccak(anchor.header)


def in_log(schema: Schema, leaves: list[bytes], absent: Any, shown: Sequence[Shown]) -> Proof:
    """A proof of a partition whose seal stands in a log among others."""
    seal = Seal(schema.table, "dt=2026-11-20", "20261121021500123", schema.id, len(leaves), root(leaves))
    log = [*test_vectors.numbered(4), seal.hash, *test_vectors.numbered(2)]
    checkpoint = Checkpoint("lake.example", len(log), root(log))
    return Proof(schema, absent, tuple(shown), seal, Place(4, tuple(inclusion_path(log, 4))), checkpoint)


FULL_LEAF = leaf(test_vectors.SCHEMA, bytes(32), test_vectors.FULL)
FILES = {
    "a row": test_proof.PROOF,
    "all types": in_log(
        test_vectors.SCHEMA,
        [FULL_LEAF] * 3,
        None,
        [Shown(test_vectors.FULL, (bytes(32),), Place(2, (root([FULL_LEAF] * 2),)))],
    ),
    "absent": test_absence.proof_of(["a", "c", "\uffff", "\U00010000"], "d", [1, 2]),
    "some cells": test_disclosure.proof_of(test_disclosure.SCHEMA, test_disclosure.ROWS, 3, {"customer_id", "amount"}),
    "stamped": replace(test_proof.PROOF, stamps=(b"\x30\x00", b"")),
}


@pytest.mark.parametrize("name", FILES)
def test_proofs_hold(asked: Ask, name: str) -> None:
    data = dump(FILES[name]).encode()
    assert compared(asked, data) == ("pending", "anchor")
    proof, block = anchored(FILES[name])
    data = dump(proof).encode()
    assert compared(asked, data) == ("pending", "anchor")
    assert compared(asked, data, CONTRACT, block) == ("valid", "")
    assert compared(asked, data, CONTRACT, bytes(32)) == ("invalid", "anchor")
    assert compared(asked, data, bytes(20), block) == ("invalid", "anchor")
    twice = dump(replace(proof, anchors=proof.anchors * 2)).encode()
    assert compared(asked, twice, CONTRACT, block) == ("valid", "")
    one_more = dump(replace(proof, anchors=(*proof.anchors, replace(proof.anchors[0], contract=bytes(20))))).encode()
    assert compared(asked, one_more, CONTRACT, block) == ("invalid", "anchor")


@pytest.mark.parametrize("name", test_proof.FORGERIES)
def test_forgeries(asked: Ask, name: str) -> None:
    forged, link = test_proof.FORGERIES[name]
    told = compared(asked, dump(forged).encode())
    # The table of a seal is that of the schema, in a file.
    assert told == ("invalid", link) or name == "another table"


def test_another_value_in_any_field(asked: Ask) -> None:
    for place in test_proof.PLACES:
        for value in test_proof.VALUES:
            compared(asked, test_proof.changed(place, value))


def test_what_is_no_proof(asked: Ask) -> None:
    most = specified.MAX_BYTES
    text = test_proof.TEXT
    for data in (
        b"", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"[]", b" " * (most + 1), b"9" * most,
        b'"' + b"x" * (most - 2) + b'"',
        b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16"), text.encode("latin-1"), b"\xed\xa0\x80", b'"\xc0\xaf"',
        text.replace('"salts"', '"row": {}, "salts"').encode(),
        text.replace('"index": 7', '"index": 7.0').encode(),
        test_proof.changed(("schema", "columns"), [["c", "INT"]] * 4097),
        test_proof.changed(("schema", "columns", 0), ["\x1b[2Jvalid\u202e" + "x" * 5000, "CHAR"]),
        test_proof.changed(("rows", 0, "path"), ["00" * 32] * 65),
    ):  # fmt: skip
        assert compared(asked, data) == ("invalid", "file")
    for same in (text.replace('"index": 7', '"index":-0\t').encode(), b" \r\n" + text.encode() + b"\t ", most):
        data = same if isinstance(same, bytes) else text.encode() + b" " * (most - len(text.encode()))
        assert compared(asked, data)[1] in ("row", "anchor")


def columns_of(document: dict[str, Any], names: list[str]) -> None:
    document["schema"] |= {"columns": [[name, "INT"] for name in names], "key": [names[0]], "disclosable": True}
    document["rows"][0] |= {"row": {}, "salts": ["00" * 32] * len(names)}


BOUNDS: dict[str, tuple[int, Callable[[dict[str, Any], int], Any]]] = {
    "anchors": (8, lambda it, n: it.update(anchors=it["anchors"] * n)),
    "stamps": (8, lambda it, n: it.update(stamps=["00"] * n)),
    "bytes of a stamp": (32 << 10, lambda it, n: it.update(stamps=["00" * n])),
    "nodes": (64, lambda it, n: it["anchors"][0].update(head_proof=["00"] * n)),
    "bytes of a node": (1024, lambda it, n: it["anchors"][0].update(root_proof=["00" * n])),
    "bytes of a header": (4096, lambda it, n: it["anchors"][0].update(header="00" * n)),
    "chain id": ((1 << 63) - 1, lambda it, n: it["anchors"][0].update(chain_id=n)),
    "columns": (4096, lambda it, n: columns_of(it, [f"c{at}" for at in range(n)])),
    "columns of a name": (1, lambda it, n: columns_of(it, ["a", *["b"] * n])),
    "path of a row": (64, lambda it, n: it["rows"][0].update(path=["00" * 32] * n)),
    "path of a seal": (64, lambda it, n: it["seal"].update(path=["00" * 32] * n)),
    "index of a row": ((1 << 63) - 1, lambda it, n: it["rows"][0].update(index=n)),
    "index of a seal": ((1 << 63) - 1, lambda it, n: it["seal"].update(index=n)),
    "rows of a seal": ((1 << 63) - 1, lambda it, n: it["seal"].update(rows=n)),
    "seals": ((1 << 63) - 1, lambda it, n: it["checkpoint"].update(size=n)),
    "rows": (2, lambda it, n: it.update(rows=it["rows"] * n)),
    "salts": (4, lambda it, n: it["rows"][0].update(salts=["00" * 32] * n)),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds(asked: Ask, name: str) -> None:
    most, change = BOUNDS[name]
    for number in (most, most + 1):
        document = json.loads(dump(anchored(test_proof.PROOF)[0]))
        change(document, number)
        told = compared(asked, json.dumps(document).encode())
        assert (told == ("invalid", "file")) == (number > most)


@pytest.mark.parametrize("disclosable", [False, True])
def test_the_longest_row(asked: Ask, disclosable: bool) -> None:
    """A cell has 6 bytes before its text, and a row at most 2 MiB; of cells that have hashes, no row is made."""
    schema = Schema("dws.trial", (Column("c", "STRING"), Column("d", "BYTES")), ("c",), disclosable)
    salts = (bytes(32),) * (2 if disclosable else 1)
    for beyond in (0, 1):
        row = {"c": "é" * ((1 << 20) - 7) + "x" * beyond, "d": b"\xff\0"}
        cells = [encode_cell(column, row[column.name]) for column in schema.columns]
        hashes = [leaf_hash(schema.id, bytes(32), cell) for cell in cells]
        sealed = leaf_hash(schema.id, bytes(32), b"".join(hashes if disclosable else cells))
        assert len(b"".join(cells)) == MAX_ROW_BYTES + beyond
        told = compared(asked, dump(in_log(schema, [sealed], None, [Shown(row, salts, Place(0, ()))])).encode())
        assert told == (("invalid", "row") if beyond and not disclosable else ("pending", "anchor"))


@st.composite
def tables(draw: st.DrawFn) -> tuple[Schema, list[dict[str, Any]]]:
    """A table with some key, and rows that are sorted by it, if they have one."""
    schema = draw(schemas())
    names = [column.name for column in schema.columns]
    key = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    schema = replace(schema, key=tuple(key))
    table = draw(st.lists(rows(schema), min_size=1, max_size=6))
    try:
        return schema, sorted(table, key=lambda row: key_of(schema, row))
    except ValueError:
        return schema, table


@settings(deadline=None, max_examples=250)
@given(tables(), st.data())
def test_proofs_of_any_table(asked: Ask, drawn: tuple[Schema, list[dict[str, Any]]], data: st.DataObject) -> None:
    """Rows, some cells of rows, and absent keys: true ones, and any others."""
    schema, table = drawn
    leaves = [leaf(schema, blake3(bytes([at])).digest(), row) for at, row in enumerate(table)]

    def shown(at: int, names: set[str]) -> Shown:
        own, place = blake3(bytes([at])).digest(), Place(at, tuple(inclusion_path(leaves, at)))
        if not schema.disclosable:
            return Shown(table[at], (own,), place)
        salts = [
            salt if column.name in names else cell_hash(schema, salt, column, table[at][column.name])
            for column, salt in zip(schema.columns, cell_salts(schema, own), strict=True)
        ]
        return Shown({name: value for name, value in table[at].items() if name in names}, tuple(salts), place)

    some = data.draw(st.sets(st.sampled_from(schema.names)) | st.just(set(schema.names)))
    at = data.draw(st.integers(0, len(table) - 1))
    assert compared(asked, dump(in_log(schema, leaves, None, [shown(at, some)])).encode()) == ("pending", "anchor")
    # Mostly the neighbours of some key; or whatever rows.
    row = data.draw(rows(schema) | st.sampled_from(table))
    absent = {name: row[name] for name in schema.names if name in schema.key}
    try:
        after = sum(key_of(schema, row) < key_of(schema, absent) for row in table)
    except ValueError:
        after = 0
    beside = [place for place in (after - 1, after) if 0 <= place < len(table)]
    places = data.draw(st.just(beside) | st.lists(st.integers(0, len(table) - 1), max_size=2))
    names = data.draw(st.just(set(schema.names)) | st.just(some))
    compared(asked, dump(in_log(schema, leaves, absent, [shown(place, names) for place in places])).encode())


@settings(deadline=None, max_examples=30)
@given(test_absence.NAMES, test_absence.NAMES.map(lambda names: "".join(names)[:3]))
def test_texts_are_sorted_by_code_points(asked: Ask, names: list[str], absent: str) -> None:
    after, places = sum(name < absent for name in names), range(len(names))
    neighbours = [at for at in (after - 1, after) if at in places]
    for shown in [[], *([at] for at in places), *([at, other] for at in places for other in places)]:
        told = compared(asked, dump(test_absence.proof_of(names, absent, shown)).encode())
        holds = shown == neighbours and absent not in names
        assert told == (("pending", "anchor") if holds else ("invalid", "row"))


@pytest.mark.parametrize(("kind", "low", "high"), test_absence.KINDS)
def test_keys_have_the_order_of_their_type(asked: Ask, kind: str, low: Any, high: Any) -> None:
    schema = Schema("dws.trial", (Column("c", kind),), ("c",))
    # The first row of two is a neighbour of what stands before it, and not of what stands after it.
    for first, absent, told in ((high, low, ("pending", "anchor")), (low, high, ("invalid", "row"))):
        leaves = [leaf(schema, bytes(32), {"c": first}), bytes(32)]
        shown = Shown({"c": first}, (bytes(32),), Place(0, (leaves[1],)))
        assert compared(asked, dump(in_log(schema, leaves, {"c": absent}, [shown])).encode()) == told


@pytest.mark.parametrize(
    ("kind", "text", "told"),
    [
        ("INT", "5", ("pending", "anchor")),
        ("INT", "2147483648", ("invalid", "file")),
        ("INT", None, ("invalid", "row")),
        ("DOUBLE", "5.0", ("invalid", "row")),
    ],
)
def test_a_key_of_an_empty_partition(asked: Ask, kind: str, text: str | None, told: tuple[str, str]) -> None:
    document = json.loads(dump(in_log(Schema("dws.trial", (Column("c", kind),), ("c",)), [], {"c": None}, [])))
    document["absent"]["c"] = text
    assert compared(asked, json.dumps(document).encode()) == told


# The anchor.


def same_anchor(asked: Ask, document: Any, checkpoint: Checkpoint = CHECKPOINT) -> bool:
    """Whether an anchor holds, which both must say; and that it ends in the same block."""
    given = {"origin": checkpoint.origin, "size": str(checkpoint.size), "root": checkpoint.root.hex()}
    answer = asked("evm", anchor=json.dumps(document), checkpoint=given)
    try:
        block = check_evm(anchor_from_json(document), checkpoint)
    except ValueError:
        assert "refused" in answer, document
        return False
    assert answer["found"] == {
        "number": str(block.number),
        "hash": block.hash.hex(),
        "timestamp": str(block.timestamp),
    }
    return True


def test_the_recorded_anchor_holds(asked: Ask) -> None:
    assert same_anchor(asked, RECORD["anchor"])
    for other in (
        replace(CHECKPOINT, size=CHECKPOINT.size + 1),
        replace(CHECKPOINT, root=keccak256(b"")),
        replace(CHECKPOINT, origin="lake.example"),
    ):
        assert not same_anchor(asked, RECORD["anchor"], other)


NONCE, BALANCE, STORAGE, CODE = ACCOUNT
ACCOUNTS: list[list[Any]] = [
    [b"\0", BALANCE, STORAGE, CODE], [b"\1" * 8, BALANCE, STORAGE, CODE], [b"\1" * 9, BALANCE, STORAGE, CODE],
    [[], BALANCE, STORAGE, CODE], [NONCE, b"\1" * 32, STORAGE, CODE], [NONCE, b"\1" * 33, STORAGE, CODE],
    [NONCE, b"\0\1", STORAGE, CODE], [NONCE, BALANCE, STORAGE, CODE[:31]], [NONCE, BALANCE, STORAGE, [CODE]],
    [NONCE, BALANCE, STORAGE, bytes(33)], [NONCE, BALANCE, STORAGE], [NONCE, BALANCE, STORAGE, CODE, b""],
    [NONCE, BALANCE, bytes(31), CODE], [NONCE, BALANCE, [STORAGE], CODE],
]  # fmt: skip
HEADERS: list[Callable[[list[Any]], Any]] = [
    *(lambda fields, count=count: fields[:count] for count in range(12, 18)),
    *(lambda fields, count=count: (fields + [b""] * 20)[:count] for count in range(30, 35)),
    *(lambda fields, at=at, one=one: [*fields[:at], one, *fields[at + 1 :]]
      for at in (0, 3, 8, 11, 12, 20) for one in ([], [b"\1"], b"", b"\0", b"\0\1", b"\1" * 8, b"\1" * 9)),
    lambda fields: b"".join(fields[:15]),
]  # fmt: skip


@pytest.mark.usefixtures("quick_hashes")
def test_other_accounts_and_headers(asked: Ask) -> None:
    checkpoint = Checkpoint("lake.example", 36, b"\0\3" * 16)
    found = [same_anchor(asked, evm.anchor_to_json(anchor_of(checkpoint, account)), checkpoint) for account in ACCOUNTS]
    assert found.count(True) == 2
    anchors = [anchor_of(checkpoint, more=more) for more in HEADERS]
    found = [same_anchor(asked, evm.anchor_to_json(anchor), checkpoint) for anchor in anchors]
    assert 20 < found.count(True) < len(found)


@pytest.mark.usefixtures("quick_hashes")
def test_other_digits_of_the_recorded_anchor(asked: Ask) -> None:
    chance = random.Random(20261129)
    names = [name for name in RECORD["anchor"] if name != "chain_id"]
    for _ in range(1500):
        document = json.loads(json.dumps(RECORD["anchor"]))
        name = chance.choice(names)
        holder, key = (document, name) if isinstance(document[name], str) else (document[name], 0)
        key = chance.randrange(len(holder)) if isinstance(holder, list) else key
        at = chance.randrange(len(holder[key]) if chance.random() < 0.7 else min(12, len(holder[key])))
        holder[key] = holder[key][:at] + chance.choice("0123456789abcdef8bcef0gF ") + holder[key][at + 1 :]
        same_anchor(asked, document)


@pytest.mark.usefixtures("quick_hashes")
def test_tries_of_other_bytes(asked: Ask) -> None:
    """Hashes are made anew on the way to the header, so that what is wrong is met where it stands."""
    chance = random.Random(20261130)
    proof, _ = anchored(test_proof.PROOF)
    (good,) = proof.anchors
    found = Counter[bool]()
    for _ in range(1500):
        ways = {name: list(getattr(good, name)) for name in ("head_proof", "root_proof", "account_proof")}
        name = chance.choice(list(ways))
        place = chance.randrange(len(ways[name]))
        node = bytearray(ways[name][place])
        at = chance.randrange(min(len(node), chance.choice((4, 80, 1024))))
        node[at : at + chance.randrange(2)] = bytes(
            [chance.choice((0, 1, 0x20, 0x7F, 0x80, 0x81, 0xA0, 0xB8, 0xC0, 0xF8, 0xFF))]
        )
        header = rehashed(ways, name, place, bytes(node), good.header)
        whole = {key: tuple(way) for key, way in ways.items()}
        anchor = EvmAnchor(good.chain_id, good.contract, header, **whole)
        found[same_anchor(asked, evm.anchor_to_json(anchor), proof.checkpoint)] += 1
    assert found[False] > 1000


def rehashed(ways: Mapping[str, list[bytes]], name: str, place: int, node: bytes, header: bytes) -> bytes:
    """Put a node into a way, and its hash wherever the old one stood, up to the header that it gives."""

    def put(name: str, place: int, node: bytes, header: bytes) -> bytes:
        old, new = keccak(ways[name][place]), keccak(node)
        before = [(other, at) for other, way in ways.items() for at, one in enumerate(way) if old in one]
        ways[name][place] = node
        for other, at in before:
            header = put(other, at, ways[other][at].replace(old, new), header)
        return header.replace(old, new)

    return put(name, place, node, header)


def same_value(asked: Ask, root: bytes, key: bytes, nodes: Sequence[bytes]) -> bool:
    """Whether a trie holds a key, which both must say; and that it is the same value."""
    answer = asked("trie", root=root.hex(), key=key.hex(), nodes=[node.hex() for node in nodes])
    assert answer == answered(lambda key: trie.value_at(root, key, nodes).hex(), key)
    return "found" in answer


@settings(deadline=None, max_examples=100)
@given(test_trie.MAPS, st.lists(test_trie.KEYS, max_size=20))
def test_tries(asked: Ask, entries: dict[bytes, bytes], others: list[bytes]) -> None:
    made = test_trie.trie_of(entries)
    for key in {*entries, *others}:
        nodes = test_trie.proof_of(made, key)
        assert same_value(asked, made.root_hash, key, nodes) == (key in entries)
        assert not same_value(asked, made.root_hash, key, [*nodes, nodes[0]])


def packed(chance: random.Random, nibbles: str, is_leaf: bool) -> bytes:
    """The path of a node; seldom one that no node has."""
    flag, is_odd = 2 * is_leaf, len(nibbles) % 2
    digits = f"{flag + is_odd:x}" + ("" if is_odd else chance.choice("00000000f")) + nibbles
    return bytes.fromhex(digits if chance.random() > 0.02 else chance.choice(("", "00", "20", "4" + digits[1:])))


def test_tries_that_nobody_built(asked: Ask) -> None:
    """From the value upwards; seldom, something is as it may not be."""
    chance, found = random.Random(20261201), Counter[bool]()
    for _ in range(2500):
        key, nodes = chance.choice((b"\x12\x34", b"\x12", b"")), list[bytes]()
        cuts = sorted(chance.choices(range(2 * len(key) + 1), k=chance.randrange(4)))
        parts = [key.hex()[first:end] for first, end in zip([0, *cuts], [*cuts, None], strict=True)]
        value: Any = chance.choice(
            (b"v", b"v" * 30, b"v" * 60, b"\x80", *([b"", [b"v"]] if chance.random() < 0.1 else []))
        )
        if parts[-1] or chance.random() < 0.8:
            item: Any = [packed(chance, parts[-1], True), value]
        else:
            item = [*[b""] * 16, value]
        for part in reversed(parts[:-1]):
            if len(rlp.encode(item)) >= 32 + 99 * (chance.random() < 0.03) or chance.random() < 0.02:
                nodes.insert(0, rlp.encode(item))
                item = keccak(nodes[0])
            if len(part) == 1:
                item = [item if nibble == int(part, 16) else b"" for nibble in range(16)] + [b""]
            elif part or chance.random() < 0.1:
                item = [packed(chance, part, False), item]
        nodes.insert(0, rlp.encode(item))
        found[same_value(asked, keccak(nodes[0]), key, nodes)] += 1
    assert min(found.values()) > 500, found


RLP: list[Callable[[bytes], Any]] = [
    lambda data: [item.hex() for item in trie.items(data)],
    lambda data: trie.string(data).hex(),
    lambda data: str(trie.number(data, 8)),
]


def test_rlp_of_all_heads(asked: Ask) -> None:
    contents = [bytes([byte]) * length for byte in (0, 1, 0x37, 0x38, 0x7F, 0x80, 0xC0) for length in (0, 1, 2, 9, 32)]
    contents += [start + b"\1" * length for start in (b"", b"\x37", b"\x38", b"\0\x38") for length in (54, 55, 56, 57)]
    data = [bytes([head]) + content for head in range(256) for content in contents]
    answers = asked("rlp", data=[one.hex() for one in data])["found"]
    for one, answer in zip(data, answers, strict=True):
        assert answer == [answered(read, one) for read in RLP], one


@pytest.mark.parametrize(
    "given",
    [
        RECORD["block"]["hash"], RECORD["block"]["hash"][2:], f" {RECORD['block']['hash']}\n", ANCHOR.header.hex(),
        "0x" + ANCHOR.header.hex(), json.dumps(RECORD["block"]), json.dumps({"result": RECORD["block"]}),
        json.dumps(RECORD["block"], indent=1), ANCHOR.header.hex()[:-2], ANCHOR.header.hex() + "00", "0x12", "hash",
        "{", "{}", '{"hash": 5}', '{"result": {}}', '{"result": null}', "00" * 31, "00" * 33, "0" * 63, "é", "[1]",
        '{"hash": []}',
    ],
    ids=lambda given: given[:20],
)  # fmt: skip
def test_a_block_that_is_trusted(asked: Ask, given: str) -> None:
    answer = asked("trusted", block=given)
    try:
        check = trusted_block(given.encode())
    except TrustError:
        assert "refused" in answer
    else:
        assert answer["found"] == RECORD["block"]["hash"][2:]
        check(check_evm(ANCHOR, CHECKPOINT))


# Files that nobody would think of.


def rearranged(chance: random.Random, text: str) -> bytes:
    """A file of JSON with some values in other places, or other values in some places."""
    document = json.loads(text)
    for _ in range(chance.randrange(1, 3)):
        places = [place for place in test_proof.fields(document) if len(place) > chance.randrange(4)]
        if not places:
            break
        place, other = chance.choice(places), chance.choice(places)
        holder, value = inner(document, place[:-1]), inner(document, other)
        old = holder[place[-1]]
        match chance.randrange(6):
            case 0:
                holder[place[-1]] = chance.choice(test_proof.VALUES)
            case 1:
                holder[place[-1]] = json.loads(json.dumps(value))
            case 2 if isinstance(old, str) and old:
                at = chance.randrange(len(old))
                holder[place[-1]] = old[:at] + chance.choice("0123456789abcdef.-Z\u00e9") + old[at + 1 :]
            case 3 if type(old) is int:
                holder[place[-1]] = old + chance.choice((-1, 1, 2, 1 << 62))
            case 4 if isinstance(old, list):
                chance.shuffle(old)
            case 5 if isinstance(old, list) and old:
                old.append(old[0]) if chance.random() < 0.5 else old.pop(chance.randrange(len(old)))
            case _:
                continue
    return json.dumps(document, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def inner(document: Any, place: Sequence[Any]) -> Any:
    for key in place:
        document = document[key]
    return document


def whole_proofs() -> list[tuple[str, bytes, bytes]]:
    """Proof files, and the contract and the block that they lead to; the last one is of a chain that ran."""
    texts = [dump(anchored(proof)[0]) for proof in FILES.values()] + [test_proof.ANCHORED_FILE.read_text("utf-8")]
    found = []
    for text in texts:
        proof = specified.load(text.encode())
        found.append((text, proof.anchors[0].contract, check_evm(proof.anchors[0], proof.checkpoint).hash))
    return found


@pytest.mark.usefixtures("quick_hashes")
@pytest.mark.parametrize("change", [test_proof.mutated, rearranged])
def test_mutated_proofs(asked: Ask, change: Callable[[random.Random, str], bytes]) -> None:
    chance = random.Random(20261125)
    told = Counter[tuple[str, str]]()
    for text, contract, block in whole_proofs():
        assert compared(asked, text.encode(), contract, block) == ("valid", "")
        bare = dump(replace(specified.load(text.encode()), anchors=()))
        for number in range(700):
            if number % 2:
                told[compared(asked, change(chance, bare))] += 1
            else:
                told[compared(asked, change(chance, text), contract, block)] += 1
    links = {("invalid", link) for link in ("file", "row", "seal", "anchor")} | {("valid", ""), ("pending", "anchor")}
    assert set(told) == links
    assert min(told.values()) > 3, told


# The page itself.


class Tags(HTMLParser):
    """Tags and what stands in scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open, []).append(data)


def read_page() -> Tags:
    tags = Tags()
    tags.feed(TEXT)
    return tags


def source(text: str) -> str:
    return f"'sha256-{in_base64(hashlib.sha256(text.encode()).digest())}'"


def policy_of(page: Tags) -> str:
    """The policy that fits the one script and the one style of the page."""
    (script,), (style,) = page.texts["script"], page.texts["style"]
    return (
        f"default-src 'none'; script-src {source(script)}; style-src {source(style)}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def test_the_policy_allows_this_script_and_this_style_and_nothing_else() -> None:
    page = read_page()
    metas = [attributes for tag, attributes in page.tags if tag == "meta"]
    (policy,) = [meta["content"] for meta in metas if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy == policy_of(page), "python -m tests.notary.test_page writes the hashes"
    # Before it nothing could run.
    names = [tag for tag, _ in page.tags]
    assert names.index("meta") < names.index("style") < names.index("script")
    assert not any("style" in attributes for _, attributes in page.tags)


def test_the_page_loads_nothing() -> None:
    page = read_page()
    for tag, attributes in page.tags:
        assert tag not in {"link", "base", "img", "iframe", "object", "embed", "form", "a", "svg", "video", "audio"}
        assert not {name for name in attributes if name in {"src", "href", "action", "srcset"} or name.startswith("on")}
    assert not re.search(r"\b(https?|wss?|data|blob|javascript):\S|//[a-z]+\.", TEXT)
    assert not re.search(r"url\(|@import", page.texts["style"][0])
    calls = r"\b(fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import|eval|Function|localStorage)\b\s*[(.]"
    assert not re.search(calls, page.texts["script"][0])


def test_what_a_file_says_is_only_ever_text() -> None:
    (script,) = read_page().texts["script"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|createContextualFragment|srcdoc", script)
    # What it makes has no attributes but classes.
    assert set(re.findall(r"createElement\(([^)]*)\)", script)) == {"'dt'", "'dd'", "'li'", "'span'"}
    assert re.findall(r"setAttribute\(([^,]*),", script) == ["'aria-invalid'"]


def test_whatever_can_be_filled_in_has_a_label() -> None:
    page = read_page()
    labels = {attributes["for"] for tag, attributes in page.tags if tag == "label"}
    assert labels == {attributes["id"] for tag, attributes in page.tags if tag in ("input", "textarea")}
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert set(re.findall(r"\bat\('([a-z-]+)'\)|\bfill\('([a-z]+)'", page.texts["script"][0])) <= {
        pair for one in ids for pair in ((one, ""), ("", one))
    }
    (verdict,) = [attributes for _, attributes in page.tags if attributes.get("id") == "verdict"]
    assert verdict["aria-live"] == "polite"


if __name__ == "__main__":
    FILE.write_text(re.sub(r'(?<=content=")default-src[^"]*', lambda _: policy_of(read_page()), TEXT), "utf-8")
