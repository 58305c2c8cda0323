"""The stream goes on by itself where it was: no change left out, none told twice, and no waiting for ever."""

import asyncio
import threading

import pytest

from stintd.client import AsyncClient, AsyncEventStream, Client, DaemonDown, EventStream, place
from stintd.client.following import LONGEST_PAUSE, Following
from stintd.client.wire import BrokenAnswer
from stintd.errors import RateLimited, Unauthorized, Unavailable
from tests.support.control import entry, response, stream


def change(number, kind="time_entry.updated"):
    return f'id: {number}\nevent: {kind}\ndata: {{"n": {number}}}\n\n'


def blocking(count, **options):
    """The numbers of the next changes, and where the stream stands then."""
    with Client().events(**options) as events:
        return [next(events).payload["n"] for _ in range(count)], events.last_id


def awaited(count, **options):
    async def run():
        found = []
        async with AsyncClient().events(**options) as events:
            async for event in events:
                found.append(event.payload["n"])
                if len(found) == count:
                    return found, events.last_id

    return asyncio.run(run())


@pytest.fixture(params=[blocking, awaited], ids=["blocking", "awaited"])
def follow(request):
    return request.param


def marks(control):
    return [one["headers"].get("last-event-id") for one in control.asked("GET", "/api/events")]


def test_a_stream_is_resumed_after_the_last_change_that_was_told(control, follow):
    answers = [
        stream("retry: 1\nid: 4\n\n", change(5), change(6)[:-9]),
        stream(change(5), change(6), change(7)),
        stream(change(8)),
    ]
    control.answers["GET", "/api/events"] = lambda request: answers.pop(0)
    assert follow(4) == ([5, 6, 7, 8], "8")
    assert marks(control) == [None, "5", "7"]


def test_a_stream_that_broke_before_any_change_goes_on_where_it_began(control, follow):
    answers = [stream("retry: 1\n\nid: 4\n\n"), b"", stream(change(5))]
    control.answers["GET", "/api/events"] = lambda request: answers.pop(0)
    assert follow(1) == ([5], "5")
    assert marks(control) == [None, "4", "4"]


def test_a_stream_begins_where_the_caller_left_off(control, follow):
    control.answers["GET", "/api/events"] = stream(change(41), change(42), change(43))
    assert follow(2, last_event_id="41") == ([42, 43], "43")
    assert marks(control) == ["41"]


def test_what_was_received_and_not_yet_taken_is_not_counted_as_told(control, follow):
    control.answers["GET", "/api/events"] = stream(change(5) + change(6) + change(7))
    assert follow(2, last_event_id="4") == ([5, 6], "6")


def test_a_daemon_that_is_down_at_the_beginning_is_told_at_once(isolated_home, follow):
    with pytest.raises(DaemonDown):
        follow(1)


def test_a_daemon_that_does_not_come_back_is_told_when_patience_ends(control, follow):
    answers = [stream("retry: 1\n\nid: 4\n\n", change(5))]
    control.answers["GET", "/api/events"] = lambda request: answers.pop(0) if answers else b""
    with pytest.raises(BrokenAnswer):
        follow(2, patience=0.02)
    assert len(control.requests) > 2


def test_a_key_that_was_revoked_ends_the_stream(control, follow):
    refusal = response(401, {"error": "no such key", "code": "AUTH", "details": {}})
    answers = [stream("retry: 1\n\nid: 4\n\n", change(5)), refusal]
    control.answers["GET", "/api/events"] = lambda request: answers.pop(0)
    with pytest.raises(Unauthorized, match="no such key"):
        follow(2)


def test_pauses_grow_and_heed_what_the_daemon_asks_for():
    now = [0.0]
    following = Following(None, 100, lambda: now[0])
    following.feed(b"retry: 1000\n\nid: 1\n\n")
    pauses = [following.pause(Unavailable("x")) for _ in range(6)]
    assert pauses == [1, 2, 4, 8, LONGEST_PAUSE, LONGEST_PAUSE]
    assert following.pause(RateLimited("x", details={"retryAfter": 30})) == 30
    following.feed(b": still here\n\n")
    assert following.pause(Unavailable("x")) == 1
    now[0] = 101
    with pytest.raises(Unavailable):
        following.pause(Unavailable("x"))


def test_an_event_about_an_entry_has_it_typed(control):
    shown = entry("2026-11-20T09:00:00Z", None)
    control.answers["GET", "/api/events"] = (
        b"HTTP/1.1 200 OK\r\n\r\nid: 1\nevent: time_entry.started\ndata: "
        + response(200, shown).split(b"\r\n\r\n")[1]
        + b'\n\nevent: time_entry.deleted\ndata: {"id": "x", "mergedInto": null}\n\nevent: health\ndata: {"start": 1}\n\n'
    )
    with Client().events(last_event_id="0") as events:
        first, second, third = next(events), next(events), next(events)
    assert first.entry.id == shown["id"]
    assert (second.entry, second.id, third.entry) == (None, None, None)


def test_a_connection_that_fell_silent_is_given_up_and_the_stream_goes_on_elsewhere(control):
    end = threading.Event()
    control.answers["GET", "/api/events"] = stream(change(5))
    control.drip = (b"HTTP/1.1 200 OK\r\n\r\nretry: 1\nid: 4\n\n", b"", end)

    def next_of(events):
        assert events.last_id == "4"
        control.drip = None
        return events

    async def run():
        async with AsyncEventStream(here, Following(None, 60, silence=0.2)) as events:
            return (await anext(next_of(events))).id

    here = place.find_daemon(None, None, None)
    try:
        assert next(next_of(EventStream(here, Following(None, 60, silence=0.2)))).id == "5"
        control.drip = (b"HTTP/1.1 200 OK\r\n\r\nretry: 1\nid: 4\n\n", b"", end)
        assert asyncio.run(run()) == "5"
    finally:
        end.set()
    assert marks(control) == [None, "4", None, "4"]


def test_a_closed_stream_ends(control):
    control.answers["GET", "/api/events"] = stream("id: 4\n\n", change(5))
    events = Client().events()
    events.close()
    assert list(events) == []


def test_waiting_for_a_change_can_be_cancelled(control):
    control.drip = (b"HTTP/1.1 200 OK\r\n\r\nid: 4\n\n", b": still here\n\n", threading.Event())

    async def run():
        async with AsyncClient().events() as events:
            task = asyncio.create_task(anext(events))
            await asyncio.wait({task}, timeout=0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    try:
        asyncio.run(run())
    finally:
        control.drip[2].set()
