"""Lineage of a task, for OpenLineage: tables with their columns, as the contracts declare them, and the checkpoint."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from stack.airflow.names import NAMESPACE

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import Dataset
    from openlineage.client.facet_v2 import RunFacet

    from warehouse.catalog import Catalog

CHECKPOINT = "gridseal_checkpoint"
CHECKPOINT_SCHEMA = "urn:gridseal:openlineage:1-0-0:CheckpointRunFacet"
"""The facet's schema: ``dags/checkpoint_facet.json``."""


def of(
    catalog: "Catalog", reads: Iterable[str], writes: Iterable[str], checkpoint: Mapping[str, Any] | None = None
) -> "OperatorLineage[Dataset, RunFacet]":
    """What a task reads and writes.

    Args:
        catalog: The tables.
        reads: Tables, or layers.
        writes: Likewise.
        checkpoint: That the task has made sure of, as ``gridseal notary status --night`` tells it in JSON.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.facet_v2 import RunFacet

    facets: dict[str, Any] = {}
    if checkpoint:
        told = {name.replace(" ", "_"): value for name, value in checkpoint.items()}
        facet = RunFacet().with_additional_properties(**told)
        facet._schemaURL = CHECKPOINT_SCHEMA
        facets[CHECKPOINT] = facet
    return OperatorLineage(inputs=_tables(catalog, reads), outputs=_tables(catalog, writes), run_facets=facets)


def _tables(catalog: "Catalog", names: Iterable[str]) -> "list[Dataset]":
    from openlineage.client.event_v2 import Dataset
    from openlineage.client.facet_v2 import documentation_dataset, ownership_dataset, schema_dataset

    wanted = set(names)
    return [
        Dataset(
            namespace=NAMESPACE,
            name=table.name,
            facets={
                "schema": schema_dataset.SchemaDatasetFacet(
                    fields=[
                        schema_dataset.SchemaDatasetFacetFields(
                            name=column.name, type=str(column.type), description=column.description
                        )
                        for column in table.columns
                    ]
                ),
                "documentation": documentation_dataset.DocumentationDatasetFacet(description=table.description),
                "ownership": ownership_dataset.OwnershipDatasetFacet(
                    owners=[ownership_dataset.Owner(name=table.owner)]
                ),
            },
        )
        for table in catalog
        if wanted & {table.name, table.layer}
    ]
