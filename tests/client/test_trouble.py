"""What either form makes of a daemon that breaks, is slow, is busy, or is something else; no hour is ever doubled."""

import threading

import pytest

from stintd.client import DaemonDown
from stintd.client.wire import AnswerTimeout, BrokenAnswer
from stintd.errors import Conflict, Forbidden, Internal, Invalid, NotFound, RateLimited, StorageFull, Unavailable
from tests.support.control import entry, page, response

NEW = {**entry("2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z"), "deliveries": []}
STARTED = {"timer": entry("2026-11-20T09:00:00Z", None), "stopped": [], "projectCreated": False}
CUT = response(201, NEW)[:-20]


def times(*answers):
    """Answers one after the other; the last one goes on."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("cut", [b"", CUT, b"HTTP/1.1 201 X\r\nContent-Len"], ids=["nothing", "body", "head"])
def test_a_creation_whose_answer_broke_is_sent_once_more_with_the_same_key(control, ask, cut):
    control.answers["POST", "/api/entries"] = times(cut, (201, NEW))
    made = ask(lambda client: client.time_entries.create("p1", start="2026-11-20T09:00:00Z", duration_minutes=60))
    first, second = control.asked("POST", "/api/entries")
    assert made.id == NEW["id"]
    assert first["headers"]["idempotency-key"] == second["headers"]["idempotency-key"]
    assert first["body"] == second["body"]


def test_a_creation_that_breaks_twice_is_given_up_and_says_how_to_ask_again(control, ask):
    control.answers["POST", "/api/timer/start"] = b""
    with pytest.raises(BrokenAnswer) as caught:
        ask(lambda client: client.time_entries.start("p1"))
    keys = {one["headers"]["idempotency-key"] for one in control.asked("POST", "/api/timer/start")}
    assert keys == {caught.value.details["idempotencyKey"]}
    assert len(control.requests) == 2
    control.answers["POST", "/api/timer/start"] = (201, STARTED)
    ask(lambda client: client.time_entries.start("p1", idempotency_key=caught.value.details["idempotencyKey"]))
    assert control.requests[2]["headers"]["idempotency-key"] in keys
    assert control.requests[2]["body"] == control.requests[0]["body"]


def test_two_creations_have_two_keys(control, ask):
    control.answers["POST", "/api/timer/start"] = (201, STARTED)
    ask(lambda client: client.timer.start("p1"))
    ask(lambda client: client.timer.start("p1"))
    assert len({one["headers"]["idempotency-key"] for one in control.requests}) == 2


@pytest.mark.parametrize(
    ("method", "path", "call"),
    [("POST", "/api/timer/stop", lambda client: client.time_entries.stop()),
     ("POST", "/api/timer/pause", lambda client: client.timer.pause()),
     ("PATCH", "/api/entries/e1", lambda client: client.time_entries.update("e1", description="x", revision=3)),
     ("DELETE", "/api/entries/e1", lambda client: client.time_entries.delete("e1")),
     ("POST", "/api/entries/e1/split", lambda client: client.time_entries.split("e1", "2026-11-20T09:00:00Z")),
     ("POST", "/api/entries/merge", lambda client: client.time_entries.merge(["e1", "e2"])),
     ("POST", "/api/keys", lambda client: client.keys.create("read"))],
    ids=["stop", "pause", "update", "delete", "split", "merge", "key"],
)  # fmt: skip
def test_what_could_be_done_twice_is_never_sent_again(control, ask, method, path, call):
    control.answers[method, path] = b""
    with pytest.raises(BrokenAnswer) as caught:
        ask(call)
    assert len(control.requests) == 1
    assert "may have been carried out" in caught.value.hint


@pytest.mark.parametrize(
    "call", [lambda client: client.time_entries.list(), lambda client: client.time_entries.every()], ids=["list", "every"]
)
def test_reading_is_asked_once_more_after_a_broken_connection(control, ask, call):
    control.answers["GET", "/api/entries"] = times(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\n{", page(NEW))
    assert [one.id for one in ask(call)] == [NEW["id"]]
    assert len(control.requests) == 2


def test_a_heartbeat_without_time_is_known_again_when_it_is_sent_twice(control, ask):
    told = {"accepted": 1, "duplicates": 0, "rejected": []}
    control.answers["POST", "/api/heartbeats"] = times(b"", (202, told))
    assert ask(lambda client: client.heartbeats.send("acme")).accepted == 1
    first, second = control.requests
    assert first["body"] == second["body"]
    assert first["body"][0]["id"]


@pytest.mark.parametrize("is_dripping", [False, True], ids=["silent", "dripping"])
def test_an_answer_that_takes_too_long_is_given_up_and_not_asked_again(control, ask, is_dripping):
    end = threading.Event()
    control.answers["GET", "/api/status"] = lambda request: end.wait(20) and b""
    if is_dripping:
        control.drip = (b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", b" ", end)
    try:
        with pytest.raises(Unavailable, match="does not answer") as caught:
            ask(lambda client: client.status(), timeout=0.3)
    finally:
        end.set()
    assert not isinstance(caught.value, BrokenAnswer)
    assert len(control.requests) == 1


def test_a_creation_that_took_too_long_says_how_to_ask_again(control, ask):
    end = threading.Event()
    control.answers["POST", "/api/timer/start"] = lambda request: end.wait(20) and b""
    try:
        with pytest.raises(AnswerTimeout) as caught:
            ask(lambda client: client.time_entries.start("p1"), timeout=0.2)
    finally:
        end.set()
    assert caught.value.details == {"idempotencyKey": control.requests[0]["headers"]["idempotency-key"]}
    assert len(control.requests) == 1


def test_a_caller_over_its_limit_is_told_when_to_come_again(control, ask):
    told = {"error": "too many requests", "code": "RATE_LIMIT", "details": {"hint": "wait"}}
    control.answers["GET", "/api/status"] = response(429, told).replace(b"\r\n", b"\r\nRetry-After: 7\r\n", 1)
    with pytest.raises(RateLimited) as caught:
        ask(lambda client: client.status())
    assert (caught.value.retry_after, caught.value.hint) == (7.0, "wait")
    assert len(control.requests) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(404, "NOT_FOUND", NotFound), (409, "CONFLICT", Conflict), (403, "FORBIDDEN", Forbidden), (422, "VALIDATION", Invalid),
     (507, "STORAGE_FULL", StorageFull), (503, "UNAVAILABLE", Unavailable)],
)  # fmt: skip
def test_errors_are_the_one_hierarchy_with_their_details(control, ask, status, code, kind):
    told = {"error": "no", "code": code, "details": {"hint": "do this", "timer": {"id": "t1"}}}
    control.answers["POST", "/api/timer/start"] = (status, told)
    with pytest.raises(kind, match="no") as caught:
        ask(lambda client: client.timer.start("p1"))
    assert caught.value.details["timer"] == {"id": "t1"}
    assert caught.value.hint == "do this"
    assert len(control.requests) == 1


@pytest.mark.parametrize(
    "raw",
    [b"SSH-2.0-OpenSSH\r\n", b"\0" * 100, response(200, [1]), response(200, "x"), response(200, None),
     b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{\xff}", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     response(200, {"timer": 5, "timers": []}), response(200, {"timer": None, "timers": {}}),
     response(200, {"timer": None, "timers": [{**NEW, "start": "yesterday"}]}),
     response(200, {"timer": None, "timers": [{**NEW, "start": "2026-11-20T09:00:00"}]}),
     response(200, {"timer": None, "timers": [{**NEW, "durationSeconds": "60"}]}), response(302, {})],
)  # fmt: skip
def test_what_is_no_answer_of_the_daemon_is_an_error_of_ours(control, ask, raw):
    control.answers["GET", "/api/timer/current"] = raw
    with pytest.raises((Unavailable, Internal)):
        ask(lambda client: client.timer.current())


def test_nobody_listening_is_a_daemon_that_is_down(isolated_home, ask):
    with pytest.raises(DaemonDown) as caught:
        ask(lambda client: client.time_entries.start("p1"))
    assert "stint up" in caught.value.hint
    with pytest.raises(DaemonDown):
        ask(lambda client: client.status(), api_key="k", base_url="http://127.0.0.1:1")


def test_fields_of_a_later_daemon_are_passed_over_and_missing_ones_have_a_default(control, ask):
    later = {**NEW, "mood": "good", "commits": [{"sha": "a", "subject": "b", "time": "2026-11-20T09:30:00Z", "signed": True}]}
    del later["deliveries"], later["approvedAt"]
    control.answers["GET", "/api/entries"] = {**page(later), "total": 1}
    (found,) = ask(lambda client: client.time_entries.list())
    assert (found.deliveries, found.approved_at, found.commits[0].sha) == ((), None, "a")


def test_an_answer_without_what_it_is_about_is_refused(control, ask):
    control.answers["GET", "/api/entries"] = page({name: value for name, value in NEW.items() if name != "start"})
    with pytest.raises(Unavailable, match="start"):
        ask(lambda client: client.time_entries.list())
