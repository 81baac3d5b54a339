"""What may become of the columns of a table that holds rows: more of them, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.errors import PipelineError
from warehouse.contract import Table


@dataclass(frozen=True)
class Shape:
    """What readers of a table and files of Hudi count on.

    Attributes:
        columns: Types by name.
        key: Columns of the primary key.
        partition_by: Columns of the partition path.
        table_type: COPY_ON_WRITE or MERGE_ON_READ.
    """

    columns: Mapping[str, str]
    key: tuple[str, ...]
    partition_by: tuple[str, ...]
    table_type: str


def shape_of(table: Table) -> Shape:
    """The shape that a contract declares."""
    return Shape({c.name: str(c.type) for c in table.columns}, table.key, table.partition_by, table.table_type)


def refuse_breaking(table: Table, before: Shape) -> None:
    """Refuse a contract whose table could no longer be read as before, or whose old rows do not fit it.

    Args:
        table: The table as it is to be.
        before: What the lake holds.

    Raises:
        PipelineError: The change is not one of columns added.
    """
    now = shape_of(table)
    for name, kind in before.columns.items():
        if name not in now.columns:
            raise _breaking(table, f"column {name} is gone", f"keep {name}, and declare what takes its place beside it")
        if now.columns[name] != kind:
            declare = f"keep {name} as {kind}, and declare a column of another name with the new type"
            raise _breaking(table, f"column {name} was {kind} and is {now.columns[name]}", declare)
    for what, was, is_now in (
        ("key", ", ".join(before.key), ", ".join(now.key)),
        ("partition", ", ".join(before.partition_by) or "none", ", ".join(now.partition_by) or "none"),
        ("hudi.table.type", before.table_type, now.table_type),
    ):
        if was != is_now:
            raise _breaking(table, f"the {what} was {was} and is {is_now}", "declare a table of another name")
    for column in table.fields:
        if column.required and column.name not in before.columns:
            raise _breaking(
                table,
                f"the new column {column.name} is required, and the rows of before have none",
                "drop required: true",
            )


def _breaking(table: Table, what: str, instead: str) -> PipelineError:
    return PipelineError(
        f"{table.name}: {what}; only columns may be added to a table that holds rows",
        f"{instead}; gridseal pipeline restart --from-scratch makes every table anew",
        exit_code=2,
    )
