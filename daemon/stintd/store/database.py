"""The database as the rest of the daemon sees it: one thread that writes, a few connections that read.

There is one writing connection, because SQLite before 3.51.3 can corrupt a write-ahead log that several connections write or
checkpoint at the same instant. For the same reason there is no memory map, and readers are opened read-only. A transaction
begins IMMEDIATE: one that reads first and writes later fails at once when another has written in between, whatever the
timeout. `synchronous=FULL`: an answered command survives a power failure (0.6 ms for each commit).

Threads: `Writer` (store/writer.py) has its own thread, the only one that uses its connection. Everything here may be called
from any thread.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar, cast

from stintd.clock import Clock, SystemClock
from stintd.errors import Internal, Unavailable
from stintd.frozen import frozen
from stintd.store import backups, purge, repair, sqlite_errors
from stintd.store.connection import StoreConnection
from stintd.store.migrate import scripts, statements
from stintd.store.readers import Readers
from stintd.store.scope import ReadLimit
from stintd.store.writer import Writer

T = TypeVar("T")
EMPTYING = 100
"""How often it tries to empty the log after a purge, while somebody still reads."""


@frozen
class _WriterJob:
    """Work for the writer's thread."""

    do: Callable[[], object]
    future: "Future[object]"


class Database:
    """Creating one costs nothing; `open` starts the writer's thread.

    Failures: `unavailable` (locked, read-only, damaged, I/O error), `storage_full`. After any of them nothing of the
    transaction is stored. Other exceptions of the function pass through, and everything it did is rolled back.
    """

    def __init__(
        self, path: str | Path, clock: Clock | None = None, backup_folder: str | Path | None = None, busy_timeout: float = 2.0
    ) -> None:
        self.path = Path(path)
        self.clock = clock or SystemClock()
        self.backup_folder = Path(backup_folder) if backup_folder else self.path.parent / "backups"
        self._readers = Readers(self.path)
        self._writer = Writer(self.path, self.backup_folder, self.clock, busy_timeout, self._readers)
        self._jobs: queue.SimpleQueue[_WriterJob | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._is_closed = False

    def open(self) -> None:
        """Check, repair, migrate and open the file; start the writer. Raises `unavailable` when the file cannot be used."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
            self._thread.start()
        self._submit(self._writer.open).result()

    def close(self) -> None:
        """Finish all submitted work, write the log into the file, and close."""
        self._is_closed = True
        if self._pool is not None:
            self._pool.shutdown()
        self._readers.close()  # the last connection to close writes the log into the file, and a reader cannot
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
            self._thread = None

    def first_used(self) -> datetime | None:
        """When this file was first used, by the mark beside it."""
        return repair.first_used(self.path)

    @property
    def notes(self) -> list[str]:
        """What was repaired at opening or since, for people, oldest first."""
        return list(self._writer.notes)

    @property
    def needs_rebuild(self) -> bool:
        """Whether the file was put together from a backup and what was still readable: the sheet must be derived again."""
        return self._writer.needs_rebuild

    @property
    def is_full(self) -> bool:
        """Whether the last write found the disk full; the next one tries again."""
        return self._writer.is_full

    def has_room(self) -> bool:
        """Whether the disk has more room than a few small writes need."""
        free = sqlite_errors.free_bytes(str(self.path.parent))
        return free is None or free >= sqlite_errors.FULL_BYTES

    # ------------------------------------------------------------------ writing

    async def write(self, fn: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run `fn` in a transaction in the writer's thread; returns after its commit. With `durable=False` a power failure
        (but not a crash) may lose it: only for what the journal or a source can bring back."""
        return await asyncio.wrap_future(self._transaction(fn, durable))

    def write_now(self, fn: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Do the same and wait for it in the calling thread."""
        return self._transaction(fn, durable).result()

    async def backup(self, label: str = backups.DAILY, keep: int = backups.KEEP) -> Path:
        """Write and check a copy of what is committed into the backup folder, while the writer goes on; returns its path.
        The newest `keep` copies of its label stay."""
        now = self.clock.now()
        try:
            return await asyncio.to_thread(backups.back_up_file, self.path, self.backup_folder, now, label, keep)
        except Unavailable as error:
            if error.details.get("reason") == "damaged":
                repair.mark_suspect(self.path)  # repaired at the next start
            raise

    async def compact(self) -> bool:
        """Write the file again without what was deleted; whether its log is empty too (see `purge.compact`)."""
        is_empty = await asyncio.wrap_future(self._submit(lambda: self._writer.run_outside(purge.compact)))
        for _ in range(EMPTYING):
            if is_empty:
                break
            self._readers.drop()
            await asyncio.sleep(0.05)
            is_empty = await asyncio.wrap_future(self._submit(lambda: self._writer.run_outside(purge.fold)))
        return is_empty

    def checkpoint(self) -> None:
        """Write the write-ahead log into the file (SQLite does so automatically when it has grown)."""
        self._submit(
            lambda: self._writer.run_outside(lambda conn: conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
        ).result()

    def _transaction(self, fn: Callable[[Connection], T], durable: bool) -> "Future[T]":
        return self._submit(lambda: self._writer.transact(fn, durable))

    def _submit(self, do: Callable[[], T]) -> "Future[T]":
        if self._thread is None or self._is_closed:
            raise Unavailable("the database is not open", "start the daemon with `stint up`")
        if threading.current_thread() is self._thread:
            raise Internal("a transaction was begun inside a transaction")
        future: Future[T] = Future()
        self._jobs.put(_WriterJob(do, cast("Future[object]", future)))
        return future

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                self._writer.close()
                return
            if job.future.set_running_or_notify_cancel():
                try:
                    job.future.set_result(job.do())
                except BaseException as error:
                    job.future.set_exception(error)
            del job  # while it waits for the next job it must not keep the ten thousand heartbeats of the last one

    # ------------------------------------------------------------------ reading

    async def read(self, fn: Callable[[Connection], T], limit: ReadLimit | None = None) -> T:
        """Run `fn` on one consistent view of what is committed, in a reading thread; `limit` restricts what it sees."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(2, thread_name_prefix="store-reader")
        loop = asyncio.get_running_loop()
        if limit is not None:
            return await loop.run_in_executor(self._pool, self._readers.read_limited, limit, fn)
        return await loop.run_in_executor(self._pool, self._readers.read, fn)

    def read_now(self, fn: Callable[[Connection], T]) -> T:
        """Do the same in the calling thread."""
        return self._readers.read(fn)


def memory(path: str | Path = ":memory:") -> sqlite3.Connection:
    """A connection with the newest schema and no protection at all, for trials and tests of single functions."""
    conn = sqlite3.connect(path, isolation_level=None, factory=StoreConnection)
    for script in scripts().values():
        for statement in statements(script):
            conn.execute(statement)
    return conn
