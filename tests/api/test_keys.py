"""The loopback port: whose key it is, how far it reaches, how often, and what everybody else gets."""

import asyncio
import base64
import json

import aiohttp
import pytest

from stintd.api import surface
from stintd.api.guard import _RANK
from stintd.api.routes import ROUTES
from stintd.store import rowio
from tests.api.daemon import Answer
from tests.support import PATIENCE

KINDS = ("read", "write", "full")
EXTENSION = "chrome-extension://jnbbnacmeggbgdjgaoojpmhdlkkpblgi"
PARAMETER = "00000000-0000-7000-8000-000000000000"


class Loopback:
    """Asks over the loopback port, with any headers."""

    def __init__(self, port: int) -> None:
        self.port, self.session = port, aiohttp.ClientSession()

    async def ask(self, method, path, key=None, body=None, **headers) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            given["Authorization"] = f"Bearer {key}"
        if body is not None:
            given.setdefault("Content-Type", "application/json")
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.request(method, url, data=body, headers=given, allow_redirects=False) as r:
            return Answer(r.status, r.headers, json.loads(text) if (text := await r.read()) else None)


@pytest.fixture
async def loopback(daemon):
    one = Loopback(await daemon.open_loopback())
    yield one
    await one.session.close()


@pytest.fixture
async def keys(client):
    """A key of each scope."""
    return {scope: (await client.post("/api/keys", {"scope": scope}))["key"] for scope in KINDS}


# ---------------------------------------------------------------- keys


async def test_a_key_is_shown_once_and_is_kept_nowhere(client, daemon):
    made = await client.post("/api/keys", {"scope": "write", "name": "editor"}, status=201)
    assert made["key"] == made["key"].lower()
    assert made["key"][14] == "4"
    listed = (await client.get("/api/keys"))["data"]
    assert [(one["id"], one["name"], one["scope"], "key" in one) for one in listed] == [(made["id"], "editor", "write", False)]
    stored = b"".join(file.read_bytes() for file in daemon.folder.rglob("*") if file.is_file())
    assert made["key"].encode() not in stored


@pytest.mark.parametrize("body", [{}, {"scope": "root"}, {"scope": "read", "colour": 1}, {"scope": "read", "name": ""}])
async def test_a_key_that_cannot_be_made_is_refused(client, body):
    assert (await client.ask("POST", "/api/keys", body)).status == 422


async def test_two_keys_of_one_name_would_be_mistaken(client):
    await client.post("/api/keys", {"scope": "read", "name": "editor"})
    assert (await client.ask("POST", "/api/keys", {"scope": "full", "name": "editor"})).status == 409


async def test_a_repeated_request_makes_no_second_key_and_does_not_show_the_first_again(client):
    headers = {"Idempotency-Key": "k1"}
    one = await client.ask("POST", "/api/keys", {"scope": "read"}, headers)
    two = await client.ask("POST", "/api/keys", {"scope": "read"}, headers)
    assert (one.status, two.status) == (201, 201)
    assert (one.body["id"], two.body["key"]) == (two.body["id"], None)
    assert len((await client.get("/api/keys"))["data"]) == 1


async def test_a_revoked_key_opens_nothing_from_then_on(client, loopback, keys):
    assert (await loopback.ask("GET", "/api/status", keys["read"])).status == 200
    listed = {one["scope"]: one["id"] for one in (await client.get("/api/keys"))["data"]}
    gone = await client.ask("DELETE", "/api/keys", {"id": listed["read"]})
    assert gone.body["revokedAt"]
    assert (await loopback.ask("GET", "/api/status", keys["read"])).status == 401
    assert len((await client.get("/api/keys"))["data"]) == 2
    assert len((await client.get("/api/keys", status="all"))["data"]) == 3
    assert (await client.ask("DELETE", "/api/keys", {"id": listed["read"]})).body == gone.body
    assert (await client.ask("DELETE", "/api/keys", {"id": "nobody"})).status == 404


