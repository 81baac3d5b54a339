"""Table folders that a test writes, and then spoils."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from warehouse.catalog import Catalog, load_catalog
from warehouse.errors import WarehouseError
from warehouse.settings import WarehouseSettings

Document = dict[str, Any]

_LOGICAL = {"INT": "integer", "BIGINT": "integer", "DATE": "date", "DECIMAL": "number", "TIMESTAMP": "timestamp"}
CHECK = "-- check: nothing_is_wrong fail\nSELECT 1 AS one WHERE false\n"


def column(name: str, kind: str = "STRING", **more: Any) -> Document:
    """A column as a contract declares it."""
    logical = _LOGICAL.get(kind.split("(")[0], "string")
    unit = {"customProperties": [{"property": "unit", "value": "1"}]}
    return {"name": name, "description": f"The {name}", "logicalType": logical, "physicalType": kind, **unit, **more}


def keyed(position: int, name: str, kind: str = "STRING", **more: Any) -> Document:
    """A column of the primary key."""
    return column(name, kind, required=True, primaryKey=True, primaryKeyPosition=position, **more)


def day(**more: Any) -> Document:
    """The column of the partition path."""
    return column("dt", required=True, partitioned=True, partitionKeyPosition=1, **more)


def contract(table: str, columns: list[Document], **custom: Any) -> Document:
    """A contract; ``custom`` are customProperties of the table."""
    layer, name = table.split(".")
    properties = [{"property": key, "value": value} for key, value in {"owner": "testers", **custom}.items()]
    schema = {"name": name, "physicalName": table, "customProperties": properties, "properties": columns}
    return {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": table,
        "name": name,
        "version": "1.0.0",
        "status": "active",
        "domain": layer,
        "description": {"purpose": f"What {table} is."},
        "slaProperties": [{"property": "latency", "value": 1, "unit": "min"}],
        "schema": [schema],
    }


def schema(document: Document) -> Document:
    """The one schema object of a contract."""
    return document["schema"][0]


def columns(document: Document) -> list[Document]:
    """The columns of a contract."""
    return schema(document)["properties"]


def custom(document: Document, name: str, value: Any) -> None:
    """Add a custom property to a table, or change it."""
    properties = schema(document)["customProperties"]
    properties[:] = [p for p in properties if p["property"] != name] + [{"property": name, "value": value}]


_CONTRACTS = (
    contract(
        "ods.reading",
        [
            keyed(1, "message_id"),
            column("topic", required=True),
            column("kafka_partition", "INT", required=True),
            column("kafka_offset", "BIGINT", required=True),
            column("kafka_timestamp", "TIMESTAMP(3)", required=True),
            column("site_id", "INT", required=True),
            column("event_time", "TIMESTAMP(3)", required=True),
            column("power", "DECIMAL(10,3)", logicalTypeOptions={"minimum": -5, "maximum": 10000}),
            day(),
        ],
        source={"kind": "kafka", "name": "readings"},
        eventTime="event_time",
    ),
    contract(
        "ods.site_change",
        [
            keyed(1, "change_id"),
            column("op", required=True),
            column("op_ts", "TIMESTAMP(3)", required=True),
            column("binlog_file"),
            column("binlog_pos", "BIGINT"),
            column("binlog_row", "INT"),
            column("site_id", "INT", required=True),
            column("name"),
            day(),
        ],
        source={"kind": "mysql", "name": "site"},
    ),
    contract(
        "dim.site",
        [
            keyed(1, "site_id", "INT"),
            keyed(2, "valid_from", "TIMESTAMP(3)"),
            column("valid_to", "TIMESTAMP(3)"),
            column("name"),
        ],
        history=True,
    ),
    contract(
        "dws.site_day",
        [
            keyed(1, "site_id", "INT"),
            keyed(2, "dt", partitioned=True, partitionKeyPosition=1),
            column("energy", "DECIMAL(20,3)", required=True),
        ],
    ),
    contract(
        "ads.site_report",
        [keyed(1, "site_id", "INT"), column("name"), column("energy", "DECIMAL(20,3)")],
        **{"hudi.table.type": "COPY_ON_WRITE"},
    ),
)
_TRANSFORMS = {
    "dim.site": "{{ macros.history(of='ods.site_change') }}",
    "dws.site_day": "SELECT site_id, dt, SUM(power) AS energy FROM ods.reading GROUP BY site_id, dt",
    "ads.site_report": (
        "SELECT s.site_id, s.name, d.energy FROM dim.site_current AS s LEFT JOIN dws.site_day AS d"
        " ON s.site_id = d.site_id"
    ),
}


class Warehouse:
    """Table folders below a root, complete and without contradiction until a test changes them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for document in _CONTRACTS:
            self.add(document, _TRANSFORMS.get(document["id"]))

    def add(self, document: Document, transform: str | None = None, checks: str = CHECK) -> Path:
        """Write a table folder; without a transform there is no transform.sql."""
        folder = self.folder(document["id"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "contract.odcs.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
        (folder / "checks.sql").write_text(checks)
        if transform is not None:
            (folder / "transform.sql").write_text(transform)
        return folder

    def folder(self, table: str) -> Path:
        """Folder of a table."""
        return self.root / table.replace(".", "/")

    def write(self, table: str, file: str, text: str) -> None:
        """Replace or add a file of a table."""
        (self.folder(table) / file).write_text(text)

    def edit(self, table: str, change: Callable[[Document], object]) -> None:
        """Change a contract in place."""
        path = self.folder(table) / "contract.odcs.yaml"
        document = yaml.safe_load(path.read_text())
        change(document)
        path.write_text(yaml.safe_dump(document, sort_keys=False))

    def load(self, **settings: Any) -> Catalog:
        """Read all folders."""
        return load_catalog(WarehouseSettings(warehouse_dir=self.root, **settings))

    def refusal(self, message: str) -> WarehouseError:
        """Read all folders; the refusal must hold the message, exit code 2 and say what to do next."""
        with pytest.raises(WarehouseError, match=re.escape(message)) as refused:
            self.load()
        assert refused.value.exit_code == 2
        assert refused.value.hint
        return refused.value
