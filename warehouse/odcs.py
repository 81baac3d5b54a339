"""A contract file as the Open Data Contract Standard v3 reads it; a key that the standard does not know is refused."""

from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, get_args

import yaml
from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import BaseModel, ValidationError

from warehouse.errors import refusal

_NEEDED = ("apiVersion", "id", "kind", "status", "version")

Models = tuple[type[BaseModel], ...]


class _Loader(yaml.CSafeLoader):
    """YAML's own loader keeps the last of two equal keys and says nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key.value} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_odcs(path: Path, table: str) -> OpenDataContractStandard:
    """Read a contract file.

    The standard's own models ignore unknown keys below the top, so that ``primarykey: true`` would mean nothing.

    Args:
        path: The file.
        table: Layer and table, for messages.

    Raises:
        WarehouseError: It is not YAML, holds a key twice, or a key or value that the standard does not know.
    """
    try:
        document = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506  a safe loader
    except yaml.YAMLError as error:
        raise refusal(table, f"{path.name} is not YAML: {' '.join(str(error).split())}", path.name) from error
    if not isinstance(document, dict):
        raise refusal(
            table, f"{path.name} is not YAML of keys and values: it holds {type(document).__name__}", path.name
        )
    if unknown := _unknown_key(document, (OpenDataContractStandard,), ""):
        raise refusal(table, f"{path.name} is not ODCS v3: {unknown}", path.name)
    if missing := [key for key in _NEEDED if not document.get(key)]:
        raise refusal(table, f"{path.name} is not ODCS v3: {missing[0]} is missing", path.name)
    version, kind = document["apiVersion"], document["kind"]
    if not str(version).startswith("v3.") or kind != "DataContract":
        raise refusal(
            table,
            f"{path.name} is {kind} {version}; allowed: kind DataContract, apiVersion v3.x (such as v3.1.0)",
            path.name,
        )
    try:
        return OpenDataContractStandard(**document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise refusal(
            table, f"{path.name} is not ODCS v3: {where} is {first['input']!r}: {first['msg']}", path.name
        ) from error


def _unknown_key(value: Any, models: Models, where: str) -> str | None:
    """What to say of the first key that none of the models declares, or None."""
    if isinstance(value, list):
        items = ((_unknown_key(item, models, f"{where}.{_label(item, i)}")) for i, item in enumerate(value))
        return next((found for found in items if found), None)
    if not isinstance(value, dict) or not models:
        return None
    known = {key: inner for model in models for key, inner in _keys(model).items()}
    for key, item in value.items():
        if key not in known:
            near = get_close_matches(str(key), known, n=1)
            meant = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(sorted(known))}"
            return f"{f'{where}.'.removeprefix('.')}{key} is no key of the standard; {meant}"
        if found := _unknown_key(item, known[key], f"{where}.{key}" if where else key):
            return found
    return None


def _label(item: Any, index: int) -> str:
    name = (item.get("name") or item.get("property")) if isinstance(item, dict) else None
    return str(name or index)


@cache
def _keys(model: type[BaseModel]) -> dict[str, Models]:
    """The keys of a model, each with the models that its value may be."""
    return {field.alias or name: _models(field.annotation) for name, field in model.model_fields.items()}


def _models(annotation: Any) -> Models:
    if parts := get_args(annotation):
        return tuple(model for part in parts for model in _models(part))
    return (annotation,) if isinstance(annotation, type) and issubclass(annotation, BaseModel) else ()
