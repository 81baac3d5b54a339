"""What table services refuse before Spark is started."""

import pytest

from pipelines.batch.services import Service, clean, cluster, compact, idle, why_not
from pipelines.errors import PipelineError
from pipelines.observe.files import TableFiles
from pipelines.settings import PipelineSettings
from pipelines.streaming.hudi import kept_commits
from warehouse.catalog import load_catalog

SETTINGS = PipelineSettings(flink_url="http://127.0.0.1:1")
CATALOG = load_catalog(SETTINGS)


@pytest.mark.parametrize(
    ("service", "name", "message", "exit_code"),
    [
        (compact, "ads.customer_daily_bill", "is COPY_ON_WRITE: it has no log files to compact", 2),
        (cluster, "dws.meter_day", "is written by Flink, which finds a bucket by the name of its file", 2),
        (clean, "dws.meter_day", "Flink does not answer", 3),
    ],
)
def test_refusals(service: Service, name: str, message: str, exit_code: int) -> None:
    with pytest.raises(PipelineError, match=message) as refused:
        service(SETTINGS, CATALOG, [name])
    assert refused.value.exit_code == exit_code
    assert refused.value.hint


@pytest.mark.parametrize("name", [t.name for t in CATALOG])
def test_each_table_has_the_services_that_fit_it(name: str) -> None:
    table = CATALOG.table(name)
    assert not why_not(clean, table)
    assert bool(why_not(compact, table)) == (table.table_type == "COPY_ON_WRITE")
    assert bool(why_not(cluster, table)) == (table.engine == "flink")


def test_what_has_nothing_to_do_is_known_by_the_files() -> None:
    kept = kept_commits(SETTINGS)
    assert [idle(compact, SETTINGS, TableFiles("t", log_files=logs)) for logs in (0, 1)] == [True, False]
    assert [idle(clean, SETTINGS, TableFiles("t", commits=count)) for count in (kept, kept + 1)] == [True, False]
    assert not idle(cluster, SETTINGS, TableFiles("t"))
