"""Readings and messages as rows of one flat array; values are whole numbers of the smallest unit."""

from typing import Any

import numpy as np
import numpy.typing as npt

KINDS = ("reading", "late", "out_of_order", "duplicate", "malformed")
READING, LATE, OUT_OF_ORDER, DUPLICATE, MALFORMED = range(len(KINDS))

MESSAGE = np.dtype(
    [
        ("kind", "i1"),
        ("variant", "i2"),  # how a duplicate differs, or which malformed kind
        ("meter_id", "S16"),
        ("event_ms", "i8"),  # milliseconds since 1970
        ("active_power", "i8"),  # W
        ("reactive_power", "i8"),  # var
        ("voltage", "i8"),  # hundredths of a volt
        ("current", "i8"),  # tenths of an ampere
        ("seq", "i8"),
        ("delivery_ms", "i8"),  # simulated time at which it reaches the broker
    ]
)
Messages = npt.NDArray[Any]
"""Array of MESSAGE."""

DECIMALS = {"active_power": 3, "reactive_power": 3, "voltage": 2, "current": 1}
"""Decimals of each value in a message, as in the DECIMAL columns of the lake."""


def seq_of(event_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sequence number of a reading: minutes since 2020, so that a missing one shows as a step."""
    return event_ms // 60_000 - 26_297_280
