"""What holds for every route that creates, and for every one that changes a thing with a revision: a repeated request
changes nothing more, and nobody overwrites what they have not seen. Generated from the table of routes."""

import asyncio
import json

import pytest

from stintd.api.routes import ROUTES
from tests.api.daemon import raw
from tests.api.test_entries import added, at, work
from tests.api.test_routes import name_of

CREATING = [route for route in ROUTES if route.creates]
CHANGING = [route for route in ROUTES if route.method in ("PATCH", "DELETE") and route.params]
BODIES = {
    "/api/timer/start": {"projectName": "beta"}, "/api/timer/switch": {"projectName": "beta"}, "/api/timer/continue": {},
    "/api/entries": {"projectName": "beta", "start": at("20:00"), "durationMinutes": 30},
    "/api/tasks": {"projectName": "beta", "name": "new"}, "/api/gaps/{gap_id}/fill": {"projectName": "beta"},
    "/api/mappings": {"path": "/code/site", "project": "beta"}, "/api/roots": {"path": "/usr/share"},
    "/api/keys": {"scope": "read", "name": "new"}, "/api/time-entries/start": {"project_id": "beta!"},
    "/api/webhooks": {"url": "https://example.com/hook", "events": ["time_entry.created"]}, "/api/backup": {},
}  # fmt: skip
"""Bodies that make something, where a name alone does not."""
OTHER = {
    "time-entries": {"description": "other"}, "gaps": {"description": "other"}, "continue": {"at": at("23:30")},
    "mappings": {"task": "OPS-1"}, "roots": {"path": "/usr/lib"}, "keys": {"scope": "write"},
    "timer": {"description": "other"}, "entries": {"description": "other"}, "webhooks": {"url": "https://example.org"},
}  # fmt: skip
"""A field that makes it another request."""
SHOWN_ONCE = {"/api/keys": {"key": None}, "/api/webhooks": {"secret": None}}
"""What a repeated request is answered instead of a secret, which is kept nowhere in the database."""


@pytest.fixture
async def world(client):
    """Something of everything, so that each route has what it works on."""
    await work(client, "09:00", "09:30")
    await work(client, "10:30", "11:00")
    beta = (await client.post("/api/projects", {"name": "beta"}, 201))["id"]
    await client.post("/api/tasks", {"projectId": beta, "name": "Parser", "key": "DEV-1"}, 201)
    await client.post("/api/clients", {"name": "Acme"}, 201)
    await client.post("/api/users", {"name": "Mona", "email": "mona@example.com"}, 201)
    await client.post("/api/webhooks", {"url": "https://example.com/hooks", "events": ["screenshot.captured"]}, 201)
    await added(client, "14:00", "15:00", "beta")
    gaps = (await client.get("/api/gaps", from_="2026-11-19", to="2026-11-19"))["data"]
    return {"beta!": beta, "gap_id": gaps[0]["id"]}


def filled(route, world):
    path = route.path
    for name in route.params:
        path = path.replace("{" + name + "}", str(world[name]))
    body = BODIES.get(route.path, {"name": "new"})
    return path, {name: world.get(value, value) if isinstance(value, str) else value for name, value in body.items()}


