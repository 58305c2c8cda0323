"""A project is found by the names that it had, and no two projects answer to one name."""

import pytest

from stintd.domain.mapping.naming import normal_name
from stintd.domain.model import CheckoutFacts, CheckoutSignal
from stintd.domain.policy import MapRule
from tests.api.test_keys import loopback  # noqa: F401  the fixture
from tests.support.billing.clockme import ClockMeFake


async def project(client, name, **fields):
    return await client.post("/api/projects", {"name": name, **fields}, 201)


async def rename(client, which, name):
    answer = await client.ask("PATCH", f"/api/projects/{which['id']}", {"name": name})
    assert answer.status == 200, answer.body
    return answer.body


async def names(client):
    return sorted(one["name"] for one in (await client.get("/api/projects?status=all"))["data"])


async def refusal(client, method, path, body):
    answer = await client.ask(method, path, body)
    assert answer.status == 409, answer.body
    return answer.body


async def log(client, name, start="2026-11-19T09:00:00Z", end="2026-11-19T10:00:00Z", **fields):
    return await client.post("/api/entries", {"projectName": name, "startTime": start, "endTime": end, **fields}, 201)


@pytest.fixture
async def renamed(client):
    """A project that was called `api` and is `acme-backend` now."""
    return await rename(client, await project(client, "api"), "acme-backend")


async def add_pair(daemon, *twins):
    """Two projects of nearly one name, as an earlier version let them come into being."""

    def insert(step):
        for number, name in enumerate(twins):
            row = (f"0000000{number}-twin", name, normal_name(name), "manual", number)
            step.conn.execute("INSERT INTO project (id, name, normal_name, origin, created_us) VALUES (?, ?, ?, ?, ?)", row)
        step.forget_places()

    await daemon.engine.run(insert, "owner")


# ---------------------------------------------------------------- one name, one project


@pytest.mark.parametrize("other", ["client site", "Client-Site", "CLIENT_SITE", "client.site", "ClientSite"])
async def test_a_name_that_differs_in_case_or_separators_alone_is_refused_with_the_other(client, other):
    first, second = await project(client, "client-site"), await project(client, "second")
    for refused in (
        await refusal(client, "POST", "/api/projects", {"name": other}),
        await refusal(client, "PATCH", f"/api/projects/{second['id']}", {"name": other}),
    ):
        assert "client-site" in refused["error"]
        assert refused["details"]["projectId"] == first["id"]
    assert await names(client) == ["client-site", "second"]


async def test_an_accent_in_the_other_form_is_the_same_name(client):
    await project(client, "Café")
    await refusal(client, "POST", "/api/projects", {"name": "Cafe\u0301"})
    answer = await client.ask("POST", "/api/timer/start", {"projectName": "Cafe\u0301"})
    assert answer.body["timer"]["projectName"] == "Café"


async def test_a_project_may_change_the_case_of_its_own_name(client):
    one = await rename(client, await project(client, "acme"), "ACME")
    assert (one["name"], one["aliases"]) == ("ACME", [])


async def test_names_of_separators_alone_are_compared_as_they_are(client):
    await project(client, "--")
    await project(client, "__")
    await refusal(client, "POST", "/api/projects", {"name": "--"})


async def test_projects_of_nearly_one_name_from_before_go_on_working(daemon, client):
    await add_pair(daemon, "Shop", "shop")
    for name in ("Shop", "shop"):
        assert (await client.post("/api/timer/start", {"projectName": name}))["timer"]["projectName"] == name
    refused = await refusal(client, "POST", "/api/timer/start", {"projectName": "SHOP"})
    assert refused["error"] == "several projects have a name like SHOP"
    made = await client.post("/api/timer/start", {"projectName": "SHOP", "autoCreate": True, "source": "hook"})
    assert (made["timer"]["projectName"], made["projectCreated"]) == ("Shop", False)
    (first,) = [one for one in (await client.get("/api/projects"))["data"] if one["name"] == "shop"]
    assert (await rename(client, first, "store"))["aliases"] == ["shop"]
    found = [(await client.post("/api/timer/start", {"projectName": name}))["timer"]["projectName"] for name in ("shop", "Shop")]
    assert found == ["store", "Shop"]


# ---------------------------------------------------------------- earlier names


