"""What grids of some sizes ask of each part, and where each breaks."""

import re

import pytest
from typer import Typer
from typer.testing import CliRunner

from bench.scale import EVERY_COMMITS, LONGEST_S, TIMES, Rates, breaks_at, main, needs, write_day
from stack.step import ROOT
from warehouse.catalog import load_catalog
from warehouse.settings import WarehouseSettings

RATES = Rates()
CATALOG = load_catalog(WarehouseSettings())
PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")


def test_the_rule_of_compactions_is_that_of_the_job() -> None:
    java = ROOT / "pipelines" / "streaming" / "java" / "src" / "main" / "java" / "io" / "gridseal" / "flink"
    rule = (java / "GrownLogs.java").read_text(encoding="utf-8")
    assert f"TIMES = {TIMES};" in rule
    assert f"LONGEST = Duration.ofMinutes({LONGEST_S // 60});" in rule
    hudi = (ROOT / "pipelines" / "streaming" / "hudi.py").read_text(encoding="utf-8")
    assert f"_DELTA_COMMITS = {EVERY_COMMITS}\n" in hudi


@pytest.mark.parametrize("checkpoint", [1, 10, 30, 60])
def test_no_log_waits_longer_than_the_rule_says(checkpoint: float) -> None:
    day = write_day(1000, checkpoint, RATES)
    assert day.commits == 86_400 // checkpoint
    # Ten minutes, and the commits until the next look.
    assert day.log_rows <= 1000 * (LONGEST_S + EVERY_COMMITS * checkpoint)
    assert day.compactions >= 86_400 // (LONGEST_S + EVERY_COMMITS * checkpoint)
    # Each compaction writes what was there before it, so about half a day a time.
    assert day.rewritten == pytest.approx(day.compactions * 1000 * 86_400 / 2, rel=0.15)


def test_small_files_are_compacted_at_each_look() -> None:
    day = write_day(0.01, 10, RATES)
    assert day.compactions == day.commits // EVERY_COMMITS


def test_twice_the_meters_need_twice_of_what_grows() -> None:
    for one, two in zip(needs(20_000, CATALOG, RATES), needs(40_000, CATALOG, RATES), strict=True):
        if one.part in ("chain",) or one.what in ("seals a night", "files of tables"):
            assert two.amount == pytest.approx(one.amount, rel=0.01)
        else:
            assert two.amount == pytest.approx(2 * one.amount, rel=0.01), one.what


def test_a_part_breaks_where_it_is_said_to() -> None:
    meters = breaks_at("Hudi", "cores that compact", CATALOG, RATES)
    for number, broken in ((meters * 1.1, True), (meters * 0.9, False)):
        found = {need.what: need.broken for need in needs(int(number), CATALOG, RATES)}
        assert found["cores that compact"] is broken
    assert breaks_at("chain", "gas a night", CATALOG, RATES) == 0


def test_the_page_shows_what_the_command_prints() -> None:
    app = Typer()
    app.command()(main)
    printed = CliRunner().invoke(app, ["--format", "csv"])
    assert printed.exit_code == 0, printed.output
    table = re.search(r"\| part \| what .*?\n\n", PAGE, re.DOTALL)
    assert table
    shown = [[cell.strip() for cell in row.strip("|").split("|")] for row in table[0].strip().splitlines()]
    del shown[1]
    import csv

    assert list(csv.reader(printed.output.splitlines())) == shown
