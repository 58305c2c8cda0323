"""What only ClickTime is like."""

from datetime import UTC, datetime, timedelta

import pytest

from stintd.ports import MISSING, REFUSED, TAKEN, Account, Item, Login, Outcome, RemotePlace
from stintd.sinks.clicktime import ClickTime
from stintd.sinks.clicktime_account import misfit, rules_of
from tests.delivery.harness import desk, target_of
from tests.support.billing.clicktime import ClickTimeFake
from tests.support.clock import FakeClock

NINE = int(datetime(2026, 11, 19, 9, tzinfo=UTC).timestamp())
CONTROLLED = {"TaskRestrictionMethod": "byjob"}


def item(**more):
    base = {
        "id": "0123456789abcdef",
        "start": NINE,
        "end": NINE + 1800,
        "seconds": 1800,
        "day": "2026-11-19",
        "description": "work",
        "billable": True,
        "tags": (),
        "remote": {"job_id": "j1", "task_id": "t1"},
    }
    return Item(**{**base, **more})


def connector(fake, key="", **options):
    return ClickTime(fake, FakeClock(), Login("http://fake/v2", key or fake.key, options, "Europe/Berlin"))


@pytest.mark.parametrize("key", ["k-secret", "Token k-secret", "token k-secret", " k-secret\n"])
async def test_a_token_is_taken_with_and_without_its_scheme(key):
    assert await connector(ClickTimeFake(), key).check() == Account("Ada (Loom)")


async def test_a_company_that_takes_nothing_from_programs_is_not_connected():
    found = await connector(ClickTimeFake(company={"DCAALogEnabled": True})).check()
    assert isinstance(found, Outcome)
    assert "DCAA" in found.text


async def test_jobs_are_listed_with_their_tasks_and_clients_over_all_pages():
    found = await connector(ClickTimeFake(most_a_page=1)).places()
    assert RemotePlace("Atlas / Talking", {"job_id": "j1", "task_id": "t2"}, "Acme") in found
    assert len(found) == 4


@pytest.mark.parametrize("task_lists", ["controls", "ids", "objects"])
async def test_where_tasks_belong_to_jobs_only_those_are_listed(task_lists):
    found = await connector(ClickTimeFake(company=CONTROLLED, task_lists=task_lists)).places()
    assert [place.name for place in found] == ["Atlas / Building", "Borealis / Talking"]


async def test_a_job_alone_will_do_where_the_user_has_a_task_of_his_own():
    fake = ClickTimeFake(me={"DefaultTaskID": "t2"})
    one = connector(fake)
    assert RemotePlace("Atlas", {"job_id": "j1"}, "Acme") in await one.places()
    assert (await one.create(item(remote={"job_id": "j1"}))).kind == TAKEN
    assert [entry["TaskID"] for entry in fake.ledger.values()] == ["t2"]


async def test_of_too_many_places_the_jobs_are_listed_alone():
    many = [{"ID": f"j{number}", "Name": f"Job {number}", "IsActive": True} for number in range(2501)]
    found = await connector(ClickTimeFake(jobs=many)).places()
    assert [place.remote for place in found] == [{"job_id": one["ID"]} for one in many]


@pytest.mark.parametrize("client", ["", "acme", "New"])
async def test_who_may_make_jobs_can_have_one_made_under_a_client(client):
    assert await connector(ClickTimeFake()).make_place("Cirrus", client) == RemotePlace("Cirrus", {"job_id": "j9"}, client)
    found = await connector(ClickTimeFake(sees_company=False)).make_place("Cirrus", client)
    assert isinstance(found, Outcome)
    assert found.text == "refused with 403: Only managers may"


async def test_an_entry_costs_one_call_once_the_account_and_the_sheet_are_known():
    fake = ClickTimeFake()
    one = connector(fake)
    for number in range(20):
        assert (await one.create(item(id=f"{number:016}"))).kind == TAKEN
    assert one.calls == len(fake.asked) == 23


async def test_a_list_whose_end_is_not_in_sight_says_nothing_of_what_is_not_there():
    fake = ClickTimeFake(says_total=False)
    one = connector(fake)
    await one.create(item(id="another000000000"))
    answer = fake._page
    fake._page = lambda rows, query: answer(rows, {**query, "offset": "0"})
    assert (await one.look(item(), frozenset())).kind == "unknown"
    fake._page = answer
    assert (await one.look(item(), frozenset())).kind == MISSING


