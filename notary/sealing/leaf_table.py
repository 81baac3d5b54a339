"""The stored leaves of a sealed partition, asked by key."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from notary.bulk.trees import Levels
from notary.errors import NotaryError
from notary.record.seals import Sealed
from notary.sealing.leaf_file import LEAF, SALT, hashes_of, open_leaves
from notary.settings import NotarySettings
from notary.verify.hashes import SIZE
from notary.verify.proof import Place
from notary.verify.row import key_of


class LeafTable:
    """Keys, leaves and salts of a sealed partition, in the order of its tree."""

    def __init__(self, settings: NotarySettings, sealed: Sealed) -> None:
        """Read them.

        Raises:
            NotaryError: They are not there, or not those of the seal.
            PipelineError: HDFS does not answer.
        """
        self.sealed = sealed
        self.keys: Any = None
        self.leaves: NDArray[Any] = hashes_of(_no_hashes())
        self._salts: Any = None
        if sealed.leaves:
            with open_leaves(settings, sealed.leaves) as file:
                table = file.read()
            self.keys, self._salts = table.select(list(sealed.schema.key)), table.column(SALT)
            self.leaves = hashes_of(table.column(LEAF))
        self._tree = Levels(self.leaves)
        if len(self.leaves) != sealed.seal.rows or self._tree.root() != sealed.seal.root:
            raise NotaryError(
                f"the leaves {sealed.leaves} are not those of the seal {sealed.position}; somebody has changed them",
                "restore them from a backup",
            )

    def __len__(self) -> int:
        return len(self.leaves)

    def salt(self, index: int) -> bytes | None:
        """Salt of a row; None if it was destroyed."""
        salt: bytes | None = self._salts[index].as_py()
        return salt

    def without_salt(self) -> frozenset[bytes]:
        """Leaves whose salts were destroyed."""
        if self.keys is None:
            return frozenset()
        return frozenset(self.leaves[at].tobytes() for at in np.flatnonzero(self._salts.is_null()))

    @property
    def salts(self) -> NDArray[Any]:
        """Salts of all rows; zeros where one was destroyed; uint8[n, 32]."""
        return hashes_of(self._salts) if self.keys is not None else self.leaves

    def place(self, index: int) -> Place:
        """Where a leaf stands in the tree."""
        return Place(index, tuple(self._tree.path(index)))

    def key(self, index: int) -> dict[str, Any]:
        """Key of a row."""
        return {name: self.keys.column(name)[index].as_py() for name in self.sealed.schema.key}

    def in_order(self) -> bool:
        """Whether the rows stand in the order of their keys, on which a proof of absence relies."""
        if self.keys is None:
            return True
        return bool(
            (
                np.asarray(pc.sort_indices(self.keys, [(n, "ascending") for n in self.keys.column_names]))
                == np.arange(len(self))
            ).all()
        )

    def find(self, key: Mapping[str, Any]) -> tuple[int, bool]:
        """Where a row of a key stands, or would; and whether it does."""
        schema, wanted = self.sealed.schema, key_of(self.sealed.schema, key)
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if key_of(schema, self.key(middle)) < wanted:
                low = middle + 1
            else:
                high = middle
        return low, low < len(self) and key_of(schema, self.key(low)) == wanted


def _no_hashes() -> Any:
    import pyarrow as pa

    return pa.array([], pa.binary(SIZE))
