"""Services that answer what the real ones answered, over HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.settings import PipelineSettings
from warehouse.catalog import Catalog, load_catalog

# As WebHDFS answers for a path that is not there.
NOT_THERE = {"RemoteException": {"exception": "FileNotFoundException", "message": "File does not exist."}}


class Answers(dict[str, Any]):
    """What is answered by path; one of WebHDFS is ``OP path``, metrics are ``path?get=...``."""

    asked: list[str]


@pytest.fixture
def answers() -> Iterator[Answers]:
    """A server of answers; ``settings`` point Flink and HDFS at it."""
    known = Answers()
    known.asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            key = self._key()
            known.asked.append(key)
            body = known.get(key)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(NOT_THERE if body is None else body).encode())

        def _key(self) -> str:
            parts = urlsplit(self.path)
            asked = parse_qs(parts.query)
            if parts.path.startswith("/webhdfs/v1"):
                return f"{asked['op'][0]} {parts.path.removeprefix('/webhdfs/v1')}"
            return parts.path + "".join(f"?get={one}" for one in asked.get("get", []))

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        known["url"] = f"http://127.0.0.1:{server.server_port}"
        yield known
        server.shutdown()


@pytest.fixture
def settings(answers: Answers, tmp_path: Path) -> PipelineSettings:
    """Settings of a machine on which Flink and HDFS answer, and nobody else."""
    return PipelineSettings(
        flink_url=answers["url"],
        webhdfs_url=answers["url"],
        hdfs_uri="hdfs://127.0.0.1:1",
        # Nobody may listen on the first ports without being root, and nobody does.
        kafka_bootstrap_servers="127.0.0.1:1",
        var_dir=tmp_path / "var",
    )


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The tables of the warehouse."""
    return load_catalog(PipelineSettings())


JOB = "d3c7941e5d2b4b0f8a37a4e5a2b1c0de"  # pragma: allowlist secret


@pytest.fixture
def job(answers: Answers) -> str:
    """A running job of three vertices, as Flink 1.20 tells of it."""
    answers["/jobs/overview"] = {
        "jobs": [
            {
                "jid": "0" * 32,
                "name": "gridseal",
                "start-time": 1795277000000,
                "end-time": 1795278000000,
                "duration": 1000000,
                "state": "CANCELED",
                "last-modification": 1795278000000,
                "tasks": {"running": 0, "canceling": 0, "canceled": 6, "total": 6, "failed": 0, "finished": 0},
            },
            {
                "jid": JOB,
                "name": "gridseal",
                "start-time": 1795280000000,
                "end-time": -1,
                "duration": 65500,
                "state": "RUNNING",
                "last-modification": 1795280009000,
                "tasks": {"running": 6, "canceling": 0, "canceled": 0, "finished": 3, "total": 9, "failed": 0},
            },
        ]
    }
    answers[f"/jobs/{JOB}/metrics?get=numRestarts"] = [{"id": "numRestarts", "value": "2"}]
    answers[f"/jobs/{JOB}"] = {
        "jid": JOB,
        "name": "gridseal",
        "state": "RUNNING",
        "vertices": [
            {"id": "a1", "name": "Source: ods.meter_reading -> (Calc[2], Calc[9] -> hoodie_bulk: ods)"},
            {"id": "b2", "name": "Source: source_changes -> DataSteamToTable[5]"},
            {"id": "c3", "name": "Join[40] -> Calc[41]"},
        ],
    }
    meters, changes = f"/jobs/{JOB}/vertices/a1/subtasks/metrics", f"/jobs/{JOB}/vertices/b2/subtasks/metrics"
    answers[meters] = [
        {"id": "numRecordsInPerSecond"},
        {"id": "Calc[2].numRecordsInPerSecond"},
        {"id": "Source__ods_meter_reading.numRecordsInPerSecond"},
        {"id": "Source__ods_meter_reading.numRecordsOutPerSecond"},
    ]
    rate = "Source__ods_meter_reading.numRecordsInPerSecond"
    answers[f"{meters}?get={rate}"] = [{"id": rate, "sum": 512.5}]
    # Its first figures have not reached the JobManager yet.
    answers[changes] = []
    answers[f"/jobs/{JOB}/checkpoints"] = {
        "counts": {"restored": 1, "total": 9, "in_progress": 1, "completed": 7, "failed": 1},
        "latest": {
            "completed": {
                "id": 41,
                "status": "COMPLETED",
                "trigger_timestamp": 1795280050000,
                "latest_ack_timestamp": 1795280051500,
                "checkpointed_size": 1048576,
                "state_size": 12345678,
                "end_to_end_duration": 1500,
                "external_path": f"hdfs://127.0.0.1:1/flink/checkpoints/{JOB}/chk-41",
            },
            "savepoint": None,
            "failed": None,
            "restored": {"id": 32, "restore_timestamp": 1795280003000, "is_savepoint": False, "external_path": ""},
        },
        "history": [],
    }
    return JOB
