"""Bodies made to hurt, over every route that reads one: refused with 4xx in the one shape, and nothing of them is kept."""

import asyncio
import contextlib
import json
import os
import socket
from pathlib import Path

import pytest

from stintd.api.routes import ROUTES
from tests.api.test_routes import SHAPE, name_of, path_of
from tests.support import PATIENCE

READING = [route for route in ROUTES if route.body or (route.raw and route.method != "GET")]
STRICT = [route for route in READING if not route.is_for_extensions]
TAKING = [route for route in READING if route.is_for_extensions]
"""Those whose callers would send a refused body again for ever: what cannot be read is set aside instead."""
UNREADABLE = {
    "nothing but a brace": b"{", "not UTF-8": b'{"a":"\xff\xfe"}', "UTF-16": '{"a":1}'.encode("utf-16"),
    "a BOM": b"\xef\xbb\xbf{}",
    "half a pair": b'{"a":"\\ud800"}', "half a pair in a name": b'{"\\udc00":1}', "raw half a pair": b'{"a":"\xed\xa0\x80"}',
    "a NUL": b'{"a":"x\\u0000"}', "a raw NUL": b'{"a":"\0"}', "NaN": b'{"a":NaN}', "infinity": b'{"a":-Infinity}',
    "past infinity": b'{"a":1e999}', "60,000 digits": b'{"a":' + b"9" * 60000 + b"}", "33 deep": b'{"a":' * 33 + b"1" + b"}" * 33,
    "100,000 deep": b"[" * 100_000, "twice": b'{"a":1,"a":1}', "twice inside": b'{"a":{"b":1,"b":2}}', "two values": b"{} {}",
    "a comment": b"{/* */}", "single quotes": b"{'a':1}", "a long name twice": b'{"%s":1,"%s":1}' % ((b"x" * 100_000,) * 2),
    "a last name twice": b"{" + b"".join(b'"k%d":1,' % n for n in range(20_000)) + b'"k19999":1}',
}  # fmt: skip
NO_OBJECTS = (b"null", b"3", b'"x"', b"true", b"[[]]", b"[null]", b"-0.0")


def at_once(route, body):
    head = f"{route.method} {path_of(route)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body


async def answered(path, text):
    """The status and body of the answer to these bytes."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(text)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
    length = int(head.lower().split(b"content-length:")[1].split()[0])
    body = json.loads(await reader.readexactly(length))
    writer.transport.abort()
    return int(head.split()[1]), body


@pytest.mark.parametrize("route", STRICT, ids=name_of)
async def test_bodies_that_cannot_be_read_are_refused_with_400(client, route):
    for what, body in UNREADABLE.items():
        answer = await client.ask(route.method, path_of(route), body)
        assert answer.status == 400, (what, answer.body)
        assert route.is_unparsed or answer.body["code"] == "VALIDATION", (what, answer.body)
        assert len(json.dumps(answer.body)) < 1000, what


@pytest.mark.parametrize("route", TAKING, ids=name_of)
async def test_routes_that_must_take_every_body_take_every_body(client, route):
    for body in [*UNREADABLE.values(), *NO_OBJECTS]:
        answer = await client.ask(route.method, path_of(route), body)
        assert answer.status == route.status, (body[:20], answer.body)


@pytest.mark.parametrize("route", STRICT, ids=name_of)
async def test_bodies_that_are_no_object_are_refused(client, route):
    for body in NO_OBJECTS:
        answer = await client.ask(route.method, path_of(route), body)
        is_list = route.raw and body.startswith(b"[")
        refused = 400 if route.is_unparsed else 422
        assert answer.status == refused or (is_list and answer.body["rejected"]), (body, answer.body)


async def test_bodies_that_are_too_large_are_refused_before_they_are_read(daemon):
    for route in READING:
        head = at_once(route, b"").replace(b"Content-Length: 0", b"Content-Length: %d" % (route.limit + 1))
        status, body = await answered(daemon.path, head)
        assert (status, set(body)) == (413, SHAPE), name_of(route)


async def test_bodies_of_too_many_values_are_refused_before_they_become_objects(daemon):
    for route in READING:
        status, body = await answered(daemon.path, at_once(route, b"[" + b"{}," * 300_000 + b"{}]"))
        assert (status, set(body)) == (413, SHAPE), name_of(route)


async def test_a_bulk_of_too_many_heartbeats_is_refused_whole(client):
    answer = await client.ask("POST", "/api/heartbeats", b"[" + b"{}," * 10_000 + b"{}]")
    assert (answer.status, answer.body["code"]) == (413, "VALIDATION")
    assert (await client.get("/api/heartbeats"))["data"] == []


# ---------------------------------------------------------------- what is left in memory


def resident(pid):
    """MiB of a process: now, and at most so far."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return [int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]


def send(path, text):
    """The status of the answer; a server that refuses early reads no further."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(20)
        channel.connect(path)
        with contextlib.suppress(OSError):
            channel.sendall(text)
        return int(channel.recv(65536).split()[1])


def largest(limit):
    """Bodies as large as this, or nearly so."""
    room = limit - 64
    return [
        *(b"[" + one * (room // len(one)) + b"1]" for one in (b"{},", b"[],", b'"ab",', b"1234567,")),
        b"[" * room,
        b'{"a":"' + b"x" * room + b'"}',
        b'{"a":"' + b"\\u00e9" * (room // 6) + b'"}',
        b'{"a":' + b"9" * room + b"}",
        b"{" + b"".join(b'"k%d":1,' % n for n in range(70_000)) + b'"k":1}',
    ]


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="memory is read from /proc, which Linux has")
def test_memory_stays_flat_under_the_largest_bodies_on_every_route(make_daemon):
    daemon = make_daemon().start()
    pid, path = daemon.process.pid, daemon.layout.socket
    before = resident(pid)[0]
    bodies = {limit: largest(limit) for limit in {route.limit for route in READING}}
    for turn, route in enumerate(READING):
        shown = bodies[route.limit] if route.raw else bodies[route.limit][turn % 3 :: 3]
        for body in shown:
            status = send(path, at_once(route, body))
            assert 400 <= status < 500 or (route.raw and status == route.status), (name_of(route), body[:20])
    after, most = resident(pid)
    daemon.stop()
    assert after - before < 20, f"{before:.1f} MiB grew to {after:.1f}"
    assert most - before < 80, f"{before:.1f} MiB, at most {most:.1f}"
