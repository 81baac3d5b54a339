"""The query of a table, judged by its contract."""

from typing import Any

from pipelines.errors import PipelineError
from pipelines.streaming.job import java_cause
from warehouse.contract import Table


def checked_query(tables: Any, table: Table, select: str) -> Any:
    """A table's query with the contract's columns in the contract's order.

    Raises:
        PipelineError: The SQL is not valid, or a column or type differs from the contract.
    """
    from pyflink.table import DataTypes
    from pyflink.table.expressions import col

    where = f"warehouse/{table.name.replace('.', '/')}/transform.sql"
    try:
        query = tables.sql_query(select)
    except Exception as error:  # PyFlink raises several kinds for a query that is not valid.
        raise PipelineError(f"{table.name}: {java_cause(error)}", f"edit {where}", exit_code=2) from error
    found = _types(query)
    _compare(table, found, where)
    columns = [
        col(c.name).cast(DataTypes.STRING()).alias(c.name) if _is_text(found[c.name]) else col(c.name)
        for c in table.columns
    ]
    return query.select(*columns)


def _types(query: Any) -> dict[str, str]:
    """Type of each column of a query, as contracts write it, nullability left out."""
    columns = query._j_table.getResolvedSchema().getColumns()
    summaries = {c.getName(): c.getDataType().getLogicalType().copy(True).asSummaryString() for c in columns}
    return {name: summary.replace(", ", ",") for name, summary in summaries.items()}


def _is_text(kind: str) -> bool:
    # A literal such as 'silence' is CHAR(7) in Flink; the sink stores STRING either way.
    return kind.startswith(("CHAR(", "VARCHAR("))


def _compare(table: Table, found: dict[str, str], where: str) -> None:
    for column in table.columns:
        if column.name not in found:
            raise PipelineError(
                f"{table.name}: {where} makes no column {column.name}, which the contract declares;"
                f" it makes {', '.join(found)}",
                f"edit {where}",
                exit_code=2,
            )
        kind = "STRING" if _is_text(found[column.name]) else found[column.name]
        if kind != column.type.flink:
            raise PipelineError(
                f"{table.name}: column {column.name} is {kind} in {where}, {column.type} in the contract",
                f"write CAST({column.name} AS {column.type}) in {where}",
                exit_code=2,
            )
    if extra := [name for name in found if name not in table.column_names]:
        raise PipelineError(
            f"{table.name}: {where} makes column {extra[0]}, which the contract does not declare",
            f"add {extra[0]} to the contract or remove it from {where}",
            exit_code=2,
        )
