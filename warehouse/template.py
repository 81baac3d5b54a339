"""The SQL of a table folder: Jinja2 with the settings, the contract's columns and a few macros."""

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from warehouse.errors import WarehouseError

_ROOT = Path(__file__).parent
_COMMENT_OR_STRING = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_REFERENCE = re.compile(r"\b(?:from|join)\s+((?:ods|dim|dwd|dws|ads)\.[a-z][a-z0-9_]*)", re.IGNORECASE)


def render(path: Path, context: dict[str, Any], table: str) -> str:
    """Render a .sql file.

    Args:
        path: The file.
        context: Names that the SQL may use: ``settings``, ``table``, ``catalog``.
        table: Layer and table, for messages.

    Raises:
        WarehouseError: The template uses an unknown name or is malformed.
    """
    environment = Environment(
        loader=FileSystemLoader(_ROOT / "macros"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = "{% import 'macros.sql' as macros with context %}" + path.read_text()
    try:
        return environment.from_string(source).render(context).strip().rstrip(";")
    except TemplateError as error:
        raise WarehouseError(
            f"{table}: {path.name} cannot be rendered: {error}", f"edit warehouse/{table.replace('.', '/')}/{path.name}"
        ) from error


def references(sql: str) -> tuple[str, ...]:
    """Tables that a SELECT reads, such as ``dim.customer_current``, sorted.

    A layer name counts where a table may stand: after FROM or JOIN, outside comments and strings.
    """
    return tuple(sorted({m.lower() for m in _REFERENCE.findall(_COMMENT_OR_STRING.sub(" ", sql))}))
