"""Every command, found by listing, teaches what it does; help comes at once."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from gridseal.cli import app

# A person who asks for help waits; 0.4 s of CPU is below what is felt as waiting, on a slow core too, and any of
# pydantic-settings, pyspark, pyflink or kafka imported at the top of a module exceeds it or comes near.
_HELP_CPU_BUDGET_S = 0.4
_HEAVY = (
    "pyflink",
    "pyspark",
    "py4j",
    "kafka",
    "pymysql",
    "hdfs",
    "pydantic",
    "yaml",
    "plotext",
    "psutil",
    "prometheus_client",
)


def commands() -> Iterator[tuple[str, ...]]:
    """The words of every command, groups included."""

    def walk(command: object, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield words
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(child, (*words, name))

    return walk(typer.main.get_command(app), ())


ALL = sorted(commands())
LEAVES = [words for words in ALL if words and not any(other[:-1] == words for other in ALL)]


def test_there_are_commands_to_list() -> None:
    assert {("up",), ("feed", "meters"), ("pipeline", "start"), ("sql",)} <= set(LEAVES)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_teaches(words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "120"})
    assert result.exit_code == 0
    assert "Usage: gridseal" in result.output.replace("root", "gridseal")
    described = result.output.split("\n\n")[1].strip()
    assert len(described.split()) >= 4, described
    assert described.rstrip().endswith((".", ":", ")")), described


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_every_option_says_what_it_is(words: tuple[str, ...]) -> None:
    command = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]  # type: ignore[attr-defined]
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{' '.join(words)}: {parameter.name} has no help"


def test_help_costs_little() -> None:
    program = str(Path(sys.prefix) / "bin" / "gridseal")
    costs = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program, "--help"], check=True, stdout=subprocess.DEVNULL, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        costs.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    # The best of three: a core that others use has cold caches.
    assert min(costs) < _HELP_CPU_BUDGET_S, f"gridseal --help took {min(costs):.2f} s of CPU"


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nimport gridseal.cli\n"
        f"found = [name for name in {_HEAVY!r} if name in sys.modules]\n"
        "print(' '.join(found))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []


def test_no_command_shows_help() -> None:
    result = CliRunner().invoke(app, [])
    assert "Commands:" in result.output


def test_version() -> None:
    from gridseal import __version__

    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, f"gridseal {__version__}\n")
