"""Transactions, readers beside the writer, and a file that somebody else touches."""

import asyncio
import os
import sqlite3
import stat
import threading
import time
from pathlib import Path

import pytest

from stintd.errors import Internal, Unavailable
from stintd.store import changes
from stintd.store.database import Database
from tests.store.conftest import NOON
from tests.support.clock import FakeClock


def note(number):
    return lambda conn: changes.append(conn, NOON, "number", {"n": number})


def count(conn):
    return conn.execute("SELECT count(*) FROM change").fetchone()[0]


async def test_a_write_is_seen_by_the_next_read(database):
    assert (await database.write(note(1))).seq == 1
    assert await database.read(count) == 1
    assert database.write_now(note(2)).seq == 2
    assert database.read_now(count) == 2


async def test_a_failing_function_leaves_nothing_and_its_error_passes_through(database):
    def fail(conn):
        note(1)(conn)
        raise KeyError("x")

    with pytest.raises(KeyError):
        await database.write(fail)
    assert database.read_now(count) == 0
    assert database.write_now(note(1)).seq == 1


def test_a_broken_constraint_passes_through_as_sqlite_names_it(database):
    with pytest.raises(sqlite3.IntegrityError) as caught:
        database.write_now(lambda conn: conn.executemany("INSERT INTO meta VALUES (?, ?)", [("a", "b"), ("a", "c")]))
    assert caught.value.sqlite_errorname == "SQLITE_CONSTRAINT_PRIMARYKEY"
    assert database.read_now(lambda conn: conn.execute("SELECT count(*) FROM meta").fetchone()) == (0,)


def test_readers_cannot_write(database):
    with pytest.raises(Unavailable):
        database.read_now(note(1))
    assert database.write_now(note(1)).seq == 1


def test_a_reader_sees_one_view_while_the_writer_goes_on(database):
    database.write_now(note(1))

    def look(conn):
        before = count(conn)
        database.write_now(note(2))
        return before, count(conn)

    assert database.read_now(look) == (1, 1)
    assert database.read_now(count) == 2


async def test_many_writers_at_once_are_all_kept(database):
    await asyncio.gather(*[database.write(note(n)) for n in range(200)])
    assert await database.read(count) == 200


async def test_a_cancelled_caller_does_not_stop_the_others(database):
    tasks = [asyncio.ensure_future(database.write(note(n))) for n in range(20)]
    tasks[3].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(one, asyncio.CancelledError) for one in done) == 1
    assert await database.read(count) >= 19


def test_a_transaction_inside_a_transaction_is_a_defect(database):
    with pytest.raises(Internal):
        database.write_now(lambda conn: database.write_now(note(1)))


def test_nothing_can_be_written_after_the_end(folder):
    database = Database(folder / "stintd.db")
    with pytest.raises(Unavailable):
        database.write_now(note(1))
    database.open()
    database.close()
    with pytest.raises(Unavailable):
        database.write_now(note(1))
    database.close()


def test_the_log_is_folded_into_the_file_at_the_end(folder, database):
    database.write_now(note(1))
    assert database.read_now(count) == 1
    database.close()
    assert not (folder / "stintd.db-wal").exists()


def test_every_file_is_private_whatever_the_umask(folder):
    before = os.umask(0)
    try:
        database = Database(folder / "stintd.db")
        database.open()
        database.write_now(note(1))
        asyncio.run(database.backup())
        kept = [path for path in folder.rglob("*") if path.is_file()]
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in kept}
        database.close()
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert len(modes) >= 5
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_connection_is_as_safe_as_promised(database):
    def pragmas(conn):
        return [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "mmap_size")]

    assert database.write_now(pragmas) == ["wal", 2, 0]
    assert database.write_now(pragmas, durable=False) == ["wal", 1, 0]
    assert database.write_now(pragmas) == ["wal", 2, 0]
    assert database.read_now(lambda conn: conn.execute("PRAGMA query_only").fetchone()[0]) == 1


def test_an_idle_database_runs_nothing(database):
    database.write_now(note(1))
    before = time.thread_time(), time.process_time()
    threading.Event().wait(0.2)
    assert time.process_time() - before[1] < 0.02


class Holder:
    """Another program that holds a write lock."""

    def __init__(self, path: Path) -> None:
        self.conn = sqlite3.connect(path, isolation_level=None)
        self.conn.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        self.conn.execute("ROLLBACK")
        self.conn.close()


def test_a_lock_held_by_another_program_is_waited_for_once_without_spinning(folder, database):
    holder = Holder(folder / "stintd.db")
    began, cpu = time.monotonic(), time.process_time()
    with pytest.raises(Unavailable, match="locked"):
        database.write_now(note(1))
    assert time.monotonic() - began > 0.15
    later = []
    for _ in range(5):
        began = time.monotonic()
        with pytest.raises(Unavailable, match="locked"):
            database.write_now(note(1))
        later.append(time.monotonic() - began)
    assert min(later) < 0.15
    assert time.process_time() - cpu < 0.1
    assert database.read_now(count) == 0
    holder.let_go()
    assert database.write_now(note(1)).seq == 1


def test_a_lock_that_is_let_go_in_time_is_not_noticed(folder, clock):
    database = Database(folder / "stintd.db", clock, busy_timeout=5)
    database.open()
    holder = Holder(folder / "stintd.db")
    let_go = threading.Timer(0.1, lambda: None)
    let_go.start()
    waiting = threading.Thread(target=lambda: database.write_now(note(1)))
    waiting.start()
    let_go.join()
    holder.let_go()
    waiting.join()
    assert database.read_now(count) == 1
    database.close()


def test_a_deleted_file_is_written_again_with_everything_in_it(folder, database):
    database.write_now(note(1))
    (folder / "stintd.db").unlink()
    assert database.write_now(note(2)).seq == 2
    assert database.read_now(count) == 2
    assert "deleted while stintd ran" in database.notes[0]
    database.close()
    again = Database(folder / "stintd.db")
    again.open()
    assert again.read_now(count) == 2
    again.close()


def test_a_whole_folder_of_files_deleted_comes_back(folder, database):
    database.write_now(note(1))
    for path in folder.glob("stintd.db*"):
        path.unlink()
    assert database.write_now(note(2)).seq == 2
    assert database.read_now(count) == 2


def test_a_replaced_file_is_honoured_and_the_former_one_kept(folder, database, tmp_path):
    other = Database(tmp_path / "other" / "stintd.db")
    other.open()
    for number in range(5):
        other.write_now(note(number))
    other.close()
    database.write_now(note(1))
    os.replace(tmp_path / "other" / "stintd.db", folder / "stintd.db")
    assert database.write_now(note(6)).seq == 6
    assert database.read_now(count) == 6
    (kept,) = folder.glob("stintd.db.before-*")
    assert sqlite3.connect(kept).execute("SELECT count(*) FROM change").fetchone() == (1,)
    assert kept.name in database.notes[0]


async def test_a_backup_is_whole_while_writes_go_on(folder, clock, database):
    writes = [asyncio.ensure_future(database.write(note(n))) for n in range(100)]
    copy = await database.backup()
    await asyncio.gather(*writes)
    copied = sqlite3.connect(copy)
    assert copied.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    (held,) = copied.execute("SELECT max(seq) = count(*) FROM change").fetchone()
    assert held in (1, None)


async def test_backups_beyond_the_newest_three_of_a_kind_go(folder, database):
    clock: FakeClock = database.clock
    for _ in range(5):
        clock.move(days=1)
        await database.backup()
    await database.backup("manual")
    assert len(list((folder / "backups").iterdir())) == 4
