"""ActivityWatch's watchers on their own port: what their events are evidence of, and what this port does not do."""

import json
import socket

import aiohttp
import pytest

from stintd import instance
from stintd.api.activitywatch import ROUTES
from stintd.api.watcherport import WatcherPort
from tests.api.daemon import Answer
from tests.api.test_wakatime import repo  # noqa: F401  a repository with a worktree

BUCKET = {"client": "aw-watcher-vim", "type": "app.editor.activity", "hostname": "here"}


@pytest.fixture
async def port(daemon):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    port = WatcherPort(daemon.http, daemon.engine.health, instance.bind_loopback)
    await port.move(number)
    yield number
    port.close()


@pytest.fixture
async def ask(port):
    async with aiohttp.ClientSession() as session:

        async def send(method, path, body=None, **headers):
            data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            headers_sent = {name.replace("_", "-"): value for name, value in headers.items()}
            if data is not None:
                headers_sent.setdefault("Content-Type", "application/json")
            url = f"http://127.0.0.1:{port}{path}"
            async with session.request(method, url, data=data, headers=headers_sent, allow_redirects=False) as answer:
                raw = await answer.read()
                return Answer(answer.status, answer.headers, json.loads(raw) if raw else None)

        yield send


async def beat(ask, data, minute=0, duration=0.0, bucket="vim_here", second=0):
    event = {"id": None, "timestamp": f"2026-11-20T08:{minute:02d}:{second:02d}+00:00", "duration": duration, "data": data}
    return await ask("POST", f"/api/0/buckets/{bucket}/heartbeat?pulsetime=30", event)


async def stored_beats(client):
    return (await client.get("/api/heartbeats"))["data"]


async def test_a_watcher_names_itself_once_and_is_known_from_then_on(ask, daemon, client):
    assert (await ask("GET", "/api/0/info")).body["testing"] is False
    assert (await ask("POST", "/api/0/buckets/vim_here", BUCKET)).status == 200
    again = await ask("POST", "/api/0/buckets/vim_here", {**BUCKET, "name": "x", "data": {}})
    assert (again.status, again.body) == (304, None)
    await client.get("/api/entries")
    assert (
        daemon.database.read_now(lambda conn: conn.execute("SELECT count(*) FROM cursor WHERE name LIKE 'activity%'").fetchone())[
            0
        ]
        == 1
    )


async def test_an_editors_event_is_read_where_its_file_lies(ask, client, repo):  # noqa: F811
    await ask("POST", "/api/0/buckets/vim_here", BUCKET)
    data = {"file": "/code/acme-wt/main.py", "project": "/elsewhere", "language": "python"}
    answer = await beat(ask, data)
    assert (answer.status, answer.body["data"], answer.body["duration"]) == (200, data, 0)
    [row] = await stored_beats(client)
    assert (row["source"], row["client"], row["kind"], row["actor"]) == ("editor", "vim", "read", "human")
    assert (row["project"], row["branch"], row["entity"]) == ("acme", "feature/DEV-12-login", "main.py")


async def test_a_link_to_a_repository_is_that_repository(ask, client, repo, tmp_path):  # noqa: F811
    (tmp_path / "code").symlink_to("/code")
    await ask("POST", "/api/0/buckets/vim_here", BUCKET)
    await beat(ask, {"file": str(tmp_path / "code/acme/main.py")})
    assert [(row["path"], row["entity"]) for row in await stored_beats(client)] == [("/code/acme", "main.py")]


@pytest.mark.parametrize("stamp", ["2026-11-20T08:00:00.123Z", "2026-11-20T09:00:00.123+0100", "2026-11-20T08:00:00.123"])
async def test_every_clients_way_to_write_a_time_is_read(ask, client, stamp):
    await ask("POST", "/api/0/buckets/vim_here", BUCKET)
    await ask("POST", "/api/0/buckets/vim_here/heartbeat?pulsetime=1", {"timestamp": stamp, "data": {"file": "/code/x/a.py"}})
    assert [row["time"] for row in await stored_beats(client)] == ["2026-11-20T08:00:00.123000Z"]


async def test_a_long_event_is_work_from_its_start_to_its_end(ask, client, repo):  # noqa: F811
    await ask("POST", "/api/0/buckets/vim_here", BUCKET)
    await beat(ask, {"file": "/code/acme/main.py"}, duration=1500)
    assert len(await stored_beats(client)) == 26
    [entry] = (await client.get("/api/entries"))["data"]
    assert entry["durationSeconds"] == 1500 + 120


async def test_tens_of_equal_events_a_second_are_one(ask, client):
    await ask("POST", "/api/0/buckets/vim_here", BUCKET)
    for second in (0, 0, 1, 1, 3, 4, 9):
        assert (await beat(ask, {"file": "/code/x/a.py"}, second=second)).status == 200
    assert len(await stored_beats(client)) == 3


async def test_being_there_is_no_work_and_being_away_is_no_absence(ask, client):
    for kind, name in (("currentwindow", "window"), ("afkstatus", "afk"), ("general.stopwatch", "watch")):
        await ask("POST", f"/api/0/buckets/{name}", {**BUCKET, "type": kind, "client": f"aw-watcher-{name}"})
    for minute in range(0, 40, 2):
        await beat(ask, {"app": "vim", "title": "secret.py - VIM"}, minute, bucket="window")
        await beat(ask, {"status": "not-afk" if minute < 20 else "afk"}, minute, bucket="afk")
        await beat(ask, {"running": True}, minute, bucket="watch")
    rows = await stored_beats(client)
    assert {(row["kind"], row["source"], row["entity"], row["path"]) for row in rows} == {
        ("presence", "activitywatch", None, None)
    }
    assert len(rows) == 20, "window and keyboard say the same of one moment"
    assert (await client.get("/api/entries"))["data"] == []


