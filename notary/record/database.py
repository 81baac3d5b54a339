"""One SQLite file, in which nothing is ever half written; whoever changes it holds a lock."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from notary.errors import NotaryError
from notary.settings import NotarySettings

_FILE = "notary.db"
_VERSION = 1
_TABLES = """
CREATE TABLE lake (origin TEXT NOT NULL);
CREATE TABLE schemas (id BLOB PRIMARY KEY, declaration TEXT NOT NULL) STRICT;
CREATE TABLE seals (
  position INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  partition TEXT NOT NULL,
  instant TEXT NOT NULL,
  schema_id BLOB NOT NULL REFERENCES schemas (id),
  rows INTEGER NOT NULL,
  root BLOB NOT NULL,
  hash BLOB NOT NULL,
  unfinished TEXT NOT NULL,
  seen_ms INTEGER NOT NULL,
  sealed_at TEXT NOT NULL,
  leaves TEXT NOT NULL
) STRICT;
CREATE INDEX seals_of_partition ON seals (table_name, partition, position);
CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  root BLOB NOT NULL,
  made_at TEXT NOT NULL
) STRICT;
CREATE TABLE contracts (
  chain_id INTEGER PRIMARY KEY,
  address TEXT NOT NULL
) STRICT;
CREATE TABLE transactions (
  id INTEGER PRIMARY KEY,
  chain_id INTEGER NOT NULL,
  purpose TEXT NOT NULL,
  sender TEXT NOT NULL,
  nonce INTEGER NOT NULL,
  call TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  raw BLOB NOT NULL,
  max_fee INTEGER NOT NULL,
  tip INTEGER NOT NULL,
  signed_at TEXT NOT NULL,
  sent_at TEXT
) STRICT;
CREATE INDEX transactions_of_nonce ON transactions (chain_id, sender, nonce, id);
CREATE TABLE anchors (
  size INTEGER PRIMARY KEY REFERENCES checkpoints (size),
  state TEXT NOT NULL,
  evidence TEXT,
  updated_at TEXT NOT NULL
) STRICT;
CREATE TABLE stamps (
  size INTEGER NOT NULL REFERENCES checkpoints (size),
  url TEXT NOT NULL,
  token BLOB NOT NULL,
  stamped_at TEXT NOT NULL,
  PRIMARY KEY (size, url)
) STRICT;
CREATE TABLE audits (
  table_name TEXT NOT NULL,
  partition TEXT NOT NULL,
  position INTEGER NOT NULL REFERENCES seals (position),
  instant TEXT NOT NULL,
  verdict TEXT NOT NULL,
  changed INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  audited_at TEXT NOT NULL
) STRICT;
CREATE INDEX audits_of_partition ON audits (table_name, partition, audited_at);
CREATE TABLE nights (
  night TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  sealed_at TEXT NOT NULL
) STRICT;
CREATE TABLE published (
  table_name TEXT NOT NULL,
  dt TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (table_name, dt)
) STRICT;
CREATE TABLE forgotten (
  table_name TEXT NOT NULL,
  partition TEXT NOT NULL,
  key TEXT NOT NULL,
  leaf BLOB NOT NULL,
  reason TEXT NOT NULL,
  forgotten_at TEXT NOT NULL
) STRICT;
"""


def record_file(settings: NotarySettings) -> Path:
    """Where the record lies."""
    return settings.notary_dir / _FILE


@contextmanager
def open_database(settings: NotarySettings) -> Iterator[sqlite3.Connection]:
    """The notary's record; made at first use.

    Raises:
        NotaryError: It cannot be read, or a newer gridseal wrote it.
    """
    path = record_file(settings)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(path, isolation_level=None, timeout=60)
        path.chmod(0o600)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            _make(connection, path)
            yield connection
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        raise NotaryError(f"the notary's record {path} cannot be used: {error}", f"ls -l {path.parent}") from error


def _make(connection: sqlite3.Connection, path: Path) -> None:
    with changing(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise NotaryError(f"{path} has the version {version}, this gridseal knows {_VERSION}", "git pull")


def now() -> str:
    """This moment in UTC, as the record writes it."""
    return datetime.now(UTC).isoformat()


@contextmanager
def changing(connection: sqlite3.Connection) -> Iterator[None]:
    """All changes within, or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def alone(settings: NotarySettings, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Be the only run that seals, anchors or forgets; another one is waited for.

    Args:
        settings: Where the record is.
        waiting: Called once if another run goes on.
    """
    settings.notary_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.notary_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
