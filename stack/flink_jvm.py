"""How the JVMs of Flink are called.

Flink's own scripts work out the sizes of the memory by starting three more JVMs before each start. Here the
same class of Flink is asked once, as long as the configuration stays, and its answer is kept in a file of
arguments: a start takes seconds less, and so does the recovery of a process that died.
"""

import hashlib
import subprocess

import yaml

from stack.errors import StackError
from stack.files import write
from stack.java import LIGHT_COMPILER, PATIENT_COMPILER, THROUGHPUT_COLLECTOR, java_home
from stack.layout import Layout

# Program and name in BashJavaUtils, further options of the JVM, arguments of the program.
_PROCESSES: dict[str, tuple[str, str, list[str], list[str]]] = {
    "jobmanager": (
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
        "GET_JM_RESOURCE_PARAMS",
        [LIGHT_COMPILER],
        ["--executionMode", "cluster"],
    ),
    "taskmanager": (
        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
        "GET_TM_RESOURCE_PARAMS",
        [*PATIENT_COMPILER, THROUGHPUT_COLLECTOR],
        [],
    ),
}
_ANSWER = "BASH_JAVA_UTILS_EXEC_RESULT:"


def command(layout: Layout, name: str) -> tuple[str, ...]:
    """The command of a process; its arguments are in a file."""
    return (str(java_home() / "bin" / "java"), f"@{layout.flink_conf / name}.args")


def environment(layout: Layout) -> dict[str, str]:
    """What Flink's scripts would export."""
    home = layout.flink_home
    return {
        "FLINK_HOME": str(home),
        "FLINK_CONF_DIR": str(layout.flink_conf),
        "FLINK_LIB_DIR": str(home / "lib"),
        "FLINK_OPT_DIR": str(home / "opt"),
        "FLINK_PLUGINS_DIR": str(home / "plugins"),
        "HADOOP_CONF_DIR": str(layout.hadoop_conf),
        "HADOOP_CLASSPATH": str(layout.hadoop_conf),
        "JAVA_HOME": str(java_home()),
    }


def class_path(layout: Layout) -> str:
    """The jars of FLINK_HOME in Flink's order (by name, flink-dist last) and the Hadoop configuration."""
    jars = (layout.flink_home / "lib").glob("*.jar")
    in_order = sorted(jars, key=lambda jar: ("flink-dist" in jar.name, jar.name))
    return ":".join(map(str, [*in_order, layout.hadoop_conf]))


def jars_digest(layout: Layout) -> str:
    """What tells one FLINK_HOME from another: the stamp that set-up leaves."""
    stamp = layout.build / "stamps" / "flink"
    return hashlib.sha256(stamp.read_bytes() if stamp.exists() else b"").hexdigest()[:16]


def shipped_options(layout: Layout) -> str:
    """The options of the configuration that Flink ships, which open the JDK to it on Java 17.

    Raises:
        StackError: FLINK_HOME is not whole.
    """
    shipped = layout.flink_home / "conf" / "config.yaml"
    try:
        return str(yaml.safe_load(shipped.read_text(encoding="utf-8"))["env"]["java"]["opts"]["all"])
    except (OSError, KeyError) as error:
        raise StackError(f"FLINK_HOME is not whole: cannot read {shipped}", hint="make setup") from error


def write_arguments(layout: Layout, name: str) -> None:
    """Writes the file of arguments, unless one for the same configuration is there.

    Raises:
        StackError: Flink refuses the sizes of the memory.
    """
    file = layout.flink_conf / f"{name}.args"
    classes = class_path(layout)
    configuration = (layout.flink_conf / "config.yaml").read_bytes()
    digest = hashlib.sha256(configuration + classes.encode() + repr(_PROCESSES).encode()).hexdigest()
    head = f"# {digest}\n"
    if file.exists() and file.read_text(encoding="utf-8").startswith(head):
        return
    program, question, options, arguments = _PROCESSES[name]
    sizes, overrides = _ask(layout, classes, question)
    words = [
        *sizes.split(),
        *str(yaml.safe_load(configuration)["env.java.opts.all"]).split(),
        *options,
        # Hudi names its commits by the clock of this machine's zone, and whoever asks for the past says UTC.
        "-Duser.timezone=UTC",
        f"-Dlog4j.configurationFile={layout.flink_conf / 'log4j.properties'}",
        "-classpath",
        classes,
        program,
        *overrides.split(),
        "--configDir",
        str(layout.flink_conf),
        *arguments,
    ]
    write(file, head + "".join(f"{_quote(word)}\n" for word in words))


def _ask(layout: Layout, classes: str, question: str) -> tuple[str, str]:
    """The options of the JVM and the settings that Flink works out from its configuration."""
    utilities = layout.flink_home / "bin" / "bash-java-utils.jar"
    done = subprocess.run(
        [
            java_home() / "bin" / "java",
            LIGHT_COMPILER,
            "-classpath",
            f"{utilities}:{classes}",
            "org.apache.flink.runtime.util.bash.BashJavaUtils",
            question,
            "--configDir",
            layout.flink_conf,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    answers = [line.removeprefix(_ANSWER) for line in done.stdout.splitlines() if line.startswith(_ANSWER)]
    if done.returncode or len(answers) != 2:
        said = [line for line in (done.stdout + done.stderr).splitlines() if "Exception" in line]
        raise StackError(
            f"Flink refuses its memory settings: {said[-1].strip() if said else done.stderr[-500:]}; see "
            "GRIDSEAL_TASKMANAGER_MEMORY_MB, GRIDSEAL_TASKMANAGER_MANAGED_MEMORY_MB and "
            "GRIDSEAL_JOBMANAGER_MEMORY_MB",
            exit_code=2,
        )
    return answers[0], answers[1]


def _quote(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
