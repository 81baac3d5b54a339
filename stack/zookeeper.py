"""ZooKeeper: remembers which job runs and its newest checkpoint, so that a JobManager that dies finds them again."""

from stack.files import write
from stack.java import LIGHT_COMPILER, classpath, java_home
from stack.layout import Layout
from stack.probe import converse
from stack.service import Service
from stack.settings import StackSettings

_PEER_PORTS = ("zookeeper_peer_port", "zookeeper_election_port")


def services(settings: StackSettings) -> list[Service]:
    """The server of this host; its jars are those that HDFS brings."""
    layout = Layout.of(settings)
    return [
        Service(
            name="zookeeper",
            command=(
                str(java_home() / "bin" / "java"),
                f"-Xmx{settings.zookeeper_memory_mb}m",
                "-XX:+UseSerialGC",
                LIGHT_COMPILER,
                "-XX:+ExitOnOutOfMemoryError",
                "-Dzookeeper.jmx.log4j.disable=true",
                "-cp",
                # For the configuration of its log.
                classpath(layout.hadoop_conf, layout.jars("hadoop") / "*"),
                "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                str(layout.conf / "zookeeper" / "zoo.cfg"),
            ),
            prepare=lambda: _prepare(settings, layout),
            ready=lambda: _lacking(settings),
            ports=("zookeeper_port", *(_PEER_PORTS if len(settings.hosts("zookeeper")) > 1 else ())),
            address=f"{settings.host}:{settings.zookeeper_port}",
        )
    ]


def properties(settings: StackSettings, layout: Layout) -> dict[str, str]:
    """Properties of zoo.cfg."""
    hosts = settings.hosts("zookeeper")
    ports = f"{settings.zookeeper_peer_port}:{settings.zookeeper_election_port}"
    peers = {f"server.{number}": f"{host}:{ports}" for number, host in enumerate(hosts, 1)}
    # In ticks: how long a server may take to find its leader, and to follow it.
    several = {"initLimit": "20", "syncLimit": "5", **peers} if len(hosts) > 1 else {}
    return {
        "dataDir": str(layout.data / "zookeeper"),
        "clientPortAddress": settings.host,
        "clientPort": str(settings.zookeeper_port),
        # A session may be as short as two ticks: after that a dead JobManager no longer leads.
        "tickTime": "1000",
        "admin.enableServer": "false",
        "autopurge.purgeInterval": "1",
        **several,
    }


def _lacking(settings: StackSettings) -> str:
    # One that has no majority with it takes connections, but answers no client.
    answer = converse(settings.host, settings.zookeeper_port, b"srvr")
    if not answer:
        return "the ZooKeeper server does not answer yet"
    return "" if b"\nMode: " in answer else "the ZooKeeper server finds no majority"


def _prepare(settings: StackSettings, layout: Layout) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in properties(settings, layout).items())
    write(layout.conf / "zookeeper" / "zoo.cfg", lines)
    (layout.data / "zookeeper").mkdir(parents=True, exist_ok=True)
    number = settings.hosts("zookeeper").index(settings.host) + 1
    write(layout.data / "zookeeper" / "myid", f"{number}\n")