async def test_a_page_counts_where_its_repository_is_watched(ask, client, repo, daemon):  # noqa: F811
    await ask("POST", "/api/0/buckets/web", {**BUCKET, "type": "web.tab.current", "client": "aw-client-web"})
    await beat(ask, {"url": "https://github.com/ada/acme/pull/7", "title": "DEV-12: login"}, bucket="web")
    await beat(ask, {"url": "https://github.com/ada/acme/pulls", "title": "x", "incognito": True}, 1, bucket="web")
    await beat(ask, {"url": "https://news.example/", "title": 7}, 2, bucket="web")
    [row] = await stored_beats(client)
    assert (row["source"], row["project"], row["taskName"], row["entity"]) == (
        "browser",
        "acme",
        "DEV-12",
        "github.com/ada/acme/pull/7",
    )


@pytest.mark.parametrize(("path", "body", "status"), [
    ("buckets/none/heartbeat?pulsetime=1", {"timestamp": "2026-11-20T08:00:00Z"}, 404),
    ("buckets/vim_here/heartbeat", {"timestamp": "2026-11-20T08:00:00Z"}, 422),
    ("buckets/vim_here/heartbeat?pulsetime=x", {"timestamp": "2026-11-20T08:00:00Z"}, 422),
    ("buckets/vim_here/heartbeat?pulsetime=1", {}, 422), ("buckets/vim_here/heartbeat?pulsetime=1", [], 422),
    ("buckets/vim_here/heartbeat?pulsetime=1", b"{", 400), ("buckets/vim_here/heartbeat?pulsetime=1", None, 422),
    ("buckets/vim_here/heartbeat?pulsetime=1", {"timestamp": "soon"}, 422),
    ("buckets/vim_here/heartbeat?pulsetime=1", {"timestamp": "0001-01-01T00:00:00+14:00", "data": {"file": "/a/b.py"}}, 422),
    ("buckets/vim_here/heartbeat?pulsetime=1", {"timestamp": "2036-11-20T08:00:00Z", "data": {"file": "/a/b.py"}}, 422),
    ("buckets/vim_here/heartbeat?pulsetime=1", {"timestamp": "2026-11-20T08:00:00Z", "data": []}, 422),
    ("buckets/vim_here/heartbeat?pulsetime=1", {"timestamp": "2026-11-20T08:00:00Z", "duration": "x"}, 422),
    ("buckets/new", {"client": "x"}, 422), ("buckets/new", None, 422),
])  # fmt: skip
async def test_what_cannot_be_is_refused_and_never_a_defect(ask, path, body, status):
    await ask("POST", "/api/0/buckets/vim_here", BUCKET)
    answer = await ask("POST", f"/api/0/{path}", body)
    assert answer.status == status, answer.body
    assert answer.body["error"]


async def test_odd_events_are_taken_as_they_come(ask, client):
    await ask("POST", "/api/0/buckets/vim_here", BUCKET)
    odd = [{}, {"file": "unknown", "project": "unknown"}, {"file": 7}, {"file": "a.py", "project": "/code/x"}]
    for minute, data in enumerate(odd):
        assert (await beat(ask, data, minute, duration=-5)).status == 200
    assert (await stored_beats(client))[0]["entity"] == "/code/x/a.py"


async def test_buckets_are_not_made_without_end(ask, monkeypatch):
    monkeypatch.setattr("stintd.engine.upkeep.buckets.BUCKETS_LIMIT", 2)
    statuses = [(await ask("POST", f"/api/0/buckets/b{number}", BUCKET)).status for number in range(4)]
    assert statuses == [200, 200, 409, 409]


# ---------------------------------------------------------------- the door


async def test_nothing_else_is_there_and_nothing_can_be_read(ask, client):
    for route in (await client.get("/api/openapi"))["paths"]:
        path = route.replace("{", "x").replace("}", "x")
        assert (await ask("GET", path)).status in (404, 405), path
    for path in ("/api/0/buckets/", "/api/0/buckets/vim_here", "/api/0/buckets/vim_here/events", "/api/0/export", "/"):
        assert (await ask("GET", path)).status in (404, 405), path
    assert (await client.ask("GET", "/api/0/info")).status == 404, "and on no other listener"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_the_guard_holds_without_a_key(ask, port, route, daemon):
    daemon.set_settings(extension_origins=("moz-extension://listed",))
    path = route.path.replace("{bucket_id}", "b") + "?pulsetime=1"
    body = BUCKET if route.method == "POST" else None
    foreign = [
        {"Host": "evil.example"},
        {"Host": f"localhost:{port + 1}"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "moz-extension://listed"},
        {"Sec_Fetch_Site": "cross-site"},
    ]
    for headers in foreign:
        assert (await ask(route.method, path, body, **headers)).status == 403, headers
    if body is not None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            assert (await ask(route.method, path, b"{}", Content_Type=kind)).status == 415
        assert (await ask(route.method, path, b" " * (2 << 20))).status == 413


async def test_a_port_that_is_taken_is_a_warning_and_no_other_is_used(daemon):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = WatcherPort(daemon.http, daemon.engine.health, instance.bind_loopback)
        await port.move(other.getsockname()[1])
        assert [warning.code for warning in daemon.engine.health.warnings()] == ["activitywatch_port"]
        await port.move(None)
        assert daemon.engine.health.warnings() == []
