"""A file that is lost or damaged: kept, replaced by a backup, completed with what can be read, and said."""

import asyncio
import os
import random
import sqlite3
from datetime import timedelta

import pytest

from stintd.domain.model import Context, Heartbeat
from stintd.errors import Unavailable
from stintd.store import changes, heartbeats, migrate, rowio, salvage
from stintd.store.database import Database
from tests.store.conftest import NOON
from tests.support.clock import FakeClock

HERE = Context("watch", "edit", repo_path="/code/acme")


def beats(first, count):
    numbers = range(first, first + count)
    return [Heartbeat(f"n{n}", NOON + timedelta(seconds=30 * n), HERE, f"file-{n % 50}") for n in numbers]


def filled(folder, clock, backup=True, later=True):
    """A database with a day's work, copied, and with more work since."""
    database = Database(folder / "stintd.db", clock)
    database.open()
    database.write_now(lambda conn: _work(conn, 0))
    if backup:
        asyncio.run(database.backup())
    if later:
        database.write_now(lambda conn: _work(conn, 2000))
    database.close()
    return folder / "stintd.db"


def _work(conn, first):
    for at in range(first, first + 2000, 500):
        heartbeats.add(conn, beats(at, 500))
    for number in range(first, first + 200):
        changes.append(conn, NOON, "n", {"n": number, "text": "x" * 50})
        rowio.insert(conn, "client", {"id": f"c{number}", "name": f"Client {number}", "created_us": 0})


def opened(path, clock):
    database = Database(path, clock)
    database.open()
    return database


def counts(database):
    return database.read_now(
        lambda conn: (
            conn.execute("SELECT coalesce(sum(count), 0) FROM span").fetchone()[0],
            conn.execute("SELECT count(*) FROM client").fetchone()[0],
        )
    )


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_a_lost_file_comes_back_from_its_backup(folder, clock, how):
    path = filled(folder, clock)
    path.unlink() if how == "deleted" else os.truncate(path, 0)
    database = opened(path, clock)
    assert counts(database) == (2000, 200)
    assert ("missing" if how == "deleted" else "empty") in database.notes[0]
    assert database.needs_rebuild
    database.close()
    again = opened(path, clock)
    assert (again.notes, again.needs_rebuild) == ([], False)
    again.close()


@pytest.mark.parametrize("how", ["deleted", "emptied"])
def test_a_lost_file_without_backup_is_not_taken_for_a_new_one(folder, clock, how):
    path = filled(folder, clock, backup=False)
    path.unlink() if how == "deleted" else os.truncate(path, 0)
    for _ in range(2):
        with pytest.raises(Unavailable, match="although it was in use") as caught:
            opened(path, clock)
    assert "start with no hours" in caught.value.hint
    (folder / "stintd.db.in-use").unlink()
    database = opened(path, clock)
    assert counts(database) == (0, 0)
    database.close()


