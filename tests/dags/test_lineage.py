"""What a task reads and writes, told as OpenLineage specifies it."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.serde import Serde

from dags import lineage
from dags.common import catalog
from tests.openlineage import problems

CHECKPOINT = {
    "night": "2026-11-20",
    "seals": 52,
    "root": "8f" * 32,
    "made at": "2026-11-21T04:00:00+00:00",
    "state": "finalized",
    "block": 3,
    "block time": "2026-11-21T04:00:02+00:00",
    "stamped": None,
}


def event(**checkpoint: Any) -> dict[str, Any]:
    """Of a task that reads a layer and writes a table."""
    found = lineage.of(catalog(), ["ods"], ["ads.feeder_loss"], checkpoint)
    told = RunEvent(
        eventType=RunState.COMPLETE,
        eventTime=datetime.now(UTC).isoformat(),
        run=Run(str(uuid4()), found.run_facets),
        job=Job(lineage.NAMESPACE, "dag.task"),
        producer="urn:gridseal",
        inputs=found.inputs,
        outputs=found.outputs,
    )
    result: dict[str, Any] = json.loads(Serde.to_json(told))
    return result


def test_tables_are_told_with_their_columns_as_the_contracts_declare_them() -> None:
    told = event()
    assert problems(told) == []
    assert {one["name"] for one in told["inputs"]} == {table.name for table in catalog() if table.layer == "ods"}
    (written,) = told["outputs"]
    table = catalog().table("ads.feeder_loss")
    fields = written["facets"]["schema"]["fields"]
    assert [(one["name"], one["type"], one["description"]) for one in fields] == [
        (column.name, str(column.type), column.description) for column in table.columns
    ]
    assert written["facets"]["ownership"]["owners"] == [{"name": table.owner}]


def test_a_checkpoint_is_a_facet_of_the_run() -> None:
    told = event(**CHECKPOINT)
    assert problems(told) == []
    facet = told["run"]["facets"][lineage.CHECKPOINT]
    assert facet["_schemaURL"] == lineage.CHECKPOINT_SCHEMA
    assert (facet["root"], facet["block_time"]) == ("8f" * 32, "2026-11-21T04:00:02+00:00")


@pytest.mark.parametrize("change", [{"state": "mined"}, {"root": "8f"}, {"block": None}, {"night": 20}])
def test_a_checkpoint_that_is_not_final_is_not_one_of_the_schema(change: dict[str, Any]) -> None:
    assert problems(event(**CHECKPOINT | change)) != []


def test_what_is_no_event_is_found() -> None:
    told = event()
    told["outputs"][0]["facets"]["schema"]["fields"][0].pop("name")
    told["run"]["runId"] = "1"
    del told["job"]["name"]
    assert len(problems(told)) >= 2
