"""Who writes a table holds a lock that ends with its process."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import PipelineError
from pipelines.settings import PipelineSettings
from pipelines.streaming.lock import writing
from warehouse.catalog import load_catalog

CATALOG = load_catalog(PipelineSettings())
STREAMED, OTHER, BATCH = (CATALOG.table(name) for name in ("dws.meter_day", "dws.region_hour", "dim.date"))
# Another process: a lock does not clash with one of its own process.
HOLD = """
import sys
from pathlib import Path
from pipelines.settings import PipelineSettings
from pipelines.streaming.lock import writing
from warehouse.catalog import load_catalog
settings = PipelineSettings(var_dir=Path(sys.argv[1]), flink_url=sys.argv[2])
with writing(settings, [load_catalog(settings).table(sys.argv[3])]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(answers: Any, tmp_path: Path) -> PipelineSettings:
    answers["/jobs/overview"] = {"jobs": []}
    return PipelineSettings(var_dir=tmp_path, flink_url=answers["url"])


def test_a_table_has_one_writer(settings: PipelineSettings) -> None:
    command = [sys.executable, "-c", HOLD, str(settings.var_dir), settings.flink_url, STREAMED.name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdin
        assert other.stdout.readline() == "held\n"
        # The tables of the stream are one: its job writes them all.
        with pytest.raises(PipelineError, match="the tables of the stream are written by another run") as refused:
            writing(settings, [OTHER]).__enter__()
        assert refused.value.hint
        with writing(settings, [BATCH]):
            pass
        other.kill()
    with writing(settings, [STREAMED]):
        pass


def test_a_bounded_run_that_outlived_its_client_is_a_writer(settings: PipelineSettings, answers: Any) -> None:
    job = {"jid": "1" * 32, "name": "gridseal batch dws.meter_day", "state": "RUNNING"}
    answers["/jobs/overview"] = {"jobs": [job]}
    with pytest.raises(PipelineError, match=r"gridseal batch dws\.meter_day runs and writes its tables"):
        writing(settings, [BATCH]).__enter__()
