"""Filters of the lists: each finds what it says and nothing else."""

import pytest

from tests.api.test_entries import added, at


@pytest.fixture
async def world(client):
    """Two clients, three projects, tasks and entries: what the filters choose among."""
    acme = await client.post("/api/clients", {"name": "Acme"}, 201)
    await client.post("/api/clients", {"name": "Globex 100%"}, 201)
    atlas = await client.post("/api/projects", {"name": "atlas", "clientId": acme["id"], "hourlyRate": 100}, 201)
    orbit = await client.post("/api/projects", {"name": "orbit", "clientName": "Globex 100%"}, 201)
    await client.post("/api/projects", {"name": "own"}, 201)
    task = await client.post("/api/tasks", {"projectId": atlas["id"], "name": "log in", "key": "DEV-1"}, 201)
    await client.post("/api/tasks", {"projectId": orbit["id"], "name": "log out", "key": "OPS-7"}, 201)
    await added(client, "09:00", "10:00", "atlas", taskId=task["id"], description="a")
    await added(client, "10:00", "11:00", "orbit", description="b")
    await added(client, "11:00", "12:00", "own", description="c")
    return {"acme": acme["id"], "atlas": atlas["id"], "orbit": orbit["id"], "task": task["id"]}


@pytest.mark.parametrize(
    ("path", "query", "expected"),
    [
        ("/api/clients", {"search": "ACM"}, ["Acme"]), ("/api/clients", {"search": "%25"}, ["Globex 100%"]),
        ("/api/clients", {"search": "acme", "status": "archived"}, []),
        ("/api/jobs", {"clientId": "acme"}, ["atlas"]), ("/api/projects", {"client": "Acme"}, ["atlas"]),
        ("/api/jobs", {"clientId": "nobody"}, []), ("/api/jobs", {"search": "T", "clientId": "acme"}, ["atlas"]),
        ("/api/tasks", {"search": "LOG"}, ["log in", "log out"]), ("/api/tasks", {"search": "ops"}, ["log out"]),
        ("/api/tasks", {"search": "log", "projectId": "atlas"}, ["log in"]),
        ("/api/entries", {"clientId": "acme"}, ["atlas"]), ("/api/entries", {"taskId": "task"}, ["atlas"]),
        ("/api/entries", {"userId": "me"}, ["own", "orbit", "atlas"]), ("/api/entries", {"userId": "usr_404"}, []),
        ("/api/entries", {"projectId": "orbit", "from": "2026-11-19", "to": "2026-11-19"}, ["orbit"]),
        ("/api/entries", {"clientId": "acme", "projectId": "orbit"}, []),
    ],
)  # fmt: skip
async def test_a_list_is_filtered(client, world, path, query, expected):
    known = {**world, "me": (await client.get("/api/users/me"))["id"]}
    filters = {name: known.get(value, value) for name, value in query.items()}
    listed = (await client.get(path, **filters))["data"]
    assert [row["projectName"] if path == "/api/entries" else row["name"] for row in listed] == expected


async def test_what_changed_since_is_found_among_entries(daemon, client, world):
    await daemon.clock.advance(minutes=5)
    (atlas,) = (await client.get("/api/entries", projectId=world["atlas"]))["data"]
    await client.ask("PATCH", f"/api/entries/{atlas['id']}", {"description": "changed"})
    rows = (await client.get("/api/entries", updatedSince="2026-11-20T09:05:00Z"))["data"]
    assert [row["description"] for row in rows] == ["changed"]
    assert len((await client.get("/api/entries", updatedSince="2026-11-20T09:00:00Z"))["data"]) == 3


@pytest.mark.parametrize("group", ["project", "client", "task", "tag", "branch", "commit", "day", "week"])
async def test_a_report_of_one_client_is_the_same_from_totals_and_from_entries(client, world, group):
    period = {"from": "2026-11-19", "to": "2026-11-19", "groupBy": group, "clientId": world["acme"]}
    quick = await client.get("/api/reports", **period)
    exact = await client.get("/api/reports", **period, timezone="Etc/UTC")
    assert quick["totals"] == exact["totals"]
    assert (quick["totals"]["seconds"], quick["totals"]["amount"]) == (3600, 100.0)
    assert sum(row["seconds"] for row in quick["rows"]) == 3600


async def test_jobs_are_the_projects(client, world):
    assert await client.get("/api/jobs") == await client.get("/api/projects")
    assert await client.get(f"/api/jobs/{world['atlas']}") == await client.get(f"/api/projects/{world['atlas']}")
    renamed = await client.ask("PATCH", f"/api/jobs/{world['atlas']}", {"name": "atlas two"})
    assert (await client.get(f"/api/projects/{world['atlas']}"))["name"] == renamed.body["name"] == "atlas two"
    assert at("09:00") == (await client.get("/api/entries", projectId=world["atlas"]))["data"][0]["start"]
