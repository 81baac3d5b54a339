"""Every alert looks at what is exported, and says what to run."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from gridseal import exposition
from gridseal.cli import app
from tests.gridseal.sample import watched

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "monitoring" / "alerts.yaml"
GROUPS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
RULES = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
# Labels of every metric: those of its own, by the name of its samples.
EXPORTED = {sample.name: set(sample.labels) for family in exposition.metrics_of(watched()) for sample in family.samples}
# What Prometheus itself says of each target, and the labels that it gives to all.
OF_PROMETHEUS = {"up": set[str]()}
TARGET_LABELS = {"job", "instance"}
WORDS = {"and", "or", "unless", "bool", "by", "on", "without", "ignoring", "group_left", "group_right", "offset"}
ADVISED = {
    "GridsealExporterDown", "GridsealPipelineDown", "GridsealLagGrows", "GridsealCheckpointOld",
    "GridsealTableBehindPromise", "GridsealDiskLow", "GridsealServiceRestarting", "GridsealDeadLettersRise",
    "GridsealPartUnreadable", "GridsealRepairPending",
}  # fmt: skip


def metrics_in(expression: str) -> dict[str, set[str]]:
    """Metrics that an expression reads, and the labels that it asks of each."""
    bare = re.sub(r"\[[^]]*\]", " ", expression)
    bare = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", " ", bare)
    found: dict[str, set[str]] = {}
    for name, after, matchers in re.findall(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?:(\()|\{([^}]*)\})?", bare):
        if not after and name not in WORDS:
            found.setdefault(name, set()).update(re.findall(r"([a-zA-Z_]+)\s*[=!]", matchers))
    return found


def test_the_reader_of_expressions() -> None:
    found = metrics_in('sum by (le) (rate(a_total{x="b_c", y!~"d"}[5m])) > 2 * 1024 ^ 3 and on (x) e_f unless g{}')
    assert found == {"a_total": {"x", "y"}, "e_f": set(), "g": set()}


def test_the_file_is_one_of_rules() -> None:
    assert len({group["name"] for group in GROUPS}) == len(GROUPS)
    assert sum(len(group["rules"]) for group in GROUPS) == len(RULES)
    assert set(RULES) >= ADVISED
    assert {key for group in GROUPS for key in group} == {"name", "rules"}


@pytest.mark.parametrize("name", RULES)
def test_an_alert_looks_at_what_is_exported(name: str) -> None:
    read = metrics_in(RULES[name]["expr"])
    assert read
    known = EXPORTED | OF_PROMETHEUS
    for metric, labels in read.items():
        assert metric in known, f"{name} reads {metric}, which nobody exports"
        assert labels <= known[metric] | TARGET_LABELS, f"{name} asks {metric} for {labels}"


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_what_to_run(name: str) -> None:
    rule = RULES[name]
    assert re.fullmatch("Gridseal([A-Z][a-z]+)+", name)
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch("[1-9][0-9]*[smh]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert all(isinstance(text, str) and text for text in rule["annotations"].values())
    commands = re.findall(r"`gridseal ([a-z]+)", rule["annotations"]["description"])
    known = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert commands, f"{name} names no command"
    assert set(commands) <= set(known)
    told = " ".join(rule["annotations"].values())
    for label in re.findall(r"\$labels\.([a-z]+)", told):
        assert any(
            label in labels | TARGET_LABELS for labels in (EXPORTED.get(m, set()) for m in metrics_in(rule["expr"]))
        )


def test_the_page_names_every_metric_and_no_other() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    assert set(re.findall(r"gridseal_[a-z_]+", page)) == set(EXPORTED)


def test_promtool_accepts_the_rules() -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("promtool is not installed; it comes with Prometheus")
    done = subprocess.run([promtool, "check", "rules", str(FILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
