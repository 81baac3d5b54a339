"""What is missing or wrong on this machine, and the command that mends it."""

import shutil
import stat
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stack import anvil, checksums
from stack.catalog import all_services
from stack.chain_node import GENESIS
from stack.errors import StackError
from stack.java import java_home
from stack.keys import ACCOUNTS, key_file
from stack.layout import Layout, disk_free
from stack.ports import describe, is_taken
from stack.secrets import names_in, secrets_dir
from stack.settings import ENV_FILE, StackSettings, env_name, secret_fields
from stack.state import status
from stack.supervision import Supervisor

_NEEDED_DISK_GB = 15
_SETUP = "make setup"
# The services of the whole job took 5.3 GB; the Spark endpoint and the clients come on top.
_SPARE_MEMORY_MB = 2048
_DOCKER_SECONDS = 10


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it must be.
        detail: What was found, with the value.
        remedy: The command that mends it; empty if all is well.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def doctor(settings: StackSettings, env_file: Path = ENV_FILE) -> list[Finding]:
    """Looks at everything that the services need.

    Args:
        settings: Settings of the stack.
        env_file: The file of the passwords.

    Returns:
        A finding for each thing, also for those that are well. It changes nothing.
    """
    layout = Layout.of(settings)
    checks: list[Callable[[], Iterator[Finding]]] = [
        _java,
        lambda: _programs(layout),
        lambda: _jars(layout),
        lambda: _memory(settings),
        lambda: _disk(layout),
        lambda: _passwords(settings, env_file),
        lambda: _keys(layout),
        _clock,
        _docker,
        lambda: _services(settings, layout),
    ]
    found: list[Finding] = []
    for check in checks:
        try:
            found.extend(check())
        except StackError as error:
            found.append(Finding("stack", False, error.message, error.hint))
    return found


def _java() -> Iterator[Finding]:
    try:
        yield Finding("java", True, f"Java 17 in {java_home()}")
    except StackError as error:
        yield Finding("java", False, error.message, error.hint)


def _programs(layout: Layout) -> Iterator[Finding]:
    # What only set-up needs is not missed where that is done, as in a container.
    done = layout.flink_home.exists() and anvil.program(layout.build).exists()
    for name in (*(() if done else ("mvn", "npm")), "mariadbd", "mariadb-install-db"):
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
        yield Finding(name, bool(path), path or "not installed", "" if path else _SETUP)
    node = anvil.program(layout.build)
    found = node.exists()
    yield Finding("anvil", found, str(node) if found else f"{node} is missing", "" if found else _SETUP)
    supervisord = layout.program("supervisord")
    there = supervisord.exists()
    yield Finding(
        "python environment",
        there,
        str(supervisord.parent.parent) if there else f"{supervisord} is missing",
        "" if there else _SETUP,
    )


def _jars(layout: Layout) -> Iterator[Finding]:
    for group in ("hadoop", "kafka", "flink", "spark"):
        count = len(list(layout.jars(group).glob("*.jar")))
        yield Finding(f"jars of {group}", count > 0, f"{count} in {layout.jars(group)}", "" if count else _SETUP)
    jars = layout.jars("")
    yield _checksums("checksums of jars", checksums.pins_of_jars(jars), f"rm -r {jars} && {_SETUP}")
    packages = Path(sysconfig.get_path("purelib"))
    remedy = f"rm -r {sys.prefix} && {_SETUP}"
    yield _checksums("jars in packages", checksums.pins_of_packages(packages), remedy)
    own = layout.flink_home / "lib" / "00-gridseal-flink.jar"
    missing = [jar.name for jar in (layout.flink_home / "lib").glob("*.jar") if not jar.exists()]  # links to nowhere
    whole = own.exists() and not missing
    detail = str(layout.flink_home) if whole else f"{', '.join(missing) or own} is missing"
    yield Finding("flink home", whole, detail, "" if whole else _SETUP)


def _checksums(name: str, pins: Iterable[checksums.Pin], remedy: str) -> Finding:
    every = list(pins)
    wrong = checksums.differing(every)
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    detail = f"{wrong[0]}{more}" if wrong else f"{len(every)} as they were pinned"
    return Finding(name, not wrong, detail, remedy if wrong else "")


