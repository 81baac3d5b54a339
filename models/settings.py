"""Which model is used."""

from pathlib import Path

from pydantic import BaseModel, Field

from models.defects import DEFAULT


class ModelSettings(BaseModel):
    """What the models need."""

    model_dir: Path = Field(
        DEFAULT,
        description="Folder of the detector of defects that is used: model.pt with its metrics.json.",
    )
    detector_threads: int = Field(
        1, ge=1, le=256, description="Threads of the detector of the lake's photographs; the rest is for the pipeline."
    )
