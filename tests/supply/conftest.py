"""Services that know of vulnerabilities, on loopback: OSV and the registry of npm, as far as they are asked here."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

JARS = ("pkg:maven/mysql/mysql-connector-java@8.0.27", "pkg:maven/org.apache.hive/hive-exec@2.3.10?classifier=core")
# As OSV answers, with what nobody reads left out.
PYPI = {
    "id": "PYSEC-2023-238",
    "aliases": ["CVE-2023-47248"],
    "details": "Deserialization of untrusted data in PyArrow",
    "affected": [
        {
            "package": {"name": "pyarrow", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0.14.0"}, {"fixed": "14.0.1"}]}],
            "versions": ["11.0.0"],
        }
    ],
}
MAVEN = {"id": "GHSA-g76j-4cxx-23h9", "modified": "2024-01-01T00:00:00Z"}
NPM = {
    "@foundry-rs/anvil-linux-amd64": [
        {
            "id": 1,
            "url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
            "title": "made up",
            "severity": "high",
            "vulnerable_versions": "<2.0.0",
            "cwe": [],
            "cvss": {"score": 0, "vectorString": None},
        }
    ]
}


@dataclass
class Knowledge:
    """What the services answer, and how.

    Attributes:
        known: Whether they know anything.
        status: HTTP status of every answer.
        body: What they answer instead of JSON.
        missing: How many results OSV leaves out.
        url: Their address.
        asked: The package URLs that OSV was asked about.
    """

    known: bool = False
    status: int = 200
    body: bytes = b""
    missing: int = 0
    url: str = ""
    asked: list[str] = field(default_factory=list)

    def answer(self, path: str, question: Any) -> Any:
        """The answer of one service."""
        if path.endswith("/v1/querybatch"):
            names = [query["package"]["purl"] for query in question["queries"]]
            self.asked += names
            results = [{"vulns": [MAVEN]} if self.known and "mysql-connector-java" in name else {} for name in names]
            return {"results": results[self.missing :]}
        if path.endswith("/v1/query"):
            return {"vulns": [PYPI]} if self.known and question["package"]["name"] == "pyarrow" else {}
        return NPM if self.known else {}


@contextmanager
def _serve(**values: Any) -> Iterator[Knowledge]:
    knowledge = Knowledge(**values)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            # npm looks for versions without the vulnerability, and goes on without them.
            self.send_error(404)

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                content = gzip.decompress(content)
            answer = knowledge.body or json.dumps(knowledge.answer(self.path, json.loads(content))).encode()
            self.send_response(knowledge.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        knowledge.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield knowledge
        server.shutdown()


@pytest.fixture
def services() -> Callable[..., AbstractContextManager[Knowledge]]:
    """Runs the services while a context lasts, with the given answers."""
    return _serve
