"""The documents name everything there is, their links lead somewhere, and their example is a table."""

import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest
import typer.main

from gridseal.cli import app
from gridseal.settings import Settings
from stack.settings import env_name, port_fields
from warehouse.catalog import load_catalog
from warehouse.checks import checks_of
from warehouse.contract import LAYERS
from warehouse.settings import WarehouseSettings

ROOT = Path(__file__).parents[2]
OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "docs").glob("*.ipynb"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *NOTEBOOKS])


def _commands(command: object, words: tuple[str, ...] = ()) -> Iterator[str]:
    children = getattr(command, "commands", {})
    if not children:
        yield " ".join(words)
    for name, child in children.items():
        yield from _commands(child, (*words, name))


COMMANDS = sorted(_commands(typer.main.get_command(app)))
# As `make help` finds them: a name, a colon, and what it does after two number signs.
TARGETS = sorted(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_told(command: str) -> None:
    assert re.search(rf"`gridseal {command}[` \[]", OPERATE), f"docs/operate.md does not name gridseal {command}"


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_told(target: str) -> None:
    assert re.search(rf"`make {target}`", OPERATE), f"docs/operate.md does not name make {target}"


def test_no_command_or_target_is_told_that_does_not_exist() -> None:
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for words in re.findall(r"(?:`|\.venv/bin/)gridseal ([a-z][a-z-]*(?: [a-z]+)?)", text):
            first, _, second = words.partition(" ")
            assert first in {c.split()[0] for c in COMMANDS}, f"{path.name}: gridseal {words}"
            group = [c for c in COMMANDS if c.startswith(f"{first} ")]
            assert not group or not second or words in COMMANDS, f"{path.name}: gridseal {words}"
        for said in re.findall(r"(?:`|^)make ([a-z][a-z -]*)", text, re.MULTILINE):
            assert set(said.split()) <= {*TARGETS, "make"}, f"{path.name}: make {said}"


@pytest.mark.parametrize("name", port_fields())
def test_every_port_is_told(name: str) -> None:
    assert f"`{env_name(name)}`" in OPERATE
    assert str(Settings.model_fields[name].default) in OPERATE


def test_settings_that_are_told_exist() -> None:
    known = {env_name(name) for name in Settings.model_fields}
    for path in DOCUMENTS:
        told = set(re.findall(r"(?<!AIRFLOW_)GRIDSEAL_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8")))
        assert told <= known, f"{path.name}: {sorted(told - known)}"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_says_what_it_is(name: str) -> None:
    description = Settings.model_fields[name].description or ""
    assert len(description.split()) >= 2, f"{name} has no description"
    assert description.endswith("."), f"{name}: {description!r} is no sentence"


def test_rooms_in_the_table_are_the_rooms_of_the_repository() -> None:
    told = set(re.findall(r"^\| `([a-z]+)/", ARCHITECTURE, re.MULTILINE))
    there = {p.parent.name for p in ROOT.glob("*/__init__.py")} | {"tests"}
    assert told == there


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if "://" in link or link.startswith("#"):
            continue
        assert (path.parent / link.split("#")[0]).exists(), f"{path.name} links to {link}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_was_executed_from_its_first_cell_to_its_last(path: Path) -> None:
    code = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_names_no_folder_of_a_machine(path: Path) -> None:
    cells = nbformat.read(path, 4).cells
    texts = [cell.source for cell in cells]
    for output in [output for cell in cells for output in cell.get("outputs", [])]:
        texts.append(output.get("text", ""))
        texts += [text for kind, text in output.get("data", {}).items() if not kind.startswith("image/")]
    # Neither the end of a tag, nor the path of a URL or one that begins in this repository.
    assert re.findall(r"(?<![\w:/<.])(?:/[\w.-]+){2,}|\b[A-Za-z]:\\", "\n".join(texts)) == []


def test_the_example_of_a_table_is_a_table(tmp_path: Path) -> None:
    for layer in LAYERS:
        shutil.copytree(ROOT / "warehouse" / layer, tmp_path / layer)
    files = re.findall(r"^`warehouse/(\S+)`\n\n```\w+\n(.*?)^```", ARCHITECTURE, re.MULTILINE | re.DOTALL)
    folders = {Path(name).parent for name, _ in files}
    assert len(folders) == 1, "adding a table is adding one folder"
    for name, text in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    settings = WarehouseSettings(voltage_band_percent=Decimal(10))
    before, after = load_catalog(settings), load_catalog(settings.model_copy(update={"warehouse_dir": tmp_path}))
    (added,) = after.tables.keys() - before.tables.keys()
    assert added == ".".join(folders.pop().parts)
    assert after.upstream[added] == ("dwd.meter_reading",)
    assert checks_of(after, added)[-1].sql.startswith("SELECT substation_id")
    assert "{{" not in (after.reconcile(added) or "{{") + after.transform(added)
