"""What is let in: hosts, origins, bodies, deadlines, peers."""

import asyncio
import json
import os

import pytest

from stintd.api import guard, listener, server
from stintd.api.guard import Guard
from tests.api.daemon import Client, raw
from tests.support import PATIENCE

pytestmark = pytest.mark.smoke

POST = b"POST /api/timer/stop HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
OK = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def body_of(answer: bytes):
    return json.loads(answer.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "localhost:1", "127.0.0.1:7846", "[::1]:80"])
async def test_loopback_names_are_ours_on_the_socket(daemon, host):
    assert status_of(await raw(daemon.path, OK.replace(b"localhost", host.encode()))) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.",
        "0.0.0.0",
        "localhost:",
        "localhost:x",
        "127.0.0.1.evil.example",
        "[::2]",
        "::1",
        "a@localhost",
    ],
)
async def test_foreign_hosts_are_refused(daemon, host):
    answer = await raw(daemon.path, OK.replace(b"localhost", host.encode()))
    assert status_of(answer) in (400, 403)
    assert set(body_of(answer)) == {"error", "code", "details"}


def test_a_listener_with_a_port_wants_exactly_that_port():
    strict = Guard(port=7846)
    assert strict.is_our_host("localhost:7846")
    assert not strict.is_our_host("localhost")
    assert not strict.is_our_host("localhost:80")
    assert Guard(port=80).is_our_host("localhost")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": "http://localhost:3000"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403), ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200), ({"Origin": "https://localhost"}, 403),
    ],
)  # fmt: skip
async def test_pages_of_other_sites_are_refused(client, headers, status):
    answer = await client.ask("GET", "/api/health", headers=headers)
    assert answer.status == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"GET http://evil.example/api/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET http://localhost/api/health HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /api/health HTTP/1.1\r\n\r\n", 400),
        (b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /api/health HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
        (b"POST /api/timer/stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
        (b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 200 + b"\r\n", 400),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /api/he%ffalth/x HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /api/entries/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /api/entries?limit=1&limit=2 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"HEAD /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 405),
        (b"BREW /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 400),
        (POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 415),
    ],
)  # fmt: skip
async def test_odd_requests_get_an_answer_in_the_one_shape(daemon, text, status):
    answer = await raw(daemon.path, text)
    assert status_of(answer) == status
    if not text.startswith(b"HEAD"):
        assert set(body_of(answer)) == {"error", "code", "details"}
    assert b"Server:" not in answer


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200), ("application/json; charset=utf-8", 200), ("Application/JSON;charset=UTF-8", 200),
        ("text/plain", 415), ("application/json; charset=latin-1", 415), ("", 415), ("application/jsonx", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)  # fmt: skip
async def test_bodies_must_say_that_they_are_json(client, kind, status):
    answer = await client.ask("POST", "/api/timer/stop", b"{}", headers={"Content-Type": kind})
    assert answer.status == status


async def test_no_body_needs_no_type(daemon):
    answer = await raw(
        daemon.path, b"POST /api/timer/stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    assert status_of(answer) == 200
    assert body_of(answer) == {"entry": None}


async def test_too_large_a_body_is_refused_before_it_is_read(daemon):
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    assert status_of(await raw(daemon.path, head % (b"/api/timer/stop", guard.BODY_LIMIT + 1))) == 413
    assert status_of(await raw(daemon.path, head % (b"/api/heartbeats", guard.BULK_LIMIT + 1))) == 413


async def test_a_chunked_body_without_end_is_refused_at_the_limit(daemon):
    head = POST + b"Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"%x\r\n" % (1 << 18) + b" " * (1 << 18) + b"\r\n"
    assert status_of(await raw(daemon.path, head + chunk * 6)) == 413


async def test_a_bulk_of_more_than_a_mebibyte_is_taken(client):
    beats = [{"project": "acme", "entity": f"{i:05d}" + "x" * 500} for i in range(3000)]
    answer = await client.ask("POST", "/api/heartbeats", beats)
    assert answer.status == 202
    assert answer.body["accepted"] == 3000


@pytest.mark.parametrize("body", [b'{"at": NaN}', b"{", b"\xff", b'{"a":1,"a":1}', b'"\\u0000"', b"[" * 5000, b"9" * 5000])
async def test_bodies_that_are_not_json_are_400(client, body):
    answer = await client.ask("POST", "/api/timer/stop", body)
    assert (answer.status, answer.body["code"]) == (400, "VALIDATION")


@pytest.mark.parametrize(
    "body", [[], 5, "x", {"colour": 1}, {"at": "yesterday"}, {"at": 5}, {"projectId": ""}, {"projectName": "x" * 999}]
)
async def test_bodies_that_are_wrong_are_422(client, body):
    answer = await client.ask("POST", "/api/timer/stop", body)
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION")


async def test_half_a_head_is_cut_off_on_a_new_connection_and_on_one_in_use(daemon, monkeypatch):
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.1)
    assert await raw(daemon.path, b"GET /api/health HTTP/1.1\r\nHo") == b""
    reader, writer = await asyncio.open_unix_connection(daemon.path)
    writer.write(OK.replace(b"Connection: close\r\n", b""))
    assert (await asyncio.wait_for(reader.readuntil(b"}"), PATIENCE)).startswith(b"HTTP/1.1 200")
    writer.write(b"GET /api")
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    writer.close()


