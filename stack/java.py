"""The Java runtime and class paths."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from stack.errors import StackError

JAVA_VERSION = 17

# For services that answer few and short requests: the second compiler costs them, at their start, a third of
# their processor time and gives nothing back.
LIGHT_COMPILER = "-XX:TieredStopAtLevel=1"

# For processes that run for months but are waited for in their first minutes: the second compiler takes what is ten
# times as hot as by default (loops as ever), which halves what it costs while everything else starts.
PATIENT_COMPILER = (
    "-XX:Tier4InvocationThreshold=50000",
    "-XX:Tier4MinInvocationThreshold=6000",
    "-XX:Tier4CompileThreshold=150000",
)

# For a process most of whose objects live until the next checkpoint, or the end of a query, at most, on few cores. G1,
# the default, would mark beside the work nearly all the time, since it takes Hudi's blocks for large objects
# (docs/performance.md).
THROUGHPUT_COLLECTOR = "-XX:+UseParallelGC"


def java_home() -> Path:
    """Folder of a Java 17: JAVA_HOME, the java of the path, or one of the system's.

    Raises:
        StackError: There is none.
    """
    seen = []
    for home in _candidates():
        version = java_version(home)
        if version == JAVA_VERSION:
            return home
        seen.append(f"{home} ({version or 'no Java'})")
    raise StackError(
        f"Java {JAVA_VERSION} is needed and was not found; looked at: {', '.join(seen) or 'nothing'}",
        hint="make setup",
    )


def java_version(home: Path) -> int | None:
    """Major version of the Java in a folder, from its `release` file; no start of a JVM."""
    try:
        match = re.search(r'JAVA_VERSION="(\d+)', (home / "release").read_text(encoding="utf-8"))
    except OSError:
        return None
    return int(match.group(1)) if match and (home / "bin" / "java").exists() else None


def classpath(*entries: Path) -> str:
    """Class path of folders and of all jars of the folders given as FOLDER/*.

    Raises:
        StackError: A folder of jars is missing or empty.
    """
    for entry in entries:
        if entry.name == "*" and not any(entry.parent.glob("*.jar")):
            raise StackError(f"no jars in {entry.parent}", hint="make setup")
    return os.pathsep.join(map(str, entries))


def _candidates() -> Iterator[Path]:
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home)
    if java := shutil.which("java"):
        yield Path(java).resolve().parent.parent
    yield from sorted(Path("/usr/lib/jvm").glob(f"*{JAVA_VERSION}*"))