def state(daemon):
    """Every row of every table but those that remember requests."""

    def read(conn):
        tables = [row[0] for row in conn.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        return {name: conn.execute(f"SELECT * FROM {name}").fetchall() for name in tables if name != "idempotency"}

    return json.dumps([daemon.database.read_now(read), daemon.facade.roots()], default=repr)


@pytest.mark.parametrize("route", CREATING, ids=name_of)
@pytest.mark.parametrize("place", ["header", "body"])
async def test_a_repeated_creation_answers_the_same_and_changes_nothing(daemon, client, world, route, place):
    path, body = filled(route, world)
    assert "idempotencyKey" in (route.body or {})
    sent = {**body, "idempotencyKey": "k-1"} if place == "body" else body
    headers = {"Idempotency-Key": "k-1"} if place == "header" else {}
    first = await client.ask("POST", path, sent, headers)
    assert first.status == 201, first.body
    before = state(daemon)
    await daemon.clock.advance(seconds=30)
    second = await client.ask("POST", path, sent, headers)
    assert second.status == 201
    assert second.body == first.body | SHOWN_ONCE.get(route.path, {})
    assert state(daemon) == before


VARIED = [route for route in CREATING if len(route.body or {}) > 1]
"""Those of which there can be two different requests."""


@pytest.mark.parametrize("route", VARIED, ids=name_of)
async def test_a_key_is_good_for_one_request(daemon, client, world, route):
    path, body = filled(route, world)
    assert (await client.ask("POST", path, body, {"Idempotency-Key": "k-1"})).status == 201
    before = state(daemon)
    words = next((more for part, more in OTHER.items() if part in route.path.split("/")), {"name": "other"})
    refused = await client.ask("POST", path, body | words, {"Idempotency-Key": "k-1"})
    assert (refused.status, refused.body["code"]) == (409, "CONFLICT")
    elsewhere = "/api/clients" if route.path != "/api/clients" else "/api/projects"
    assert (await client.ask("POST", elsewhere, {"name": "new"}, {"Idempotency-Key": "k-1"})).status == 409
    assert state(daemon) == before


@pytest.mark.parametrize("route", CREATING, ids=name_of)
async def test_two_at_once_with_one_key_create_once(client, world, route):
    path, body = filled(route, world)
    first, second = await asyncio.gather(*(client.ask("POST", path, body, {"Idempotency-Key": "k"}) for _ in range(2)))
    assert (first.status, second.status) == (201, 201)
    once = SHOWN_ONCE.get(route.path, {})
    assert first.body | once == second.body | once


@pytest.mark.parametrize("key", [b"x" * 256, b"\xff\xfe", b"a\tb", b"a\xc2\x85b"])
async def test_a_key_that_cannot_be_is_refused(daemon, key):
    head = b"POST /api/clients HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
    answer = await raw(daemon.path, head + b"Idempotency-Key: " + key + b"\r\nContent-Length: 14\r\n\r\n" + b'{"name":"new"}')
    assert answer.startswith(b"HTTP/1.1 422"), answer[:200]
    assert b'"VALIDATION"' in answer


# ---------------------------------------------------------------- revisions


async def one_of(client, route):
    """The path of a thing that this route can change, and how it is."""
    name = route.path.split("/")[2]
    listed = (await client.get(f"/api/{name}"))["data"]
    found = [one for one in listed if one.get("role") != "owner"]
    path = f"/api/{name}/{found[0]['id']}"
    return path, await client.ask("GET", path)


def change_of(route, word):
    if route.method != "PATCH":
        return None
    name = next(name for name in ("name", "description", "url") if name in route.body)
    return {name: f"https://example.com/{word}" if name == "url" else word}


@pytest.mark.parametrize("route", CHANGING, ids=name_of)
async def test_a_change_made_from_an_older_view_is_refused(daemon, client, world, route):
    path, shown = await one_of(client, route)
    revision = shown.body["revision"]
    assert shown.headers["ETag"] == f'"{revision}"'
    for stale in (f'"{revision + 1}"', f'W/"{revision + 7}"', "0"):
        refused = await client.ask(route.method, path, change_of(route, "stale"), {"If-Match": stale})
        assert (refused.status, refused.body["details"]["revision"]) == (409, revision)
    for odd in ("x", '"1", "2"', "", "\xff", '"99999999999"', "-1"):
        refused = await client.ask(route.method, path, change_of(route, "odd"), {"If-Match": odd})
        assert (refused.status, refused.body["code"]) == (422, "VALIDATION"), odd
    assert (await client.ask("GET", path)).body == shown.body
    if route.method == "PATCH":
        weak = await client.ask("PATCH", path, change_of(route, "weak"), {"If-Match": f'W/"{revision}"'})
        assert (weak.status, weak.body["revision"]) == (200, revision + 1)
        assert weak.headers["ETag"] == f'"{revision + 1}"'
        in_body = await client.ask("PATCH", path, {**change_of(route, "body"), "revision": revision})
        assert in_body.status == 409
        assert (await client.ask("PATCH", path, change_of(route, "any"), {"If-Match": "*"})).status == 200
        return
    blocked = await client.ask("DELETE", path, None, {"If-Match": f'"{revision}"'})
    assert blocked.status in (200, 409)
    if blocked.status == 409:
        assert "revision" not in blocked.body["details"], "it is refused for what depends on it, not for its revision"


async def test_a_star_asks_only_that_it_is_there(client):
    entry = await added(client, "10:00", "11:00")
    assert (await client.ask("DELETE", f"/api/entries/{entry['id']}", None, {"If-Match": "*"})).status == 200
    assert (await client.ask("DELETE", f"/api/entries/{entry['id']}", None, {"If-Match": "*"})).status == 404


async def test_a_split_and_a_running_timer_know_revisions_too(client):
    entry = await added(client, "10:00", "11:00")
    path = f"/api/entries/{entry['id']}/split"
    assert (await client.ask("POST", path, {"at": at("10:30")}, {"If-Match": '"7"'})).status == 409
    assert (await client.ask("POST", path, {"at": at("10:30"), "revision": 7})).status == 409
    assert (await client.ask("POST", path, {"at": at("10:30")}, {"If-Match": f'"{entry["revision"]}"'})).status == 200
    timer = (await client.post("/api/timer/start", {"projectName": "beta"}, 201))["timer"]
    assert (await client.ask("PATCH", "/api/timer", {"description": "x"}, {"If-Match": '"7"'})).status == 409
    answer = await client.ask("PATCH", "/api/timer", {"description": "x"}, {"If-Match": f'"{timer["revision"]}"'})
    assert (answer.status, answer.body["description"]) == (200, "x")
