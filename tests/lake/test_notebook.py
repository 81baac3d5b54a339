"""The notebook for analysts runs on a lake as it is written, and shows what the lake has."""

from base64 import b64decode
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

from tests.lake.lake import PATIENCE_S, Lake

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


@pytest.fixture(scope="module")
def cells(lake: Lake) -> dict[str, NotebookNode]:
    """Its cells by id, executed; one that fails ends it."""
    lake.settle()
    notebook = nbformat.read(NOTEBOOK, 4)
    for cell in notebook.cells:
        # What is shown is of this run.
        if cell.cell_type == "code":
            cell.outputs = []
    # Its kernel starts beside it, as a user's does.
    beside = {"metadata": {"path": str(NOTEBOOK.parent)}}
    NotebookClient(notebook, timeout=PATIENCE_S, resources=beside).execute(env=lake.environment)
    return {cell.id: cell for cell in notebook.cells}


def printed(cell: NotebookNode) -> str:
    (output,) = cell.outputs
    return str(output.text)


def test_it_draws(cells: dict[str, NotebookNode]) -> None:
    drawn = {name: cell for name, cell in cells.items() if "plt.show()" in cell.source}
    assert set(drawn) == {"load-curve", "readings"}
    for cell in drawn.values():
        (picture,) = [output.data["image/png"] for output in cell.outputs]
        assert b64decode(picture).startswith(b"\x89PNG")


def test_the_bills_add_up_to_what_the_lake_has(lake: Lake, cells: dict[str, NotebookNode]) -> None:
    ((day, count, total),) = lake.query(
        "SELECT dt, COUNT(*), SUM(total_amount) FROM ads.customer_daily_bill GROUP BY dt ORDER BY dt DESC LIMIT 1"
    )
    assert cells["connect"].outputs[0].data["text/plain"] == repr(day)
    told = f"{count} bills: {total} EUR by their rows, {total} EUR by SQL, equal: True\n"
    assert printed(cells["sum"]) == told


def test_every_anomaly_is_listed(lake: Lake, cells: dict[str, NotebookNode]) -> None:
    shown = cells["anomalies"].outputs[0].data["text/plain"]
    found = lake.query(
        "SELECT meter_id, kind, observed FROM ads.meter_anomaly"
        " WHERE dt = (SELECT MAX(dt) FROM ads.region_load_curve) ORDER BY kind, meter_id"
    )
    assert [tuple(line.split()[1:4]) for line in shown.splitlines()[1:]] == [tuple(map(str, row)) for row in found]


def test_the_proof_is_valid_and_the_altered_one_is_not(lake: Lake, cells: dict[str, NotebookNode]) -> None:
    ((customer, day, amount),) = lake.query(
        "SELECT customer_id, dt, total_amount FROM ads.customer_daily_bill"
        " ORDER BY dt DESC, total_amount DESC, customer_id LIMIT 1"
    )
    valid = printed(cells["proof"])
    assert valid.startswith("valid\n")
    assert f"customer_id={customer}, dt={day}, total_amount={amount}, currency=EUR" in valid
    assert printed(cells["forgery"]).startswith("invalid (row): the row leads to ")
