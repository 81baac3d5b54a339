"""nightly_notary: seals, anchors, waits for finality and audits; success is a final checkpoint and nothing else."""

import json
import subprocess
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, PartitionedAssetTimetable

from dags import lineage
from dags.common import (
    DAG_DEFAULTS,
    DAY,
    HOME,
    LATE_MINUTES,
    NIGHT_MARTS,
    PROGRAM,
    SPARK,
    Gridseal,
    catalog,
    environment,
    in_time,
)
from warehouse.table import LAYERS

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

DOC = f"""
After the marts of the night (`batch_marts`), for the same day: `gridseal notarize` seals every partition that has
changed, anchors one checkpoint, waits until it is final, audits the partitions whose turn it is, and writes
`ads.audit_status`; then `gridseal notary status` confirms from the record that the night's checkpoint is final.

A night that is not final after {LATE_MINUTES} minutes is told to the webhook. Since a scheduler that is down cannot
complain, let something outside of Airflow run `gridseal notary status --expect-within 26h`.
"""


class Confirm(Gridseal):
    """Makes sure that the checkpoint of a night is final, and names it in the lineage."""

    def get_openlineage_facets_on_complete(self, _: Any) -> "OperatorLineage[Any, Any]":
        """With the checkpoint, as a facet of the run."""
        command = [PROGRAM, *self.words, "--format", "json"]
        told = subprocess.run(command, env=environment(), cwd=HOME, stdout=subprocess.PIPE, check=True)
        (checkpoint,) = json.loads(told.stdout)
        return lineage.of(catalog(), self.reads, self.writes, {"night": self.words[-1], **checkpoint})


with DAG(
    "nightly_notary",
    schedule=PartitionedAssetTimetable(assets=NIGHT_MARTS),
    tags=["notary"],
    doc_md=DOC,
    deadline=in_time(),
    **DAG_DEFAULTS,
):
    notarize = Gridseal(
        task_id="notarize",
        words=("notarize", "--night", DAY),
        reads=LAYERS,
        writes=["ads.seal_register", "ads.audit_status"],
        retries=6,
        # It writes the tables of its record by Spark.
        pool=SPARK,
    )
    notarize >> Confirm(
        task_id="confirm", words=("notary", "status", "--night", DAY), reads=["ads.seal_register", "ads.audit_status"]
    )
