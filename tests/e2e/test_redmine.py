"""A real Redmine as the judge: the contract of tests/delivery holds with it, the fake answers as it does, and it holds the
hours of the report after a scripted week."""

from dataclasses import replace
from functools import partial

import pytest

from stintd.ports import LOCKED, MISSING, REFUSED, STOPPED, TAKEN, Item, Login
from stintd.sinks.registry import KINDS
from tests.delivery import test_faults
from tests.support import poll_until, redmine
from tests.support.billing import VARIANTS
from tests.support.billing.redmine import RedmineFake
from tests.support.clock import FakeClock
from tests.support.daemon import Daemon

pytestmark = pytest.mark.skipif(not redmine.IS_THERE, reason=redmine.HOW)
ITEM = Item("id-1", 1795078800, 1795082400, 3600, "2026-11-19", "work", True, (), {"project_id": "1", "activity_id": "9"})


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    server = redmine.Server(tmp_path_factory.mktemp("redmine"))
    yield server
    server.close()


@pytest.fixture
def server(running):
    running.empty()
    return running


@pytest.fixture(params=["by its words", "by a field"])
def variant(request, server, monkeypatch):
    if request.param == "by its words":
        server.rows("UPDATE custom_fields SET visible = 0 WHERE id = 7")
    monkeypatch.setitem(VARIANTS, "redmine real", lambda: redmine.RealRedmine(server=server))
    return "redmine real"


async def test_stored_then_killed_before_it_was_known_is_there_once(tmp_path, variant):
    await test_faults.test_stored_then_killed_before_it_was_known_is_there_once(tmp_path, variant)


async def test_stored_then_killed_and_deleted_meanwhile_is_taken_away(tmp_path, variant):
    await test_faults.test_stored_then_killed_and_deleted_meanwhile_is_taken_away(tmp_path, variant)


async def test_its_ledger_ends_equal_to_the_sheet_whatever_happens(tmp_path, variant):
    await test_faults.test_the_ledger_ends_equal_to_the_sheet(tmp_path, variant)


@pytest.mark.slow
async def test_its_ledger_ends_equal_to_the_sheet_after_300_entries(tmp_path, variant, record_property):
    await test_faults.test_the_ledger_ends_equal_to_the_sheet_after_300_entries(tmp_path, variant, 0, record_property)


def connector(fake, key=None, **options):
    return KINDS["redmine"].make(fake, FakeClock(), Login("http://fake", key or fake.key, options))


async def lived(fake):
    """What a connector is told in the life of some entries, without the numbers that a server gives."""
    one, told = connector(fake), []
    told += [await one.check(), await one.places()]
    made = await one.create(ITEM)
    assert made.kind == TAKEN
    on_issue = replace(ITEM, remote={"issue_id": "#2", "activity_id": "8"}, seconds=5000)
    outcomes = [
        await one.look(ITEM, frozenset()),
        await one.look(ITEM, frozenset({made.remote_id})),
        await one.update(made.remote_id, on_issue),
        await one.look(on_issue, frozenset()),
        await one.look(ITEM, frozenset()),
        await one.update(made.remote_id, replace(ITEM, seconds=1501)),
        await one.create(replace(ITEM, remote={"project_id": "1"})),
        await one.create(replace(ITEM, remote={"project_id": "99", "activity_id": "9"})),
        await one.create(replace(ITEM, remote={"issue_id": "99", "activity_id": "9"})),
        await one.create(replace(ITEM, remote={"issue_id": "main", "activity_id": "9"})),
        await one.create(replace(ITEM, description="x" * 1025)),
        await one.update("999", ITEM),
        await one.delete("999", ITEM),
        await connector(fake, "another").create(ITEM),
        await connector(fake, "another").check(),
    ]
    told += [(outcome.kind, outcome.text, outcome.status) for outcome in outcomes]
    told.append([line[1] for line in fake.sheet()])
    outcomes = [await one.delete(made.remote_id, ITEM), await one.delete(made.remote_id, ITEM)]
    return [*told, *(outcome.kind for outcome in outcomes), fake.sheet()]