@pytest.mark.parametrize("asked", ["api", "API", "a-p-i"])
async def test_a_project_is_found_by_the_name_that_it_had(client, renamed, asked):
    assert renamed["aliases"] == ["api"]
    timer = (await client.post("/api/timer/start", {"projectName": asked, "autoCreate": True, "manual": True}))["timer"]
    assert timer["projectName"] == "acme-backend"
    assert (await client.post("/api/timer/stop", {"projectName": asked}))["entry"]["id"] == timer["id"]
    assert (await log(client, asked))["projectName"] == "acme-backend"
    assert (await client.post("/api/tasks", {"projectName": asked, "name": "Login"}))["projectId"] == renamed["id"]
    assert (await client.post("/api/keys", {"name": "agent", "scope": "read", "projectName": asked}))["projectId"] == renamed[
        "id"
    ]
    assert await names(client) == ["acme-backend"]


async def test_lists_and_reports_find_it_by_the_name_that_it_had(client, renamed):
    await log(client, "acme-backend")
    for name in ("api", "acme-backend"):
        period = {"from_": "2026-11-19", "to": "2026-11-19", "project": name}
        assert len((await client.get("/api/entries", **period))["data"]) == 1
        assert (await client.get("/api/reports", **period))["totals"]["seconds"] == 3600
        assert (await client.get("/api/reports", **period, groupBy="tag"))["totals"]["seconds"] == 3600
    assert (await client.get("/api/entries", from_="2026-11-19", project="other"))["data"] == []


async def test_every_earlier_name_stays_and_the_present_one_of_another_counts_before_it(client, renamed):
    again = await rename(client, renamed, "acme")
    assert set(again["aliases"]) == {"api", "acme-backend"}
    back = await rename(client, again, "api")
    assert (back["name"], set(back["aliases"])) == ("api", {"acme-backend", "acme"})


async def test_an_earlier_name_is_given_to_nobody_else_before_it_is_freed(client, renamed):
    for name in ("api", "A.P.I"):
        refused = await refusal(client, "POST", "/api/projects", {"name": name})
        assert refused["error"] == f"{name} is an earlier name of the project acme-backend"
        assert "stint projects free" in refused["details"]["hint"]
    second = await project(client, "second")
    await refusal(client, "PATCH", f"/api/projects/{second['id']}", {"name": "api"})
    await refusal(client, "PATCH", f"/api/projects/{second['id']}", {"aliases": ["api"]})
    freed = await client.ask("PATCH", f"/api/projects/{renamed['id']}", {"aliases": []})
    assert freed.body["aliases"] == []
    assert (await project(client, "api"))["name"] == "api"


async def test_a_deleted_project_frees_its_names_and_its_mappings(client, renamed):
    await client.post("/api/mappings", {"path": "/code/acme", "project": "api"})
    assert (await client.ask("DELETE", f"/api/projects/{renamed['id']}")).status == 200
    assert (await client.get("/api/mappings"))["data"] == []
    await project(client, "api")


def found(daemon, path, **more):
    facts = CheckoutFacts(path, f"{path}/.git", f"{path}/.git", "main", f"root:{path}", branch="main", head="a" * 40, **more)
    daemon.intake.tell(CheckoutSignal(daemon.clock.now(), facts))


async def beats(client, **fields):
    """Six minutes of edits; where they are."""
    rows = [
        {"time": f"2026-11-19T09:{minute:02}:00Z", "kind": "edit", "source": "editor", "entity": "a.py", **fields}
        for minute in range(0, 7)
    ]
    assert (await client.post("/api/heartbeats", rows, 202))["rejected"] == []
    return {one["projectName"] for one in (await client.get("/api/entries", from_="2026-11-19", to="2026-11-19"))["data"]}


async def test_a_new_folder_takes_a_name_that_no_other_project_has_or_had(daemon, client, renamed):
    found(daemon, "/code/globex/api")
    assert await beats(client, path="/code/globex/api/a.py") == {"globex/api"}
    assert await names(client) == ["acme-backend", "globex/api"]


async def test_what_the_settings_and_senders_call_by_an_earlier_name_stays_the_project(daemon, client, renamed):
    assert await beats(client, project="api") == {"acme-backend"}
    daemon.set_policy(mappings=(MapRule(path="/code/docs/**", project="api", billable=True),))
    found(daemon, "/code/docs")
    assert await beats(client, path="/code/docs/a.py") == {"acme-backend"}
    assert {one["billable"] for one in (await client.get("/api/entries", from_="2026-11-19"))["data"]} == {True}
    daemon.set_policy(mappings=(), auto_create=False, fallback_project="api")
    found(daemon, "/code/other")
    assert await beats(client, path="/code/other/a.py") == {"acme-backend"}
    assert await names(client) == ["acme-backend"]


