"""The cluster of docker/compose.yaml as a project of its own: what a test asks of it and does to it."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stack.step import ROOT

PROJECT = "gridseal-test"
DOCKER = ROOT / "docker"
HOSTS = ("master", "worker1", "worker2", "database", "gateway")
_COMMAND_S = 900


class Cluster:
    """Its containers, and the commands on its gateway.

    Attributes:
        environment: What its compose is told.
    """

    def __init__(self, profiles: str = "") -> None:
        files = [DOCKER / "compose.yaml", *([DOCKER / "secure.yaml"] if "secure" in profiles.split(",") else [])]
        # Beside a cluster that somebody runs.
        self.environment = os.environ | {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "COMPOSE_PROFILES": profiles,
            "COMPOSE_FILE": ":".join(map(str, files)),
            "CLUSTER_SUBNET": "172.31.232.0/24",
            "GRIDSEAL_FLINK_REST_PORT": "22081",
            "GRIDSEAL_NAMENODE_HTTP_PORT": "23870",
            "GRIDSEAL_AIRFLOW_PORT": "22080",
        }

    def make(self, verb: str, *words: str | Path) -> None:
        """Runs docker/cluster.sh, whose output a person sees."""
        subprocess.run([DOCKER / "cluster.sh", verb, *words], env=self.environment, check=True)

    def docker(self, *words: str, check: bool = True) -> str:
        """Standard output of a docker command."""
        done = subprocess.run(
            ["docker", *words], env=self.environment, capture_output=True, text=True, check=False, timeout=_COMMAND_S
        )
        assert done.returncode == 0 or not check, f"docker {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def words(self, *words: str, on: str = "gateway") -> list[str]:
        """A command on a host, as the one who waits for it starts it."""
        return ["docker", "compose", "exec", "-T", on, *words]

    def run(self, *words: str, on: str = "gateway") -> subprocess.CompletedProcess[str]:
        """Runs a command on a host."""
        return subprocess.run(
            self.words(*words, on=on),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_S,
        )

    def python(self, code: str) -> str:
        """What a program on the gateway prints, which must come to its end."""
        done = self.run("python", "-c", code)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def gridseal(self, *words: str) -> str:
        """Standard output of a command of gridseal on the gateway, which must succeed."""
        done = self.run("gridseal", *words)
        assert done.returncode == 0, f"gridseal {' '.join(words)} ({done.returncode}): {done.stdout}{done.stderr}"
        return done.stdout

    def document(self, *words: str) -> Any:
        """What a command of gridseal says to programs."""
        return json.loads(self.gridseal(*words, "--format", "json"))

    def number(self, query: str) -> int:
        """The one number that a query answers with."""
        ((number,),) = (row.values() for row in self.document("sql", query))
        return int(number)

    def container(self, host: str) -> str:
        """The id of a host's container, running or not."""
        return self.docker("compose", "ps", "--all", "--quiet", host)

    def kill(self, host: str) -> None:
        """Takes a host's power away."""
        self.docker("kill", self.container(host))

    def revive(self, host: str) -> None:
        """Gives it back."""
        self.docker("start", self.container(host))

    def kill_process(self, host: str, pattern: str) -> None:
        """SIGKILL of the process of a host whose command line holds some text; its supervisor starts it again."""
        code = (
            "import psutil, sys; found = [p for p in psutil.process_iter(['cmdline'])"
            " if sys.argv[1] in ' '.join(p.info['cmdline'] or []) and p.info['cmdline'][0].endswith('java')];"
            "assert len(found) == 1, found; found[0].kill()"
        )
        done = self.run("python", "-c", code, pattern, on=host)
        assert done.returncode == 0, done.stderr

    def disconnect(self, host: str) -> str:
        """Pulls a host's cable.

        Returns:
            Its address.
        """
        container = self.container(host)
        networks = json.loads(self.docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", container))
        address = str(networks[PROJECT]["IPAddress"])
        self.docker("network", "disconnect", PROJECT, container)
        return address

    def connect(self, host: str, address: str) -> None:
        """Puts it back."""
        self.docker("network", "connect", "--alias", host, "--ip", address, PROJECT, self.container(host))

    def memory_mb(self) -> dict[str, float]:
        """Memory that each container takes, in MiB."""
        rows = self.docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}").splitlines()
        mine = [row.split() for row in rows if row.startswith(f"{PROJECT}-")]
        return {name.removeprefix(f"{PROJECT}-").removesuffix("-1"): _mib(used) for name, used, *_ in mine}

    def copy(self, source: str, target: Path) -> None:
        """Copies a file of the gateway here."""
        self.docker("cp", f"{self.container('gateway')}:/opt/gridseal/{source}", str(target))


def _mib(text: str) -> float:
    units: Sequence[tuple[str, float]] = (("GiB", 1024.0), ("MiB", 1.0), ("KiB", 1 / 1024), ("B", 1 / 1048576))
    unit, factor = next((unit, factor) for unit, factor in units if text.endswith(unit))
    return float(text.removesuffix(unit)) * factor
