"""Connections that read: opened read-only, with `query_only`, each used by one thread at a time.

A read sees one consistent view, however long it takes. It never waits for the writer, and the writer never waits for it.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from stintd.store import sqlite_errors
from stintd.store.scope import ReadLimit, narrow

T = TypeVar("T")
IDLE = 2
"""Connections kept open while nobody reads."""


class Readers:
    """The idle connections. Any thread; the lock protects the list and the generation, never a query."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._generation = 0

    def read(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` on a consistent view. Errors of SQLite are translated (see `sqlite_errors`)."""
        generation = self._generation
        try:
            conn = self._take_connection()
        except sqlite3.Error as error:
            raise self._translate(error) from error
        is_sound = True
        try:
            conn.execute("BEGIN")
            return fn(conn)
        except sqlite3.Error as error:
            is_sound = not (sqlite_errors.is_io(error) or sqlite_errors.is_damage(error))
            raise self._translate(error) from error
        finally:
            self._give_back(conn, generation, is_sound)

    def read_limited(self, limit: ReadLimit, fn: Callable[[Connection], T]) -> T:
        """Run `fn` on a view that shows only what the limit allows, on a connection of its own."""
        try:
            with contextlib.closing(self._open(is_writable_temp=True)) as conn:
                conn.execute("BEGIN")
                narrow(conn, limit)
                return fn(conn)
        except sqlite3.Error as error:
            raise self._translate(error) from error

    def drop(self) -> None:
        """Close all connections: the file is another one now, and no connection to the old one may be used again."""
        with self._lock:
            self._generation += 1
            connections, self._idle = self._idle, []
        for conn in connections:
            conn.close()

    close = drop

    def _take_connection(self) -> Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _open(self, is_writable_temp: bool = False) -> Connection:
        """A connection that cannot write to the file. `is_writable_temp`: it may still create a temporary schema."""
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        conn = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=2.0)
        for pragma in ("mmap_size = 0", "cache_size = -1000", "temp_store = MEMORY", "trusted_schema = OFF"):
            conn.execute(f"PRAGMA {pragma}")
        if not is_writable_temp:
            conn.execute("PRAGMA query_only = ON")
        return conn

    def _give_back(self, conn: Connection, generation: int, is_sound: bool) -> None:
        try:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
        except sqlite3.Error:
            is_sound = False
        with self._lock:
            if is_sound and generation == self._generation and len(self._idle) < IDLE:
                self._idle.append(conn)
                return
        with contextlib.suppress(sqlite3.Error):
            conn.close()

    def _translate(self, error: sqlite3.Error) -> Exception:
        return sqlite_errors.translate(error, str(self._path)) or error
