"""solidtime: members, tags by id, and lists in pages."""

from stintd.ports import LOCKED, LOST, MISSING, REFUSED, STOPPED, TAKEN, UNKNOWN, UNSENT, Account, Item, Login, RemotePlace
from stintd.sinks.solidtime import SolidTime
from tests.support.billing.solidtime import SolidTimeFake
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
        "remote": {"project_id": "pr-1"},
    }
    return Item(**{**base, **more})


def solidtime(fake, organization="org-1"):
    return SolidTime(fake, FakeClock(), Login("http://fake", fake.key, {"organization_id": organization}))


async def test_who_it_is_and_what_can_be_mapped():
    one = solidtime(SolidTimeFake())
    assert await one.check() == Account("Jo's")
    assert await one.choices("organization_id") == (RemotePlace("Jo's", {"organization_id": "org-1"}),)
    assert await one.places() == (
        RemotePlace("Atlas", {"project_id": "pr-1"}, "Acme"),
        RemotePlace("Atlas / Review", {"project_id": "pr-1", "task_id": "ta-1"}, "Acme"),
    )


async def test_another_organization_is_told_before_anything_is_sent():
    fake = SolidTimeFake()
    outcome = await solidtime(fake, "org-9").create(item())
    assert (outcome.kind, outcome.text) == (STOPPED, "the key's owner is not a member of that organization")
    assert fake.sheet() == []


async def test_projects_are_made_for_their_client_and_clients_only_once():
    fake = SolidTimeFake()
    one = solidtime(fake)
    assert await one.make_place("Beta", "acme") == RemotePlace("Beta", {"project_id": "pr-2"}, "acme")
    assert await one.make_place("Gamma", "New") == RemotePlace("Gamma", {"project_id": "pr-3"}, "New")
    assert (fake.clients, fake.projects["pr-3"]["client_id"]) == ({"cl-1": "Acme", "cl-2": "New"}, "cl-2")
    assert (await one.make_place("Delta", "")).remote == {"project_id": "pr-4"}


async def test_tags_go_by_their_ids_and_are_made_where_they_are_missing():
    fake = SolidTimeFake(tags={"ta-9": "deep"}, largest_page=1)
    one = solidtime(fake)
    await one.create(item(tags=("deep", "new")))
    assert fake.ledger["en-1"]["tags"] == ["ta-9", "ta-2"]
    fake.asked.clear()
    await one.create(item(NINE + 3600, tags=("new",)))
    assert len(fake.asked) == 1


async def test_a_tag_that_may_not_be_made_holds_no_hours_up():
    fake = SolidTimeFake(may_make_tags=False)
    assert (await solidtime(fake).create(item(tags=("new",)))).kind == TAKEN
    assert fake.ledger["en-1"]["tags"] == []


async def test_a_tag_nobody_knows_of_yet_is_a_reason_to_come_back():
    fake = SolidTimeFake(fault=lambda request: "500" if request.url.endswith("/tags") and request.method == "POST" else "")
    assert (await solidtime(fake).create(item(tags=("new",)))).kind == UNSENT
    assert fake.sheet() == []


async def test_entries_that_overlap_where_that_is_forbidden_are_a_difference():
    fake = SolidTimeFake(forbids_overlaps=True)
    one = solidtime(fake)
    await one.create(item())
    outcome = await one.create(item(NINE + 1800))
    assert (outcome.kind, outcome.text) == (LOCKED, "it overlaps another entry there")
    assert (await one.create(item(NINE + 3600))).kind == TAKEN


async def test_an_entry_is_found_on_any_page_and_half_a_list_says_nothing():
    fake = SolidTimeFake(largest_page=2)
    one = solidtime(fake)
    for number in range(5):
        await one.create(item(NINE + number * 3600))
    assert (await one.look(item(), frozenset())).remote_id == "en-1"
    assert (await one.look(item(), frozenset({"en-1"}))).kind == MISSING
    assert (await one.look(item(seconds=1800), frozenset())).kind == MISSING
    fake.asked.clear()
    fake.fault = lambda request: "odd json after" if len(fake.asked) == 2 else ""
    assert (await one.look(item(seconds=1800), frozenset())).kind == UNKNOWN


async def test_a_server_that_caps_pages_and_tells_no_total_is_read_to_the_empty_page():
    fake = SolidTimeFake(largest_page=2, tells_total=False)
    one = solidtime(fake)
    for number in range(4):
        await one.create(item(NINE + number * 3600))
    assert (await one.look(item(), frozenset())).remote_id == "en-1"
    assert (await one.look(item(seconds=60), frozenset())).kind == MISSING


async def test_what_it_does_not_want_says_why_and_what_is_gone_is_told():
    fake = SolidTimeFake()
    one = solidtime(fake)
    refused = await one.create(item(remote={"project_id": "pr-77"}))
    assert (refused.kind, refused.text) == (REFUSED, "refused with 422: The project_id is not valid.")
    assert (await one.update("en-77", item())).kind == LOST
    assert (await one.delete("en-77", item())).kind == TAKEN
