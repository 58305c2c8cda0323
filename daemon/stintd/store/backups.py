"""Copies of the database. SQLite writes them (copying the file alone misses what is in the write-ahead log); each is opened
as a check, and the names sort by time.
"""

import os
import re
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from stintd.errors import Unavailable
from stintd.frozen import frozen
from stintd.store import sqlite_errors

KEEP = 3
PREFIX = "stintd-"
DAILY, MANUAL = "daily", "manual"
MARGIN = 16 << 20
"""Bytes that must stay free after a new copy: a backup must not fill the disk."""
_NAME = re.compile(rf"{PREFIX}(\d{{8}}T\d{{6}})-([a-z0-9-]+)\.db")


@frozen
class Backup:
    """A copy in the folder, by its name and size."""

    path: Path
    at: datetime
    label: str
    size: int


def list_backups(folder: Path) -> list[Backup]:
    """The copies in a folder, the newest first. Files with other names are not ours."""
    copies = []
    for path in folder.glob(f"{PREFIX}*.db"):
        match = _NAME.fullmatch(path.name)
        if match is not None:
            at = datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
            copies.append(Backup(path, at, match[2], path.stat().st_size))
    return sorted(copies, key=lambda copy: (copy.at, copy.label), reverse=True)


def make_backup(conn: sqlite3.Connection, folder: Path, now: datetime, label: str = "daily", keep: int = KEEP) -> Path:
    """Write and check a copy of what `conn` sees; keep the newest `keep` of its label. Not in a transaction."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"{PREFIX}{now:%Y%m%dT%H%M%S}-{label}.db"
    copy_to(conn, target)
    if not is_good(target):
        target.unlink()
        raise Unavailable(
            f"the copy {target} was damaged, so it was deleted",
            "see `stint doctor`; `stint restart` repairs the database",
            {"reason": "damaged"},
        )
    for old in sorted(folder.glob(f"{PREFIX}*-{label}.db"))[:-keep]:
        old.unlink()
    return target


def back_up_file(path: Path, folder: Path, now: datetime, label: str, keep: int) -> Path:
    """Do the same on a connection of its own that only reads, so that the writer can work meanwhile. Raises `storage_full`
    before it starts when the disk has no room for a copy."""
    free = sqlite_errors.free_bytes(str(folder if folder.exists() else folder.parent))
    if free is not None and free < path.stat().st_size + MARGIN:
        raise sqlite_errors.storage_full_error(str(folder))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as conn:
            conn.execute("PRAGMA cache_size = -1000")
            return make_backup(conn, folder, now, label, keep)
    except sqlite3.Error as error:
        raise sqlite_errors.translate(error, str(folder)) or error from error
    except OSError as error:
        raise sqlite_errors.translate_os_error(error, str(folder)) from error


def copy_to(conn: sqlite3.Connection, target: Path) -> None:
    """Write a consistent copy, private from its first byte; it gets its name when it is complete."""
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
    """The newest copy that is sound, by its name."""
    return next((path for path in sorted(folder.glob(f"{PREFIX}*.db"), reverse=True) if is_good(path)), None)
