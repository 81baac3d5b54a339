"""The tiny warehouse of a test, and the real one."""

from pathlib import Path

import pytest

from tests.warehouse.folders import Warehouse
from warehouse.catalog import Catalog, load_catalog
from warehouse.settings import WarehouseSettings


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The real tables."""
    return load_catalog(WarehouseSettings())
