"""What Prometheus reads: names, units, one scrape after the other, and what is missing when a part is."""

import dataclasses
import socket
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gridseal import exposition
from gridseal.watching import Watched
from pipelines.observe.part import Part
from tests.gridseal.sample import NIGHT, watched

Cli = Callable[..., Any]
UNITS = ("bytes", "seconds", "messages", "rows", "per_second")


def samples(text: str) -> dict[tuple[str, str], float]:
    """Every sample by its name and the value of its one label."""
    return {
        (sample.name, "".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures() -> None:
    found = samples(exposition.text(watched))
    assert found["gridseal_topic_messages_produced_total", "meter-readings"] == 71_224
    assert found["gridseal_topic_messages_covered_total", "meter-readings"] == 71_204
    assert found["gridseal_topic_lag_messages", "meter-readings"] == 20
    assert found["gridseal_topic_lag_seconds", "meter-readings"] == 8
    assert found["gridseal_checkpoint_age_seconds", ""] == 8
    assert found["gridseal_checkpoint_size_bytes", ""] == 12_345_678
    assert found["gridseal_checkpoint_duration_seconds", ""] == 1.5
    assert found["gridseal_checkpoints_failed_total", ""] == 1
    assert found["gridseal_job_running", ""] == 1
    assert found["gridseal_job_restarts_total", ""] == 2
    assert found["gridseal_source_records_per_second", "ods.meter_reading"] == 512.5
    assert found["gridseal_table_last_commit_timestamp_seconds", "ods.meter_reading"] == 1_795_280_052
    assert ("gridseal_table_last_commit_timestamp_seconds", "ads.meter_anomaly") not in found
    assert found["gridseal_table_last_commit_rows", "ods.meter_reading"] == 147
    assert found["gridseal_table_delay_seconds", "dim.region"] == 90
    assert found["gridseal_table_promise_seconds", "dim.region"] == 60
    assert found["gridseal_dead_letters_total", "not_json"] == 100
    # There from the beginning, or the first of its kind would be no increase.
    assert found["gridseal_dead_letters_total", "empty"] == 0
    assert found["gridseal_repair_pending_days", ""] == 2
    assert found["gridseal_repair_pending_arrivals", ""] == 40 + 2
    assert found["gridseal_drift_images", ""] == 300
    assert found["gridseal_drift_grey_standard_deviations", ""] == -0.62
    assert found["gridseal_drift_defect_share", ""] == 0.125
    assert found["gridseal_nights_sealed_total", ""] == 3
    assert found["gridseal_nights_late", ""] == found["gridseal_nights_missing", ""] == 1
    assert found["gridseal_nights_pending", ""] == 1
    assert found["gridseal_night_final_timestamp_seconds", ""] == NIGHT.timestamp()
    assert found["gridseal_service_up", "kafka"] == 1
    # Nobody has started it: it is no service that is down.
    assert ("gridseal_service_up", "sql") not in found
    assert found["gridseal_service_memory_bytes", "kafka"] == 512 * 2**20
    assert found["gridseal_service_restarts_total", "kafka"] == 1
    assert found["gridseal_disk_free_bytes", ""] == 72e9
    assert found["gridseal_hdfs_free_bytes", ""] == 71e9
    assert {value for (name, _), value in found.items() if name == "gridseal_collector_up"} == {1}


def test_names_and_help_follow_the_conventions() -> None:
    families = list(exposition.metrics_of(watched()))
    assert len({family.name for family in families}) == len(families) > 20
    for family in families:
        assert family.name.startswith("gridseal_")
        assert family.documentation.endswith("."), family.name
        assert len(family.documentation.split()) >= 3, family.name
        for unit in UNITS:
            if family.name.endswith(f"_{unit}") and unit in ("bytes", "seconds"):
                assert unit in family.documentation.lower(), f"{family.name} does not say its unit"
        names = {sample.name for sample in family.samples}
        assert names == {family.name + ("_total" if family.type == "counter" else "")}


@pytest.mark.parametrize("name", ["services", *watched().pipeline.parts()])
def test_a_part_that_could_not_be_read_is_missing_and_said_to_be(name: str) -> None:
    whole = watched()
    missing: Part[Any] = Part(None, "gone", "gridseal up")
    if name == "services":
        broken = dataclasses.replace(whole, services=missing)
    else:
        broken = dataclasses.replace(whole, pipeline=dataclasses.replace(whole.pipeline, **{name: missing}))
    before, after = samples(exposition.text(lambda: whole)), samples(exposition.text(lambda: broken))
    assert after.pop(("gridseal_collector_up", name)) == 0
    assert before.pop(("gridseal_collector_up", name)) == 1
    assert after.items() < before.items()


def test_scrapes_share_a_snapshot_for_a_while() -> None:
    taken: list[Watched] = []

    def take() -> Watched:
        time.sleep(0.05)
        taken.append(watched())
        return taken[-1]

    exporter = exposition.Exporter(take, kept_s=60)
    threads = [threading.Thread(target=lambda: list(exporter.collect())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    fresh = exposition.Exporter(take, kept_s=0)
    for _ in range(2):
        assert list(fresh.collect())
    assert len(taken) == 3


def test_served_on_the_host_of_the_settings() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert exposition.serve(watched, "127.0.0.1", port).is_alive()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        assert samples(response.read().decode())["gridseal_topic_lag_messages", "meter-readings"] == 20


def test_a_port_that_is_taken_is_told(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = cli("metrics", "--serve", str(port))
    assert (ended.code, ended.out) == (2, "")
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in ended.err
    assert "next:  gridseal metrics --serve PORT" in ended.err


def test_where_nothing_runs_the_rest_is_printed(cli: Cli) -> None:
    ended = cli("metrics")
    assert (ended.code, ended.err) == (0, "")
    found = samples(ended.out)
    assert {part for (name, part), up in found.items() if name == "gridseal_collector_up" and up} == {
        "services",
        "disk",
        "nights",
    }
    assert found["gridseal_service_up", "kafka"] == 0
    assert found["gridseal_disk_free_bytes", ""] > 0
