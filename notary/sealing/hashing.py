"""Rows of a partition to the tree and the file of its leaves, in memory that does not grow with them."""

import shutil
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from notary.bulk.leaves import LeafMaker
from notary.bulk.trees import Tree
from notary.lake.keys import is_in_order
from notary.lake.order import in_key_order
from notary.lake.snapshot import project
from notary.sealing.leaf_file import LEAF, SALT, column_of, hashes_of, write_leaves
from notary.sealing.salts import Salts
from notary.verify.row import Schema


def hash_rows(batches: Iterable[pa.RecordBatch], schema: Schema, what: str, file: Path) -> Tree:
    """Hash rows with fresh salts, and write their leaves in the order of their keys.

    A row is hashed as it arrives, and only its key, leaf and salt are sorted, which are less than half of its bytes;
    those that arrive in order are not sorted at all.

    Args:
        batches: Rows in any order: the columns of the schema, and others.
        schema: What they are sealed as.
        what: Whose rows, for messages.
        file: To write; without rows there is none.

    Raises:
        NotaryError: Two rows have one key, or one has none.
        ValueError: A row has no canonical form.
    """
    key, leaves = list(schema.key), _leaves(batches, schema)
    out_of_order: list[pa.RecordBatch] = []
    tree = _written(_while_in_order(leaves, key, out_of_order), key, file)
    if not out_of_order:
        return tree
    with TemporaryDirectory(prefix="gridseal-") as folder:
        begun = Path(folder) / "begun.parquet"
        before: Iterable[pa.RecordBatch] = ()
        if tree.size:
            shutil.move(file, begun)
            before = pq.ParquetFile(begun).iter_batches()
        return _written(in_key_order(chain(before, out_of_order, leaves), key, what), key, file)


def _written(tables: Iterable[pa.Table], key: list[str], file: Path) -> Tree:
    """Write leaves in their order; returns their tree."""
    tree = Tree()

    def passing() -> Iterator[pa.Table]:
        for table in tables:
            tree.add(hashes_of(table.column(LEAF)))
            yield table

    write_leaves(file, passing(), key)
    return tree


def _while_in_order(
    batches: Iterable[pa.RecordBatch], key: list[str], out_of_order: list[pa.RecordBatch]
) -> Iterator[pa.Table]:
    """Batches until the first that is not in order or does not follow the others, which is put into the list."""
    last = None
    for batch in filter(len, batches):
        if not is_in_order(batch, key, last):
            out_of_order.append(batch)
            return
        last = batch.slice(len(batch) - 1)
        yield pa.Table.from_batches([batch])


def _leaves(batches: Iterable[pa.RecordBatch], schema: Schema) -> Iterator[pa.RecordBatch]:
    """Keys, leaves and salts of rows."""
    maker, salts, names = LeafMaker(schema), Salts(), [*schema.key, LEAF, SALT]
    for batch in batches:
        given = salts.take(len(batch))
        leaves = maker.leaves(project(batch, schema.names), given)
        keys = (batch.column(name) for name in schema.key)
        yield pa.RecordBatch.from_arrays([*keys, column_of(leaves), column_of(given)], names)
