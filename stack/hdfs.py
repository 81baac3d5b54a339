"""HDFS: a NameNode and its DataNodes."""

import getpass
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from stack.errors import StackError
from stack.files import write
from stack.java import LIGHT_COMPILER, classpath, java_home
from stack.layout import Layout
from stack.probe import get_json
from stack.service import Service
from stack.settings import StackSettings

_NAMENODE = "org.apache.hadoop.hdfs.server.namenode.NameNode"
_DATANODE = "org.apache.hadoop.hdfs.server.datanode.DataNode"
_REPLICAS = 2
_WHO_IS_WHO = {
    # As whom statements of the SQL endpoint read; nobody else is in a group that may enter a folder.
    "hadoop.user.group.static.mapping.overrides": "analyst=analysts",
    # Who may read a block is asked of the NameNode, not only who may find it.
    "dfs.block.access.token.enable": "true",
}
# Nobody is sent to a DataNode that has missed three beats; after a minute without, its blocks are copied elsewhere. The
# defaults are for clusters of hundreds, and have a client wait a minute and a NameNode believe for ten.
_DEATH_OF_A_DATANODE = {
    "dfs.namenode.avoid.read.stale.datanode": "true",
    "dfs.namenode.avoid.write.stale.datanode": "true",
    "dfs.namenode.stale.datanode.interval": "9000",
    "dfs.namenode.heartbeat.recheck-interval": "15000",
    "dfs.client.socket-timeout": "15000",
    # Copies that were on their way to a host that died are made anew after a minute, not five, and many at a time.
    "dfs.namenode.reconstruction.pending.timeout-sec": "60",
    "dfs.namenode.replication.work.multiplier.per.iteration": "20",
}
_PAGE = Path(__file__).parent / "web" / "namenode.html"


def services(settings: StackSettings) -> list[Service]:
    """The two services of HDFS, a DataNode on every host that it runs on."""
    layout, host = Layout.of(settings), settings.host
    return [
        Service(
            name="namenode",
            command=_command(layout, _NAMENODE, settings.namenode_memory_mb),
            prepare=lambda: _prepare_namenode(settings, layout),
            ready=lambda: _namenode_ready(settings),
            ports=("namenode_port", "namenode_http_port"),
            address=f"http://{host}:{settings.namenode_http_port}",
        ),
        Service(
            name="datanode",
            command=_command(layout, _DATANODE, settings.datanode_memory_mb),
            prepare=lambda: write_configuration(settings, layout),
            ready=lambda: _datanode_ready(settings),
            ports=("datanode_port", "datanode_http_port", "datanode_ipc_port"),
            address=f"{host}:{settings.datanode_port}",
        ),
    ]


def properties(settings: StackSettings, layout: Layout) -> dict[str, str]:
    """Properties of core-site.xml and hdfs-site.xml together; every reader reads both."""
    host, namenode = settings.host, settings.hosts("namenode")[0]
    datanodes = len(settings.hosts("datanode"))
    return {
        "fs.defaultFS": f"hdfs://{namenode}:{settings.namenode_port}",
        # Whom WebHDFS and the web page act for when a request names nobody.
        "hadoop.http.staticuser.user": "nobody" if settings.tls_dir else getpass.getuser(),
        "dfs.namenode.rpc-address": f"{namenode}:{settings.namenode_port}",
        "dfs.namenode.http-address": f"{namenode}:{settings.namenode_http_port}",
        "dfs.namenode.name.dir": (layout.data / "namenode").as_uri(),
        # Out of safe mode as soon as a DataNode has reported every block, and not before.
        "dfs.namenode.safemode.min.datanodes": "1",
        "dfs.namenode.safemode.extension": "0",
        "dfs.namenode.datanode.registration.ip-hostname-check": "false",
        "dfs.datanode.data.dir": (layout.data / "datanode").as_uri(),
        "dfs.datanode.hostname": host,
        "dfs.datanode.address": f"{host}:{settings.datanode_port}",
        "dfs.datanode.http.address": f"{host}:{settings.datanode_http_port}",
        "dfs.datanode.ipc.address": f"{host}:{settings.datanode_ipc_port}",
        "dfs.client.use.datanode.hostname": "true",
        "dfs.replication": str(min(_REPLICAS, datanodes)),
        # Closing a file waits until its block is reported; the default looks again after 400 ms, and Hudi closes
        # several files a table and commit.
        "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "5",
        "dfs.client.block.write.locateFollowingBlock.retries": "12",
        # A file whose writer and DataNodes died can be read only once the NameNode has closed it: by default after 20
        # minutes. A writer says every 30 s that it lives; one that is silent for 50 s is dead for Flink, too.
        "dfs.namenode.lease-hard-limit-sec": "90",
        # With as many DataNodes as replicas there is none to replace one by.
        "dfs.client.block.write.replace-datanode-on-failure.policy": "DEFAULT" if datanodes > _REPLICAS else "NEVER",
        **(_DEATH_OF_A_DATANODE if datanodes > 1 else {}),
        **(_WHO_IS_WHO if settings.tls_dir else {}),
    }


