"""Kimai: wall clocks, minutes, and what its owner locked."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from stintd.ports import LOCKED, LOST, MISSING, REFUSED, STOPPED, TAKEN, UNKNOWN, UNSENT, Account, Item, Login, RemotePlace
from stintd.sinks.kimai import Kimai
from stintd.sinks.kimai_clock import local_span
from tests.support.billing.kimai import KimaiFake
from tests.support.clock import FakeClock

BERLIN = ZoneInfo("Europe/Berlin")


def at(text, zone=BERLIN, fold=0):
    return int(datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp())


def item(start, minutes=60, **more):
    begin = at(start) if isinstance(start, str) else start
    base = {
        "id": "i1",
        "start": begin,
        "end": begin + 60 * minutes,
        "seconds": 60 * minutes,
        "day": "2026-11-19",
        "billable": True,
        "description": "work",
        "tags": ("deep", "a,b"),
        "remote": {"project_id": "1", "activity_id": "2"},
    }
    return Item(**{**base, **more})


def kimai(fake, key=None):
    return Kimai(fake, FakeClock(), Login("http://fake", key or fake.key))


async def test_who_it_is_and_what_can_be_mapped():
    one = kimai(KimaiFake())
    assert await one.check() == Account("jo")
    assert await one.places() == (
        RemotePlace("Atlas", {"project_id": "1", "activity_id": "2"}, "Acme"),
        RemotePlace("Beta", {"project_id": "3", "activity_id": "4"}, "Acme"),
    )
    assert (await kimai(KimaiFake(), "another").check()).kind == STOPPED


async def test_times_are_those_of_the_users_wall_wherever_the_daemon_is():
    for zone in ("Europe/Berlin", "Pacific/Auckland", "America/St_Johns"):
        fake = KimaiFake(zone=zone)
        made = await kimai(fake).create(item("2026-11-19T09:00:40"))
        assert (made.kind, made.remote_id) == (TAKEN, "1")
        assert fake.sheet() == [(at("2026-11-19T09:00:00"), 3600, "work")]
        assert fake.ledger["1"]["tags"] == ["deep", "a b"]


async def test_a_profile_that_moved_to_another_zone_is_noticed_by_the_answer():
    fake = KimaiFake()
    one = kimai(fake)
    assert isinstance(await one.check(), Account)
    fake.zone = "Asia/Kolkata"
    made = await one.create(item("2026-11-19T09:00"))
    assert (made.kind, fake.sheet()) == (TAKEN, [(at("2026-11-19T09:00"), 3600, "work")])
    await one.create(item("2026-11-19T11:00", description="next"))
    assert [line[0] for line in fake.sheet()] == [at("2026-11-19T09:00"), at("2026-11-19T11:00")]
    assert fake.made == 2


async def test_the_hour_that_comes_twice_makes_no_entry_longer():
    for start, fold in (("2026-10-25T01:30", 0), ("2026-10-25T02:10", 0), ("2026-10-25T02:10", 1), ("2026-10-25T02:50", 1)):
        fake = KimaiFake()
        one = item(at(start, fold=fold), 40)
        await kimai(fake).create(one)
        assert [line[1] for line in fake.sheet()] == [40 * 60], start
        assert 0 <= one.start - fake.sheet()[0][0] <= 3 * 3600
        assert (await kimai(fake).look(one, frozenset())).kind == TAKEN
    assert local_span(item("2026-03-29T01:30"), BERLIN) == (at("2026-03-29T01:30"), at("2026-03-29T03:30"))


@pytest.mark.parametrize("step", [60, 300])
async def test_what_the_server_rounded_is_found_again_and_its_neighbour_is_not_taken_for_it(step):
    fake = KimaiFake(rounding=step)
    one = kimai(fake)
    first, second = item("2026-11-19T09:07", 5), item("2026-11-19T09:12", 10)
    await one.create(second)
    assert (await one.look(first, frozenset())).kind == MISSING
    assert (await one.look(second, frozenset())).remote_id == "1"
    assert (await one.look(second, frozenset({"1"}))).kind == MISSING


async def test_a_neighbour_that_rounding_made_alike_becomes_the_one_it_is_taken_for():
    fake = KimaiFake(rounding=900)
    one = kimai(fake)
    first, second = item("2026-11-19T09:07", 5), item("2026-11-19T09:12", 10)
    await one.create(second)
    assert (await one.look(first, frozenset())).remote_id == "1"
    assert (await one.look(second, frozenset({"1"}))).kind == MISSING
    await one.create(second)
    assert fake.sheet() == [(at("2026-11-19T09:00"), 900, "work"), (at("2026-11-19T09:00"), 1800, "work")]


async def test_a_list_is_read_to_its_end_before_anything_is_called_missing():
    fake = KimaiFake(largest_page=2)
    one = kimai(fake)
    for hour in range(8, 15):
        await one.create(item(f"2026-11-19T{hour:02}:00", 30))
    assert (await one.look(item("2026-11-19T08:00", 30), frozenset())).remote_id == "1"
    fake.asked.clear()
    assert (await one.look(item("2026-11-19T07:00", 30), frozenset())).kind == MISSING
    assert len(fake.asked) == 4
    fake.fault = lambda request: "500" if len(fake.asked) == 6 else ""
    assert (await one.look(item("2026-11-19T07:00", 30), frozenset())).kind == UNKNOWN


@pytest.mark.parametrize("words", ["This period is locked, please choose a later date.", "Der Zeitraum ist gesperrt."])
async def test_what_is_locked_or_exported_is_a_difference(words):
    fake = KimaiFake(lock_words=words)
    one = kimai(fake)
    await one.create(item("2026-11-19T09:00"))
    fake.locks = lambda entry: True
    assert (await one.create(item("2026-11-19T11:00"))).kind == LOCKED
    assert (await one.update("1", item("2026-11-19T09:00", description="better"))).kind == LOCKED
    assert (await one.delete("1", item("2026-11-19T09:00"))).kind == LOCKED
    assert [line[2] for line in fake.sheet()] == ["work"]


async def test_a_role_that_may_not_bill_is_asked_for_it_once():
    fake = KimaiFake(may_bill=False)
    one = kimai(fake)
    assert (await one.create(item("2026-11-19T09:00"))).kind == TAKEN
    fake.asked.clear()
    assert (await one.create(item("2026-11-19T11:00"))).kind == TAKEN
    assert len(fake.asked) == 1


async def test_what_it_does_not_want_says_why_and_what_is_gone_is_told():
    fake = KimaiFake(refuses=lambda entry: entry["description"] == "poison")
    one = kimai(fake)
    refused = await one.create(item("2026-11-19T09:00", description="poison"))
    assert (refused.kind, refused.text) == (REFUSED, "description: not wanted")
    assert (await one.update("77", item("2026-11-19T09:00"))).kind == LOST
    assert (await one.delete("77", item("2026-11-19T09:00"))).kind == TAKEN


async def test_a_server_that_does_not_say_who_one_is_gets_no_entries():
    fake = KimaiFake(fault=lambda request: "500" if request.url.endswith("/me") else "")
    assert (await kimai(fake).create(item("2026-11-19T09:00"))).kind == UNSENT
    fake.fault = lambda request: "odd json after" if request.url.endswith("/me") else ""
    assert (await kimai(fake).create(item("2026-11-19T09:00"))).kind == UNSENT
    assert fake.sheet() == []


async def test_what_was_stored_at_a_wrong_hour_and_not_righted_is_a_question():
    fake = KimaiFake()
    one = kimai(fake)
    await one.check()
    fake.zone = "Asia/Kolkata"
    fake.fault = lambda request: "500" if request.method == "PATCH" else ""
    assert (await one.create(item("2026-11-19T09:00"))).kind == UNKNOWN
