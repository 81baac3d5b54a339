"""Each host of the cluster dies while readings flow, and no row is lost or doubled."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from tests.cluster.cluster import HOSTS, Cluster
from tests.cluster.conftest import Outcome
from tests.cluster.test_cluster import DAY
from tests.cluster.watch import Watch

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

FLOWING_S, DEAD_S = 10, 40
# So long that whoever is cut off is taken for dead and goes on alone.
CUT_OFF_S = 90
# Of messages; a day of this many meters takes a minute and a half.
RATE = 300
PATIENCE_S = 600


@dataclass(frozen=True)
class Fault:
    """Something that breaks.

    Attributes:
        name: What breaks.
        strike: Breaks it, and mends what would not mend itself.
    """

    name: str
    strike: Callable[[Cluster], None]


def power_cut(host: str) -> Callable[[Cluster], None]:
    def strike(cluster: Cluster) -> None:
        cluster.kill(host)
        time.sleep(DEAD_S)
        cluster.revive(host)

    return strike


def cable(host: str) -> Callable[[Cluster], None]:
    def strike(cluster: Cluster) -> None:
        address = cluster.disconnect(host)
        time.sleep(CUT_OFF_S)
        cluster.connect(host, address)

    return strike


FAULTS = [
    Fault("worker1: DataNode, TaskManager, broker, JobManager that waits", power_cut("worker1")),
    Fault("worker2: DataNode, TaskManager, broker", power_cut("worker2")),
    Fault("the leading JobManager", lambda cluster: kill_leader(cluster)),
    Fault("master: NameNode, JobManager, broker", power_cut("master")),
    Fault("database", power_cut("database")),
    Fault("gateway: commands, chain", power_cut("gateway")),
    Fault("worker2 cut off from the network", cable("worker2")),
    Fault("worker1 cut off from the network", cable("worker1")),
]


@pytest.fixture(scope="module")
def days(cluster: Cluster) -> Iterator[date]:
    """A day for each fault, after those that were fed."""
    assert cluster.gridseal("pipeline", "status")
    first = date.fromisoformat(DAY) + timedelta(days=1)
    return (first + timedelta(days=number) for number in range(len(FAULTS)))


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_nothing_is_lost_or_doubled(cluster: Cluster, days: Iterator[date], fault: Fault, outcome: Outcome) -> None:
    day = next(days)
    with Watch(cluster) as watch, flow(cluster, day):
        time.sleep(FLOWING_S)
        watch.zero()
        fault.strike(cluster)
        await_healthy(cluster)
        # What was interrupted is sent again whole.
        until_done(cluster, *feed(day))
        try:
            until_done(cluster, "gridseal", "reconcile")
            outcome.reconciled_s = watch.seconds
        finally:
            outcome.running_s = watch.running_again_s
    doubled = cluster.number("SELECT COUNT(*) - COUNT(DISTINCT message_id) FROM ods.meter_reading")
    assert doubled == 0
    assert cluster.number(f"SELECT COUNT(*) FROM dwd.meter_reading WHERE dt = '{day}'") > 20_000


@contextmanager
def flow(cluster: Cluster, day: date) -> Iterator[None]:
    """A day of readings and business changes at an even rate; who sends them may die with the gateway."""
    changes = cluster.run("gridseal", "feed", "business", "--day", str(day))
    assert changes.returncode == 0, changes.stdout + changes.stderr
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(cluster.words(*feed(day)), env=cluster.environment, **silent) as sender:
        try:
            yield
        finally:
            sender.kill()


def feed(day: date) -> tuple[str, ...]:
    """The command that sends a day, or what is left of it."""
    return ("gridseal", "feed", "meters", "--day", str(day), "--rate", str(RATE))


def kill_leader(cluster: Cluster) -> None:
    """SIGKILL; the other JobManager takes over."""
    words = ("grep", "--text", "DefaultDispatcherRunner was granted leadership", "var/log/jobmanager.log")
    granted = {host: cluster.run(*words, on=host).stdout.splitlines() for host in ("master", "worker1")}
    _, leader = max((lines[-1], host) for host, lines in granted.items() if lines)
    cluster.kill_process(leader, "jobmanager.args")


def await_healthy(cluster: Cluster) -> None:
    """Waits until every host says that it is well."""
    for host in HOSTS:
        container = cluster.container(host)

        def ill(host: str = host, container: str = container) -> str:
            health = cluster.docker("inspect", "--format", "{{.State.Health.Status}}", container)
            return "" if health == "healthy" else f"{host} is {health}"

        until_nothing_lacks(ill)


def until_done(cluster: Cluster, *words: str) -> None:
    """Gives a command on the gateway until it succeeds, for a while."""

    def failure() -> str:
        done = cluster.run(*words)
        return f"{' '.join(words)} ({done.returncode}): {done.stdout}{done.stderr}" if done.returncode else ""

    until_nothing_lacks(failure)


def until_nothing_lacks(lacking: Callable[[], str]) -> None:
    """Asks what is lacking until it is nothing, for a while."""
    deadline = time.monotonic() + PATIENCE_S
    while said := lacking():
        assert time.monotonic() < deadline, f"not within {PATIENCE_S} s: {said}"
        time.sleep(1)
