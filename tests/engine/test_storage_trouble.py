"""The database cannot be written for a while: reads go on, nothing spins, and what was due meanwhile is done afterwards."""

import sqlite3
import time
from contextlib import contextmanager
from datetime import timedelta

from tests.support import wait_until
from tests.support.clock import FakeClock
from tests.support.engine import every, running


class CountingClock(FakeClock):
    """Says how often it was asked for the time: a loop that spins asks without end."""

    calls = 0

    def now(self):
        self.calls += 1
        return super().now()


@contextmanager
def lock_database(folder):
    """Another program holds the database."""
    other = sqlite3.connect(folder / "stintd.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def wait_to_see(probe, what):
    """Until `probe` holds, with the loop running on."""
    await wait_until(probe, what)


def codes(home):
    return [warning.code for warning in home.engine.health.warnings()]


async def test_a_silence_that_ended_while_the_database_was_locked_ends_the_timer_afterwards(tmp_path):
    clock = CountingClock()
    async with running(tmp_path, clock) as home:
        home.tell(*every(clock.now() - timedelta(minutes=10), 10))
        assert [row["state"] for row in await home.sheet()] == ["running"]
        with lock_database(tmp_path):
            await clock.advance(minutes=20)
            await wait_to_see(lambda: codes(home) == ["storage"], "the warning is raised")
            assert [row["state"] for row in await home.sheet()] == ["running"]
            before, since = clock.calls, time.monotonic()
            await wait_to_see(lambda: time.monotonic() > since + 0.5, "half a second")
            assert clock.calls - before < 10
        await clock.advance(seconds=6)
        await wait_to_see(lambda: codes(home) == [], "the warning goes by itself")
        assert [row["state"] for row in await home.sheet()] == ["finished"]


async def test_heartbeats_taken_while_the_database_is_locked_are_stored_afterwards(tmp_path):
    clock = FakeClock()
    async with running(tmp_path, clock) as home:
        with lock_database(tmp_path):
            assert home.tell(*every(clock.now() - timedelta(minutes=10), 10))[0] == 11
            assert await home.sheet() == []
            assert home.engine.lag == 11
        assert [row["project"] for row in await home.sheet()] == ["acme"]
        assert home.engine.lag == 0
