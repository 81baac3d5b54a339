"""The benchmark runs, on a few rows and without services; what its figures are is for larger runs to say."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import bench.__main__
from bench.figure import COLUMNS
from bench.notary import MEASURES, memory
from bench.options import Options
from stack.settings import ENV_PREFIX

ROWS = 2000
LAKE = ("seal", "unchanged")
# It compiles the program of others first, of modules that it fetches.
FETCHED = "tessera"


@pytest.mark.parametrize("name", [name for name in MEASURES if name not in (*LAKE, FETCHED)])
def test_every_measure_has_figures(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_TIMES", (1,))
    figures = list(import_module(f"bench.notary.{name}").measure(Options(ROWS, 1, tmp_path)))
    assert figures
    for figure in figures:
        assert figure.value is not None
        assert figure.value > 0, figure
        assert figure.unit, figure
        assert (figure.ratio is None) == (not figure.beside), figure


def test_what_cannot_be_measured_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{ENV_PREFIX}WEBHDFS_URL", "http://127.0.0.1:9")
    found = run("--only", "gas", "--only", "seal", "--only", "unchanged", "--format", "json")
    assert set(found) == {"machine", "figures"}
    assert all(set(line) == set(COLUMNS) for line in found["figures"])
    assert {line["measure"] for line in found["figures"]} == {"gas", *LAKE}
    for line in found["figures"]:
        if line["measure"] in LAKE:
            assert line["figure"] is None
            assert line["reached"].startswith("not measured: HDFS does not answer at http://127.0.0.1:9")
            assert line["reached"].endswith("next: gridseal up")
        else:
            assert line["reached"] == "yes"


def run(*words: str) -> Any:
    import typer

    app = typer.Typer()
    app.command()(bench.__main__.main)
    told = CliRunner().invoke(app, [*words, "--rows", str(ROWS), "--runs", "1"])
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)
