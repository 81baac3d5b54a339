"""How many photographs a detector answers for on one core, from their bytes on HDFS to answers that Kafka holds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median

from bench.figure import Figure, Goal
from bench.options import Options
from bench.pipeline.lake import open_lake
from gridseal.model_process import require, told_by
from gridseal.photograph_demo import write_manifest
from models.defects import TENTH
from pipelines.sources.broker import records_of
from pipelines.sources.images import import_images
from pipelines.sources.topics import EQUIPMENT_IMAGES

_A_CORE = 900
_OF_TORCH = 0.5


def measure(options: Options) -> Iterator[Figure]:
    """All photographs that come with gridseal are imported, then answered for, again and again.

    Raises:
        GridsealError: PyTorch is not there.
    """
    require()
    with open_lake(options.folder, options.tell) as lake:
        lake.tell("importing photographs")
        manifest = options.folder / "manifest.csv"
        write_manifest(manifest, [1], datetime(2026, 11, 20, tzinfo=UTC))
        import_images(lake.settings, TENTH, manifest)
        announced = [one.value.decode() for one in records_of(lake.settings, EQUIPMENT_IMAGES.name)]
        lake.tell(f"answering for {len(announced):,} photographs")
        (took,) = told_by(lake.settings, "bench.models.child", [str(options.runs)], announced)
    answers, plain = (len(announced) / median(took[side]) for side in ("answers", "plain"))
    beside = "torch alone, the same answers of tensors in memory"
    goals = (Goal(">=", _A_CORE), Goal(">=", _OF_TORCH, of_ratio=True))
    yield Figure("from bytes on HDFS to answers that Kafka has", answers, "photographs/s a core", beside, plain, goals)
