"""A detector at night: answers for whatever nobody has answered for yet."""

from collections.abc import Iterable, Iterator

from models.defects.detector import Detector
from models.defects.labelling import Announced, answers
from models.defects.stream import BATCH
from pipelines.settings import PipelineSettings
from pipelines.sources.images.announcing import Announcer
from pipelines.sources.topics import IMAGE_PREDICTIONS, ensure_topics
from pipelines.webhdfs import open_client, reachable


def label_all(
    settings: PipelineSettings, detector: Detector, announced: Iterable[Announced]
) -> Iterator[tuple[int, list[str]]]:
    """Answers for photographs and sends the answers.

    Yields:
        After each batch how many are answered for by now, and a line on each of it that cannot be.

    Raises:
        PipelineError: A service does not answer.
    """
    ensure_topics(settings, [IMAGE_PREDICTIONS])
    client, done = open_client(settings), 0
    with Announcer(settings, IMAGE_PREDICTIONS) as announcer:
        batch: list[Announced] = []
        for one in [*announced, None]:
            if one:
                batch.append(one)
            if batch and (one is None or len(batch) == BATCH):
                with reachable(settings):
                    said, complaints = answers(detector, client, batch)
                for message in said:
                    announcer.send(message["image_id"], message)
                announcer.settle()
                done += len(said)
                batch = []
                yield done, complaints
