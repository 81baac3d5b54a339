"""The jars that the job needs beside the product's own, fetched when the bench is first run."""

import subprocess
from pathlib import Path

from bench.options import Options
from gridseal.errors import NO_SERVICE, GridsealError

_POM = Path(__file__).with_name("pom.xml")
FOLDER = Path("build/bench")


def fetch(options: Options) -> list[Path]:
    """Have Maven copy them to ``build/bench``, checksums compared; nothing happens if they are there.

    Raises:
        GridsealError: They cannot be fetched.
    """
    if FOLDER.exists() and FOLDER.stat().st_mtime >= _POM.stat().st_mtime:
        return sorted(FOLDER.glob("*.jar"))
    options.tell("fetching the jars of the Spark job")
    words = ["mvn", "-B", "-ntp", "-q", "--strict-checksums", "-f", str(_POM), "package"]
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    if told.returncode:
        said = next((line for line in told.stdout.splitlines() if "ERROR" in line), "it says nothing")
        raise GridsealError(f"Maven failed: {said}", f"mvn -f {_POM} package", NO_SERVICE)
    FOLDER.touch()
    return sorted(FOLDER.glob("*.jar"))
