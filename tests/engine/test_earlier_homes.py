"""A home of before: an earlier version counted clones as one repository. Its hours stay until their owner answers."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from stintd.domain.model import CheckoutSignal
from stintd.engine.commands import approval, corrections
from stintd.store import migrate
from tests.engine.test_questions import EU, HOUR, NOW, US, Home
from tests.support.clock import FakeClock
from tests.support.engine import running

LAST = 8
"""The last schema in which a repository was whatever had one remote."""


def columns(conn, schema, table):
    return [row[1] for row in conn.execute(f"PRAGMA {schema}.table_info({table})") if not row[6:]]


def go_back(folder):
    """Rewrite a database as an earlier version would have left it: one repository, whatever its folders."""
    now, before = folder / "stintd.db", folder / "before.db"
    with closing(sqlite3.connect(before, isolation_level=None)) as conn:
        scripts = {number: text for number, text in migrate.scripts().items() if number <= LAST}
        migrate.migrate(conn, before, folder, NOW, scripts)
        conn.execute("ATTACH ? AS new", (str(now),))
        [home] = conn.execute("SELECT repo_id FROM new.checkout WHERE path = ?", (EU.path,)).fetchone()
        conn.execute("UPDATE new.context SET repo_id = ? WHERE repo_id <> ''", (home,))
        conn.execute("UPDATE new.checkout SET repo_id = ?", (home,))
        conn.execute("UPDATE new.entry SET repo_id = ?, is_confirmed = 1 WHERE repo_id IS NOT NULL", (home,))
        conn.execute("DELETE FROM new.repo WHERE id <> ?", (home,))
        conn.execute("DELETE FROM new.cursor WHERE name = 'folders:separated'")
        tables = [row[0] for row in conn.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")]
        for table in tables:
            names = ", ".join(set(columns(conn, "main", table)) & set(columns(conn, "new", table)))
            conn.execute(f"DELETE FROM main.{table}")
            conn.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM new.{table}")
    for name in ("stintd.db-wal", "stintd.db-shm"):
        (folder / name).unlink(missing_ok=True)
    before.rename(now)


@pytest.fixture
async def home(tmp_path):
    """Two joined folders: four hours in one, three in the other, then the new version."""
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        old = Home(daemon)
        await old.work(EU, NOW - 60 * HOUR, 4)
        await old.work(US, NOW - 40 * HOUR, 3)
    go_back(tmp_path)
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        for facts in (EU, US):
            daemon.intake.tell(CheckoutSignal(NOW, facts))
        yield Home(daemon)


async def test_nothing_moves_and_the_question_says_what_would(home):
    assert await home.hours() == {("prod-eu", True): 7.0}
    [item] = await home.asked()
    assert item["text"] == (
        "prod-us was joined with prod-eu by an earlier version and counts as prod-eu: same project?"
        " (if not, 3h 02m on 1 day move)"
    )
    assert (item["seconds"], item["days"], item["folders"]) == (10920, 1, ["/w/prod-us"])


async def later_work(home):
    """Work after the new version began."""
    await home.daemon.engine.clock.advance(hours=3)
    await home.work(US, NOW + HOUR, 1)


async def test_new_work_waits_and_is_moved_with_the_old_by_the_answer(home):
    await later_work(home)
    assert await home.hours() == {("prod-eu", True): 7.0, ("prod-eu", False): 1.0}
    done = await home.run(approval.approve, (NOW - timedelta(days=4)).date(), NOW.date())
    assert done["waitingCount"] == 1
    await home.run(corrections.undo, done["editId"])
    told = await home.answer("own")
    assert await home.hours() == {("prod-eu", True): 4.0, ("prod-us", True): 4.0}
    assert told["seconds"] == 14640
    assert await home.asked() == []
    await home.run(corrections.undo, told["editId"])
    assert await home.hours() == {("prod-eu", True): 7.0, ("prod-eu", False): 1.0}


async def test_same_leaves_everything_and_confirms_what_is_new(home):
    await later_work(home)
    await home.answer("same")
    assert await home.hours() == {("prod-eu", True): 8.0}
    assert await home.asked() == []


async def test_approved_hours_of_before_stay(home):
    await home.run(approval.approve, (NOW - timedelta(days=4)).date(), NOW.date())
    [item] = await home.asked()
    assert item["seconds"] == 0
    await home.answer("own")
    assert await home.hours() == {("prod-eu", True): 7.0}
