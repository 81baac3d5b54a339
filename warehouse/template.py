"""The SQL of a table folder: Jinja2 with the settings, the contract's columns and a few macros."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from warehouse.errors import refusal

_ROOT = Path(__file__).parent
_IMPORT = "{% import 'macros.sql' as macros with context %}"
_COMMENT_OR_STRING = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", re.DOTALL)
_NAME = r"[a-z][a-z0-9_]*"
_TOKEN = re.compile(
    rf"(?P<table>(?<![\w.`])(?:(?:ods|dim|dwd|dws|ads)|`(?:ods|dim|dwd|dws|ads)`)\s*\.\s*(?:`{_NAME}`|{_NAME}\b))"
    r"|(?P<from>\b(?:from|join)\b)"
    r"|(?P<end>\b(?:select|where|group|having|order|limit|window|union|except|intersect|minus)\b)"
    r"|(?P<mark>[(),;])|(?P<word>[\w`.]+)",
    re.IGNORECASE,
)


def render(path: Path, context: dict[str, Any], table: str) -> str:
    """Render a .sql file.

    Args:
        path: The file.
        context: Names that the SQL may use: ``settings``, ``table``, ``catalog``, ``as_of``.
        table: Layer and table, for messages.

    Raises:
        WarehouseError: The template uses an unknown name or is malformed.
    """
    try:
        source = _IMPORT + path.read_text(encoding="utf-8")
        return _environment().from_string(source).render(context).strip().rstrip(";")
    except Exception as error:  # What a template calls may raise anything, such as a TypeError for a wrong argument.
        cause = " ".join(str(error).split())
        raise refusal(table, f"{path.name} cannot be rendered: {cause}", path.name) from error


@cache
def _environment() -> Environment:
    """One for all files: the macros are compiled once and not once a file."""
    return Environment(
        loader=FileSystemLoader(_ROOT / "macros"), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def references(sql: str) -> tuple[str, ...]:
    """Tables that a SELECT reads, such as ``dim.customer_current``, sorted.

    A layer name counts where a table may stand: after FROM or JOIN and in the list that follows FROM, outside comments
    and strings. ``ods.seq`` in a list of columns is a column of an alias.
    """
    found = set()
    lists = [False]  # For each open parenthesis, whether it stands in the list of tables of a FROM.
    expected = False
    for match in _TOKEN.finditer(_COMMENT_OR_STRING.sub(" ", sql)):
        if match["from"]:
            lists[-1] = expected = True
        elif match["mark"] == "(":
            lists.append(expected)
        elif match["mark"] == ",":
            expected = lists[-1]
        elif match["mark"] == ")" and len(lists) > 1:
            lists.pop()
            expected = False
        else:
            if match["table"] and expected:
                found.add(re.sub(r"[\s`]", "", match["table"]).lower())
            elif match["end"] or match["mark"]:
                lists[-1] = False
            expected = False
    return tuple(sorted(found))
