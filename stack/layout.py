"""Where things lie: folders of state under var_dir, of what set-up made under build_dir."""

import hashlib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError
from stack.settings import StackSettings, env_name

# A unix socket's path may have 107 bytes on Linux (sun_path).
_SOCKET_PATH_LIMIT = 107
_MIN_FREE_BYTES = 1 << 30


@dataclass(frozen=True)
class Layout:
    """Absolute paths; the services run in folders of their own, so relative ones would not do."""

    var: Path
    build: Path

    @classmethod
    def of(cls, settings: StackSettings) -> "Layout":
        """Paths of the given settings."""
        return cls(settings.var_dir.absolute(), settings.build_dir.absolute())

    @property
    def conf(self) -> Path:
        """Configuration of the services, written anew at each start."""
        return self.var / "conf"

    @property
    def hadoop_conf(self) -> Path:
        """HADOOP_CONF_DIR of the services and of every client."""
        return self.conf / "hadoop"

    @property
    def flink_conf(self) -> Path:
        """FLINK_CONF_DIR of the cluster and of every client."""
        return self.conf / "flink"

    @property
    def data(self) -> Path:
        """What the services store."""
        return self.var / "data"

    @property
    def chain(self) -> Path:
        """The chain's first block and its newest state."""
        return self.data / "chain"

    @property
    def keys(self) -> Path:
        """Private keys of our accounts on the chain."""
        return self.var / "keys"

    @property
    def log(self) -> Path:
        """One log a service, rotated."""
        return self.var / "log"

    @property
    def run(self) -> Path:
        """Sockets, process ids and the supervisor's configuration."""
        return self.var / "run"

    @property
    def flink_home(self) -> Path:
        """FLINK_HOME as set-up assembled it."""
        return self.build / "flink"

    def jars(self, group: str) -> Path:
        """Folder of the jars of a group."""
        return self.build / "jars" / group

    def socket(self, name: str) -> Path:
        """Path of a unix socket: in run, or in a private temporary folder if that path is too long."""
        path = self.run / name
        if len(bytes(path)) <= _SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(bytes(self.var)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"gridseal-{digest}" / name

    @staticmethod
    def program(name: str) -> Path:
        """A program of the environment that runs us, such as supervisord."""
        return Path(sys.prefix) / "bin" / name

    def make(self) -> None:
        """Makes the folders of state, private to their owner, and sees that they can be written.

        Raises:
            StackError: A folder cannot be made or written, or the disk is full.
        """
        try:
            for folder in (
                self.var,
                self.conf,
                self.data,
                self.keys,
                self.log,
                self.run,
                self.socket("supervisor.sock").parent,
            ):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # In a folder for temporary files another user may have made it first.
            sockets = self.socket("supervisor.sock").parent.stat()
            if sockets.st_uid != os.geteuid():
                raise PermissionError(f"{self.socket('supervisor.sock').parent} belongs to another user")
            probe = self.run / "writable"
            probe.write_text("probe", encoding="utf-8")
            probe.unlink()
        except OSError as error:
            raise StackError(
                f"cannot write the folder of state {self.var}: {error.strerror or error}; it must be a "
                f"folder that you may write, on a disk that has room ({env_name('var_dir')})",
                hint=f"ls -ld {self.var}; df -h {self.var.parent}",
                exit_code=2,
            ) from error
        free = disk_free(self.var)
        if free < _MIN_FREE_BYTES:
            raise StackError(
                f"the disk of {self.var} has {free >> 20} MiB free; the services need at least "
                f"{_MIN_FREE_BYTES >> 20} MiB",
                hint=f"df -h {self.var}",
                exit_code=2,
            )


def disk_free(folder: Path) -> int:
    """Bytes free for us on the disk that holds the folder or the nearest parent that exists."""
    import shutil

    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