async def test_revoking_a_key_ends_the_streams_it_opened(client, loopback, keys, daemon):
    url = f"http://127.0.0.1:{loopback.port}/api/events"
    async with loopback.session.get(url, headers={"X-API-Key": keys["read"]}) as stream:
        assert (stream.status, stream.headers["X-RateLimit-Limit"]) == (200, "1000")
        listed = {one["scope"]: one["id"] for one in (await client.get("/api/keys"))["data"]}
        await client.ask("DELETE", "/api/keys", {"id": listed["read"]})
        with pytest.raises(aiohttp.ClientError):
            await asyncio.wait_for(stream.content.read(), PATIENCE)
    assert daemon.surface.streams == {}


async def test_the_last_use_is_shown_at_once_and_kept(client, loopback, keys, daemon):
    assert {one["lastUsedAt"] for one in (await client.get("/api/keys"))["data"]} == {None}
    await loopback.ask("GET", "/api/health", keys["write"])
    used = {one["scope"]: one["lastUsedAt"] for one in (await client.get("/api/keys"))["data"]}
    assert used == {"read": None, "write": "2026-11-20T09:00:00Z", "full": None}
    daemon.apikeys.save()
    await client.get("/api/entries")
    rows = daemon.database.read_now(lambda conn: rowio.select(conn, "SELECT scope FROM api_key WHERE last_used_us > 0"))
    assert rows == [{"scope": "write"}]
    again = {one["scope"]: one["lastUsedAt"] for one in (await client.get("/api/keys"))["data"]}
    assert again == used


# ---------------------------------------------------------------- how a key is presented


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "present",
    [
        lambda key: {"Authorization": f"Bearer {key}"}, lambda key: {"Authorization": f"bearer  {key}"},
        lambda key: {"X_API_Key": key}, lambda key: {"Authorization": basic(key)},
        lambda key: {"Authorization": basic(f"{key}:")}, lambda key: {"Authorization": basic(f"anybody:{key}")},
        lambda key: {"Authorization": "Bearer nonsense", "X_API_Key": key},
    ],
)  # fmt: skip
async def test_a_key_may_be_presented_in_every_way_callers_know(loopback, keys, present):
    assert (await loopback.ask("GET", "/api/status", **present(keys["read"]))).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "Basic %%%"},
        {"Authorization": "Digest x"}, {"X_API_Key": ""}, {"X_API_Key": "x" * 5000},
        {"Authorization": basic("\x00:\x7f")}, {"Authorization": "Basic //79"},
    ],
)  # fmt: skip
async def test_no_key_or_a_strange_one_is_refused_with_the_remedy(loopback, headers):
    answer = await loopback.ask("GET", "/api/status", **headers)
    assert (answer.status, answer.body["code"]) == (401, "AUTH")
    assert "stint keys create" in answer.body["details"]["hint"]
    assert "X-RateLimit-Limit" not in answer.headers


async def test_a_key_in_the_address_is_no_key_but_where_wakatimes_clients_send_it(loopback, keys):
    assert (await loopback.ask("GET", f"/api/v1/users/current?api_key={keys['read']}")).status == 200
    assert (await loopback.ask("GET", "/api/v1/users/current?api_key=wrong")).status == 401
    assert (await loopback.ask("GET", "/api/v1/users/current?" + "&".join(f"a{n}=1" for n in range(60)))).status == 401
    assert (await loopback.ask("GET", f"/api/status?api_key={keys['full']}")).status == 401


async def test_half_a_key_is_none(loopback, keys):
    for key in (keys["full"][:-1], keys["full"] + "0", keys["full"].upper()):
        assert (await loopback.ask("GET", "/api/status", key)).status == 401


async def test_many_wrong_keys_are_answered_late_and_right_ones_as_ever(loopback, keys, monkeypatch):
    held = []
    monkeypatch.setattr(surface, "GUESS_SECONDS", 0.0)
    real = asyncio.get_running_loop().call_later
    monkeypatch.setattr(
        asyncio.get_running_loop(), "call_later", lambda s, *a: (held.append(s) if s == 0.0 else None, real(s, *a))[1]
    )
    for _ in range(surface.GUESSES + 3):
        assert (await loopback.ask("GET", "/api/status", "wrong")).status == 401
    assert len([s for s in held if s == 0.0]) == 3
    assert (await loopback.ask("GET", "/api/status", keys["read"])).status == 200


