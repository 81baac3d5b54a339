"""BLAKE3 of many short messages at once: one message in each lane of the processor's vectors.

The compression function (BLAKE3, O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020, section 2.2) is written here once,
over vectors of 16 words, as LLVM IR that numba compiles for this processor; no compiler is needed. The blake3 package
hashes one message as fast as can be, and a million of them with a million calls.
"""

from typing import Any

import numpy as np
from blake3 import blake3
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16
BLOCK = 64
"""Bytes of a block."""
CHUNK = 1024
"""Bytes up to which a message is a single chunk, and no tree of BLAKE3's own."""

_CHUNK_START, _CHUNK_END, _ROOT = 1, 2, 8
_FIRST, _LAST = np.uint32(_CHUNK_START), np.uint32(_CHUNK_END | _ROOT)
_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
_START = np.array(_IV, np.uint32)
_ORDER = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
_ROUNDS = 7
_WORD = ir.IntType(32)
_VECTOR = ir.VectorType(_WORD, LANES)


def _all(word: int) -> Any:
    return ir.Constant(_VECTOR, [ir.Constant(_WORD, word)] * LANES)


def _transposed(builder: Any, rows: list[Any]) -> list[Any]:
    """Word w of every lane in vector w, from the 16 words of lane l in vector l: four stages of shuffles of two."""
    for stride in (1, 2, 4, 8):
        turned = list(rows)
        for low in range(LANES):
            if low & stride:
                continue
            high = low | stride
            first = [LANES + (k ^ stride) if k & stride else k for k in range(LANES)]
            second = [LANES + k if k & stride else k | stride for k in range(LANES)]
            for place, mask in ((low, first), (high, second)):
                constant = ir.Constant(_VECTOR, [ir.Constant(_WORD, k) for k in mask])
                turned[place] = builder.shuffle_vector(rows[low], rows[high], constant)
        rows = turned
    return rows


def _compressed(builder: Any, chaining: list[Any], message: list[Any], lengths: Any, flags: Any) -> list[Any]:
    """The next chaining value of each lane; the counter of chunks is zero."""
    rotate = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_VECTOR, [_VECTOR] * 3), f"llvm.fshr.v{LANES}i32"
    )
    state = [*chaining, *(_all(word) for word in _IV[:4]), _all(0), _all(0), lengths, flags]

    def mix(a: int, b: int, c: int, d: int, words: list[Any]) -> None:
        for word, (right_d, right_b) in zip(words, ((16, 12), (8, 7)), strict=True):
            state[a] = builder.add(builder.add(state[a], state[b]), word)
            state[d] = builder.xor(state[d], state[a])
            state[d] = builder.call(rotate, [state[d], state[d], _all(right_d)])
            state[c] = builder.add(state[c], state[d])
            state[b] = builder.xor(state[b], state[c])
            state[b] = builder.call(rotate, [state[b], state[b], _all(right_b)])

    for _ in range(_ROUNDS):
        for place in range(4):
            mix(place, 4 + place, 8 + place, 12 + place, message[2 * place : 2 * place + 2])
        for place in range(4):
            words = message[8 + 2 * place : 10 + 2 * place]
            mix(place, 4 + (place + 1) % 4, 8 + (place + 2) % 4, 12 + (place + 3) % 4, words)
        message = [message[place] for place in _ORDER]
    return [builder.xor(state[place], state[place + 8]) for place in range(8)]


@intrinsic
def _compress(_: Any, memory: Any, places: Any, chaining: Any, lengths: Any, flags: Any) -> Any:
    """One block of each lane.

    Args:
        memory: uint8[:], from which 64 bytes can be read at each place.
        places: int64[16].
        chaining: uint32[8, 16], replaced by the next.
        lengths: uint32[16], bytes of the block that count.
        flags: uint32[16].
    """
    signature = types.void(memory, places, chaining, lengths, flags)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data, place, value, length, flag = (
            context.make_array(kind)(context, builder, argument).data
            for kind, argument in zip(signature.args, arguments, strict=True)
        )

        def vectors(pointer: Any, count: int) -> list[Any]:
            start = builder.bitcast(pointer, _VECTOR.as_pointer())
            return [builder.gep(start, [ir.Constant(ir.IntType(64), k)]) for k in range(count)]

        rows = []
        for lane in range(LANES):
            index = builder.load(builder.gep(place, [ir.Constant(ir.IntType(64), lane)]))
            (block,) = vectors(builder.gep(data, [index]), 1)
            rows.append(builder.load(block, align=1))
        before = [builder.load(pointer, align=4) for pointer in vectors(value, 8)]
        (length,), (flag,) = vectors(length, 1), vectors(flag, 1)
        after = _compressed(
            builder,
            before,
            _transposed(builder, rows),
            builder.load(length, align=4),
            builder.load(flag, align=4),
        )
        for pointer, word in zip(vectors(value, 8), after, strict=True):
            builder.store(word, pointer, align=4)
        return context.get_dummy_value()

    return signature, generate


