"""The plan and the graph of the real job: what must not be in them."""

import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from tests.streaming import flink_process as process
from warehouse.catalog import load_catalog

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]
Call = Callable[..., Any]
Job = tuple[str, list[dict[str, Any]], list[str]]
CATALOG = load_catalog(process.SETTINGS)
STREAMED = [t for t in CATALOG if t.mode == "stream"]


@pytest.fixture(scope="module")
def job(flink: Call) -> Job:
    return flink(process.real_job)


def test_a_class_that_replaces_another_is_found_first(flink: Call) -> None:
    jar = process.SETTINGS.build_dir / "flink/lib/00-gridseal-flink.jar"
    with zipfile.ZipFile(jar) as packed:
        files = [name for name in packed.namelist() if name.startswith("org/") and name.endswith(".class")]
    classes = [name.removesuffix(".class").replace("/", ".") for name in files]
    assert "org.apache.hudi.common.table.timeline.HoodieInstantTimeGenerator" in classes
    assert set(flink(process.jars_of, classes)) == {jar.name}


def test_no_sink_needs_a_materializer(job: Job) -> None:
    plan, nodes, _ = job
    assert "upsertMaterialize=[true]" not in plan
    assert [node["type"] for node in nodes if "SinkMaterializer" in node["type"]] == []


def test_the_key_of_every_query_is_the_key_of_its_sink(job: Job) -> None:
    """A stage states its table's key, so the planner believes it: the queries themselves are asked here."""
    _, _, needing = job
    assert needing == []


def test_every_table_is_written(job: Job) -> None:
    plan, _, _ = job
    assert [t.name for t in STREAMED if f"lake.{t.name}" not in plan.replace("`", "")] == []


def test_the_order_of_updates_outlives_a_change_of_parallelism(job: Job) -> None:
    """Rows of one key must stay on one path: dealt out in turn, an update could overtake the row it updates."""
    _, nodes, _ = job
    by_id = {node["id"]: node for node in nodes}
    dealt_out = [
        (by_id[edge["id"]]["type"], node["type"])
        for node in nodes
        for edge in node.get("predecessors", [])
        if by_id[edge["id"]]["parallelism"] != node["parallelism"] > 1
        and edge["ship_strategy"] not in ("HASH", "GLOBAL", "CUSTOM", "BROADCAST")
        and not only_inserts(by_id[edge["id"]], by_id)
    ]
    assert dealt_out == []


def only_inserts(node: dict[str, Any], by_id: dict[int, dict[str, Any]]) -> bool:
    """Nothing above the node aggregates, ranks or joins: its rows come from the sources as they are."""
    if any(word in node["type"] for word in ("Aggregate", "Rank", "Join", "TopN")):
        return False
    return all(only_inserts(by_id[edge["id"]], by_id) for edge in node.get("predecessors", []))


def test_the_change_log_has_no_key_but_the_change(job: Job) -> None:
    """With the business table's key the planner would take away the GROUP BY of the histories."""
    for table in CATALOG:
        if table.source and table.source.kind == "mysql":
            assert table.key == ("change_id",)
    _, nodes, _ = job
    for table in CATALOG:
        if table.history:
            assert history_operators(nodes, table.name) >= {"Rank", "Join", "GroupAggregate"}, table.name


def history_operators(nodes: list[dict[str, Any]], name: str) -> set[str]:
    """Kinds of the operators between a table's sink and the sources."""
    by_id = {node["id"]: node for node in nodes}
    layer, table = name.split(".")
    waiting = [node for node in nodes if f"lake/{layer}/{table}" in str(node) or f"{layer}.{table}" in str(node)]
    seen: dict[int, dict[str, Any]] = {}
    while waiting:
        node = waiting.pop()
        if node["id"] not in seen:
            seen[node["id"]] = node
            waiting += [by_id[edge["id"]] for edge in node.get("predecessors", [])]
    return {word for node in seen.values() for word in ("Rank", "Join", "GroupAggregate") if word in node["type"]}


def test_no_join_works_in_mini_batches(job: Job) -> None:
    plan, _, _ = job
    assert [line for line in plan.splitlines() if "Join(" in line and "miniBatch=[true]" in line] == []


def test_sources_alone_find_their_state_and_that_of_their_writers(flink: Call) -> None:
    """A job that fails by its own SQL goes on without it from its checkpoint."""
    whole, alone = flink(process.uids, False), flink(process.uids, True)
    assert alone < whole
    fed = [t for t in STREAMED if t.source and t.source.kind != "late"]
    assert {uid for uid in alone if "write" in uid} == {f"uid_bucket_write_{t.name}" for t in fed}
    sources = {uid for uid in whole if "-" not in uid and "write" not in uid}
    assert len(sources) == 4
    assert sources < alone
