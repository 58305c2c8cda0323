"""A key of one client or project: what it reads names nobody else, what it does touches nobody else's hours."""

import json

import pytest

from stintd.api.routes import FOR_LIMITED, ROUTES
from tests.api.test_keys import loopback, name_of  # noqa: F401  the fixture

CANARY = "Zanzibar"
"""Stands in every name, task, tag and description of the client that the key does not reach."""


@pytest.fixture
async def world(client, daemon, loopback):  # noqa: F811
    """Two clients with hours, running timers and tasks; a key that reaches the first."""
    made = {}
    for name, word in (("mine", "atlas"), ("theirs", CANARY)):
        made[name] = await client.post("/api/projects", {"name": f"{word} app", "clientName": f"{word} Ltd", "hourlyRate": 100})
        await client.post("/api/tasks", {"projectId": made[name]["id"], "name": f"{word} task"})
        hour = "06" if name == "mine" else "07"
        made[f"{name}Entry"] = await client.post(
            "/api/entries",
            {
                "projectId": made[name]["id"],
                "start": f"2026-11-20T{hour}:00:00Z",
                "durationMinutes": 30,
                "tags": [f"{word}-tag"],
                "description": f"{word} call",
                "taskName": f"{word} task",
            },
        )
    daemon.set_policy(concurrency="parallel")
    await client.post("/api/timer/start", {"projectId": made["theirs"]["id"], "description": CANARY})
    await client.post("/api/timer/start", {"projectId": made["theirs"]["id"], "sessionId": f"s-{CANARY}", "source": "hook"})
    limits = {"clientName": "atlas Ltd"}, {"projectId": made["mine"]["id"]}
    made["workspace"] = (await client.get("/api/workspaces"))["data"][0]["id"]
    made["keys"] = [
        (await client.post("/api/keys", {"scope": "full", "name": str(n), **one}))["key"] for n, one in enumerate(limits)
    ]
    return made


def ids_of(world, whose):
    project, entry = world[whose], world[f"{whose}Entry"]
    workspace = world["workspace"] if whose == "mine" else "another"
    return {
        "workspace_id": workspace,
        "entry_id": entry["id"],
        "project_id": project["id"],
        "client_id": project["clientId"],
        "task_id": entry["taskId"],
    }


@pytest.mark.parametrize("which", [0, 1], ids=["client", "project"])
@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET"], ids=name_of)
async def test_nothing_that_is_read_names_another_client(loopback, world, route, which):  # noqa: F811
    if name_of(route) not in FOR_LIMITED:
        answer = await loopback.ask("GET", route.path.replace("{", "x").replace("}", ""), world["keys"][which])
        assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")
        return
    theirs, mine = ids_of(world, "theirs"), ids_of(world, "mine")
    for ids, status in ((theirs, 404), (mine, 200)):
        answer = await loopback.ask("GET", route.path.format(**ids), world["keys"][which])
        assert answer.status == (status if route.params else 200), answer.body
        assert CANARY not in json.dumps(answer.body)
    if route.query and "from" in route.query:
        for group in ("project", "client", "task", "tag"):
            more = f"&groupBy={group}" if "groupBy" in route.query else ""
            path = f"{route.path.format(**mine)}?from=2026-11-01&to=2026-11-30{more}"
            answer = await loopback.ask("GET", path, world["keys"][which])
            assert answer.status == 200
            assert CANARY not in json.dumps(answer.body)
            assert "atlas" in json.dumps(answer.body)


async def test_totals_hold_only_what_is_in_reach(loopback, world, client):  # noqa: F811
    for key in world["keys"]:
        answer = await loopback.ask("GET", "/api/reports?from=2026-11-01&to=2026-11-30", key)
        assert answer.body["totals"]["seconds"] == 1800
    assert (await client.get("/api/reports", from_="2026-11-01", to="2026-11-30"))["totals"]["seconds"] == 3600


