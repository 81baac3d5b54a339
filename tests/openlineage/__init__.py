"""What of an event is not as the specification of OpenLineage says."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

_OURS = Path("dags") / "checkpoint_facet.json"


@cache
def _registry() -> Registry[Any]:
    schemas = [json.loads(path.read_text()) for path in (*Path(__file__).parent.glob("*.json"), _OURS)]
    return Registry().with_resources((schema["$id"], Resource.from_contents(schema)) for schema in schemas)


def problems(event: dict[str, Any]) -> list[str]:
    """Of the event by the schema that it names, and of each facet by its own."""
    return [f"{where}: {error}" for where, facet in _named(event) for error in _errors(facet)]


def _errors(part: dict[str, Any]) -> list[str]:
    schema = {"$ref": part.get("schemaURL") or part["_schemaURL"]}
    validator = Draft202012Validator(schema, registry=_registry(), format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(part)]


def _named(event: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "event", event
    of_datasets = [("dataset", one) for one in (*event.get("inputs", []), *event.get("outputs", []))]
    for where, part in (("run", event["run"]), ("job", event["job"]), *of_datasets):
        for name, facet in part.get("facets", {}).items():
            yield f"{where} {name}", facet
