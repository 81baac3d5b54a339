"""The leaves and salts of a sealed partition: a Parquet file on HDFS, a line for a row, in the order of the tree."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from notary.errors import NotaryError
from notary.settings import NotarySettings
from notary.verify.hashes import SIZE
from notary.verify.seal import Seal
from pipelines.webhdfs import open_client, reachable

LEAF, SALT = "_leaf", "_salt"
_HASH = pa.binary(SIZE)
_NEW = ".new"


def write_leaves(path: Path, tables: Iterable[pa.Table], key: list[str]) -> None:
    """Write the file as tables of keys, leaves and salts pass by; without a row there is none."""
    writer: Any = None
    try:
        for table in tables:
            writer = writer or _open_writer(path, table.schema, key)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()


def leaf_path(settings: NotarySettings, seal: Seal) -> str:
    """Path of the file of a seal on HDFS; sealed twice at one instant, a partition has other salts and two files."""
    return f"{leaf_folder(settings, seal.table, seal.partition)}/{seal.instant}-{seal.root.hex()[:16]}.parquet"


def leaf_folder(settings: NotarySettings, table: str, partition: str) -> str:
    """Folder of the files of all seals of a partition on HDFS."""
    return "/".join([settings.notary_path, "leaves", *table.split("."), *filter(None, [partition])])


def store_leaves(settings: NotarySettings, file: Path, path: str) -> None:
    """Bring a file to HDFS; whoever reads meets all of it or none.

    Raises:
        PipelineError: HDFS does not answer.
    """
    with reachable(settings):
        client = open_client(settings)
        with file.open("rb") as data:
            client.write(path + _NEW, data, overwrite=True)
        client.set_permission(path + _NEW, "600")
        client.delete(path)
        client.rename(path + _NEW, path)


@contextmanager
def open_leaves(settings: NotarySettings, path: str) -> Iterator[Any]:
    """The file of a seal, as a ParquetFile.

    Raises:
        NotaryError: It is not there, or cannot be read.
        PipelineError: HDFS does not answer.
    """
    with TemporaryDirectory(prefix="gridseal-") as folder:
        copy = Path(folder) / "leaves.parquet"
        with reachable(settings):
            client = open_client(settings)
            there = next((name for name in (path, path + _NEW) if client.status(name, strict=False)), None)
            if there is None:
                raise NotaryError(
                    f"the leaves {path} are gone from HDFS; without its salt no row of them can be proven",
                    "restore them from a backup, or seal the partition again: gridseal seal --again",
                )
            client.download(there, str(copy))
        try:
            yield pq.ParquetFile(copy)
        except pa.ArrowException as error:
            raise NotaryError(f"the leaves {there} cannot be read: {error}", "restore them from a backup") from error


def hashes_of(column: Any) -> NDArray[Any]:
    """A column of hashes as uint8[n, 32]; zeros where it is null."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], _HASH)
    if array.null_count:
        array = array.fill_null(bytes(SIZE))
    data = array.buffers()[1]
    if data is None:
        return np.empty((0, SIZE), np.uint8)
    return np.frombuffer(data, np.uint8)[SIZE * array.offset :][: SIZE * len(array)].reshape(-1, SIZE)


def column_of(hashes: NDArray[Any]) -> pa.Array:
    """Hashes of uint8[n, 32] as a column."""
    return pa.FixedSizeBinaryArray.from_buffers(_HASH, len(hashes), [None, pa.py_buffer(np.ascontiguousarray(hashes))])


def _open_writer(path: Path, schema: pa.Schema, key: list[str]) -> Any:
    # Hashes can be neither compressed nor found twice.
    compression = dict.fromkeys(key, "zstd") | {LEAF: "none", SALT: "none"}
    return pq.ParquetWriter(path, schema, compression=compression, use_dictionary=key, write_statistics=False)