@pytest.mark.parametrize("which", [0, 1], ids=["client", "project"])
async def test_what_it_commands_touches_nobody_else(loopback, world, client, daemon, which):  # noqa: F811
    key = world["keys"][which]
    theirs, other = world["theirs"]["id"], world["theirsEntry"]["id"]
    refused = [
        ("POST", "/api/timer/start", {"projectId": theirs}, 404),
        ("POST", "/api/timer/start", {"projectName": f"{CANARY} app"}, 404),
        ("POST", "/api/timer/start", {"projectName": f"{CANARY} apq"}, 404),
        ("POST", "/api/timer/pause", {}, 404),
        ("POST", "/api/timer/pause", {"projectId": theirs}, 404),
        ("PATCH", "/api/timer", {"description": "x"}, 404),
        ("PATCH", f"/api/entries/{other}", {"description": "x"}, 404),
        ("DELETE", f"/api/entries/{other}", None, 404),
        ("POST", "/api/entries", {"projectId": theirs, "start": "2026-11-19T06:00:00Z", "durationMinutes": 5}, 404),
        ("PATCH", f"/api/entries/{world['mineEntry']['id']}", {"projectId": theirs}, 404),
        ("PATCH", f"/api/entries/{world['mineEntry']['id']}", {"projectId": None}, 403),
        ("POST", "/api/tasks", {"projectId": theirs, "name": "x"}, 404),
        ("POST", "/api/time-entries/start", {"project_id": theirs}, 404),
        ("POST", "/api/time-entries/stop", None, 404),
        ("POST", "/api/timer/start", {"projectName": "atlas app", "sessionId": f"s-{CANARY}"}, 409),
        ("POST", "/api/entries", {"projectName": "atlas app", "start": "2026-11-20T07:10:00Z", "durationMinutes": 5}, 409),
        (
            "POST",
            "/api/entries",
            {"projectName": "atlas app", "start": "2026-11-20T07:10:00Z", "durationMinutes": 5, "replace": True},
            403,
        ),
        ("POST", "/api/approve", {"from": "2026-11-01"}, 403),
        ("POST", "/api/keys", {"scope": "read"}, 403),
        ("PATCH", f"/api/projects/{world['mine']['id']}", {"clientName": "x"}, 403),
    ]
    before = (await client.get("/api/entries", project=f"{CANARY} app".replace(" ", "%20")))["data"]
    for method, path, body, status in refused:
        answer = await loopback.ask(method, path, key, body)
        assert answer.status == status, (method, path, body, answer.body)
        sent = json.dumps(body)
        assert CANARY not in json.dumps(answer.body).replace(f"{CANARY} app", "" if CANARY in sent else CANARY).replace(
            f"{CANARY} apq", ""
        ), answer.body
    for path in ("/api/timer/stop", "/api/timer/heartbeat"):
        for body in ({}, {"projectId": theirs}, {"projectName": f"{CANARY} app"}, {"sessionId": f"s-{CANARY}"}):
            answer = await loopback.ask("POST", path, key, body)
            assert answer.status == 200
            assert next(iter(answer.body.values())) is None, body
    after = (await client.get("/api/entries", project=f"{CANARY} app".replace(" ", "%20")))["data"]
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert all(one["end"] is None for one in after if one["id"] != other)