def write_configuration(settings: StackSettings, layout: Layout) -> None:
    """Writes the folder that HADOOP_CONF_DIR names."""
    conf = layout.hadoop_conf
    rows = "".join(
        f"  <property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in properties(settings, layout).items()
    )
    site = f'<?xml version="1.0" encoding="UTF-8"?>\n<configuration>\n{rows}</configuration>\n'
    for name in ("core-site.xml", "hdfs-site.xml"):
        write(conf / name, site)
    write(
        conf / "log4j.properties",
        f"log4j.rootLogger={settings.log_level}, console\n"
        "log4j.appender.console=org.apache.log4j.ConsoleAppender\n"
        "log4j.appender.console.layout=org.apache.log4j.PatternLayout\n"
        "log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %-5p %c{2}: %m%n\n",
    )
    # The daemons look for their web pages on the class path; Maven's jars do not hold them.
    for daemon in ("hdfs", "datanode", "static"):
        (conf / "webapps" / daemon).mkdir(parents=True, exist_ok=True)
    write(conf / "webapps" / "hdfs" / "index.html", _PAGE.read_text(encoding="utf-8"))


def last_block(folder: Path) -> int:
    """The greatest number of a block in the folder of a DataNode; 0 if it has none."""
    return max((number for _, number in _blocks(folder)), default=0)


def remove_blocks_after(folder: Path, last: int) -> int:
    """Removes what a DataNode that does not run was given after a moment that the NameNode is put back to.

    Otherwise the NameNode would refuse to begin, and then give the same numbers to other blocks.

    Args:
        folder: Of the DataNode.
        last: Greatest number of a block at that moment.

    Returns:
        How many blocks it was.
    """
    later = [(file, number) for file, number in _blocks(folder) if number > last]
    for file, _ in later:
        file.unlink()
    return len({number for _, number in later})


def _blocks(folder: Path) -> Iterator[tuple[Path, int]]:
    # blk_1073741825 and, with checksums, blk_1073741825_1001.meta
    for file in folder.rglob("blk_*"):
        yield file, int(file.name.removesuffix(".meta").split("_")[1])


def _command(layout: Layout, main: str, memory_mb: int) -> tuple[str, ...]:
    return (
        str(java_home() / "bin" / "java"),
        f"-Xmx{memory_mb}m",
        # The other collectors take more memory than these small heaps gain by them.
        "-XX:+UseSerialGC",
        LIGHT_COMPILER,
        "-XX:+ExitOnOutOfMemoryError",
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "-cp",
        classpath(layout.hadoop_conf, layout.jars("hadoop") / "*"),
        main,
    )


def _prepare_namenode(settings: StackSettings, layout: Layout) -> None:
    write_configuration(settings, layout)
    if (layout.data / "namenode" / "current" / "VERSION").exists():
        return
    command = [*_command(layout, _NAMENODE, settings.namenode_memory_mb), "-format", "-nonInteractive"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        log = layout.log / "namenode-format.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise StackError(
            f"the NameNode could not format {layout.data / 'namenode'} (exit {done.returncode}); see {log}",
            hint=f"tail {log}",
        )


def _filesystem_state(settings: StackSettings) -> dict[str, object]:
    url = f"http://{settings.hosts('namenode')[0]}:{settings.namenode_http_port}"
    answer = get_json(f"{url}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState")
    beans = answer.get("beans") if isinstance(answer, dict) else None
    return beans[0] if beans else {}


def _namenode_ready(settings: StackSettings) -> str:
    return "" if _filesystem_state(settings) else "the NameNode does not answer yet"


def _datanode_ready(settings: StackSettings) -> str:
    state = _filesystem_state(settings)
    if not state:
        return "the NameNode does not answer yet"
    if not state.get("NumLiveDataNodes"):
        return "the NameNode knows no live DataNode yet"
    if state.get("FSState") != "Operational":
        return f"the NameNode is in state {state.get('FSState')}, not Operational"
    url = f"http://{settings.host}:{settings.datanode_http_port}/jmx?qry=Hadoop:service=DataNode,name=JvmMetrics"
    return "" if get_json(url) else "the DataNode does not answer yet"
