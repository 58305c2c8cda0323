"""Copies of the database: made through SQLite (copying the file alone misses what is in the write-ahead log), checked
by opening them, and named so that they sort by time.
"""

import os
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

KEEP = 3
PREFIX = "stintd-"


def make(conn: sqlite3.Connection, folder: Path, now: datetime, label: str = "daily", keep: int = KEEP) -> Path:
    """Write and check a copy of what `conn` sees, drop older ones of the same label beyond `keep`. Not in a transaction."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"{PREFIX}{now:%Y%m%dT%H%M%S}-{label}.db"
    copy_to(conn, target)
    if not is_good(target):
        target.unlink()
        raise sqlite3.DatabaseError(f"the copy {target} is not sound")
    for old in sorted(folder.glob(f"{PREFIX}*-{label}.db"))[:-keep]:
        old.unlink()
    return target


def copy_to(conn: sqlite3.Connection, target: Path) -> None:
    """Write a consistent copy, private from its first byte; it gets its name when it is whole."""
    partial = target.with_name(f"{target.name}.partial")
    with suppress(FileNotFoundError):
        partial.unlink()
    # VACUUM INTO makes a file that others can read, unless it finds an empty one (SQLite 3.40).
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        conn.execute("VACUUM INTO ?", (str(partial),))
        _sync(partial)
        os.replace(partial, target)
        _sync(target.parent)
    except BaseException:
        with suppress(FileNotFoundError):
            partial.unlink()
        raise


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def is_good(path: Path) -> bool:
    """Whether the file opens, passes SQLite's check and holds our tables."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as conn:
            conn.execute("SELECT count(*) FROM entry").fetchone()
            return bool(conn.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False


def newest_good(folder: Path) -> Path | None:
    """The newest copy that is sound; names sort by time."""
    return next((path for path in sorted(folder.glob(f"{PREFIX}*.db"), reverse=True) if is_good(path)), None)