# ---------------------------------------------------------------- the table: every route × every caller


def target_of(route) -> str:
    return "/".join(PARAMETER if part.startswith("{") else part for part in route.path.split("/"))


def name_of(route) -> str:
    return f"{route.method} {route.path}"


def expected(route, scope: str) -> bool:
    return _RANK[scope] >= _RANK[route.scope]


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
async def test_every_route_lets_in_exactly_whom_it_should(loopback, keys, daemon, route):
    path, method = target_of(route), route.method
    body = {} if method != "GET" else None
    ask = loopback.ask

    assert (await ask(method, path, None, body)).status == 401
    assert (await ask(method, path, "wrong", body)).status == 401
    for scope in KINDS:
        if route.path == "/api/events":
            continue  # a stream without end; test_streams has it
        answer = await ask(method, path, keys[scope], body)
        if expected(route, scope):
            assert answer.status not in (401, 403, 429, 500), answer.body
        else:
            assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")
        assert int(answer.headers["X-RateLimit-Limit"]) == 1000
    key = keys["full"]
    foreign = [
        {"Host": "evil.example"},
        {"Host": "localhost"},
        {"Host": f"localhost:{loopback.port + 1}"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ]
    for headers in foreign:
        answer = await ask(method, path, key, body, **headers)
        assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN"), headers
    if method != "GET":
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            is_taken = kind == "text/plain" and route.is_for_extensions
            assert ((await ask(method, path, key, b"{}", Content_Type=kind)).status == 415) != is_taken
    daemon.set_settings(extension_origins=(EXTENSION,))
    if route.path == "/api/events":
        return
    by_address = await ask(method, f"{path}?api_key={key}", None, body, Origin=EXTENSION, Sec_Fetch_Site="cross-site")
    by_header = await ask(method, path, key, body, Origin=EXTENSION)
    other = await ask(method, f"{path}?api_key={key}", key, body, Origin=EXTENSION[:-1] + "b")
    assert other.status == 403, "an extension that is not listed"
    if route.is_for_extensions:
        assert by_address.status not in (401, 403), by_address.body
        assert by_address.headers["Access-Control-Allow-Origin"] == by_header.headers["Access-Control-Allow-Origin"] == EXTENSION
    else:
        assert (by_address.status, by_header.status) == (403, 403), "on WakaTime's routes only"
        assert "Access-Control-Allow-Origin" not in by_header.headers


async def test_paths_that_are_not_there_are_told_to_nobody_without_a_key(loopback, keys):
    assert (await loopback.ask("GET", "/api/nothing")).status == 401
    assert (await loopback.ask("GET", "/api/nothing", keys["read"])).status == 404
    assert (await loopback.ask("BREW", "/api/status", keys["read"])).status in (400, 405)
    assert (await loopback.ask("OPTIONS", "/api/status", Origin="https://evil.example")).status == 403


# ---------------------------------------------------------------- rates


async def test_a_key_may_make_so_many_requests_a_minute(client, loopback, keys, daemon):
    daemon.set_settings(rate_limit=3)
    left = [(await loopback.ask("GET", "/api/health", keys["read"])).headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    daemon.clock.move(seconds=20)
    refused = await loopback.ask("GET", "/api/health", keys["read"])
    assert (refused.status, refused.body["code"], refused.headers["Retry-After"]) == (429, "RATE_LIMIT", "40")
    assert refused.headers["X-RateLimit-Reset"] == str(int(daemon.clock.now().timestamp()) + 40)
    assert (await loopback.ask("GET", "/api/health", keys["full"])).status == 200, "each key has its own"
    assert (await client.ask("GET", "/api/health")).status == 200, "none on the control socket"
    assert "X-RateLimit-Limit" not in (await client.ask("GET", "/api/health")).headers
    daemon.clock.move(seconds=41)
    assert (await loopback.ask("GET", "/api/health", keys["read"])).status == 200


async def test_a_wall_clock_set_back_locks_nobody_out(loopback, keys, daemon):
    daemon.set_settings(rate_limit=1)
    await loopback.ask("GET", "/api/health", keys["read"])
    daemon.clock.jump(days=-30)
    daemon.clock.move(seconds=61)
    assert (await loopback.ask("GET", "/api/health", keys["read"])).status == 200


async def test_heartbeats_are_never_refused_for_their_number(loopback, keys, daemon):
    daemon.set_settings(rate_limit=2)
    for _ in range(5):
        assert (await loopback.ask("POST", "/api/heartbeats", keys["write"], {"project": "acme"})).status == 202
        assert (await loopback.ask("POST", "/api/timer/heartbeat", keys["write"], {})).status == 200
    assert (await loopback.ask("GET", "/api/status", keys["write"])).headers["X-RateLimit-Remaining"] == "1"


async def test_heartbeats_of_wakatimes_clients_are_not_counted_either(loopback, keys, daemon):
    daemon.set_settings(rate_limit=1)
    for path in ("heartbeats", "heartbeats.bulk"):
        for _ in range(3):
            answer = await loopback.ask("POST", f"/api/v1/users/current/{path}", keys["write"], [])
            assert (answer.status, answer.headers["X-RateLimit-Remaining"]) == (202 if "bulk" in path else 201, "1")


async def test_wrong_paths_and_wrong_bodies_count(loopback, keys, daemon):
    daemon.set_settings(rate_limit=2)
    await loopback.ask("GET", "/api/nothing", keys["write"])
    await loopback.ask("POST", "/api/timer/start", keys["write"], b"{")
    assert (await loopback.ask("GET", "/api/status", keys["write"])).status == 429


# ---------------------------------------------------------------- who did it


async def test_the_trail_names_the_key_that_changed_something(client, loopback, keys):
    made = await loopback.ask(
        "POST",
        "/api/entries",
        keys["write"],
        {"projectName": "acme", "autoCreate": True, "start": "2026-11-20T07:00:00Z", "end": "2026-11-20T08:00:00Z"},
    )
    assert made.status == 201
    key_id = next(one["id"] for one in (await client.get("/api/keys"))["data"] if one["scope"] == "write")
    assert (await client.get("/api/edits"))["data"][0]["who"] == f"key:{key_id}"


async def test_two_keys_with_one_idempotency_key_are_two_callers(loopback, keys, client):
    body = {"name": "acme"}
    first = await loopback.ask("POST", "/api/projects", keys["write"], body, Idempotency_Key="1")
    other = await loopback.ask("POST", "/api/projects", keys["full"], {"name": "beta"}, Idempotency_Key="1")
    again = await loopback.ask("POST", "/api/projects", keys["write"], body, Idempotency_Key="1")
    assert (first.status, other.status, again.body) == (201, 201, first.body)


async def test_five_hundred_half_open_connections_leave_a_request_its_answer(loopback, keys, daemon):
    loop = asyncio.get_running_loop()
    held = await asyncio.gather(*[asyncio.open_connection("127.0.0.1", loopback.port) for _ in range(500)])
    for number, (_, writer) in enumerate(held):
        writer.write(b"GET /api/status HTTP/1.1\r\nHost: loc" if number % 2 else b"")
    before = loop.time()
    assert (await loopback.ask("GET", "/api/status", keys["read"])).status == 200
    took = loop.time() - before
    assert daemon.http.connections <= 260
    for _, writer in held:
        writer.close()
    assert took < 5, "it did not wait for them to time out"


async def test_a_flood_on_the_port_leaves_the_control_socket_free(daemon, client, monkeypatch):
    monkeypatch.setattr("stintd.api.listener.LOOPBACK_LIMIT", 2)
    monkeypatch.setattr("stintd.api.listener.PATIENCE_SECONDS", 60.0)
    port = await daemon.open_loopback()
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
    assert (await client.ask("GET", "/api/health")).status == 200
    for _, writer in held:
        writer.close()
