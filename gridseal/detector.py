"""The process of the detector of defects, which runs in .venv-models.

``python -m gridseal.detector`` answers beside the pipeline until it is told to end; the stack starts it. With
``--rest`` it answers for the photographs of standard input, a line of JSON each, and prints how many are done.
"""

import json
import signal
import sys

from gridseal.settings import Settings
from models.defects.checkpoint import load_folder
from models.defects.detector import Detector, limit_threads
from models.defects.labelling import Announced
from models.defects.night import label_all
from models.defects.stream import follow
from models.errors import ModelError
from pipelines.errors import PipelineError
from stack.detector import answering
from stack.files import write


def main() -> int:
    """Answers; returns the exit code."""
    # Whoever starts it passes all of them on but passwords, of which it needs none.
    settings = Settings(_env_file=None)
    rest = "--rest" in sys.argv[1:]
    limit_threads(settings.detector_threads)
    if not rest:
        # The supervisor may have started it anew.
        answering(settings).unlink(missing_ok=True)
    try:
        detector = load_folder(settings.model_dir)
        if rest:
            _answer_rest(settings, detector)
        else:
            _answer_on(settings, detector)
    except (ModelError, PipelineError) as error:
        told = json.dumps({"error": str(error), "hint": error.hint})
        print(told, file=sys.stdout if rest else sys.stderr, flush=True)
        return error.exit_code
    return 0


def _answer_on(settings: Settings, detector: Detector) -> None:
    ended = False

    def end(*_: object) -> None:
        nonlocal ended
        ended = True

    signal.signal(signal.SIGTERM, end)

    def reads() -> None:
        write(answering(settings), detector.version)

    def tell(number: int, complaints: list[str]) -> None:
        for line in complaints:
            print(f"no answer for {line}", file=sys.stderr, flush=True)
        if number:
            print(f"{number} photographs answered for by {detector.version[:12]}", file=sys.stderr, flush=True)

    try:
        follow(settings, detector, lambda: ended, reads, tell)
    finally:
        answering(settings).unlink(missing_ok=True)


def _answer_rest(settings: Settings, detector: Detector) -> None:
    read = (Announced.read(line.encode()) for line in sys.stdin)
    for done, complaints in label_all(settings, detector, [one for one in read if one]):
        print(json.dumps({"done": done, "complaints": complaints}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
