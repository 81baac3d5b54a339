"""ZooKeeper: remembers which job runs and its newest checkpoint, so that a JobManager that dies finds them again."""

from stack.files import write
from stack.java import LIGHT_COMPILER, classpath, java_home
from stack.layout import Layout
from stack.probe import accepts
from stack.service import Service
from stack.settings import StackSettings


def services(settings: StackSettings) -> list[Service]:
    """The one server; its jars are those that HDFS brings."""
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
            ready=lambda: (
                "" if accepts(settings.host, settings.zookeeper_port) else "the ZooKeeper server does not answer yet"
            ),
            ports=("zookeeper_port",),
            address=f"{settings.host}:{settings.zookeeper_port}",
        )
    ]


def properties(settings: StackSettings, layout: Layout) -> dict[str, str]:
    """Properties of zoo.cfg."""
    return {
        "dataDir": str(layout.data / "zookeeper"),
        "clientPortAddress": settings.host,
        "clientPort": str(settings.zookeeper_port),
        # A session may be as short as two ticks: after that a dead JobManager no longer leads.
        "tickTime": "1000",
        "admin.enableServer": "false",
        "autopurge.purgeInterval": "1",
    }


def _prepare(settings: StackSettings, layout: Layout) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in properties(settings, layout).items())
    write(layout.conf / "zookeeper" / "zoo.cfg", lines)
    (layout.data / "zookeeper").mkdir(parents=True, exist_ok=True)
