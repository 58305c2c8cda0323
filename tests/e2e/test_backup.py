"""Copies of the database of a real daemon: consistent under writes, private, put back without anything sent twice."""

import asyncio
import os
import sqlite3
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.test_delivery import SECRET, daemon_of, sheet, work
from tests.support import poll_until
from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.fake import Served
from tests.support.daemon import Daemon

SECONDS = 3.0
A_SECOND = 200
WRITERS = 4


@pytest.fixture
def served():
    server = Served(ClockMeFake(key=SECRET, honours_key=False))
    yield server
    server.close()


def entry(writer: int, number: int) -> dict[str, object]:
    """One minute; each writer has a day of its own, each number a minute of it."""
    at = f"2024-03-{1 + writer:02}T{number // 60:02}:{number % 60:02}"
    return {
        "projectName": "acme",
        "autoCreate": True,
        "startTime": f"{at}:00Z",
        "endTime": f"{at}:59Z",
        "description": f"{writer}:{number}",
    }


async def write(session: aiohttp.ClientSession, writer: int, until_at: float, answered: list[int]) -> None:
    """Entries one after the other at this writer's share of the pace; notes how far it was answered."""
    begun, number = time.monotonic(), 0
    while time.monotonic() < until_at:
        async with session.post("http://localhost/api/entries", json=entry(writer, number)) as answer:
            assert answer.status == 201, await answer.text()
        number += 1
        answered[writer] = number
        await asyncio.sleep(max(0.0, begun + number * WRITERS / A_SECOND - time.monotonic()))


async def storm(socket: str) -> tuple[list[int], list[tuple[str, list[int]]]]:
    """Writers at full pace while backups are made; how far each came, and each backup with what was answered before it."""
    answered, made = [0] * WRITERS, []
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(socket)) as session:
        ends = time.monotonic() + SECONDS
        writers = [asyncio.ensure_future(write(session, writer, ends, answered)) for writer in range(WRITERS)]
        while time.monotonic() < ends - 0.5:
            before = list(answered)
            async with session.post("http://localhost/api/backup", json={}) as answer:
                assert answer.status == 201, await answer.text()
                name = (await answer.json())["path"]
            kept = f"{name}.{len(made)}"
            os.rename(name, kept)  # the next one of the same second would take its name
            made.append((kept, before))
            await asyncio.sleep(0.2)
        await asyncio.gather(*writers)
    return answered, made