async def test_automatic_time_of_others_is_not_taken_either(loopback, world, client, daemon):  # noqa: F811
    beats = [
        {"project": f"{CANARY} app", "time": f"2026-11-20T05:{minute:02d}:00Z", "kind": "prompt", "source": "editor"}
        for minute in range(0, 40, 4)
    ]
    for which in ({"sessionId": f"s-{CANARY}"}, {"projectId": world["theirs"]["id"]}):
        await client.post("/api/timer/stop", which)
    await client.post("/api/heartbeats", beats)
    theirs = world["theirs"]["id"]
    before = await client.get("/api/entries", from_="2026-11-20", projectId=theirs)
    key, block = world["keys"][0], {"projectName": "atlas app", "start": "2026-11-20T05:10:00Z", "durationMinutes": 10}
    mine = world["mineEntry"]["id"]
    daemon.set_policy(concurrency="switch")
    for method, path, body in (
        ("POST", "/api/entries", block),
        ("PATCH", f"/api/entries/{mine}", {"start": "2026-11-20T05:30:00Z"}),
        ("POST", "/api/timer/start", {"projectName": "atlas app", "at": "2026-11-20T05:10:00Z"}),
    ):
        answer = await loopback.ask(method, path, key, body)
        assert (answer.status, answer.body["code"]) == (409, "CONFLICT"), answer.body
        assert CANARY not in json.dumps(answer.body)
    assert (await client.get("/api/entries", from_="2026-11-20", projectId=theirs))["data"] == before["data"]
    free = {**block, "start": "2026-11-20T04:00:00Z"}
    assert (await loopback.ask("POST", "/api/entries", key, free)).status == 201
    assert (await loopback.ask("PATCH", f"/api/entries/{mine}", key, {"start": "2026-11-20T06:10:00Z"})).status == 200
    assert (await loopback.ask("PATCH", f"/api/entries/{mine}", key, {"start": "2026-11-20T06:05:00Z"})).status == 200


async def test_it_starts_and_stops_its_own_while_others_run(loopback, world, client, daemon):  # noqa: F811
    key = world["keys"][0]
    started = await loopback.ask("POST", "/api/timer/start", key, {"projectName": "atlas app"})
    assert started.status == 201
    assert [one["projectName"] for one in (await loopback.ask("GET", "/api/timer/current", key)).body["timers"]] == ["atlas app"]
    await daemon.clock.advance(minutes=5)
    stopped = await loopback.ask("POST", "/api/timer/stop", key, {})
    assert (stopped.body["entry"]["projectName"], stopped.body["entry"]["durationSeconds"]) == ("atlas app", 300)
    assert len([one for one in (await client.get("/api/timer/current"))["timers"] if CANARY in str(one["projectName"])]) >= 1


async def test_a_start_that_stops_anothers_timer_does_not_tell_whose(loopback, world, client, daemon):  # noqa: F811
    daemon.set_policy(concurrency="switch")
    await client.post("/api/timer/start", {"projectId": world["theirs"]["id"]})
    started = await loopback.ask("POST", "/api/timer/start", world["keys"][0], {"projectName": "atlas app"})
    assert (started.status, started.body["stopped"]) == (201, [])
    assert CANARY not in json.dumps(started.body)
    refused = await loopback.ask("POST", "/api/time-entries/start", world["keys"][0], {"project_id": world["mine"]["id"]})
    assert refused.status == 201


async def test_a_project_that_a_clients_key_makes_is_that_clients(loopback, world, client):  # noqa: F811
    made = await loopback.ask("POST", "/api/timer/start", world["keys"][0], {"projectName": "new thing", "autoCreate": True})
    assert (made.status, made.body["timer"]["clientName"]) == (201, "atlas Ltd")
    refused = await loopback.ask("POST", "/api/timer/start", world["keys"][1], {"projectName": "more", "autoCreate": True})
    assert refused.status == 403
    taken = await loopback.ask("POST", "/api/projects", world["keys"][0], {"name": f"{CANARY} app"})
    assert taken.status == 409
    assert "projectId" not in taken.body["details"]


async def test_a_key_is_limited_to_one_thing_that_is_there(client):
    both = {"scope": "read", "clientName": "a", "projectName": "b"}
    assert (await client.ask("POST", "/api/keys", both)).status == 422
    assert (await client.ask("POST", "/api/keys", {"scope": "read", "clientName": "nobody"})).status == 404
    assert (await client.ask("POST", "/api/keys", {"scope": "read", "projectId": "nobody"})).status == 404
