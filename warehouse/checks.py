"""What must hold of a table: assertions of its checks.sql, and those that follow from its contract."""

import re
from dataclasses import dataclass
from typing import Literal

from warehouse.catalog import CHECKS_FILE, Catalog
from warehouse.contract import Column, Table
from warehouse.errors import WarehouseError, refusal

Severity = Literal["fail", "warn"]
_HEADER = re.compile(r"-- check: ([a-z][a-z0-9_]*) (fail|warn)")
# What was meant as a header; as a mere comment it would hide a check in the one before it.
_ALMOST_HEADER = re.compile(r"\s*--\s*check\s*:", re.IGNORECASE)
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True)
class Check:
    """One assertion; its SELECT (Spark SQL) returns the offending rows.

    Attributes:
        severity: ``fail`` makes ``gridseal check`` exit with 1, ``warn`` only shows.
    """

    table: str
    name: str
    severity: Severity
    sql: str


def checks_of(catalog: Catalog, name: str) -> tuple[Check, ...]:
    """All checks of a table: key, required columns and limits by the contract, then checks.sql.

    Raises:
        WarehouseError: checks.sql is not a list of ``-- check: name fail|warn`` headers with a SELECT each.
    """
    table = catalog.table(name)
    checks = (*_by_contract(table), *_by_file(table, catalog.checks(name)))
    names = [check.name for check in checks]
    if twice := sorted({n for n in names if names.count(n) > 1}):
        raise _refuse(table, f"check {twice[0]} stands twice; each name says one thing")
    return checks


def _by_contract(table: Table) -> list[Check]:
    key = ", ".join(table.key)
    checks = [
        Check(
            table.name,
            "key_is_unique",
            "fail",
            f"SELECT {key}, COUNT(*) AS row_total FROM {table.name} GROUP BY {key} HAVING COUNT(*) > 1",
        )
    ]
    broken = [rule for column in table.columns for rule in _rules(column)]
    if broken:
        cases = ", ".join(f"CASE WHEN {condition} THEN {_quoted(text)} END" for text, condition in broken)
        violated = f"concat_ws('; ', {cases})"
        checks.append(
            Check(
                table.name,
                "columns_keep_the_contract",
                "fail",
                f"SELECT {key}, violated FROM (SELECT {key}, {violated} AS violated FROM {table.name})"
                " WHERE violated <> ''",
            )
        )
    return checks


def _rules(column: Column) -> list[tuple[str, str]]:
    """Pairs of what is violated and the condition that violates it."""
    rules = [(f"{column.name} is null", f"{column.name} IS NULL")] if column.required else []
    for option, operator in (("minimum", "<"), ("maximum", ">")):
        if option in column.options:
            limit = column.options[option]
            rules.append((f"{column.name} {operator} {limit}", f"{column.name} {operator} {_literal(column, limit)}"))
    for option, operator in (("minLength", "<"), ("maxLength", ">")):
        if option in column.options:
            broken = f"length({column.name}) {operator} {column.options[option]}"
            rules.append((broken, broken))
    if pattern := column.options.get("pattern"):
        whole = _quoted(f"^(?:{pattern})$")
        rules.append((f"{column.name} does not match {pattern}", f"NOT {column.name} RLIKE {whole}"))
    return rules


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _literal(column: Column, value: object) -> str:
    return f"{column.type.name} '{value}'" if column.type.name in ("TIMESTAMP", "DATE") else str(value)


def _by_file(table: Table, text: str) -> list[Check]:
    checks: list[Check] = []
    lines: list[str] = []
    header: re.Match[str] | None = None

    def close() -> None:
        body = "\n".join(lines).strip().rstrip(";")
        if header is not None:
            if not _COMMENT.sub("", body).strip():
                raise _refuse(table, f"check {header[1]} has no SELECT")
            severity: Severity = "fail" if header[2] == "fail" else "warn"
            checks.append(Check(table.name, header[1], severity, body))

    for line in text.splitlines():
        if _ALMOST_HEADER.match(line):
            close()
            header, lines = _HEADER.fullmatch(line.strip()), []
            if header is None:
                raise _refuse(table, f"{line.strip()!r} is not '-- check: lower_snake_case fail' or '... warn'")
        elif header is None and line.strip() and not line.strip().startswith("--"):
            raise _refuse(table, f"{line.strip()!r} stands before the first '-- check: NAME fail|warn'")
        else:
            lines.append(line)
    close()
    if not checks:
        raise _refuse(table, "it holds no check; say at least one thing that must be true of the table")
    return checks


def _refuse(table: Table, what: str) -> WarehouseError:
    return refusal(table.name, f"{CHECKS_FILE}: {what}", CHECKS_FILE)
