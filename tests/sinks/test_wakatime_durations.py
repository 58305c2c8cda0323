"""WakaTime's external durations: once, whatever it makes of an id that is there already."""

import pytest

from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, Account, Item, Login, RemotePlace
from stintd.sinks.wakatime_durations import WakaTime
from tests.support.billing.wakatime import WakaTimeFake
from tests.support.clock import FakeClock

NINE = 1795078800  # 2026-11-19T09:00:00Z


def item(start=NINE, seconds=3600, **more):
    base = {
        "id": "i1",
        "start": start,
        "end": start + seconds,
        "seconds": seconds,
        "day": "2026-11-19",
        "billable": True,
        "description": "work",
        "tags": (),
        "remote": {"project": "atlas"},
    }
    return Item(**{**base, **more})


def wakatime(fake):
    return WakaTime(fake, FakeClock(), Login("http://fake", fake.key))


async def test_who_it_is_and_what_can_be_mapped():
    one = wakatime(WakaTimeFake())
    assert await one.check() == Account("jo")
    assert await one.places() == (RemotePlace("atlas", {"project": "atlas"}), RemotePlace("beta", {"project": "beta"}))
    assert await one.make_place("gamma", "Acme") == RemotePlace("gamma", {"project": "gamma"})


@pytest.mark.parametrize("repeated", ["replaced", "ignored", "refused", "doubled"])
async def test_an_entry_sent_again_is_there_once_and_as_it_is_now(repeated):
    fake = WakaTimeFake(repeated=repeated)
    one = wakatime(fake)
    assert (await one.create(item())).remote_id == "i1"
    assert (await one.create(item())).kind == TAKEN
    assert fake.sheet() == [(NINE, 3600, "work")]
    assert (await one.update("i1", item(seconds=5400, description="better"))).kind == TAKEN
    assert fake.sheet() == [(NINE, 5400, "better")]
    assert (await one.look(item(seconds=5400, description="better"), frozenset())).remote_id == "i1"
    assert (await one.delete("i1", item(seconds=5400))).kind == TAKEN
    assert (await one.delete("i1", item(seconds=5400))).kind == TAKEN
    assert fake.sheet() == []


async def test_what_lies_over_midnight_is_found_on_both_days():
    fake = WakaTimeFake(repeated="doubled")
    one = wakatime(fake)
    late = item(NINE + 14 * 3600, 2 * 3600)
    await one.create(late)
    assert (await one.look(late, frozenset())).kind == TAKEN
    assert (await one.look(item(NINE - 86_400), frozenset())).kind == MISSING
    assert (await one.delete("i1", late)).kind == TAKEN
    assert fake.sheet() == []


async def test_what_is_refused_for_its_content_is_refused_and_not_taken_for_a_repetition():
    fake = WakaTimeFake(refuses=lambda body: body["entity"] == "poison")
    refused = await wakatime(fake).create(item(description="poison"))
    assert (refused.kind, refused.text) == (REFUSED, "refused with 400: not wanted")


async def test_an_old_one_that_could_not_be_taken_away_is_a_question():
    fake = WakaTimeFake(repeated="doubled")
    one = wakatime(fake)
    await one.create(item())
    fake.fault = lambda request: "500" if request.method == "DELETE" else ""
    assert (await one.update("i1", item(seconds=5400))).kind == UNKNOWN
    fake.fault = lambda request: ""
    assert (await one.look(item(seconds=5400), frozenset())).kind == TAKEN
    assert fake.sheet() == [(NINE, 5400, "work")]


@pytest.mark.parametrize("trouble", ["429", "down", "401", "500"])
async def test_what_was_stored_and_could_not_be_read_back_is_a_question_and_not_unsent(trouble):
    """Unsent would mean that nothing is there: an entry that is deleted next would stay there for ever."""
    fake = WakaTimeFake()
    fake.fault = lambda request: trouble if request.method == "GET" else ""
    assert (await wakatime(fake).create(item())).kind == UNKNOWN
    assert fake.sheet() == [(NINE, 3600, "work")]


async def test_an_entry_without_words_goes_by_its_project_and_its_category():
    fake = WakaTimeFake()
    await wakatime(fake).create(item(description="", remote={"project": "atlas", "category": "meeting"}))
    assert (fake.ledger["du-1"]["entity"], fake.ledger["du-1"]["category"]) == ("atlas", "meeting")
