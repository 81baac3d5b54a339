"""A table as it is sealed: what its columns are, and the rows of a partition in the order of their key."""

from collections.abc import Iterator
from functools import cached_property

import pyarrow as pa

from notary.lake.order import in_key_order
from notary.verify.row import Column, Schema
from pipelines.reading import snapshot
from warehouse.contract import Table


class Snapshot(snapshot.Snapshot):
    """A table as it was at one instant, for the notary."""

    @cached_property
    def schema(self) -> Schema:
        """What its rows are sealed as."""
        return schema_of(self.table, tuple(column.name for column in self.columns))

    def rows(self, partition: str) -> Iterator[pa.RecordBatch]:
        """Rows of a partition in the order of their key: the columns of the schema and ``COMMIT_TIME``.

        Raises:
            NotaryError: Two rows have one key.
            UnreadableError: The files cannot be read as a table of Hudi.
            PipelineError: HDFS does not answer.
        """
        what = f"{self.table.name} {partition}".rstrip()
        for table in in_key_order(self.batches(partition), list(self.schema.key), what):
            yield from table.to_batches()


def project(batch: pa.RecordBatch, names: list[str]) -> pa.RecordBatch:
    """Some columns of a batch."""
    return pa.RecordBatch.from_arrays([batch.column(name) for name in names], names)


def schema_of(table: Table, written: tuple[str, ...]) -> Schema:
    """What a table's rows are sealed as: the contract's columns in its order, as far as they were written."""
    columns = tuple(Column(c.name, str(c.type)) for c in table.columns if c.name in written)
    return Schema(table.name, columns, table.key, table.disclosable)
