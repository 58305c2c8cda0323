"""Redmine: what is particular about days, places and its wordless answers. A real one judges in tests/e2e."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stintd.engine.commands import entries
from stintd.engine.commands.entries import EntryRequest
from stintd.ports import LOCKED, MISSING, REFUSED, TAKEN, UNKNOWN, Item, Login
from stintd.sinks.registry import KINDS
from tests.delivery.harness import desk, target_of
from tests.support.billing.redmine import RedmineFake
from tests.support.clock import FakeClock

ITEM = Item("id-1", 1795078800, 1795082400, 3600, "2026-11-19", "work", True, (), {"project_id": "1", "activity_id": "9"})


def connector(fake, **options):
    return KINDS["redmine"].make(fake, FakeClock(), Login("http://fake", fake.key, options))


async def test_it_offers_projects_with_their_activities_and_the_open_issues():
    places = await connector(RedmineFake(tells_activities=False)).places()
    assert [(place.name, place.remote) for place in places] == [
        ("Atlas / Design", {"project_id": "1", "activity_id": "8"}),
        ("Atlas / Development", {"project_id": "1", "activity_id": "9"}),
        ("Atlas / #2 Issue 2", {"issue_id": "2"}),
        ("Atlas / #1 Issue 1", {"issue_id": "1"}),
    ]


async def test_a_server_that_has_rest_switched_off_says_who_enables_it():
    found = await connector(RedmineFake(is_enabled=False)).check()
    assert "an administrator enables it" in found.text


@pytest.mark.parametrize(("written", "number"), [("2", 2), ("#2", 2), ("main", None), ("2/../1", None), ("", None), ("٢", None)])
async def test_the_number_of_an_issue_as_branches_write_it(written, number):
    fake = RedmineFake()
    item = replace(ITEM, remote={"issue_id": written or "?", "activity_id": "9"})
    outcome = await connector(fake).create(item)
    assert outcome.kind == (TAKEN if number else REFUSED)
    assert [kept["issue_id"] for kept in fake.ledger.values()] == ([number] if number else [])


async def test_custom_fields_and_the_default_activity_are_told():
    fake = RedmineFake()
    remote = {"project_id": "1", "cf_5": "on site"}
    assert (await connector(fake, activity_id="8", marker_field="7").create(replace(ITEM, remote=remote))).kind == TAKEN
    kept = fake.ledger["1"]
    assert kept["activity_id"] == "8"
    assert kept["custom_fields"] == [{"id": 5, "value": "on site"}, {"id": 7, "value": "id-1"}]


async def test_what_carries_another_id_of_ours_is_another_entry():
    fake = RedmineFake(has_marker=True)
    one = connector(fake, marker_field="7")
    made = await one.create(ITEM)
    assert (await one.look(replace(ITEM, id="id-2"), frozenset())).kind == MISSING
    assert (await one.look(ITEM, frozenset())).remote_id == made.remote_id


async def test_nothing_is_believed_gone_because_something_else_answers_at_its_address():
    fake = RedmineFake()
    one = connector(fake)
    made = await one.create(ITEM)
    fake._route = lambda request: (404, b"<html>nginx</html>")
    assert (await one.delete(made.remote_id, ITEM)).kind == REFUSED


async def test_hours_of_a_project_that_was_closed_there_are_a_difference():
    fake = RedmineFake()
    one = connector(fake)
    made = await one.create(ITEM)
    fake.is_closed = True
    assert (await one.update(made.remote_id, ITEM)).kind == LOCKED
    assert (await one.create(replace(ITEM, remote={"issue_id": "1", "activity_id": "9"}))).kind == LOCKED


@pytest.mark.parametrize("body", [
    b"[]", b"null", b'{"time_entries": {}}', b'{"project": 1, "issue": {"project": []}, "errors": {"a": [{}]}}',
    b'{"time_entries": [1, {"id": [], "user": 3, "hours": "x"}], "total_count": "2"}',
])  # fmt: skip
@pytest.mark.parametrize("status", [200, 403, 404, 422])
async def test_odd_answers_are_survived(body, status):
    fake = RedmineFake()
    fake._route = lambda request: (status, body)
    one = connector(fake)
    for outcome in (
        await one.create(ITEM),
        await one.update("1", ITEM),
        await one.delete("1", ITEM),
        await one.look(replace(ITEM, remote={"issue_id": "1"}), frozenset()),
    ):
        assert outcome.kind in (TAKEN, UNKNOWN, REFUSED, LOCKED, MISSING)
    await one.places()
    await one.check()


async def test_a_night_is_two_days_there_and_its_pieces_are_as_long_as_the_sheet_says(tmp_path):
    async with desk(tmp_path, "redmine", target=target_of("redmine", deliver="auto")) as one:
        start = one.running.clock.now().replace(day=18, hour=23, minute=0, second=0)
        end = start + timedelta(hours=2, seconds=7)
        request = EntryRequest(project_name="atlas", auto_create=True, start=start, end=end, words={"description": "x"})
        await one.engine.run(lambda step: entries.create(step, request))
        await one.pass_time(11)
        assert one.fake.sheet() == [("2026-11-18", 3600, "x"), ("2026-11-19", 3607, "x")]
