"""Which photographs a network learns from, which choose its settings, and which it is judged by."""

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from models.defects.photographs import Photographs

TRAIN, VALIDATION = 8, 1
"""Tenths; the rest are for the test."""


@dataclass(frozen=True)
class Split:
    """Photographs in three parts that share no file, not even a copy.

    Attributes:
        train: Eight tenths of each class.
        validation: One tenth.
        test: One tenth.
    """

    train: Photographs
    validation: Photographs
    test: Photographs


def split(photographs: Photographs) -> Split:
    """Splits each class 8:1:1 by the hash of the content.

    The names of files are not looked at: in "Infrared Solar Modules" their numbers tell the class. Copies of one file
    have one hash, so they fall into one part, also where they carry different labels.
    """
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    groups: dict[int, list[list[int]]] = {}
    for _, copies in groupby(range(len(photographs)), key=photographs.digests.__getitem__):
        places = list(copies)
        groups.setdefault(int(photographs.labels[places[0]]), []).append(places)
    for same_class in groups.values():
        for rank, group in enumerate(same_class):
            tenth = 10 * rank // len(same_class)
            part = 0 if tenth < TRAIN else 1 if tenth < TRAIN + VALIDATION else 2
            parts[part].extend(group)
    train, validation, test = (photographs.at(np.array(sorted(part), dtype=np.int64)) for part in parts)
    return Split(train, validation, test)
