"""What is timed in ``.venv-models``, on one core: the photographs of standard input, RUNS times; prints seconds."""

import json
import os
import sys

import numpy as np

from bench.clock import in_turn, timed
from gridseal.settings import Settings
from models.defects.checkpoint import load_folder
from models.defects.detector import limit_threads
from models.defects.labelling import Announced, contents
from models.defects.night import label_all
from models.defects.photographs import pixels_of
from pipelines.webhdfs import open_client


def main() -> None:
    """Times both sides in turn."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    limit_threads(1)
    settings = Settings(_env_file=None)
    detector = load_folder(settings.model_dir)
    announced = [one for one in (Announced.read(line.encode()) for line in sys.stdin) if one]
    read = contents(open_client(settings), announced)
    pixels = np.stack([pixels_of(content) for _, content in read if content])
    sides = {
        "answers": timed(lambda: list(label_all(settings, detector, announced))),
        "plain": timed(lambda: detector.answers(pixels)),
    }
    print(json.dumps(in_turn(sides, int(sys.argv[1]))))


if __name__ == "__main__":
    main()
