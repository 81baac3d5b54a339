"""Pins the jars anew: what Maven fetches into an empty repository, with its checksums.

Run as `python3 -m stack.jar_lock` (by `make lock-jars`), after a version in a pom has changed.
"""

import shutil
import sys
from pathlib import Path

from stack import bootstrap
from stack.checksums import BUILD, RUNTIME, sha256_of
from stack.errors import StackError
from stack.java import java_home
from stack.step import BUILD as BUILD_FOLDER
from stack.step import Step, say


def fetch(step: Step) -> None:
    """Fetches everything once more, past the cache, and writes both lists."""
    shutil.rmtree(folder := BUILD_FOLDER / "jar-lock", ignore_errors=True)
    repository, jars = folder / "repository", folder / "jars"
    for pom in (bootstrap.POMS / "pom.xml", bootstrap.JAVA_MODULE / "pom.xml"):
        # With the tests, since their jars are pinned too.
        step.command(
            *(
                "mvn",
                "-B",
                "-ntp",
                f"-Dmaven.repo.local={repository}",
                f"-Djars.directory={jars}",
                "-f",
                pom,
                "package",
            ),
            environment={"JAVA_HOME": str(java_home())},
        )
    names = {jar.name for jar in jars.rglob("*.jar")}
    fetched = sorted(repository.rglob("*.jar"))
    _write(RUNTIME, repository, [jar for jar in fetched if jar.name in names])
    _write(BUILD, repository, [jar for jar in fetched if jar.name not in names])
    shutil.rmtree(folder)


def _write(file: Path, repository: Path, jars: list[Path]) -> None:
    lines = [f"{sha256_of(jar)}  {jar.relative_to(repository)}\n" for jar in jars]
    file.write_text("".join(lines), encoding="ascii")


def main() -> int:
    """Writes the lists and returns the exit code."""
    try:
        # Our own jar is compiled against the Flink of the Python environment.
        for name in ("packages", "python"):
            bootstrap.steps()[name].ensure()
        step = Step("jar-lock", "fetching every jar anew", lambda: "", lambda: [], fetch)
        step.run(step)
    except StackError as error:
        print(f"set-up  failed: {error.message}\nset-up  next: {error.hint}", file=sys.stderr)
        return error.exit_code
    say("jars    pinned in stack/jars/runtime.sha256 and build.sha256; see git diff")
    return 0


if __name__ == "__main__":
    sys.exit(main())
