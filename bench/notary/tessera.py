"""One peer, with the same leaves on the same disk: Tessera (the log behind Sigstore's Rekor v2), its POSIX driver."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench import machine
from bench.clock import in_turn
from bench.figure import Figure
from bench.notary import rows
from bench.options import Options
from gridseal.errors import NO_SERVICE, GridsealError
from notary.bulk.leaves import LeafMaker
from notary.bulk.trees import Levels, Tree
from notary.record.database import open_database
from notary.record.seals import SealLog
from notary.sealing.leaf_file import LEAF, SALT, column_of, hashes_of, write_leaves
from notary.sealing.salts import Salts
from notary.settings import NotarySettings
from notary.verify.seal import Seal
from notary.verify.tree import root_of_path
from pipelines.reading.commits import Seen

_LEAVES, _PROOFS = 100_000, 1000
_SOURCE = Path(__file__).with_name("peer")
_STEPS = {
    "append": ("{leaves:,} leaves appended, on disk, in a new root", "leaves/s"),
    "prove": ("{proofs:,} paths made of what is on disk", "proofs/s"),
    "verify": ("{proofs:,} paths verified", "proofs/s"),
}


def measure(options: Options) -> Iterator[Figure]:
    """Appending, proving, verifying; all cores are free to both.

    Raises:
        GridsealError: There is no Go, or its modules cannot be fetched.
    """
    count = min(options.rows, _LEAVES)
    proofs = min(count, _PROOFS)
    sample = _Sample(count)
    file = options.folder / "leaves"
    file.write_bytes(sample.leaves.tobytes())
    program = _built(options.folder)
    sides = {
        "gridseal": lambda: _gridseal(sample, proofs, options.folder),
        "tessera": lambda: _tessera(program, file, proofs, options.folder),
    }
    found = in_turn(sides, options.runs)
    for step, (what, unit) in _STEPS.items():
        done = count if step == "append" else proofs
        ours, theirs = (done / median(run[step] for run in runs) for runs in found.values())
        yield Figure(what.format(leaves=count, proofs=proofs), ours, unit, "Tessera, POSIX driver", theirs)


class _Sample:
    """Rows with their leaves, which both sides are given."""

    def __init__(self, count: int) -> None:
        self.schema, salts = rows.schema(), Salts()
        maker = LeafMaker(self.schema)
        batches = list(rows.in_key_order(count))
        given = [salts.take(len(batch)) for batch in batches]
        made = [maker.leaves(batch, of_batch) for batch, of_batch in zip(batches, given, strict=True)]
        self.leaves = np.concatenate(made)
        columns = {name: pa.chunked_array([b.column(name) for b in batches]) for name in self.schema.key}
        hashes = {LEAF: column_of(self.leaves), SALT: column_of(np.concatenate(given))}
        self.table = pa.table(columns | hashes)


def _gridseal(sample: _Sample, proofs: int, folder: Path) -> dict[str, float]:
    """Seconds of each step."""
    file, size = folder / "leaves.parquet", len(sample.leaves)
    began = perf_counter()
    tree = Tree().add(sample.leaves)
    write_leaves(file, [sample.table], list(sample.schema.key))
    with file.open("rb") as written:
        os.fsync(written)
    seal = Seal(rows.TABLE, "", "20261121000000000", sample.schema.id, size, tree.root())
    with open_database(NotarySettings(var_dir=folder)) as connection:
        SealLog(connection).append(seal, sample.schema, Seen(seal.instant, frozenset(), 0), str(file))
    appended = perf_counter()
    stored = hashes_of(pq.ParquetFile(file).read([LEAF]).column(LEAF))
    levels = Levels(stored)
    paths = {index: levels.path(index) for index in (n * size // proofs for n in range(proofs))}
    proven = perf_counter()
    for index, path in paths.items():
        if root_of_path(stored[index].tobytes(), index, size, path) != seal.root:
            raise ArithmeticError(f"the path of leaf {index} does not lead to the root")
    return {"append": appended - began, "prove": proven - appended, "verify": perf_counter() - proven}


def _tessera(program: Path, file: Path, proofs: int, folder: Path) -> Mapping[str, float]:
    """Seconds of each step; a new log for each run."""
    log = folder / f"tessera-{len(list(folder.iterdir()))}"
    told = _run([str(program), str(file), str(proofs), str(log)])
    seconds: Mapping[str, float] = json.loads(told)
    return seconds


def _built(folder: Path) -> Path:
    go = machine.go_program()
    if go is None:
        raise GridsealError("Go is not installed, in which Tessera is written", "apt-get install golang", NO_SERVICE)
    _run([go, "build", "-C", str(_SOURCE), "-o", str(folder / "program"), "."])
    return folder / "program"


def _run(command: list[str]) -> str:
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        said = (told.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise GridsealError(f"{Path(command[0]).name} failed: {said}", "go version; the Go module proxy", NO_SERVICE)
    return told.stdout