async def test_without_a_sign_an_entry_is_known_by_all_that_it_says_and_what_is_known_is_another():
    fake = ClickTimeFake()
    one = connector(fake, marker="off")
    made = await one.create(item())
    assert [entry["Comment"] for entry in fake.ledger.values()] == ["work"]
    assert await one.look(item(), frozenset()) == Outcome(TAKEN, made.remote_id)
    assert (await one.look(item(seconds=3600), frozenset())).kind == MISSING
    assert (await one.look(item(), frozenset({made.remote_id}))).kind == MISSING


async def test_a_sign_tells_ours_from_what_somebody_entered_just_so():
    fake = ClickTimeFake()
    fake.ledger["by hand"] = {
        "ID": "by hand",
        "Date": "2026-11-19",
        "Hours": 0.5,
        "JobID": "j1",
        "TaskID": "t1",
        "Comment": "work",
    }
    assert (await connector(fake).look(item(), frozenset())).kind == MISSING


async def test_hours_that_the_service_makes_others_of_are_taken_away_again():
    fake = ClickTimeFake(rounds_to=0.25)
    outcome = await connector(fake).create(item(seconds=1500))
    assert (outcome.kind, outcome.text) == (REFUSED, "ClickTime stored 0.5 h instead of 0.42 h")
    assert fake.ledger == {}


@pytest.mark.parametrize(
    ("company", "seconds", "is_fit"),
    [
        ({"MinTimeIncrement": 0.25}, 1800, True), ({"MinTimeIncrement": 0.25}, 1512, False),
        ({"MinTimeIncrement": 15}, 1512, False),
        ({"MinTimeIncrement": 5}, 1512, True), ({"MinTimeIncrement": 0.0833}, 1512, True), ({"MinTimeIncrement": 1}, 1512, True),
        ({"MinTimeIncrement": float("inf")}, 36, True), ({"PrecisionForHoursValues": 1}, 1512, False),
        ({"PrecisionForHoursValues": [1]}, 36, True), ({"MinTimeIncrement": "0.25"}, 36, True), ({}, 36, True),
    ],
)  # fmt: skip
def test_steps_are_read_where_they_can_mean_one_thing_only(company, seconds, is_fit):
    assert (misfit(seconds, "", rules_of({}, company)) is None) is is_fit


async def test_a_length_between_the_steps_is_refused_with_the_setting_that_mends_it_and_nothing_is_sent():
    fake = ClickTimeFake(company={"MinTimeIncrement": 0.25})
    outcome = await connector(fake).create(item(seconds=1512))
    assert outcome.text == "ClickTime accepts steps of 15m here, and this is 25m 12s"
    assert 'mode = "nearest", minutes = 15' in outcome.remedy
    assert "POST" not in {method for method, _ in fake.asked}


async def test_users_who_must_tell_times_tell_those_of_their_zone_and_the_hours_between_them():
    fake = ClickTimeFake(me={"RequireStartEndTime": True})
    await connector(fake).create(item(seconds=1512))
    told = next(iter(fake.ledger.values()))
    assert (told["StartTime"], told["EndTime"], told["Hours"]) == ("10:00", "10:25", 0.42)


async def test_days_before_the_lock_of_the_company_are_closed():
    outcome = await connector(ClickTimeFake(company={"LockDate": "2026-11-20T00:00:00"})).create(item())
    assert (outcome.kind, outcome.text) == ("locked", "the company has locked its time up to 2026-11-20")


async def test_work_across_midnight_is_two_days_of_hours(tmp_path):
    async with desk(tmp_path, "clicktime", target=target_of("clicktime", deliver="auto")) as one:
        await one.add(23.5, 45, day=18)
        await one.pass_time(11)
        assert one.fake.sheet() == [("2026-11-18", 1800, "work"), ("2026-11-19", 900, "work")]


async def test_work_that_moves_to_another_day_is_taken_away_and_made_anew_there(tmp_path):
    async with desk(tmp_path, "clicktime", target=target_of("clicktime", deliver="auto")) as one:
        entry = await one.add(9, day=18)
        await one.pass_time(11)
        start = one.running.clock.now().replace(day=17, hour=9, minute=0, second=0)
        await one.edit(entry, start=start, end=start + timedelta(hours=1))
        await one.pass_time(11, rounds=2)
        assert one.fake.sheet() == [("2026-11-17", 3600, "work")]
        assert await one.states() == ["delivered"]


async def test_lengths_are_hundredths_of_an_hour_whose_sum_is_that_of_the_day(tmp_path):
    async with desk(tmp_path, "clicktime", target=target_of("clicktime", deliver="auto")) as one:
        for hour in (9, 10, 11):
            await one.add(hour, 25)
        await one.pass_time(11)
        assert sum(line[1] for line in one.fake.sheet()) == 3 * 25 * 60