async def test_half_a_body_is_cut_off(daemon, monkeypatch):
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.1)
    head = POST + b"Content-Length: 20\r\n\r\n{"
    assert (
        status_of(
            await raw(
                daemon.path,
                head,
            )
        )
        == 408
    )


async def test_a_connection_too_many_waits_for_its_turn(daemon, monkeypatch):
    """Connections whose request is being answered keep their place."""
    monkeypatch.setattr(listener, "CONNECTION_LIMIT", 3)
    held = [await asyncio.open_unix_connection(daemon.path) for _ in range(3)]
    for _, writer in held:
        writer.write(POST + b"Content-Length: 20\r\n\r\n{")
    waiting = asyncio.create_task(raw(daemon.path, OK))
    await asyncio.wait([waiting], timeout=0.2)
    assert not waiting.done()
    assert daemon.http.connections == 3
    held[0][1].close()
    assert status_of(await waiting) == 200
    for _, writer in held:
        writer.close()


@pytest.mark.parametrize("begun", [b"", b"GET /api/health HTTP/1.1\r\nHost"])
async def test_half_open_connections_make_room_for_a_new_one(daemon, monkeypatch, begun):
    monkeypatch.setattr(listener, "CONNECTION_LIMIT", 3)
    held = [await asyncio.open_unix_connection(daemon.path) for _ in range(3)]
    for _, writer in held:
        writer.write(begun)
    assert status_of(await raw(daemon.path, OK)) == 200
    for _, writer in held:
        writer.close()


async def test_an_idle_connection_makes_room_for_a_new_one(daemon, monkeypatch):
    monkeypatch.setattr(listener, "CONNECTION_LIMIT", 3)
    held = [await asyncio.open_unix_connection(daemon.path) for _ in range(3)]
    for reader, writer in held:
        writer.write(OK.replace(b"close", b"keep-alive"))
        await reader.readuntil(b"}")
    assert status_of(await raw(daemon.path, OK)) == 200
    assert await asyncio.wait_for(held[0][0].read(), PATIENCE) == b""
    for _, writer in held:
        writer.close()


async def test_another_users_process_is_refused(daemon):
    daemon.http.owner_uid = os.getuid() + 1
    answer = await raw(daemon.path, b"")
    assert status_of(answer) == 403
    assert body_of(answer)["code"] == "FORBIDDEN"


async def test_every_answer_carries_the_security_headers_and_no_server_header(client):
    for path in ("/api/health", "/api/nothing", "/api/entries?limit=0"):
        headers = (await client.ask("GET", path)).headers
        assert "Server" not in headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in headers


async def test_pipelined_requests_are_answered_in_order(daemon):
    text = OK.replace(b"Connection: close\r\n", b"") * 2 + OK.replace(b"/api/health", b"/api/nothing")
    reader, writer = await asyncio.open_unix_connection(daemon.path)
    writer.write(text)
    found = await asyncio.wait_for(reader.read(), PATIENCE)
    assert [int(part[:3]) for part in found.split(b"HTTP/1.1 ")[1:]] == [200, 200, 404]
    writer.close()


async def test_expect_continue_is_answered_before_the_body_is_sent(daemon):
    reader, writer = await asyncio.open_unix_connection(daemon.path)
    writer.write(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}")
    assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_defect_of_ours_gets_an_id_that_is_in_the_log(daemon, caplog):
    client = Client(daemon)
    daemon.facade.recording = None
    answer = await client.ask("GET", "/api/recording")
    await client.close()
    assert (answer.status, answer.body["code"]) == (500, "INTERNAL")
    assert answer.body["details"]["id"] in caplog.text
    assert "NoneType" not in str(answer.body)


async def test_a_full_journal_answers_503_with_retry_after(client, monkeypatch):
    from stintd.engine import engine

    monkeypatch.setattr(engine, "BACKLOG_LIMIT", 0)
    answer = await client.ask("POST", "/api/heartbeats", {"project": "acme"})
    assert (answer.status, answer.body["code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) >= 1
