"""Supervision of the processes by supervisord: its configuration, its start and its remote calls."""

import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import psutil

from stack.errors import StackError
from stack.files import write
from stack.layout import Layout
from stack.secrets import without_secrets
from stack.service import Service

# Marks every process of a stack, so that those whose supervisor was killed can still be found. No GRIDSEAL_
# name: a process of ours would take it for a setting.
OWNER_VARIABLE = "STACK_OF_GRIDSEAL"
_START_SECONDS = 10.0
_STOP_SECONDS = 30.0


class Supervisor:
    """One supervisord and the processes below it."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._socket = layout.socket("supervisor.sock")
        self._pid_file = layout.run / "supervisord.pid"
        self.log = layout.log / "supervisor.log"

    def pid(self) -> int | None:
        """Process id of the supervisord of this stack, None if it does not run."""
        try:
            pid = int(self._pid_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None
        return pid if _owned(pid, self._layout.var) else None

    def died(self) -> bool:
        """Whether supervisord ended without saying so, as when it is killed."""
        return self._pid_file.exists() and not self.pid()

    def start(self, services: Sequence[Service]) -> None:
        """Starts supervisord with no service running yet.

        Raises:
            StackError: It does not come up.
        """
        config = self.write_configuration(services)
        program = Layout.program("supervisord")
        if not program.exists():
            raise StackError(f"{program} is missing: the Python environment is not whole", hint="make setup")
        done = subprocess.run(
            [sys.executable, "-m", "stack.supervisord", "-c", config],
            env=without_secrets(os.environ) | {OWNER_VARIABLE: str(self._layout.var), "TZ": "UTC"},
            cwd=Path.cwd(),
            capture_output=True,
            text=True,
            check=False,
        )
        deadline = time.monotonic() + _START_SECONDS
        while done.returncode == 0 and time.monotonic() < deadline:
            if self.pid() and self._socket.exists():
                return
            time.sleep(0.05)
        raise StackError(
            f"supervisord did not start (exit {done.returncode}): {(done.stderr or done.stdout).strip()[-500:]}",
            hint=f"tail {self.log}",
        )

    def write_configuration(self, services: Sequence[Service]) -> Path:
        """Writes supervisord's configuration, for its owner only, and returns its path."""
        config = self._layout.run / "supervisord.conf"
        write(config, self._render(services))
        return config

    def stop(self) -> None:
        """Stops supervisord and, if it is gone already, whatever it left running."""
        if self.pid():
            self.call("shutdown")
            _wait_until(lambda: not self.pid(), _STOP_SECONDS)
        for signal in (psutil.Process.terminate, psutil.Process.kill):
            for process in orphans(self._layout.var):
                with suppress(psutil.NoSuchProcess):
                    signal(process)
            _wait_until(lambda: not orphans(self._layout.var), _STOP_SECONDS)

    def call(self, method: str, *arguments: Any) -> Any:
        """Calls a method of supervisord's remote interface, such as startProcess.

        Raises:
            StackError: supervisord does not answer or refuses.
        """
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        try:
            proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
            return getattr(proxy.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            raise StackError(f"supervisord refused {method}: {fault.faultString}", hint=f"tail {self.log}") from fault
        except OSError as error:
            raise StackError(
                f"supervisord does not answer on {self._socket}: {error}", hint=f"tail {self.log}"
            ) from error
        finally:
            transport.close()

    def processes(self) -> dict[str, dict[str, Any]]:
        """What supervisord knows of each service, by name; empty if it does not run."""
        if not self.pid():
            return {}
        return {info["name"]: info for info in cast(list[dict[str, Any]], self.call("getAllProcessInfo"))}

    def restarts(self) -> dict[str, int]:
        """How often each service ended by itself since supervisord started, from its log."""
        counts: dict[str, int] = {}
        for path in (self.log.with_name(self.log.name + ".1"), self.log):
            if not path.exists():
                continue
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                if "supervisord started with pid" in line:
                    counts.clear()
                elif " exited: " in line:
                    name = line.split(" exited: ", 1)[1].split(" ", 1)[0]
                    counts[name] = counts.get(name, 0) + 1
        return counts

    def _render(self, services: Sequence[Service]) -> str:
        layout = self._layout
        main = {
            "logfile": self.log,
            "logfile_maxbytes": "10MB",
            "logfile_backups": 3,
            "pidfile": self._pid_file,
            "childlogdir": layout.log,
            "umask": "077",
        }
        if os.geteuid() == 0:
            main["user"] = "root"
        blocks = [
            _section("supervisord", main),
            _section("unix_http_server", {"file": self._socket, "chmod": "0600"}),
            _section(
                "rpcinterface:supervisor",
                {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
            ),
        ]
        blocks += [_section(f"program:{service.name}", self._program(service)) for service in services]
        return "\n".join(blocks)

    def _program(self, service: Service) -> dict[str, object]:
        environment = ",".join(f"{name}={_quoted(value)}" for name, value in service.environment.items())
        return {
            "command": " ".join(_word(part) for part in service.command),
            "environment": environment,
            "autostart": "false",
            "autorestart": "true",
            # A process that ends within this time is started again after 1, 2, 3 ... seconds; one that
            # lived longer at once.
            "startsecs": 5,
            "startretries": 20,
            # Flink's scripts and PySpark have children of their own.
            "stopsignal": service.stop_signal,
            "stopasgroup": "true",
            "killasgroup": "true",
            "stopwaitsecs": 20,
            "redirect_stderr": "true",
            "stdout_logfile": log_of(self._layout, service.name),
            "stdout_logfile_maxbytes": "20MB",
            "stdout_logfile_backups": 2,
        }


def log_of(layout: Layout, name: str) -> Path:
    """Log of a service."""
    return layout.log / f"{name}.log"


def orphans(var: Path) -> list[psutil.Process]:
    """Processes of the stack of this folder of state, wherever they hang now."""
    return [process for process in psutil.process_iter() if _owned(process.pid, var)]


def _owned(pid: int, var: Path) -> bool:
    try:
        process = psutil.Process(pid)
        return process.environ().get(OWNER_VARIABLE) == str(var) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _wait_until(true: Callable[[], bool], seconds: float) -> None:
    # Not by waiting for the processes: where nobody collects the dead, as in a container, they seem to stay.
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)


def _section(name: str, values: dict[str, Any]) -> str:
    # In supervisord's configuration % begins an expansion.
    lines = [f"{key}={value}".rstrip() for key, value in values.items() if value != ""]
    return f"[{name}]\n" + "\n".join(lines) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _quoted(value: str) -> str:
    """A value of a variable, as supervisord reads it: quotes of either kind around it, nothing is escaped but %."""
    quote = "'" if '"' in value else '"'
    if quote in value:
        raise StackError(f"supervisord can give a service no variable with both kinds of quotes: {value}", exit_code=2)
    return f"{quote}{value.replace('%', '%%')}{quote}"


def _word(text: str) -> str:
    escaped = _escape(text)
    return f'"{escaped}"' if any(c in text for c in " \t;'\"\\") else escaped