def held(path: str) -> list[int]:
    """How many entries of each writer a file holds; fails when one is missing between."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        texts = [row[0] for row in conn.execute("SELECT description FROM entry")]
        (total,) = conn.execute("SELECT coalesce(sum(total_us), 0) / 1000000 FROM rollup").fetchone()
    found = [sorted(int(text.split(":")[1]) for text in texts if text.startswith(f"{writer}:")) for writer in range(WRITERS)]
    assert all(numbers == list(range(len(numbers))) for numbers in found), "a hole"
    assert total == 59 * len(texts), "the sums are those of the entries"
    return [len(numbers) for numbers in found]


def test_backups_while_two_hundred_writes_a_second_arrive_hold_a_consistent_point(tmp_path):
    with Daemon(tmp_path / "home") as daemon:
        answered, made = asyncio.run(storm(daemon.layout.socket))
        total = sum(answered)
        print(f"{total} writes in {SECONDS} s, {len(made)} backups, the last holds {sum(held(made[-1][0]))}")
        assert made
        for path, before in made:
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
            assert all(count >= least for count, least in zip(held(path), before, strict=True)), "what was answered is in it"
    middle = made[len(made) // 2][0]
    elsewhere = Daemon(tmp_path / "elsewhere")
    outcome = elsewhere.stint("backup", "restore", middle, "--yes")
    assert "is the database now" in outcome.out
    with elsewhere:
        report = elsewhere.client.get("/api/reports", from_="2024-03-01", to="2024-03-31")
        assert report["totals"]["seconds"] == 59 * sum(held(middle))


def test_a_restored_backup_sends_nothing_twice(tmp_path, served):
    with daemon_of(tmp_path / "home", served, tmp_path / "key") as daemon:
        for number in range(3):
            daemon.client.post("/api/entries", work(number))
        poll_until(lambda: len(served.fake.ledger) == 3)
        served.fake.fault = lambda request: "down"
        for number in range(3, 5):
            daemon.client.post("/api/entries", work(number))
        name = daemon.stint("backup", "--json").json["name"]  # two wait in it
        served.fake.fault = lambda request: ""
        for number in range(5, 7):
            daemon.client.post("/api/entries", work(number))
        poll_until(lambda: served.fake.sheet() == sheet(daemon), "seven are delivered, four of them since the backup")
        outcome = daemon.stint("backup", "restore", name, "--yes")
        assert "2 delivered entries that the backup does not know were kept" in outcome.out
        poll_until(lambda: not list(daemon.client.every("/api/outbox", state="open")), "every question is answered")
        assert len(sheet(daemon)) == 7
        assert served.fake.sheet() == sheet(daemon)
        first = daemon.entries()[0]
        daemon.client.patch(f"/api/entries/{first['id']}", {"description": "corrected"})
        poll_until(lambda: served.fake.sheet() == sheet(daemon), "corrections still arrive")
        daemon.process = None  # the restore started a process of its own
        daemon.stint("down")


def test_the_database_before_a_restore_is_kept_and_can_be_restored_in_turn(tmp_path):
    daemon = Daemon(tmp_path / "home")
    with daemon:
        daemon.stint("add", "--create", "acme", "10m")
        name = daemon.stint("backup", "--json").json["name"]
        daemon.stint("add", "acme", "yesterday 10:00-11:00")
    daemon.stint("backup", "restore", name, "--yes")
    with daemon:
        assert len(daemon.entries()) == 1
    (kept,) = daemon.home.glob("stintd.db.before-restore-*")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    daemon.stint("backup", "restore", str(kept), "--yes")
    with daemon:
        assert len(daemon.entries()) == 2


def test_bad_backups_are_refused_and_change_nothing(tmp_path):
    daemon = Daemon(tmp_path / "home")
    with daemon:
        daemon.stint("add", "--create", "acme", "10m")
        path = Path(daemon.stint("backup", "--json", "--to", str(tmp_path / "copy.db")).json["copy"])
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "exists already" in daemon.stint("backup", "--to", str(path), check=False).err
        refused = daemon.stint("backup", "restore", str(path), check=False)
        assert (refused.code, "add --yes" in refused.err) == (1, True)
    damaged, text, newer = tmp_path / "damaged.db", tmp_path / "text.db", tmp_path / "newer.db"
    raw = path.read_bytes()
    damaged.write_bytes(raw[:4096] + b"\xff" * 40960 + raw[45056:])
    text.write_text("no database at all, but long enough to have a header of one hundred bytes if it were one " * 3)
    newer.write_bytes(raw[:60] + (99).to_bytes(4, "big") + raw[64:])
    before = Path(daemon.layout.database).read_bytes()
    for bad, why in ((damaged, "damaged"), (text, "not a database"), (newer, "newer stintd"), (tmp_path / "none", "no file")):
        outcome = daemon.stint("backup", "restore", str(bad), "--yes", check=False)
        assert outcome.code == 1
        assert why in outcome.err or (bad is damaged and "cannot be used" in outcome.err)
        assert Path(daemon.layout.database).read_bytes() == before


def test_a_backup_can_be_made_while_nothing_runs_and_not_beside_a_daemon_that_hangs(tmp_path):
    daemon = Daemon(tmp_path / "home")
    assert "no database" in daemon.stint("backup", check=False).err
    with daemon:
        daemon.stint("add", "--create", "acme", "10m")
    made = daemon.stint("backup", "--json").json
    assert os.path.getsize(made["path"]) == made["bytes"]
    assert [one["name"] for one in daemon.stint("backup", "list", "--json").json] == [made["name"]]


def test_hours_of_the_time_nobody_knows_of_are_not_sent_unapproved(tmp_path, served):
    with daemon_of(tmp_path / "home", served, tmp_path / "key") as daemon:
        daemon.client.post("/api/entries", work(0))
        poll_until(lambda: len(served.fake.ledger) == 1)
        name = daemon.stint("backup", "--json", "--to", str(tmp_path / "copy.db")).json["copy"]
        lost = {"projectName": "acme", "description": "made after the backup", "durationMinutes": 1}
        daemon.client.post("/api/entries", {**lost, "end": datetime.now(UTC).isoformat()})
        poll_until(lambda: len(served.fake.ledger) == 2)
    with daemon_of(tmp_path / "new", served, tmp_path / "key") as daemon:
        outcome = daemon.stint("backup", "restore", name, "--yes")
        assert "is not known" in outcome.out
        daemon.process = None
        again = daemon.client.post("/api/entries", {**lost, "end": datetime.now(UTC).isoformat()})
        held = poll_until(lambda: list(daemon.client.every("/api/outbox", state="open")))
        assert "may already be there" in held[0]["reason"]
        assert "stint approve" in held[0]["remedy"]
        assert len(served.fake.ledger) == 2, "the same minute is not sent a second time"
        later = daemon.client.post("/api/entries", work(3))
        assert poll_until(lambda: len(served.fake.ledger) == 3), "what lies outside that time flows as before"
        daemon.client.post("/api/approve", {"from": again["start"][:10]})
        poll_until(lambda: len(served.fake.ledger) == 4)
        assert later["id"] != again["id"]
        daemon.stint("down")
