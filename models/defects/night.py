"""A detector at night: answers for whatever nobody has answered for yet."""

from collections.abc import Iterator, Sequence

from models.defects.detector import Detector
from models.defects.labelling import Announced, send_answers
from models.defects.stream import BATCH
from pipelines.settings import PipelineSettings
from pipelines.sources.images.announcing import Announcer
from pipelines.sources.topics import IMAGE_PREDICTIONS, ensure_topics
from pipelines.webhdfs import open_client


def label_all(
    settings: PipelineSettings, detector: Detector, announced: Sequence[Announced]
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
        for begin in range(0, len(announced), BATCH):
            batch = announced[begin : begin + BATCH]
            answered, complaints = send_answers(settings, detector, client, announcer, batch)
            done += answered
            yield done, complaints
