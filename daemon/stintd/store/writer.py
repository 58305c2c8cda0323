"""The writing connection: transactions, and what to do when the disk, the file or another program gets in the way.

All of it runs in one thread. The rules, each with its reason:
- after an I/O error the connection is closed: pages that the kernel could not write are marked clean, and a second attempt
  on the same connection would report success for data that is lost;
- a commit that failed may be in the file nevertheless, so it is looked up there before the failure is reported;
- when the disk is full the disk reserve is released; nothing is kept in memory, the next write simply tries again;
- when another program holds the lock, one caller waits for the whole timeout, and those behind it are refused quickly;
- a database file that was deleted while it was open is written again from the open connection; one that was replaced is used,
  and what we had is kept beside it.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from stintd.clock import Clock
from stintd.errors import StorageFull, Unavailable
from stintd.store import backups, changes, migrate, repair, sqlite_errors
from stintd.store.connection import StoreConnection
from stintd.store.readers import Readers
from stintd.store.reserve import DiskReserve

T = TypeVar("T")

SHORT_TIMEOUT = 0.05
"""Seconds to wait for a lock that another call has just waited for in vain."""
CHECK_RESERVE = 30.0
_PRAGMAS = (
    "journal_mode = WAL",
    "mmap_size = 0",
    "cache_size = -2000",
    "temp_store = MEMORY",
    # Debian builds SQLite with secure_delete on, which writes every freed page; a purge vacuums instead.
    "secure_delete = OFF",
    "journal_size_limit = 4194304",
    "fullfsync = ON",
    "trusted_schema = OFF",
)


class Writer:
    """Owns the writing connection and its recovery."""

    def __init__(self, path: Path, backup_folder: Path, clock: Clock, busy_timeout: float, readers: Readers) -> None:
        self.path, self.backup_folder, self.clock, self.readers = path, backup_folder, clock, readers
        self.busy_timeout = busy_timeout
        self.reserve = DiskReserve(f"{path}.ballast")
        self.notes: list[str] = []
        self.needs_rebuild = False
        self.is_full = False
        self._conn: StoreConnection | None = None
        self._file: tuple[int, int] | None = None
        self._log: tuple[int, int] | None = None
        self._is_locked_out = False
        self._is_full_sync = True
        self._reserve_due = 0.0

    def open(self) -> None:
        """Repair, migrate, connect."""
        try:
            self._connection()
        except sqlite3.Error as error:
            failure = self._handle(error)
            if isinstance(failure, StorageFull):
                failure.hint = "free some disk space and start again"
            raise failure from error

    def close(self) -> None:
        """Write the log into the file and close it."""
        self._disconnect()

    def transact(self, fn: Callable[[Connection], T], durable: bool) -> T:
        """One transaction around `fn`."""
        try:
            conn = self._usable_connection()
            self._set_sync(conn, durable)
            conn.execute("BEGIN IMMEDIATE")
            before = changes.newest_seq(conn)
        except sqlite3.Error as error:
            raise self._handle(error) from error
        self._note_lock(conn, False)
        try:
            answer = fn(conn)
        except BaseException as error:
            self._rollback(conn)
            if isinstance(error, sqlite3.Error):
                raise self._handle(error) from error
            raise
        self._commit(conn, before)
        self._note_success()
        return answer

    def run_outside(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` on the writing connection without a transaction (backup, checkpoint, vacuum)."""
        try:
            return fn(self._usable_connection())
        except sqlite3.Error as error:
            raise self._handle(error) from error

    # ------------------------------------------------------------------ the connection

    def _usable_connection(self) -> StoreConnection:
        """The connection, to the file that is at the path now."""
        if self._conn is not None and _identity(self.path) != self._file:
            self._follow_file(self._conn)
        return self._connection()

    def _connection(self) -> StoreConnection:
        if self._conn is not None:
            return self._conn
        self._prepare()
        try:
            return self._connect()
        except sqlite3.Error as error:
            if sqlite_errors.is_damage(error):
                repair.mark_suspect(self.path)
                self._prepare()
            elif not (isinstance(sqlite_errors.translate(error, str(self.path)), StorageFull) and self.reserve.release()):
                raise
            return self._connect()

    def _prepare(self) -> None:
        try:
            outcome = repair.prepare(self.path, self.backup_folder, self.clock.now())
        except OSError as error:
            raise sqlite_errors.translate_os_error(error, str(self.path)) from error
        if _unlock_log(self.path):
            self.readers.drop()  # connections of one process share the log's index, read-only or not
        self.notes.extend(outcome.notes)
        self.needs_rebuild = self.needs_rebuild or outcome.needs_rebuild

    def _connect(self) -> StoreConnection:
        conn = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            isolation_level=None,
            factory=StoreConnection,
            timeout=self.busy_timeout,
        )
        try:
            for pragma in _PRAGMAS:
                conn.execute(f"PRAGMA {pragma}")
            if migrate.migrate(conn, self.path, self.backup_folder, self.clock.now()) < migrate.latest_version():
                conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except BaseException:
            conn.close()
            raise
        self._conn, self._is_full_sync = conn, True
        self._file, self._log = _identity(self.path), _identity(Path(f"{self.path}-wal"))
        repair.mark_in_use(self.path)
        self._lay_reserve()
        return conn

    def _disconnect(self) -> None:
        conn, self._conn = self._conn, None
        if conn is not None:
            with contextlib.suppress(sqlite3.Error):
                conn.close()

    def _follow_file(self, conn: Connection) -> None:
        """Handle that the file was deleted or replaced while it was open: what we wrote since went into a file without a name."""
        is_deleted = not self.path.exists()
        copy = self.path.with_name(f"{self.path.name}.before-{self.clock.now():%Y%m%dT%H%M%S}")
        backups.copy_to(conn, copy)
        self._disconnect()
        self.readers.drop()
        for suffix in ("-wal", "-shm"):
            # Another file's log beside ours would be replayed into it.
            leftover = Path(f"{self.path}{suffix}")
            if suffix == "-shm" or _identity(leftover) == self._log:
                leftover.unlink(missing_ok=True)
        if is_deleted:
            os.replace(copy, self.path)
            self.notes.append(f"{self.path} was deleted while stintd ran; it was written again, nothing is lost")
        else:
            self.notes.append(f"{self.path} was replaced while stintd ran; what it held before is in {copy}")

    # ------------------------------------------------------------------ trouble

    def _commit(self, conn: StoreConnection, before: int) -> None:
        newest = changes.newest_seq(conn)
        try:
            conn.execute("COMMIT")
        except sqlite3.Error as error:
            self._rollback(conn)
            failure = self._handle(error)
            if sqlite_errors.is_io(error) and self._is_committed(before, newest):
                return
            raise failure from error

    def _is_committed(self, before: int, newest: int) -> bool:
        """Whether a transaction whose commit failed is in the file after all, and safely on disk now. The change log says so;
        one that logged nothing counts as failed, and its caller's own ids make a second attempt harmless. When the file has
        it but the disk does not confirm that it is safe, this raises an error of its own."""
        if newest == before:
            return False
        try:
            conn = self._connection()
            if changes.newest_seq(conn) != newest:
                return False
            is_busy, _, _ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if not is_busy:
                return True
        except sqlite3.Error:
            self._disconnect()
        except (Unavailable, StorageFull):
            return False
        raise Unavailable(
            f"the disk does not confirm what was written to {self.path}",
            "check the disk; the change may be stored: look before you send it again",
            {"reason": "uncertain"},
        )

    def _rollback(self, conn: StoreConnection) -> None:
        conn.before = None
        with contextlib.suppress(sqlite3.Error):
            if conn.in_transaction:
                conn.execute("ROLLBACK")

    def _handle(self, error: sqlite3.Error) -> Exception:
        """Bring the connection into a state from which the next write can succeed; returns what to raise."""
        failure = sqlite_errors.translate(error, str(self.path))
        if sqlite_errors.is_io(error) or sqlite_errors.is_damage(error) or sqlite_errors.is_read_only(error):
            self._disconnect()
            self.readers.drop()
        if sqlite_errors.is_damage(error):
            repair.mark_suspect(self.path)
        if isinstance(failure, StorageFull):
            self.is_full = True
            self.reserve.release()
            self._fold()
        if sqlite_errors.name_of(error).startswith("SQLITE_BUSY") and self._conn is not None:
            self._note_lock(self._conn, True)
        return failure or error

    def _fold(self) -> None:
        """Write the log into the file, to free the space of the log."""
        if self._conn is not None:
            with contextlib.suppress(sqlite3.Error):
                self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _note_lock(self, conn: Connection, is_locked_out: bool) -> None:
        if is_locked_out != self._is_locked_out:
            self._is_locked_out = is_locked_out
            conn.execute(f"PRAGMA busy_timeout = {int(1000 * (SHORT_TIMEOUT if is_locked_out else self.busy_timeout))}")

    def _set_sync(self, conn: Connection, durable: bool) -> None:
        if durable != self._is_full_sync:
            conn.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._is_full_sync = durable

    def _note_success(self) -> None:
        self.is_full = False
        if self.clock.monotonic() >= self._reserve_due:
            self._lay_reserve()

    def _lay_reserve(self) -> None:
        self._reserve_due = self.clock.monotonic() + CHECK_RESERVE
        self.reserve.lay()


def _unlock_log(path: Path) -> bool:
    """Make the log writable again: SQLite gives it the rights of the file, and one made while the file was read-only would
    stay read-only for ever. Returns whether there was such a log."""
    is_changed = False
    for suffix in ("-wal", "-shm"):
        beside = f"{path}{suffix}"
        if os.path.exists(beside) and os.access(path, os.W_OK) and not os.access(beside, os.W_OK):
            with contextlib.suppress(OSError):
                os.chmod(beside, 0o600)
                is_changed = True
    return is_changed


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