async def test_the_fake_tells_a_connector_what_the_real_one_does(server):
    real = await lived(redmine.RealRedmine(server=server))
    assert real == await lived(RedmineFake())
    assert [one[0] for one in real[2:8]] == [TAKEN, MISSING, TAKEN, TAKEN, MISSING, TAKEN]
    assert {REFUSED, STOPPED} <= {one[0] for one in real[8:17]}
    assert real[17] == [1501]


async def closed(fake, close):
    one = connector(fake)
    made = await one.create(ITEM)
    close()
    on_issue = replace(ITEM, remote={"issue_id": "1", "activity_id": "9"})
    found = [
        await one.create(ITEM),
        await one.create(on_issue),
        await one.update(made.remote_id, ITEM),
        await one.update(made.remote_id, on_issue),
        await one.delete(made.remote_id, ITEM),
    ]
    return [(outcome.kind, outcome.text, outcome.status) for outcome in found]


async def test_hours_of_a_project_that_was_closed_there_are_a_difference_and_not_a_fault(server):
    close = partial(server.rows, "UPDATE projects SET status = ?", redmine.CLOSED)
    real = await closed(redmine.RealRedmine(server=server), close)
    assert {one[:2] for one in real} == {(LOCKED, "the project is closed there")}
    fake = RedmineFake()
    assert real == await closed(fake, partial(setattr, fake, "is_closed", True))


def test_it_holds_what_the_report_says_after_a_week_with_edits(tmp_path, server):
    with Daemon(tmp_path / "home") as daemon:
        shown = daemon.connect("redmine", server.url, server.key, "--from", "2026-01-01", "--deliver", "auto")
        assert "connected redmine as mia" in shown.out
        assert "Atlas / Development" in shown.out
        daemon.stint("targets", "map", "redmine", "--project", "acme", "issue_id={task}", "activity_id=9")
        ids = []
        for day in range(5, 12):
            body = {
                "projectName": "acme",
                "autoCreate": True,
                "startTime": f"2026-01-{day:02}T09:00:07Z",
                "endTime": f"2026-01-{day:02}T10:{day:02}:30Z",
                "description": f"day {day}",
                "taskName": "1" if day % 2 else "#2",
            }
            ids.append(daemon.client.post("/api/entries", body)["id"])
        held = lambda: {words: hours for words, hours in server.rows("SELECT comments, hours FROM time_entries")}  # noqa: E731
        poll_until(lambda: len(held()) == 7, "all are there")
        daemon.kill()
        daemon.start()
        daemon.client.patch(f"/api/entries/{ids[0]}", {"end": "2026-01-05T11:00:07Z", "taskName": "2"})
        daemon.client.patch(f"/api/entries/{ids[1]}", {"start": "2026-01-04T09:00:00Z", "end": "2026-01-04T09:20:00Z"})
        daemon.client.delete(f"/api/entries/{ids[2]}")
        daemon.client.post(f"/api/entries/{ids[3]}/split", {"at": "2026-01-08T09:30:00Z"})
        seconds = lambda: daemon.client.get("/api/reports", **{"from_": "2026-01-01", "to": "2026-01-31"})["totals"]["seconds"]  # noqa: E731
        poll_until(lambda: len(server.rows("SELECT 1 FROM time_entries")) == 7, "edits follow")
        poll_until(
            lambda: round(sum(hours for (hours,) in server.rows("SELECT hours FROM time_entries")) * 3600) == seconds(),
            "sums",
        )
        assert server.rows("SELECT issue_id, spent_on, round(hours * 3600) FROM time_entries WHERE comments = 'day 5'") == [
            (2, "2026-01-05", 7200)
        ]
        assert server.rows("SELECT spent_on, round(hours * 3600) FROM time_entries WHERE comments = 'day 6'") == [
            ("2026-01-04", 1200)
        ]