def _memory(settings: StackSettings) -> Iterator[Finding]:
    import psutil

    fields = [f"{service.name}_memory_mb" for service in all_services(settings) if not service.on_demand]
    total = sum(getattr(settings, field, 0) for field in fields) + _SPARE_MEMORY_MB
    running = sum(service.rss_mb for service in status(settings))
    room = psutil.virtual_memory().available / (1 << 20) + running
    ok = room >= total
    yield Finding(
        "memory",
        ok,
        f"{room:.0f} MiB are to be had, the services may take {total} MiB",
        "" if ok else f"set {env_name('taskmanager_memory_mb')} lower, then make down && make up",
    )


def _disk(layout: Layout) -> Iterator[Finding]:
    free = disk_free(layout.var) / 1e9
    ok = free >= _NEEDED_DISK_GB
    yield Finding(
        "disk",
        ok,
        f"{free:.0f} GB free for {layout.var}; {_NEEDED_DISK_GB} GB are advised",
        "" if ok else f"df -h {layout.var}",
    )


def _passwords(settings: StackSettings, env_file: Path) -> Iterator[Finding]:
    if folder := secrets_dir():
        yield Finding("passwords", True, f"{len(list(folder.iterdir()))} files in {folder}")
        return
    if not env_file.exists():
        yield Finding("passwords", False, f"{env_file} is not there; the first start makes it", "make up")
        return
    mode = stat.S_IMODE(env_file.stat().st_mode)
    private = mode & 0o077 == 0
    yield Finding(
        "mode of .env",
        private,
        f"{mode:04o}" if private else f"{mode:04o} lets others read the passwords; it must be 0600",
        "" if private else f"chmod 600 {env_file}",
    )
    named = names_in(env_file.read_text(encoding="utf-8"))
    missing = [
        env_name(field)
        for field in secret_fields()
        if env_name(field) not in named and not getattr(settings, field).get_secret_value()
    ]
    detail = f"missing: {', '.join(missing)}" if missing else "all there"
    yield Finding("passwords", not missing, detail, "make up" if missing else "")


def _keys(layout: Layout) -> Iterator[Finding]:
    for file in (key_file(layout, name) for name in ACCOUNTS):
        if not file.exists():
            lost = (layout.chain / GENESIS).exists()
            detail = "nobody can write to the chain without it" if lost else "the first start makes it"
            remedy = f"put {file} back from a copy" if lost else "make up"
            yield Finding(f"key {file.name}", False, f"{file} is not there; {detail}", remedy)
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        private = mode & 0o077 == 0
        detail = f"mode {mode:04o}" if private else f"mode {mode:04o} lets others read it; it must be 0600"
        yield Finding(f"key {file.name}", private, detail, "" if private else f"chmod 600 {file}")


def _clock() -> Iterator[Finding]:
    # The change log's times and the readings' are compared: a clock before this code was written is wrong.
    ok = time.time() > _WRITTEN
    detail = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    yield Finding("clock", ok, detail, "" if ok else "date --utc --set 'YYYY-MM-DD HH:MM:SS'")


def _docker() -> Iterator[Finding]:
    # Nothing on one machine needs it, so that it is never wrong.
    wanted = "only make cluster-up needs it (docs/cluster.md)"
    for words, missing in (
        (("docker", "info"), "no engine answers; on Debian: apt-get install docker.io iptables"),
        (("docker", "compose", "version"), "not there; on Debian: docker-compose-plugin of Docker's own packages"),
    ):
        name = " ".join(words[:-1])
        try:
            there = not subprocess.run(words, capture_output=True, check=False, timeout=_DOCKER_SECONDS).returncode
        except (OSError, subprocess.TimeoutExpired):
            there = False
        yield Finding(name, True, "answers" if there else f"{missing}; {wanted}")


def _services(settings: StackSettings, layout: Layout) -> Iterator[Finding]:
    up = Supervisor(layout).pid() is not None
    ports = {service.name: service.ports for service in all_services(settings)}
    for service in status(settings):
        if service.state == "stopped":
            for field in ports[service.name]:
                taken = is_taken(settings.host, getattr(settings, field))
                said = describe(settings, service.name, field) if taken else "free"
                yield Finding(f"port {getattr(settings, field)}", not taken, said, "make status" if taken else "")
        if service.on_demand and service.state == "stopped":
            continue
        ok = service.state == "ready"
        detail = service.state + (
            f", restarted {service.restarts} times, see {service.log}" if service.restarts else ""
        )
        remedy = "" if ok else f"tail -50 {service.log}" if up and service.pid else "make up"
        yield Finding(service.name, ok, detail, remedy)


# 2026-11-01T00:00:00Z
_WRITTEN = 1_793_491_200
