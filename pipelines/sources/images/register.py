"""Which photographs are in the lake already: a marker on HDFS beside each pack, written once Kafka has all of it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.settings import PipelineSettings
from pipelines.webhdfs import list_folder, open_client, reachable, write_bytes


@dataclass(frozen=True)
class Known:
    """A photograph that has been announced.

    Attributes:
        file: Name that it was imported by.
        equipment_id: What it shows.
        taken_at: When it was taken, ISO 8601 in UTC.
    """

    file: str
    equipment_id: int
    taken_at: str


class Register:
    """Photographs and refusals that have been announced, by the import that writes it and those before.

    Args:
        settings: Where HDFS is.

    Raises:
        PipelineError: HDFS does not answer.
    """

    def __init__(self, settings: PipelineSettings) -> None:
        self._settings = settings
        self._client = open_client(settings)
        self._folder = f"{settings.images_path}/announced"
        self._photographs: dict[str, Known] = {}
        self._refusals: set[str] = set()
        with reachable(settings):
            for name in [name for name, _ in list_folder(self._client, self._folder) if name.endswith(".json")]:
                with self._client.read(f"{self._folder}/{name}", encoding="utf-8") as reader:
                    self._read(json.loads(reader.read()))

    def __len__(self) -> int:
        return len(self._photographs)

    def photograph(self, image_id: str) -> Known | None:
        """What is known of a photograph."""
        return self._photographs.get(image_id)

    def refused(self, refusal: str) -> bool:
        """Whether a refusal, by its hash, has been announced."""
        return refusal in self._refusals

    def path_of(self, pack: str) -> str:
        """Where on HDFS a pack lies."""
        # Its first two digits spread a million packs over 256 folders.
        return f"{self._settings.images_path}/packs/{pack[:2]}/{pack}"

    def store(self, pack: str, content: bytes) -> None:
        """Writes a pack; one that is there is not written again.

        Raises:
            PipelineError: HDFS does not answer.
        """
        path = self.path_of(pack)
        with reachable(self._settings):
            if self._client.status(path, strict=False) is None:
                write_bytes(self._client, path, content)

    def announced(self, name: str, photographs: dict[str, Known], refusals: Iterable[str]) -> None:
        """Writes the marker of what Kafka has acknowledged.

        Args:
            name: Of the marker.
            photographs: By their identifiers.
            refusals: Their hashes.

        Raises:
            PipelineError: HDFS does not answer.
        """
        marker = {
            "photographs": {image_id: asdict(known) for image_id, known in photographs.items()},
            "refusals": sorted(refusals),
        }
        with reachable(self._settings):
            write_bytes(self._client, f"{self._folder}/{name}.json", json.dumps(marker).encode())
        self._read(marker)

    def _read(self, marker: dict[str, Any]) -> None:
        self._photographs |= {image_id: Known(**known) for image_id, known in marker["photographs"].items()}
        self._refusals |= set(marker["refusals"])
