"""These tests run in .venv-airflow: make test-dags."""

import os
import tempfile
from pathlib import Path

# Before Airflow is imported: it reads them then.
os.environ |= {
    "AIRFLOW_HOME": tempfile.mkdtemp(prefix="gridseal-airflow-"),
    "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent / "commands"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
}