@njit(cache=True, nogil=True)
def hash_messages(memory: Any, starts: Any, lengths: Any, out: Any) -> None:
    """Hash messages of 1 to 1,024 bytes.

    Lanes that have come to their end compress on, unheard, until the longest of the sixteen has: sort long ones apart.

    Args:
        memory: uint8[:]. Each message is followed by zeros up to a whole block.
        starts: int64[n], where each begins.
        lengths: int64[n], without those zeros.
        out: uint32[n, 8], the hashes.
    """
    places, blocks = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    chaining = np.empty((8, LANES), np.uint32)
    sizes, flags = np.empty(LANES, np.uint32), np.empty(LANES, np.uint32)
    count = len(starts)
    for first in range(0, count, LANES):
        longest = 0
        for lane in range(LANES):
            message = min(first + lane, count - 1)
            places[lane] = starts[message]
            blocks[lane] = (lengths[message] + BLOCK - 1) // BLOCK
            longest = max(longest, blocks[lane])
        for word in range(8):
            for lane in range(LANES):
                chaining[word, lane] = _START[word]
        for block in range(longest):
            for lane in range(LANES):
                last = block == blocks[lane] - 1
                message = min(first + lane, count - 1)
                sizes[lane] = lengths[message] - BLOCK * block if last else BLOCK
                flags[lane] = (_FIRST if block == 0 else np.uint32(0)) | (_LAST if last else np.uint32(0))
            _compress(memory, places, chaining, sizes, flags)
            for lane in range(LANES):
                if block < blocks[lane] - 1:
                    places[lane] += BLOCK
                elif block == blocks[lane] - 1 and first + lane < count:
                    for word in range(8):
                        out[first + lane, word] = chaining[word, lane]


@njit(cache=True, nogil=True)
def hash_pairs(memory: Any, out: Any) -> None:
    """Hash neighbours: the nodes above a row of hashes.

    Args:
        memory: uint8[n * 64], left and right hash one after the other.
        out: uint32[n, 8], the nodes.
    """
    places = np.empty(LANES, np.int64)
    chaining = np.empty((8, LANES), np.uint32)
    sizes, flags = np.empty(LANES, np.uint32), np.empty(LANES, np.uint32)
    sizes[:], flags[:] = BLOCK, _FIRST | _LAST
    count = len(out)
    for first in range(0, count, LANES):
        for lane in range(LANES):
            places[lane] = min(first + lane, count - 1) * BLOCK
        for word in range(8):
            for lane in range(LANES):
                chaining[word, lane] = _START[word]
        _compress(memory, places, chaining, sizes, flags)
        for lane in range(min(LANES, count - first)):
            for word in range(8):
                out[first + lane, word] = chaining[word, lane]


def self_test() -> None:
    """Compare the kernel with the blake3 package, over all numbers of blocks, before anything is sealed with it.

    Raises:
        ArithmeticError: They differ on this processor.
    """
    lengths = np.array([*range(1, 130), *range(130, CHUNK + 1, 61), CHUNK], np.int64)
    slots = -(-lengths // BLOCK) * BLOCK
    starts = np.concatenate([[0], np.cumsum(slots)[:-1]])
    memory = np.zeros(int(slots.sum()), np.uint8)
    messages = [bytes((7 * number + k) & 255 for k in range(length)) for number, length in enumerate(lengths.tolist())]
    for start, message in zip(starts, messages, strict=True):
        memory[start : start + len(message)] = np.frombuffer(message, np.uint8)
    hashes = np.empty((len(lengths), 8), np.uint32)
    hash_messages(memory, starts, lengths, hashes)
    pairs = len(hashes) // 2
    nodes = np.empty((pairs, 8), np.uint32)
    hash_pairs(hashes[: 2 * pairs].view(np.uint8).reshape(-1), nodes)
    joined = [hashes[2 * k : 2 * k + 2].tobytes() for k in range(pairs)]
    for found, hashed in ((hashes, messages), (nodes, joined)):
        if [row.tobytes() for row in found] != [blake3(message).digest() for message in hashed]:
            raise ArithmeticError("BLAKE3 in lanes differs from the blake3 package on this processor")
