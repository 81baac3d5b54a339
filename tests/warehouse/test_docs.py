"""The page of tables follows from the contracts."""

import re
from pathlib import Path

import pytest

from tests.warehouse.folders import Warehouse, columns
from warehouse import docs
from warehouse.catalog import Catalog


def test_the_page_is_not_stale(catalog: Catalog) -> None:
    assert docs.PAGE.read_text(encoding="utf-8") == docs.render_page(catalog), "docs/tables.md is stale: make docs"


def test_every_link_leads_somewhere(catalog: Catalog) -> None:
    page = docs.render_page(catalog)
    anchors = {
        "#" + re.sub(r"[^\w -]", "", title).replace(" ", "-").lower() for title in re.findall(r"^#+ (.*)", page, re.M)
    }
    assert set(re.findall(r"\]\((#[^)]*)\)", page)) <= anchors


def test_what_stands_there(warehouse: Warehouse) -> None:
    warehouse.edit("ods.reading", lambda d: columns(d)[7].update(description="Power | kW", required=True))
    page = docs.render_page(warehouse.load())
    assert "| [dws.site_day](#dwssite_day) | testers | site_id, dt | dt | What dws.site_day is. |" in page
    assert "| `power` | DECIMAL(10,3) |  | required | Power \\| kW (at least -5; at most 10000) |" in page
    assert "| `dt` | STRING |  | partition, required | The dt |" in page
    assert "| `dt` | STRING |  | key, partition | The dt |" in page
    assert "- Made from: the Kafka topic `readings`\n- Read by: [dws.site_day](#dwssite_day)\n" in page
    assert "- Made from: the changes of `site` in the business database\n- Read by: [dim.site](#dimsite)\n" in page
    assert "- Made from: [dim.site](#dimsite), [dws.site_day](#dwssite_day)\n- Read by: no other table\n" in page
    assert "- Current state: the view `dim.site_current`" in page
    assert "- Promised: rows are visible 1 min after they happened" in page
    assert "## DWD" not in page


def test_main_writes_the_page(catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docs, "PAGE", tmp_path / "tables.md")
    assert docs.main() == 0
    assert (tmp_path / "tables.md").read_text(encoding="utf-8") == docs.render_page(catalog)


def test_main_says_what_it_cannot_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "PAGE", tmp_path / "nowhere" / "tables.md")
    assert docs.main() == 2
    assert capsys.readouterr().err == f"{tmp_path}/nowhere/tables.md cannot be written: No such file or directory\n"


ROOT = docs.PAGE.parent.parent
PAGES = [ROOT / "docs" / "semantics.md", *sorted((ROOT / "docs" / "decisions").glob("*.md"))]


def test_decisions_are_numbered() -> None:
    numbers = [int(page.name[:4]) for page in PAGES[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    titles = [page.read_text(encoding="utf-8").splitlines()[0] for page in PAGES[1:]]
    assert all(title.startswith(f"# {number:04d}: ") for number, title in zip(numbers, titles, strict=True))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_names_exists(catalog: Catalog, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    files = {path.name: path for room in ("pipelines", "warehouse", "stack") for path in (ROOT / room).rglob("*.*")}
    for name in re.findall(r"`([\w/.-]+\.(?:py|java|sql))`", text):
        assert (ROOT / name).exists() if "/" in name else name in {*files, "reconcile.sql", "transform.sql"}, name
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / link).exists(), link
    columns = {column.name for table in catalog for column in table.columns}
    for name in re.findall(r"`((?:ods|dim|dwd|dws|ads)\.[a-z_]+)(?:\.([a-z_]+))?`", text):
        assert name[0].removesuffix("_current") in catalog.tables, name
        assert not name[1] or name[1] in columns
