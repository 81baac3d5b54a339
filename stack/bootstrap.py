"""Set-up of an empty machine: system packages, the Python environment, jars, FLINK_HOME and the node of the chain.

Run as `python3 -m stack.bootstrap` (by `make`), with nothing but the standard library: this is what installs
the rest. A step that has run before is left out while what went into it stays the same.
"""

import fcntl
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from stack import anvil, checksums
from stack.errors import StackError
from stack.java import java_home
from stack.packages import PACKAGES, install_packages, missing_packages
from stack.step import BUILD, ROOT, Step, say

VENV = ROOT / ".venv"
LOCK = ROOT / "requirements" / "requirements.lock"
CONSTRAINTS = ROOT / "requirements" / "build-constraints.txt"
POMS = ROOT / "stack" / "jars"
JAVA_MODULE = ROOT / "pipelines" / "streaming" / "java"
JAVA_JAR = JAVA_MODULE / "target" / "gridseal-flink.jar"
FLINK = BUILD / "flink"
SQL_SOURCES = ROOT / "pipelines" / "sql" / "java"
SQL_JAR = BUILD / "sql" / "gridseal-sql.jar"


def install_python(step: Step) -> None:
    """Makes .venv and installs what the lock pins, then this project, editable."""
    python = VENV / "bin" / "python"
    if not python.exists() or str(VENV) not in (VENV / "pyvenv.cfg").read_text(encoding="utf-8"):
        # Missing, or moved here from elsewhere: its scripts name the old place.
        step.command(sys.executable, "-m", "venv", "--clear", VENV)
    uv = VENV / "bin" / "uv"
    pin = BUILD / "uv.lock"
    pin.write_text(pinned("uv", LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    # pip leaves it alone if it is there.
    step.command(python, "-m", "pip", "install", "--require-hashes", "--requirement", pin)
    constraints = ("--build-constraint", str(CONSTRAINTS), "--python", str(python))
    # Compiled once, or each command compiles what it imports where Python may not write: half of its start.
    step.command(uv, "pip", "sync", "--require-hashes", "--compile-bytecode", *constraints, LOCK)
    step.command(uv, "pip", "install", "--no-deps", *constraints, "--editable", ROOT)


def pinned(package: str, lock: str) -> str:
    """The lines of a lock that pin one package with its hashes.

    Raises:
        StackError: The lock does not pin it.
    """
    lines: list[str] = []
    for line in lock.splitlines():
        if line.startswith(f"{package}==") or (lines and line.startswith("    --hash=")):
            lines.append(line)
        elif lines:
            break
    if not lines:
        raise StackError(f"{LOCK} does not pin {package}", hint="make lock", exit_code=2)
    return "\n".join(lines).rstrip(" \\") + "\n"


def fetch_jars(step: Step) -> None:
    """Copies each group's jars to build/jars; Maven keeps what it fetched in its own cache.

    Raises:
        StackError: A jar is not the one that is pinned.
    """
    jars = BUILD / "jars"
    shutil.rmtree(jars, ignore_errors=True)
    package(step, POMS / "pom.xml")
    try:
        checksums.check(checksums.pins_of_jars(jars), hint="make lock-jars, if a version was changed on purpose")
    except StackError:
        # Nothing starts with them.
        shutil.rmtree(jars)
        raise


def build_java(step: Step) -> None:
    """Builds the Java module; its tests belong to `make test-unit`."""
    package(step, JAVA_MODULE / "pom.xml", "-DskipTests")


def package(step: Step, pom: Path, *options: str) -> None:
    """Runs `mvn package`, and before and after it looks whether the jars in its cache are the pinned ones.

    What Maven fetches it also holds against the registry's own checksums, by .mvn/maven.config.

    Raises:
        StackError: It failed, or a jar is not the one that is pinned.
    """
    cache = checksums.maven_cache()
    hint = f"rm -r the folders of these jars in {cache}, then make setup"
    checksums.check(checksums.pins_of_cache(cache), hint)
    words: tuple[str | Path, ...] = ("mvn", "-B", "-ntp", f"-Dmaven.repo.local={cache}", "-f", pom, "package", *options)
    step.command(*words, environment={"JAVA_HOME": str(java_home())})
    checksums.check(checksums.pins_of_cache(cache), hint)


def build_sql(step: Step) -> None:
    """Compiles the few classes of the SQL endpoint against the Spark of the Python environment: nothing to fetch."""
    home = java_home() / "bin"
    spark = next(VENV.glob("lib/python3.*/site-packages/pyspark")) / "jars" / "*"
    classes = SQL_JAR.parent / "classes"
    shutil.rmtree(SQL_JAR.parent, ignore_errors=True)
    classes.mkdir(parents=True)
    sources = sorted(SQL_SOURCES.rglob("*.java"))
    # -proc:none: Spark's jars bring annotation processors, which are of no use here.
    step.command(home / "javac", "--release", "17", "-proc:none", "-nowarn", "-cp", spark, "-d", classes, *sources)
    step.command(home / "jar", "--create", "--file", SQL_JAR, "-C", classes, ".")


def assemble_flink(step: Step) -> None:
    """Assembles FLINK_HOME from PyFlink's distribution, the jars and our own jar."""
    shipped = next(VENV.glob("lib/python3.*/site-packages/pyflink"))
    fresh = BUILD / "flink.new"
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "lib").mkdir(parents=True)
    # The scripts find their home by their own place, so they are copied; the rest may be links.
    for folder in ("bin", "conf"):
        shutil.copytree(shipped / folder, fresh / folder)
    for folder in ("opt", "plugins"):
        (fresh / folder).symlink_to(shipped / folder)
    for jar in [*shipped.glob("lib/*.jar"), *(BUILD / "jars" / "flink").glob("*.jar")]:
        (fresh / "lib" / jar.name).symlink_to(jar)
    # A class of ours stands in for one of Hudi's, so our jar must come first; Flink sorts by name. A copy:
    # Maven writes over the original, which would pull it from under a cluster that runs.
    shutil.copyfile(JAVA_JAR, fresh / "lib" / "00-gridseal-flink.jar")
    for script in (fresh / "bin").glob("*.sh"):
        script.chmod(0o755)
    shutil.rmtree(FLINK, ignore_errors=True)
    fresh.rename(FLINK)


def packaging() -> str:
    """The part of pyproject.toml that an install reads; what follows is for tools."""
    return (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.ruff]")[0]


def texts(*paths: Path) -> str:
    """Names and contents of files, those of folders included, as one text."""
    files = [file for path in paths for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    return "\n".join(
        f"{file.relative_to(ROOT)}\n{file.read_text(encoding='utf-8', errors='replace')}"
        for file in files
        if file.is_file()
    )


def steps() -> dict[str, Step]:
    """All steps by name."""
    jar_groups = [pom.parent.name for pom in sorted(POMS.glob("*/pom.xml"))]
    java_sources = (POMS / "pom.xml", checksums.BUILD, JAVA_MODULE / "pom.xml", JAVA_MODULE / "src")
    all_steps = [
        Step(
            "packages",
            "installing system packages",
            lambda: " ".join(PACKAGES),
            lambda: [Path("/usr/sbin/mariadbd")],
            install_packages,
            needed=lambda: bool(missing_packages()),
        ),
        Step(
            "python",
            "installing the Python environment .venv",
            lambda: f"{ROOT}\n{texts(LOCK, CONSTRAINTS)}\n{packaging()}",
            lambda: [VENV / "bin" / "gridseal", VENV / "bin" / "supervisord"],
            install_python,
        ),
        Step(
            "jars",
            "fetching jars with Maven",
            lambda: texts(POMS),
            lambda: [BUILD / "jars" / group for group in jar_groups],
            fetch_jars,
        ),
        Step(
            "chain",
            "fetching the node of the chain with npm",
            lambda: texts(anvil.LOCK),
            lambda: [anvil.program(BUILD)],
            anvil.install,
        ),
        Step(
            "java",
            "building the Java module",
            lambda: texts(*java_sources),
            lambda: [JAVA_JAR],
            build_java,
        ),
        Step(
            "sql",
            "building the classes of the SQL endpoint",
            lambda: f"{texts(SQL_SOURCES)}\n{pinned('pyspark', LOCK.read_text(encoding='utf-8'))}",
            lambda: [SQL_JAR],
            build_sql,
        ),
        Step(
            "flink",
            "assembling FLINK_HOME",
            lambda: f"{ROOT}\n{texts(LOCK, POMS, *java_sources)}",
            lambda: [FLINK / "lib" / "00-gridseal-flink.jar"],
            assemble_flink,
        ),
    ]
    return {step.name: step for step in all_steps}


def set_up() -> bool:
    """Brings the machine to where the stack can start.

    Returns:
        Whether anything had to be done.

    Raises:
        StackError: A step failed.
    """
    if sys.version_info[:2] != (3, 11):
        raise StackError(
            f"Python 3.11 is needed, this is {sys.version.split()[0]} ({sys.executable})",
            hint="make setup PYTHON=python3.11",
            exit_code=2,
        )
    by_name = steps()
    if all(step.done() for step in by_name.values()):
        return False
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        # Two set-ups at once would tread on each other's files; the second finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if {"maven", "npm", "python3-venv"} & set(missing_packages()):
            # The other downloads need them.
            by_name["packages"].ensure()
        with ThreadPoolExecutor(4) as pool:
            downloads = [pool.submit(by_name[name].ensure) for name in ("packages", "python", "jars", "chain")]
            for download in downloads:
                download.result()
        # Compiled against the Flink of the Python environment and the jars.
        by_name["java"].ensure()
        by_name["sql"].ensure()
        by_name["flink"].ensure()
    return True


def main() -> int:
    """Runs set-up and returns the exit code."""
    began = time.monotonic()
    try:
        worked = set_up()
    except StackError as error:
        print(f"set-up  failed: {error.message}\nset-up  next: {error.hint}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("set-up  interrupted; the next run goes on where this one stopped", file=sys.stderr)
        return 130
    if worked:
        say(f"complete in {time.monotonic() - began:.1f} s")
    elif "--quiet" not in sys.argv[1:]:
        say("complete already")
    return 0


if __name__ == "__main__":
    sys.exit(main())
