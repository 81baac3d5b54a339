"""What people say of photographs, in the business database."""

import re
from datetime import UTC, datetime

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.sources.business.database import connect, create_schema

VERDICTS = ("defect", "ok")
_IMAGE_ID = re.compile(r"[0-9a-f]{64}")


def label(settings: PipelineSettings, image_id: str, verdict: str, by: str) -> None:
    """Write what somebody saw on a photograph; the last word counts.

    Args:
        settings: Where the database is.
        image_id: The photograph.
        verdict: Of ``VERDICTS``.
        by: Who says so.

    Raises:
        PipelineError: That is no photograph's identifier, or the database does not answer.
    """
    if not _IMAGE_ID.fullmatch(image_id):
        raise PipelineError(
            f"image {image_id!r}; allowed: the 64 hexadecimal digits of an image_id of dwd.image",
            'gridseal sql "SELECT image_id, file FROM dwd.image"',
            2,
        )
    with connect(settings) as connection:
        create_schema(connection)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO image_label (image_id, verdict, labelled_by, labelled_at) VALUES (%s, %s, %s, %s)"
                " ON DUPLICATE KEY UPDATE verdict = VALUES(verdict), labelled_by = VALUES(labelled_by),"
                " labelled_at = VALUES(labelled_at)",
                (image_id, verdict, by, datetime.now(UTC).replace(tzinfo=None)),
            )
        connection.commit()
