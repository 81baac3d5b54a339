"""``python -m models.defects.answer FILE``: what a detector says of one photograph, as JSON."""

import json
import sys
from pathlib import Path

from models.defects.checkpoint import load_folder
from models.defects.detector import limit_threads
from models.defects.photographs import pixels_of
from models.errors import ModelError


def answer(folder: Path, file: Path, heat_map: Path | None) -> dict[str, object]:
    """What a detector says of a photograph.

    Args:
        folder: Of the detector.
        file: The photograph.
        heat_map: PNG to write, of the photograph beside the same with the places that speak for a defect.

    Raises:
        ModelError: There is no such file, it is no image, or the heat map cannot be written.
    """
    try:
        pixels = pixels_of(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{file}: {error}", hint="gridseal images detect --help", exit_code=2) from error
    detector = load_folder(folder)
    (said,) = detector.answers(pixels[None]).rows()
    found: dict[str, object] = {
        "file": str(file),
        **said,
        "threshold": detector.threshold,
        "model_version": detector.version,
    }
    if heat_map:
        # Colours come from matplotlib, whose import takes as long as all of the above.
        from models.defects.explain import heat, picture

        seen = picture(pixels, heat(detector, pixels))
        try:
            heat_map.write_bytes(seen)
        except OSError as error:
            raise ModelError(
                f"{heat_map}: {error.strerror}; expected: a file that can be written",
                hint="gridseal images detect --help",
                exit_code=2,
            ) from error
        found["heat_map"] = str(heat_map)
    return found


def main() -> int:
    """Answers; the arguments are the folder, the file and, if wanted, the heat map."""
    folder, file, *heat_map = map(Path, sys.argv[1:])
    # As the lake's photographs are answered for: kernels may round otherwise on more threads.
    limit_threads(1)
    try:
        print(json.dumps(answer(folder, file, heat_map[0] if heat_map else None)))
    except ModelError as error:
        print(json.dumps({"error": error.message, "hint": error.hint}))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