def test_a_file_cut_in_half_is_replaced_and_completed_with_what_can_be_read(folder, clock):
    path = filled(folder, clock)
    os.truncate(path, path.stat().st_size // 2)
    database = opened(path, clock)
    beats_kept, clients = counts(database)
    assert 2000 <= beats_kept <= 4000
    assert 200 <= clients <= 400
    assert "backup" in database.notes[0]
    assert "is kept as stintd.db.damaged-" in database.notes[0]
    assert database.write_now(lambda conn: heartbeats.add(conn, beats(0, 4000))).accepted == 4000 - beats_kept
    assert database.write_now(lambda conn: conn.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
    assert counts(database)[0] == 4000
    database.close()
    assert len(list(folder.glob("stintd.db.damaged-*"))) == 1


def test_garbage_is_moved_aside_and_the_backup_takes_its_place(folder, clock):
    path = filled(folder, clock)
    path.write_bytes(random.Random(1).randbytes(50_000))
    database = opened(path, clock)
    assert counts(database) == (2000, 200)
    database.close()


def test_garbage_without_backup_starts_a_new_file_and_says_so(folder, clock):
    path = filled(folder, clock, backup=False)
    path.write_bytes(random.Random(1).randbytes(50_000))
    database = opened(path, clock)
    assert counts(database) == (0, 0)
    assert "no backup" in database.notes[0]
    database.write_now(lambda conn: _work(conn, 0))
    database.close()


def test_without_backup_what_can_be_read_is_kept(folder, clock):
    path = filled(folder, clock, backup=False)
    os.truncate(path, path.stat().st_size - 8192)
    database = opened(path, clock)
    assert counts(database)[0] > 1500
    database.close()


def test_a_second_repair_within_a_day_is_refused(folder, clock: FakeClock):
    path = filled(folder, clock)
    for _ in range(2):
        path.write_bytes(b"not a database" * 500)
        if list(folder.glob("*.damaged-*")):
            with pytest.raises(Unavailable, match="within a day"):
                opened(path, clock)
        else:
            opened(path, clock).close()
    clock.move(days=1, seconds=1)
    database = opened(path, clock)
    assert counts(database) == (2000, 200)
    database.close()


def pages_of(path, name):
    conn = sqlite3.connect(path)
    numbers = [number for (number,) in conn.execute("SELECT pageno FROM dbstat WHERE name = ?", (name,))]
    conn.close()
    return numbers


def spoil(path, numbers):
    with path.open("r+b") as file:
        for number in numbers:
            file.seek(4096 * (number - 1))
            file.write(b"\xff" * 4096)


def test_damage_found_while_running_is_repaired_at_the_next_start(folder, clock):
    path = filled(folder, clock)
    spoil(path, pages_of(path, "span")[5:])
    database = opened(path, clock)
    with pytest.raises(Unavailable, match="damaged"):
        database.read_now(lambda conn: conn.execute("SELECT sum(length(beats)) FROM span").fetchone())
    with pytest.raises(Unavailable, match="damaged"):
        database.write_now(lambda conn: conn.execute("DELETE FROM span"))
    database.close()
    assert (folder / "stintd.db.suspect").exists()
    again = opened(path, clock)
    assert 2000 <= counts(again)[0] < 4000
    assert counts(again)[1] == 400
    assert not (folder / "stintd.db.suspect").exists()
    again.close()


def test_damage_found_at_opening_is_repaired_at_once(folder, clock):
    path = filled(folder, clock)
    spoil(path, pages_of(path, "sqlite_schema")[1:])
    database = opened(path, clock)
    assert counts(database) == (2000, 200)
    database.close()


def test_a_damaged_backup_is_passed_over(folder, clock: FakeClock):
    path = filled(folder, clock)
    clock.move(hours=1)
    database = opened(path, clock)
    newest = asyncio.run(database.backup())
    database.close()
    newest.write_bytes(newest.read_bytes()[:5000])
    path.unlink()
    database = opened(path, clock)
    assert counts(database) == (2000, 200)
    database.close()


def test_a_leftover_log_of_a_lost_file_is_not_played_into_its_backup(folder, clock):
    path = filled(folder, clock)
    (folder / "stintd.db-wal").write_bytes(b"old frames" * 1000)
    path.unlink()
    database = opened(path, clock)
    assert counts(database) == (2000, 200)
    database.close()


KEY = {"id": "k", "name": "bar", "scope": "full", "hash": "h", "created_us": 0}
DELIVERY = {"id": "d", "target": "webhook:w", "kind": "project.created", "body": "{}", "next_us": 0, "created_us": 0}


def with_key_and_delivery(folder, clock):
    """A day's work, a copy of it, then a key is revoked and a delivery made."""
    database = opened(folder / "stintd.db", clock)
    database.write_now(lambda conn: (rowio.insert(conn, "api_key", KEY), rowio.insert(conn, "outbox", DELIVERY)))
    database.write_now(lambda conn: _work(conn, 0))
    asyncio.run(database.backup())
    database.write_now(lambda conn: conn.execute("UPDATE api_key SET revoked_us = 7"))
    database.write_now(lambda conn: conn.execute("UPDATE outbox SET state = 'delivered', attempts = 2, finished_us = 7"))
    database.write_now(lambda conn: _work(conn, 2000))
    database.close()
    return folder / "stintd.db"


def test_a_revoked_key_stays_revoked_and_a_made_delivery_made_when_a_damaged_file_is_put_together(folder, clock):
    path = with_key_and_delivery(folder, clock)
    os.truncate(path, path.stat().st_size - 8192)
    database = opened(path, clock)
    assert database.read_now(lambda conn: conn.execute("SELECT revoked_us FROM api_key").fetchall()) == [(7,)]
    delivered = database.read_now(lambda conn: conn.execute("SELECT state, attempts, finished_us FROM outbox").fetchall())
    assert delivered == [("delivered", 2, 7)]
    assert "stint keys" not in database.notes[0], "no key is open"
    database.close()


def test_a_backup_that_knows_an_open_key_says_that_it_may_have_been_revoked_since(folder, clock):
    path = with_key_and_delivery(folder, clock)
    path.unlink()
    database = opened(path, clock)
    assert "`stint keys list`" in database.notes[0]
    database.close()


NOT_SALVAGED = {
    "span": "completed span by span",
    "known_fresh": "made of the spans",
    "known_id": "made of the spans",
    "known_run": "made of the spans",
    "rollup": "derived from the entries",
    "cursor": "sources read again from where the backup stood",
    "delivery_dirty": "triggers fill it with every entry that is added",
    "delivery_place": "asked for again",
    "backfill": "as the backup has it",
    "live_mirror": "as the backup has it",
}
"""Tables of which nothing is read out of a damaged file, and what becomes of them instead."""


def test_every_table_is_read_out_of_a_damaged_file_or_left_out_for_a_reason():
    conn = sqlite3.connect(":memory:")
    for script in migrate.scripts().values():
        conn.executescript(script)
    tables = {
        name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'")
    }
    assert {*salvage.TABLES, *NOT_SALVAGED} == tables
    assert not set(salvage.TABLES) & NOT_SALVAGED.keys()
