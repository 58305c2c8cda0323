"""Checks a database file before it is opened (is it ours, is it complete), and repairs it when it is not.

A damaged file is moved aside and never deleted. The newest good backup takes its place, what can still be read of the damaged
file is added by id, and tracking goes on; without a backup the new file starts with what could be read. There is at most one
such repair a day: when a disk keeps damaging files, a person must check it.
A file that is missing or empty although it was in use never counts as a new one.
"""

import os
import shutil
import sqlite3
import struct
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stintd.errors import Unavailable
from stintd.frozen import frozen
from stintd.store import backups, migrate, salvage

REPAIR_PAUSE = timedelta(days=1)
_STAMP = "%Y%m%dT%H%M%S"
_MARK = """stintd stores its hours in the file of the same name beside this one. When that file is missing or empty, stintd
restores a backup instead of starting with no hours. To start with no hours, remove this file and the backups too.
"""


@frozen
class RepairResult:
    """What a repair did: `notes` for people; `needs_rebuild`: the sheet no longer follows from what is stored."""

    notes: tuple[str, ...] = ()
    needs_rebuild: bool = False


def _mark_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.in-use")


def suspect_path(path: Path) -> Path:
    """The file whose presence asks for a complete check before the database is opened the next time."""
    return path.with_name(f"{path.name}.suspect")


def _write_private(path: Path, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def mark_in_use(path: Path) -> None:
    """Remember that this file has been in use."""
    if not _mark_path(path).exists():
        try:
            _write_private(_mark_path(path), _MARK)
        except OSError:
            return  # a read-only folder: the file cannot vanish from it either


def first_used(path: Path) -> datetime | None:
    """When the mark was set; None when there is none."""
    try:
        return datetime.fromtimestamp(_mark_path(path).stat().st_mtime, UTC)
    except OSError:
        return None


def mark_suspect(path: Path) -> None:
    """Have the file checked completely before it is opened the next time."""
    try:
        _write_private(suspect_path(path), "checked at the next start\n")
    except OSError:
        return


def prepare(path: Path, backup_folder: Path, now: datetime) -> RepairResult:
    """Make sure there is a sound file, or raise `unavailable`. A file of a newer schema is refused untouched."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    trouble = _find_trouble(path, backup_folder)
    if trouble == "new":
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        return RepairResult()
    if trouble in ("missing", "empty"):
        return _restore_lost(path, backup_folder, now, trouble)
    if trouble == "damaged":
        return _replace_damaged(path, backup_folder, now)
    migrate.refuse_newer(path)
    return RepairResult()


def _find_trouble(path: Path, backup_folder: Path) -> str:
    """new, missing, empty, damaged, or "" for a sound file."""
    was_used = _mark_path(path).exists() or any(backup_folder.glob(f"{backups.PREFIX}*.db"))
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return "missing" if was_used else "new"
    if size == 0:
        return "empty" if was_used else "new"
    if migrate.header_version(path) is None or _is_short(path, size):
        return "damaged"
    wal = Path(f"{path}-wal")
    is_unclean = wal.exists() and wal.stat().st_size > 0
    if (is_unclean or suspect_path(path).exists()) and not _is_sound(path):
        return "damaged"
    with suppress(OSError):
        suspect_path(path).unlink()
    return ""


def _is_short(path: Path, size: int) -> bool:
    """Whether the first page claims more pages than there are. With a log beside the file that is an unfinished checkpoint,
    not damage."""
    wal = Path(f"{path}-wal")
    if wal.exists() and wal.stat().st_size:
        return False
    with path.open("rb") as file:
        header = file.read(migrate.HEADER)
    page = struct.unpack_from(">H", header, 16)[0]
    changed, pages, valid_for = (struct.unpack_from(">I", header, at)[0] for at in (24, 28, 92))
    return bool(changed == valid_for and pages * (65536 if page == 1 else page) > size)


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as conn:
            return bool(conn.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "").startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            return False
        raise


def _copy_backup(backup: Path, path: Path) -> None:
    partial = path.with_name(f"{path.name}.partial")
    shutil.copyfile(backup, partial)
    os.chmod(partial, 0o600)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(partial, path)


def _restore_lost(path: Path, backup_folder: Path, now: datetime, trouble: str) -> RepairResult:
    backup = backups.newest_good(backup_folder)
    if backup is None:
        raise Unavailable(
            f"{path} is {trouble} although it was in use, and there is no good backup in {backup_folder}",
            f"put a copy there; or remove {_mark_path(path)} to start with no hours",
            {"reason": trouble},
        )
    old_name = move_aside(path, now)
    _copy_backup(backup, path)
    note = f"; the old file is kept as {old_name}" if old_name else ""
    return RepairResult((f"{path} was {trouble}; the backup {backup.name} took its place{note}{_keys_note(path)}",), True)


def move_aside(path: Path, now: datetime, why: str = "damaged") -> str:
    """Move the files of a database out of the way; returns the name they are kept under, "" when there was nothing."""
    target = path.with_name(f"{path.name}.{why}-{now:{_STAMP}}")
    moved = ""
    for suffix in ("-wal", "-shm", ""):
        file = Path(f"{path}{suffix}")
        if file.exists():
            os.replace(file, f"{target}{suffix}")
            moved = target.name
    return moved


def _replace_damaged(path: Path, backup_folder: Path, now: datetime) -> RepairResult:
    _refuse_twice_a_day(path, now)
    backup = backups.newest_good(backup_folder)
    damaged = path.with_name(f"{path.name}.damaged-{now:{_STAMP}}")
    move_aside(path, now)
    if backup is None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    else:
        _copy_backup(backup, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        migrate.migrate(conn, path, backup_folder, now)
        saved = salvage.add_readable(conn, damaged)
    suspect_path(path).unlink(missing_ok=True)
    origin = f"the backup {backup.name} took its place" if backup else "there was no backup, so a new file was created"
    return RepairResult(
        (
            f"{path} was damaged and is kept as {damaged.name}; {origin}; {saved} rows were read from the damaged file"
            + _keys_note(path),
        ),
        True,
    )


def _keys_note(path: Path) -> str:
    """A warning about API keys: a backup does not know which keys were revoked after it."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as conn, suppress(sqlite3.Error):
        if conn.execute("SELECT 1 FROM api_key WHERE revoked_us IS NULL").fetchone():
            return "; an API key that was revoked since then may work again: check `stint keys list`"
    return ""


def _refuse_twice_a_day(path: Path, now: datetime) -> None:
    for earlier in path.parent.glob(f"{path.name}.damaged-*T??????"):
        at = datetime.strptime(earlier.name.rsplit("-", 1)[1], _STAMP).replace(tzinfo=now.tzinfo)
        if timedelta() <= now - at < REPAIR_PAUSE:
            raise Unavailable(
                f"{path} is damaged again, within a day of {earlier.name}",
                f"check the disk; then remove {earlier.name} to have it repaired once more",
                {"reason": "damaged"},
            )
