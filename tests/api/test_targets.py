"""What goes where at a billing system: its places, kept for a day; proposals by name; places made; rules that name none."""

import pytest

from tests.support.billing.clickup import ClickUpFake
from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.receiver import ReceiverFake

KEY = "ck_live_SECRET"
PLACES = "/api/targets/clockme/places"
MATCH = "/api/targets/clockme/match"


@pytest.fixture
async def fake(daemon, client):
    daemon.billing = ClockMeFake(key=KEY, projects={"p1": "Atlas", "p2": "Payment Service", "p3": "Documentation"})
    for name in ("Atlas", "payment-service", "documentatoin", "zebra"):
        await client.post("/api/projects", {"name": name})
    await client.post("/api/targets", {"name": "clockme", "kind": "clockme", "secret": KEY, "callsPerHour": 20})
    daemon.billing.asked.clear()
    return daemon.billing


def asked(fake):
    return [path for _, path in fake.asked]


async def test_places_are_kept_from_connecting_and_asked_for_again_after_a_day_or_on_demand(daemon, client, fake):
    found = await client.get(PLACES)
    assert [(one["name"], one["remote"], one["gone"]) for one in found["data"]] == [
        ("Atlas", {"project_id": "p1"}, False),
        ("Documentation", {"project_id": "p3"}, False),
        ("Payment Service", {"project_id": "p2"}, False),
    ]
    assert asked(fake) == []
    await daemon.clock.advance(hours=25)
    await client.get(PLACES)
    await client.get(PLACES)
    assert asked(fake) == ["/api/projects"]
    del fake.projects["p2"]
    found = await client.get(PLACES, refresh="true")
    assert [one["name"] for one in found["data"] if one["gone"]] == ["Payment Service"]


async def test_when_it_does_not_answer_what_is_known_is_told_with_the_reason(client, fake):
    fake.fault = lambda request: "down"
    found = await client.get(PLACES, refresh="true")
    assert (len(found["data"]), found["trouble"]) == (3, "the places of clockme cannot be read: no connection: refused")


async def test_asking_for_places_counts_against_the_calls_an_hour(client, fake):
    before = (await client.get("/api/targets"))["data"][0]["callsLeft"]
    for _ in range(25):
        found = await client.get(PLACES, refresh="true")
    assert "allows 20 calls an hour" in found["trouble"]
    assert before == 20 - 2
    assert len(fake.asked) == before


async def test_projects_are_proposed_by_name_and_mapped_when_agreed(client, fake):
    found = await client.get(MATCH)
    told = {one["project"]: (one["how"], one["place"]) for one in found["proposals"]}
    assert told == {
        "Atlas": ("exact", "Atlas"),
        "documentatoin": ("fuzzy", "Documentation"),
        "payment-service": ("normalised", "Payment Service"),
        "zebra": ("none", None),
    }
    rules = [{"project": one["project"], "remote": one["remote"]} for one in found["proposals"] if one["how"] != "none"]
    mapped = await client.post("/api/targets/clockme/rules", {"rules": rules})
    assert len(mapped["map"]) == 3
    assert [one["project"] for one in (await client.get(MATCH))["proposals"]] == ["zebra"]
    assert asked(fake) == []


async def test_a_place_is_made_once_however_often_it_is_asked_for(client, fake):
    made = await client.post(PLACES, {"name": "zebra"})
    again = await client.post(PLACES, {"name": "Zebra"})
    assert (made["remote"], again["remote"]) == ({"project_id": "p91"}, {"project_id": "p91"})
    assert [method for method, _ in fake.asked] == ["GET", "POST", "GET"]


async def test_a_place_that_may_have_been_made_is_looked_for_before_it_is_made_again(client, fake):
    fake.fault = lambda request: "timeout after" if request.method == "POST" else ""
    lost = await client.ask("POST", PLACES, {"name": "zebra"})
    assert lost.status == 503
    fake.fault = lambda request: ""
    await client.post(PLACES, {"name": "zebra"})
    assert list(fake.projects.values()).count("zebra") == 1


async def test_a_kind_that_lets_nobody_make_places_says_so(daemon, client, fake):
    daemon.billing = ReceiverFake()
    await client.post("/api/targets", {"name": "hook", "kind": "webhook", "baseUrl": "http://localhost:9", "secret": "s"})
    refused = await client.ask("POST", "/api/targets/hook/places", {"name": "zebra"})
    assert refused.status == 409


async def test_a_rule_that_names_no_place_of_its_is_said(daemon, client, fake):
    await client.post("/api/targets/clockme/map", {"project": "zebra", "remote": {"project_id": "p77"}})
    warning = daemon.engine.health.warnings()[0]
    assert (warning.code, "project_id=p77 is not among its places" in warning.text) == ("delivery_place", True)
    await client.post("/api/targets/clockme/map", {"project": "zebra", "remote": {"project_id": "p2"}})
    assert daemon.engine.health.warnings() == []
    del fake.projects["p2"]
    await client.get(PLACES, refresh="true")
    assert "project_id=p2 is archived or gone there" in daemon.engine.health.warnings()[0].text


@pytest.mark.parametrize("rules", [
    [], "x", [{}], [{"project": "a"}], [{"project": "a", "remote": {}}], [{"project": "a", "remote": {"project_id": ""}}],
    [{"project": "a", "remote": {"project_id": "p1"}, "rounding": {}}], [{"project": 5, "remote": {"project_id": "p1"}}],
])  # fmt: skip
async def test_rules_that_say_nothing_are_refused_as_a_whole(client, fake, rules):
    answer = await client.ask("POST", "/api/targets/clockme/rules", {"rules": rules})
    assert answer.status == 422
    assert (await client.get("/api/targets"))["data"][0]["map"] == []


async def test_a_target_that_is_not_there_is_not_found(client):
    for path in ("/api/targets/none/places", "/api/targets/none/match"):
        assert (await client.ask("GET", path)).status == 404


async def test_an_answer_that_is_no_list_leaves_what_is_known(client, fake):
    fake._route = lambda request: (200, "nothing")
    found = await client.get(PLACES, refresh="true")
    assert (len(found["data"]), bool(found["trouble"])) == (3, True)


async def test_a_kind_says_what_it_needs_and_the_service_what_there_is_to_choose_from(daemon, client):
    told = await client.get("/api/targets/kinds/clickup")
    assert (told["settings"], told["needs"]) == (["team_id"], ["task_id"])
    assert "clockme" in (await client.ask("GET", "/api/targets/kinds/nothing")).body["details"]["hint"]
    daemon.billing = ClickUpFake()
    asked = {"kind": "clickup", "setting": "team_id", "secret": daemon.billing.key}
    found = await client.post("/api/targets/choices", asked)
    assert "9012" in [one["value"] for one in found["data"]]
    assert (await client.ask("POST", "/api/targets/choices", {**asked, "secret": "wrong"})).status == 409
    assert (await client.ask("POST", "/api/targets/choices", {**asked, "setting": "colour"})).status == 422
    assert (await client.get("/api/targets"))["data"] == []


async def test_a_kind_that_cannot_tell_offers_nothing(daemon, client):
    daemon.billing = ClockMeFake()
    refused = await client.ask("POST", "/api/targets/choices", {"kind": "jira", "setting": "email", "secret": "x"})
    assert (refused.status, refused.body["data"]) == (200, [])
