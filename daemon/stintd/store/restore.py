"""Puts a backup in the place of the database, when a person asks for it and no daemon runs.

The old files stay beside it under another name. The copy is completed before it takes the place: what was delivered since the
backup is taken over from the present database (a billing system must not get it twice), what was revoked stays revoked, and
whatever waits is looked up at the target before it is sent.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection

from stintd.errors import Invalid, NotFound
from stintd.store import backups, cursors, deliveries, migrate, repair, salvage, sqlite_errors
from stintd.store.rowio import select

REBUILD_DUE = "rebuild_due"
"""A fact in `meta`: the sheet must be derived again at the next start."""
_RELATED_TABLES = ("client", "project", "task")
"""Tables of the present database that an entry which is taken over may need."""


def restore(path: Path, source: Path, folder: Path, now: datetime) -> list[str]:
    """Put the backup `source` in the place of `path`; returns what a person should know. Raises `invalid` when it is not a
    sound database of ours, `not_found` when there is none; then nothing was changed."""
    problem = problem_of(source)
    if problem:
        raise (Invalid if source.exists() else NotFound)(f"{source} {problem}", "`stint backup list` shows what there is")
    migrate.refuse_newer(source)
    partial = path.with_name(f"{path.name}.restoring")
    try:
        _copy(source, partial)
        notes = _finish(partial, path, folder, now)
        old_name = repair.move_aside(path, now, "before-restore")
        salvage.tidy(path.with_name(old_name or path.name))
        os.replace(partial, path)
        repair.suspect_path(path).unlink(missing_ok=True)
        repair.mark_in_use(path)
    except sqlite3.Error as error:
        raise sqlite_errors.translate(error, str(partial)) or error from error
    except OSError as error:
        raise sqlite_errors.translate_os_error(error, str(path)) from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{partial}{suffix}").unlink()
    return [f"{source.name} is the database now", *([f"the one before it is kept as {old_name}"] if old_name else []), *notes]


def problem_of(path: Path) -> str:
    """Why this file cannot be used as a backup; "" when it can."""
    if not path.is_file():
        return "is not there" if not path.exists() else "is not a file"
    if migrate.header_version(path) is None:
        return "is not a database"
    try:
        with closing(_open_readable(path)) as conn:
            conn.execute("SELECT count(*) FROM entry").fetchone()
            result = str(conn.execute("PRAGMA integrity_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return f"cannot be used: {error}"
    return "" if result == "ok" else f"is damaged: {result}"


def _open_readable(path: Path) -> Connection:
    """A connection that leaves no files beside the database, unless a log lies there that must be read with it."""
    has_log = Path(f"{path}-wal").exists()
    uri = f"{path.absolute().as_uri()}?mode=ro{'' if has_log else '&immutable=1'}"
    return sqlite3.connect(uri, uri=True, isolation_level=None)


def _copy(source: Path, target: Path) -> None:
    if Path(f"{source}-wal").exists():
        with closing(_open_readable(source)) as conn:
            backups.copy_to(conn, target)
        return
    with suppress(FileNotFoundError):
        target.unlink()
    with (
        open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as target_file,
        source.open("rb") as file,
    ):
        shutil.copyfileobj(file, target_file, 1 << 20)


def _finish(partial: Path, path: Path, folder: Path, now: datetime) -> list[str]:
    """Bring the copy to our schema and up to date with what happened since; it is on the disk when this returns."""
    with closing(sqlite3.connect(partial, isolation_level=None)) as conn:
        conn.execute("PRAGMA synchronous = FULL")
        migrate.migrate(conn, partial, folder, now)
        conn.execute("BEGIN IMMEDIATE")
        notes: list[str] = []
        try:
            taken_count = _adopt_deliveries(conn, path) if path.exists() and path.stat().st_size else None
        except sqlite3.Error as error:
            taken_count = None
            notes.append(f"the database before it cannot be read ({error})")
        if taken_count is None and conn.execute("SELECT 1 FROM delivery").fetchone():
            deliveries.doubt_since_backup(conn, now)
            notes.append(
                "what was delivered since is not known: hours from then until now wait for your approval, even at"
                " targets that need none"
            )
        deliveries.question(conn)
        cursors.set_meta(conn, REBUILD_DUE, "1")
        if conn.execute("SELECT 1 FROM api_key WHERE revoked_us IS NULL").fetchone():
            notes.append("an API key that was revoked since then may work again: check `stint keys list`")
        conn.execute("COMMIT")
    if taken_count:
        notes.insert(0, f"{taken_count} delivered entries that the backup does not know were kept, so that none is sent twice")
    return notes


def _adopt_deliveries(conn: Connection, path: Path) -> int | None:
    """Take over what has ended or was delivered since; returns how many entries were kept for that, None for the database of
    another installation."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as present:
        if cursors.meta(present, "user_id") != cursors.meta(conn, "user_id"):
            return None
        salvage.take_over_ends(conn, present)
        entry_ids = {row["id"] for row in select(conn, "SELECT id FROM entry")}
        delivery_rows = select(present, "SELECT * FROM delivery WHERE held IS NOT NULL OR sent IS NOT NULL")
        for row in delivery_rows:
            _insert(conn, "delivery", row, "REPLACE")
        for name in ("delivery_target", *_RELATED_TABLES):
            for row in select(present, f"SELECT * FROM {name}"):
                _insert(conn, name, row, "IGNORE")
        missing_ids = sorted({row["entry_id"] for row in delivery_rows} - entry_ids)
        return sum(_keep_entry(conn, present, entry_id) for entry_id in missing_ids)


def _keep_entry(conn: Connection, present: Connection, entry_id: str) -> bool:
    """Keep an entry that a billing system has, as it is there: nothing may be derived in its place."""
    for row in select(present, "SELECT * FROM entry WHERE id = ?", (entry_id,)):
        _insert(conn, "entry", {**row, "pinned": "project text time"}, "IGNORE")
        return True
    return False


def _insert(conn: Connection, table: str, row: dict[str, object], on_conflict: str) -> None:
    """Insert a row without columns that only one of the two databases has: another version may have written the other one."""
    columns = [column[1] for column in conn.execute(f"PRAGMA table_info({table})")]
    names = [name for name in row if name in columns]
    marks = ", ".join("?" * len(names))
    conn.execute(f"INSERT OR {on_conflict} INTO {table} ({', '.join(names)}) VALUES ({marks})", [row[name] for name in names])
