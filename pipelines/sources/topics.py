"""The topics of the platform. They are declared here and nowhere else; the broker makes none by itself."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sources.broker import broker_errors, broker_options

DAY_MS = 24 * 3600 * 1000
_KNOWN_S = 30.0


class Topic(NamedTuple):
    """A topic as it has to be.

    Args:
        name: Name of the topic.
        partitions: Number of partitions. Never changed later: keys would move to other partitions.
        retention_ms: Age in ms of the Kafka timestamp after which the broker may drop messages.
        max_message_bytes: Largest message that the broker takes.
    """

    name: str
    partitions: int = 4
    retention_ms: int = 7 * DAY_MS
    max_message_bytes: int = 1024 * 1024

    def configs(self) -> dict[str, str]:
        """Settings of the topic in Kafka's words."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_ms),
            "max.message.bytes": str(self.max_message_bytes),
            # The time a message reached the platform; its event time stands in the message.
            "message.timestamp.type": "CreateTime",
        }


METER_READINGS = Topic("meter-readings")
EQUIPMENT_IMAGES = Topic("equipment-images")
IMAGE_PREDICTIONS = Topic("image-predictions")
TOPICS = (METER_READINGS, EQUIPMENT_IMAGES, IMAGE_PREDICTIONS)


def ensure_topics(settings: PipelineSettings, topics: Sequence[Topic] = TOPICS) -> list[str]:
    """Creates the topics that are missing and verifies the ones that are there.

    Args:
        settings: Where the brokers are.
        topics: Topics to have.

    Returns:
        Names of the topics that were created.

    Raises:
        PipelineError: A topic has another number of partitions, or no broker answers.
    """
    with broker_errors(settings, "look at the topics"):
        admin = KafkaAdminClient(**broker_options(settings))
    try:
        with broker_errors(settings, "look at the topics"):
            names = set(admin.list_topics())
        created = [topic.name for topic in topics if topic.name not in names and _create(admin, settings, topic)]
        deadline = time.monotonic() + _KNOWN_S
        with broker_errors(settings, "look at the topics"):
            # Of several brokers, one may not yet know of a topic that another has just made.
            while not all((found := _partitions(admin, topics)).values()) and time.monotonic() < deadline:
                time.sleep(0.2)
    finally:
        admin.close()
    for topic in topics:
        if found[topic.name] != topic.partitions:
            raise PipelineError(
                f"topic {topic.name} has {found[topic.name]} partitions; declared are {topic.partitions}",
                "`gridseal down`, then `make clean` deletes all data of this machine and the topic with it; "
                "or delete the topic with Kafka's own tools and feed again",
                1,
            )
    return created


def _partitions(admin: KafkaAdminClient, topics: Sequence[Topic]) -> dict[str, int]:
    """How many partitions each topic has; none if the broker that is asked does not know it."""
    known = {t["name"]: len(t["partitions"]) for t in admin.describe_topics([t.name for t in topics])}
    return {topic.name: known.get(topic.name, 0) for topic in topics}


def _create(admin: KafkaAdminClient, settings: PipelineSettings, topic: Topic) -> bool:
    wanted = {"num_partitions": topic.partitions, "replication_factor": -1, "configs": topic.configs()}
    with broker_errors(settings, f"create topic {topic.name}"):
        try:
            admin.create_topics({topic.name: wanted}, wait_for_metadata=True)
        except TopicAlreadyExistsError:
            # Somebody else was quicker; what is there is verified like any other.
            return False
    return True
