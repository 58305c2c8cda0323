"""Brings a database file to the schema of this program, or refuses it and does not change it.

The scripts in `schema/` are numbered, and the transaction that runs them sets `user_version`. No byte of a file with a newer
schema is changed. An existing database is checked and copied to `backups/` before it is changed.
"""

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from stintd.errors import Internal, StorageFull, Unavailable
from stintd.store import backups, sqlite_errors

HEADER = 100
MAGIC = b"SQLite format 3\x00"


def scripts() -> dict[int, str]:
    """The scripts by number."""
    texts = {}
    for script in files("stintd.store").joinpath("schema").iterdir():
        if script.name.endswith(".sql"):
            texts[int(script.name[:4])] = script.read_text(encoding="utf-8")
    return dict(sorted(texts.items()))


def latest_version() -> int:
    """The version of the schema that this program writes."""
    return max(scripts())


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one, because `executescript` would commit what came before."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip() and not statement.strip().startswith("--"):
        raise Internal(f"a schema script ends in the middle of a statement: {statement.strip()[:80]}")


def header_version(path: Path) -> int | None:
    """`user_version` in the first page of the file, read without SQLite; None when there is no such header."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER)
    except FileNotFoundError:
        return None
    if len(header) < HEADER or not header.startswith(MAGIC):
        return None
    return int(struct.unpack_from(">I", header, 60)[0])


def version_of(path: Path) -> int:
    """The schema version of a sound file, including what waits in its write-ahead log. Changes nothing."""
    version = header_version(path) or 0
    wal = Path(f"{path}-wal")
    if version <= latest_version() and wal.exists() and wal.stat().st_size:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as conn:
            version = max(version, conn.execute("PRAGMA user_version").fetchone()[0])
    return version


def refuse_newer(path: Path) -> None:
    """Raise `unavailable` when a newer program wrote the file."""
    version = version_of(path)
    if version > latest_version():
        raise Unavailable(
            f"{path} was written by a newer stintd (schema {version}, this one knows {latest_version()})",
            "install the newer version again; the file was not changed",
            {"reason": "newer"},
        )


def migrate(conn: sqlite3.Connection, path: Path, folder: Path, now: datetime, all_scripts: dict[int, str] | None = None) -> int:
    """Run the missing scripts in one transaction; returns the version there was before. The backup goes to `folder`."""
    all_scripts = all_scripts or scripts()
    before = int(conn.execute("PRAGMA user_version").fetchone()[0])
    missing = [number for number in all_scripts if number > before]
    if not missing:
        return before
    if before:
        _prepare(conn, path, folder, now, before)
    conn.execute("BEGIN IMMEDIATE")
    try:
        census = _census(conn) if before else None
        for number in missing:
            for statement in statements(all_scripts[number]):
                conn.execute(statement)
            conn.execute(f"PRAGMA user_version = {number}")
        if census is not None and _census(conn) != census:
            raise Internal(f"migrating {path} would have lost rows; nothing was changed")
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    return before


def _prepare(conn: sqlite3.Connection, path: Path, folder: Path, now: datetime, before: int) -> None:
    """Check the file and the free space, and copy the file before it is changed."""
    free = sqlite_errors.free_bytes(str(path.parent))
    needed = 2 * path.stat().st_size
    if free is not None and free < needed:
        raise StorageFull(f"migrating {path} needs {needed // 1024} KiB of free space", "free some disk space and start again")
    if conn.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise Unavailable(f"{path} is damaged and was not migrated", "see `stint doctor`", {"reason": "damaged"})
    backups.make_backup(conn, folder, now, f"before-{before + 1:04d}")


def _census(conn: sqlite3.Connection) -> tuple[int, ...]:
    """What a migration must not change: how many entries, edits and heartbeats there are, and how long entries are."""
    entries = conn.execute("SELECT count(*), coalesce(sum(end_us - start_us), 0) FROM entry").fetchone()
    beats = conn.execute("SELECT coalesce(sum(count), 0) FROM span").fetchone()
    return (*entries, *beats, *conn.execute("SELECT count(*) FROM edit").fetchone())
