"""Becomes a program of PostgreSQL, which refuses root: ``python -m stack.airflow.unprivileged FOLDER PROGRAM ...``.

The folder of data lies where its user may not even enter, since all state is private to who starts the services. So the
folder is opened first, then root is given up, and the program is told the open folder: ``{data}`` stands for it.
"""

import os
import pwd
import sys
from pathlib import Path

USER = "postgres"
"""Of Debian's package."""
DATA = "{data}"


def become(folder: Path, command: list[str]) -> None:
    """Gives up root, if we are root, and runs a program in place of this one."""
    data = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.set_inheritable(data, True)
    if os.geteuid() == 0:
        user = pwd.getpwnam(USER)
        os.fchown(data, user.pw_uid, user.pw_gid)
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    os.chdir("/")
    # Where the folder is seems to have no end for whoever may not enter it.
    os.execv(command[0], [word.replace(DATA, f"/proc/self/fd/{data}") for word in command])  # noqa: S606


if __name__ == "__main__":
    become(Path(sys.argv[1]), sys.argv[2:])
