"""The supervisor of the services takes no processor time for itself, however often they die."""

import random
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import pytest
from supervisor.xmlrpc import SupervisorTransport

pytestmark = pytest.mark.integration

SERVICES, KILLS = 6, 20
CONFIGURATION = """
[supervisord]
logfile={folder}/log
pidfile={folder}/pid
[unix_http_server]
file={folder}/sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""
# Its end of the pipe to it is closed, as that of a service that has died.
PROGRAM = """
[program:p{number}]
command={python} -c "import os, time; os.close(0); time.sleep(600)"
autorestart=true
startsecs=0
redirect_stderr=true
stdout_logfile={folder}/p{number}.log
"""


def ask(folder: Path, method: str) -> Any:
    transport = SupervisorTransport(None, None, f"unix://{folder}/sock")
    try:
        return getattr(xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor, method)()
    finally:
        transport.close()


@pytest.fixture(params=range(3))
def supervisor(tmp_path: Path) -> Iterator[psutil.Process]:
    programs = [PROGRAM.format(number=n, python=sys.executable, folder=tmp_path) for n in range(SERVICES)]
    (tmp_path / "conf").write_text(CONFIGURATION.format(folder=tmp_path) + "".join(programs))
    subprocess.run([sys.executable, "-m", "stack.supervisord", "-c", tmp_path / "conf"], check=True)
    pid = tmp_path / "pid"
    while not (pid.exists() and pid.read_text().endswith("\n") and (tmp_path / "sock").exists()):
        time.sleep(0.05)
    yield psutil.Process(int(pid.read_text()))
    ask(tmp_path, "shutdown")


def test_it_rests_after_services_have_died_while_it_was_asked(supervisor: psutil.Process, tmp_path: Path) -> None:
    ended = Event()

    def keep_asking() -> None:
        while not ended.is_set():
            ask(tmp_path, "getAllProcessInfo")

    threads = [Thread(target=keep_asking) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        with suppress(IndexError, psutil.NoSuchProcess):
            random.choice(supervisor.children()).kill()
        time.sleep(0.1)
    ended.set()
    for thread in threads:
        thread.join()
    time.sleep(1)
    assert supervisor.cpu_percent(1.5) < 20
