"""Queries that read something else in the place of each table, such as the table as it was at a moment."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from pipelines.errors import PipelineError
from pipelines.observe.files import readable_since
from pipelines.settings import PipelineSettings
from pipelines.sql.session import current_select
from warehouse.catalog import CURRENT, Catalog

_SKIPPED = r"--[^\n]*|/\*.*?\*/|'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\""
# A layer name wherever it stands, except where it qualifies a column (dws.region_hour.readings).
_TABLE = re.compile(
    rf"({_SKIPPED})|(?<![\w.`])`?(ods|dim|dwd|dws|ads)`?\.`?([a-z][a-z0-9_]*)\b`?(?!\s*\.)", re.IGNORECASE | re.DOTALL
)


def parse_moment(text: str) -> datetime:
    """Read a moment such as ``2026-11-20``, ``2026-11-20 12:00`` or ``2026-11-20T12:00:00+01:00``; UTC if unsaid.

    Raises:
        PipelineError: It is no ISO 8601 time, or it lies in the future.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise PipelineError(
            f"--as-of {text!r} is not a time; allowed: ISO 8601 such as 2026-11-20T12:00:00+01:00, else UTC",
            "gridseal sql --help",
            exit_code=2,
        ) from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment > datetime.now(UTC):
        raise PipelineError(f"--as-of {text} lies in the future; allowed: any time until now", exit_code=2)
    return moment


def refuse_forgotten(settings: PipelineSettings, catalog: Catalog, names: Iterable[str], moment: datetime) -> None:
    """Refuse a moment of which files are gone: the query would miss their rows without an error.

    Args:
        settings: Where the lake is.
        catalog: The tables.
        names: Tables and views of current versions that the query reads.
        moment: When, with a zone.

    Raises:
        PipelineError: A table does not reach back that far, or HDFS does not answer.
    """
    for name in dict.fromkeys(name if name in catalog.tables else name.removesuffix(CURRENT) for name in names):
        since = readable_since(settings, catalog.table(name))
        if since and moment < since:
            raise PipelineError(
                f"{name} can be read as of {since:%Y-%m-%d %H:%M:%S} UTC or later;"
                f" {settings.retention_hours} h of commits are kept",
                "gridseal table files; GRIDSEAL_RETENTION_HOURS says how many hours are kept from now on",
                exit_code=2,
            )


def as_of(sql: str, moment: datetime, catalog: Catalog) -> str:
    """Rewrite a query so that every table of the lake is read as it was.

    Args:
        sql: The query.
        moment: When, with a zone.
        catalog: Tells views of current versions from tables.
    """
    clause = f"TIMESTAMP AS OF '{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}'"

    def past(name: str) -> str:
        base = name.removesuffix(CURRENT)
        if name in catalog.tables:
            return f"{name} {clause}"
        if base in catalog.tables and catalog.table(base).history:
            return f"({current_select(catalog.table(base), clause)})"
        return name

    return replace_tables(sql, past)


def replace_tables(sql: str, replace: Callable[[str], str]) -> str:
    """Put something else in the place of every table that a query reads; texts and comments stay as they are.

    Args:
        sql: The query.
        replace: What stands in the place of a layer name; the name itself to leave it.
    """

    def rewrite(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        name = f"{match[2]}.{match[3]}".lower()
        other = replace(name)
        return match[0] if other == name else other

    return _TABLE.sub(rewrite, sql)