async def test_a_mapping_made_by_command_follows_its_project_and_decides_what_is_billed(daemon, client):
    one = await project(client, "api", billable=True)
    found(daemon, "/code/docs")
    await client.post("/api/mappings", {"path": "/code/docs", "project": "api", "billable": False})
    assert await beats(client, path="/code/docs/a.py") == {"api"}
    assert [row["billable"] for row in (await client.get("/api/entries", from_="2026-11-19"))["data"]] == [False]
    await rename(client, one, "acme-backend")
    (mapping,) = (await client.get("/api/mappings"))["data"]
    assert mapping["project"] == "acme-backend"
    assert await beats(client, path="/code/docs/b.py") == {"acme-backend"}


async def test_a_mapping_of_a_part_decides_what_is_billed_of_that_part_alone(daemon, client):
    """An internal folder of a client's repository, a folder of documents, and a part of a monorepo that is a project."""
    await project(client, "acme", billable=True)
    await project(client, "jobs", billable=True)
    for path in ("/code/acme", "/code/docs"):
        found(daemon, path)
    for path, name in (("/code/acme/internal", "acme"), ("/code/docs", "acme"), ("/code/acme/jobs", "jobs")):
        await client.post("/api/mappings", {"path": path, "project": name, "billable": False})
    rows = []
    for hour, path in ((6, "/code/acme/a.py"), (8, "/code/docs/a.md"), (10, "/code/acme/jobs/a.py")):
        rows += [
            {"time": f"2026-11-19T{hour:02}:{minute:02}:00Z", "kind": "edit", "source": "editor", "path": path}
            for minute in range(9)
        ]
    await client.post("/api/heartbeats", rows, 202)
    entries = (await client.get("/api/entries", from_="2026-11-19", to="2026-11-19"))["data"][::-1]
    assert [(one["projectName"], one["billable"]) for one in entries] == [("acme", True), ("acme", False), ("jobs", False)]


async def test_a_rule_of_a_target_holds_for_its_project_whatever_it_is_called(daemon, client):
    daemon.billing = ClockMeFake(key="k", projects={"p1": "API"})
    one = await project(client, "api", billable=True)
    target = {"name": "cm", "kind": "clockme", "secret": "k", "from": "2026-11-01"}
    await client.post("/api/targets", target)
    await client.post("/api/targets/cm/rules", {"rules": [{"project": "api", "remote": {"project_id": "p1"}}]})
    entry = await log(client, "api")
    await client.post("/api/approve", {"from": entry["start"][:10]})
    await rename(client, one, "acme-backend")
    (item,) = (await client.post("/api/sync", {"dryRun": True}))["items"]
    assert (item["project"], item["remote"], item["reason"]) == ("acme-backend", {"project_id": "p1"}, None)
    await client.ask("PATCH", f"/api/projects/{one['id']}", {"aliases": []})
    (item,) = (await client.post("/api/sync", {"dryRun": True}))["items"]
    assert item["reason"] == "acme-backend is not mapped"
    await client.ask("PATCH", f"/api/projects/{one['id']}", {"aliases": ["api"]})
    assert (await client.get("/api/targets"))["data"][0]["unknownProjects"] == []
    assert (await client.get("/api/targets/cm/match"))["proposals"] == []


async def test_a_rule_that_names_no_project_is_told(daemon, client):
    daemon.billing = ClockMeFake(key="k", projects={"p1": "API"})
    await project(client, "acme-backend")
    await client.post("/api/targets", {"name": "cm", "kind": "clockme", "secret": "k"})
    rules = [{"project": name, "remote": {"project_id": "p1"}} for name in ("api", "ACME-backend")]
    await client.post("/api/targets/cm/rules", {"rules": rules})
    assert (await client.get("/api/targets"))["data"][0]["unknownProjects"] == ["api"]
    (item,) = [one for one in (await client.get("/api/review"))["items"] if one["kind"] == "target"]
    assert item["text"] == "cm: project api names nothing, so its rule takes no hours"
    assert item["command"] == "stint projects alias PROJECT --name api"
    (one,) = (await client.get("/api/projects"))["data"]
    await client.ask("PATCH", f"/api/projects/{one['id']}", {"aliases": ["api"]})
    assert (await client.get("/api/targets"))["data"][0]["unknownProjects"] == []
    assert not [one for one in (await client.get("/api/review"))["items"] if one["kind"] == "target"]


async def test_a_client_of_one_project_learns_no_earlier_name_of_another(loopback, client, renamed):  # noqa: F811
    await client.post("/api/clients", {"name": "Globex"})
    key = (await client.post("/api/keys", {"name": "agent", "scope": "write", "clientName": "Globex"}))["key"]
    answer = await loopback.ask("POST", "/api/projects", key, {"name": "api"})
    assert answer.status == 409
    assert "acme" not in str(answer.body)
    assert renamed["id"] not in str(answer.body)
    started = await loopback.ask("POST", "/api/timer/start", key, {"projectName": "api"})
    assert started.status == 404
