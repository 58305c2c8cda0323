"""Bad input through the installed commands and over HTTP: a clear error each time, and nothing changed."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from stintd.client.transport import send
from tests.support.daemon import Daemon

EXPECTED, USAGE = 1, 2


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """One home for all: nothing here may change it."""
    top = tmp_path_factory.mktemp("bad-input")
    own = {"HOME": str(top), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC", "COLUMNS": "100"}
    with Daemon(top / "home", environment=own) as daemon:
        for name in ("atlas", "beta", "beta2"):
            daemon.client.post("/api/projects", {"name": name})
        for minute in range(3):
            body = {"projectName": "atlas", "startTime": f"2026-11-10T10:{minute}0:00Z", "durationMinutes": 10}
            daemon.client.post("/api/entries", body)
        daemon.client.post("/api/timer/start", {"projectName": "beta"})
        yield daemon


def state(daemon):
    """Everything a person could find changed; lengths of what runs aside."""
    timers = [{**one, "durationSeconds": 0, "handsOnSeconds": 0} for one in daemon.client.get("/api/timer/current")["timers"]]
    entries = [entry for entry in daemon.entries() if entry["state"] == "finished"]
    lists = [list(daemon.client.every(f"/api/{name}")) for name in ("projects", "clients", "tasks", "heartbeats", "edits")]
    return [entries, timers, daemon.client.get("/api/mappings"), daemon.client.get("/api/settings"), *lists]


def common_beginning(daemon):
    """What the ids of all entries begin with."""
    first, last = (find(entry["id"] for entry in daemon.entries()) for find in (min, max))
    return first[: next(at for at in range(len(first)) if first[at] != last[at])]


# ---------------------------------------------------------------- commands

FIRST = "{first}"
ENTRY, OTHER = FIRST, "{second}"
COMMANDS = {
    "an unknown project": ("start atlsa", EXPECTED, "atlas"),
    "a project unlike any": ("start zzzzzz", EXPECTED, "zzzzzz"),
    "an unknown project for past work": ("add nowhere 10:00-11:00", EXPECTED, "nowhere"),
    "an unknown project to move to": ("move --from 2026-11-10T10:00 --to 2026-11-10T10:30 nowhere", EXPECTED, "nowhere"),
    "an ambiguous beginning of an id": ("delete {common}", EXPECTED, "{first}"),
    "an unknown id": ("edit 00000000-0000-7000-8000-000000000000 -m x", EXPECTED, "000000000000"),
    "an end before its start": ("add atlas 2026-11-10T12:00-2026-11-10T11:00", EXPECTED, "end"),
    "an edit to an end before the start": ("edit {first} --end 2026-11-10T09:00", EXPECTED, ""),
    "a start in the future": ("start atlas --at 2099-01-01T10:00", EXPECTED, "future"),
    "past work in the future": ("add atlas 2099-01-01T10:00-2099-01-01T11:00", EXPECTED, "future"),
    "a length of nothing": ("add atlas 0m", EXPECTED, ""),
    "a length that is no number": ("add atlas NaN", EXPECTED, "NaN"),
    "a length without end": ("add atlas 1e999h", EXPECTED, "1e999h"),
    "a huge length": ("add atlas 99999999999999999999h", EXPECTED, ""),
    "a year that is none": ("add atlas 99999-01-01T10:00-11:00", EXPECTED, ""),
    "a day that is none": ("report 2026-02-31", EXPECTED, "2026-02-31"),
    "a period that is none": ("report fortnight", EXPECTED, "fortnight"),
    "a grouping that is none": ("report --by colour", (EXPECTED, USAGE), "one of project, client"),
    "a split outside the entry": ("split {first} 2026-11-10T23:00", EXPECTED, ""),
    "a merge of one": ("merge {first}", (EXPECTED, USAGE), ""),
    "over one's own time": ("add atlas 2026-11-10T10:05-2026-11-10T10:15", EXPECTED, ""),
    "a stop of what does not run": ("stop atlas", EXPECTED, "atlas"),
    "a stop before the start": ("stop --at 2020-01-01T10:00", EXPECTED, ""),
    "a verb that is none": ("strat atlas", USAGE, "start"),
    "an option that is none": ("start atlas --colour red", USAGE, "--colour"),
    "an option without its value": ("start atlas -m", USAGE, "-m"),
    "too few words": ("edit", USAGE, ""),
    "a setting that is none": ("config set time.idle_tiemout 15m", EXPECTED, "config get --all"),
    "a setting without a unit": ("config set time.idle_timeout 15", EXPECTED, "unit"),
    "a setting out of range": ("config set time.idle_timeout 9999h", EXPECTED, ""),
    "a setting that is no number": ("config set http.port NaN", EXPECTED, ""),
    "a folder that is none": ("up /nowhere/at/all", EXPECTED, "/nowhere/at/all"),
    "control characters": ("start at\x1b[31mlas", EXPECTED, ""),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_refuses_what_is_wrong_in_two_lines_and_changes_nothing(daemon, name):
    line, codes, words = COMMANDS[name]
    entries = daemon.entries()
    ids = {"first": entries[0]["id"], "second": entries[1]["id"], "common": common_beginning(daemon)}
    before = state(daemon)
    outcome = daemon.stint(*line.format(**ids).split(" "), check=False)
    assert outcome.code in (codes if isinstance(codes, tuple) else (codes,)), outcome
    assert outcome.err.startswith("stint: "), outcome
    assert len(outcome.err.splitlines()) >= 2 or "must be one of" in outcome.err, outcome
    assert words.format(**ids) in outcome.err, outcome
    assert "Traceback" not in outcome.err
    assert all(char.isprintable() or char == "\n" for char in outcome.err), outcome
    assert state(daemon) == before


# ---------------------------------------------------------------- over HTTP

LATER = (datetime.now(UTC) + timedelta(days=2)).isoformat()
PAST = {"projectName": "atlas", "startTime": "2026-11-11T10:00:00Z", "durationMinutes": 5}


def past(**more):
    return {name: value for name, value in {**PAST, **more}.items() if value is not ...}


REQUESTS = {
    "an unknown project": ("POST", "/api/timer/start", {"projectName": "nowhere"}, 404, "nowhere"),
    "an unknown project's id": ("POST", "/api/timer/start", {"projectId": "x"}, 404, ""),
    "an unknown entry": ("GET", "/api/entries/nothing", None, 404, ""),
    "an unknown route": ("GET", "/api/nothing", None, 404, ""),
    "a wrong method": ("PUT", "/api/entries", {}, 405, ""),
    "an end before its start": ("POST", "/api/entries", past(durationMinutes=..., endTime="2026-11-11T09:00:00Z"), 422, "end"),
    "a length of less than nothing": ("POST", "/api/entries", past(durationMinutes=-5), 422, "durationMinutes"),
    "a length in words": ("POST", "/api/entries", past(durationMinutes="five"), 422, "durationMinutes"),
    "a length that is true": ("POST", "/api/entries", past(durationMinutes=True), 422, "durationMinutes"),
    "a huge length": ("POST", "/api/entries", past(durationMinutes=10**30), (400, 422), "large"),
    "a time in the future": ("POST", "/api/entries", past(startTime=LATER), 422, "future"),
    "a time without a zone": ("POST", "/api/entries", past(startTime="2026-11-11T10:00:00"), 422, "startTime"),
    "a time that is a number": ("POST", "/api/entries", past(startTime=1e18), 422, "startTime"),
    "the year 10000": ("POST", "/api/entries", past(startTime="10000-01-01T00:00:00Z"), 422, "startTime"),
    "neither end nor length": ("POST", "/api/entries", past(durationMinutes=...), 422, ""),
    "over one's own time": ("POST", "/api/entries", past(startTime="2026-11-10T10:05:00Z"), 409, ""),
    "unknown fields": ("POST", "/api/entries", past(colour="red", shape="round"), 422, "colour"),
    "a name that is a list": ("POST", "/api/projects", {"name": ["a"]}, 422, "name"),
    "an empty name": ("POST", "/api/projects", {"name": " "}, 422, "name"),
    "a name taken": ("POST", "/api/projects", {"name": "atlas"}, 409, "atlas"),
    "a rate without bound": ("POST", "/api/projects", {"name": "new", "hourlyRate": 10**400}, (400, 422), ""),
    "a rate that is no number": ("POST", "/api/projects", b'{"name": "new", "hourlyRate": NaN}', 400, ""),
    "an endless rate": ("POST", "/api/projects", b'{"name": "new", "hourlyRate": 1e999}', 400, ""),
    "a key given twice": ("POST", "/api/projects", b'{"name": "new", "name": "newer"}', 400, ""),
    "half a surrogate": ("POST", "/api/projects", b'{"name": "\\ud800"}', (400, 422), ""),
    "a NUL": ("POST", "/api/projects", {"name": "a\0b"}, (400, 422), "NUL"),
    "no JSON": ("POST", "/api/projects", b"name=new", 400, ""),
    "no UTF-8": ("POST", "/api/projects", b'{"name": "\xff"}', 400, ""),
    "an array for an object": ("POST", "/api/projects", b"[]", 422, ""),
    "depth without end": ("POST", "/api/projects", b"[" * 30000, 400, ""),
    "a number of many digits": (
        "POST",
        "/api/projects",
        b'{"name": "new", "budgetHours": ' + b"9" * 60000 + b"}",
        (400, 422),
        "",
    ),
    "a page of no size": ("GET", "/api/entries?limit=0", None, 422, "limit"),
    "a page of words": ("GET", "/api/entries?limit=many", None, 422, "limit"),
    "a cursor that is none": ("GET", "/api/entries?cursor=abc", None, 422, "cursor"),
    "a period backwards": ("GET", "/api/reports?from=2026-11-11&to=2026-11-01", None, 422, ""),
    "a zone that is none": ("GET", "/api/reports?timezone=Mars/Olympus", None, 422, "Mars"),
    "a setting that is none": ("PATCH", "/api/settings", {"time": {"idle": "15m"}}, 422, "idle"),
    "a stale revision": ("PATCH", "/api/entries/{first}", {"description": "x", "revision": 99}, 409, ""),
    "a split outside the entry": ("POST", "/api/entries/{first}/split", {"at": "2026-11-10T23:00:00Z"}, 422, ""),
    "a merge of one": ("POST", "/api/entries/merge", {"ids": ["{first}"]}, 422, ""),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_that_is_wrong_is_answered_with_what_is_wrong_and_changes_nothing(daemon, name):
    method, route, body, statuses, words = REQUESTS[name]
    before = state(daemon)
    first = daemon.entries()[0]["id"]
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).replace("{first}", first).encode()
    answer = send(daemon.client.path, method, route.replace("{first}", first), raw)
    told = json.loads(answer.read())
    answer.close()
    assert answer.status in (statuses if isinstance(statuses, tuple) else (statuses,)), told
    assert set(told) == {"error", "code", "details"}
    assert told["error"]
    assert words in json.dumps(told), told
    assert state(daemon) == before


BEATS = {
    "the future": {"project": "atlas", "time": LATER},
    "long ago": {"project": "atlas", "time": "1970-01-01T00:00:00Z"},
    "no time": {"project": "atlas", "time": "soon"},
    "a number for a time": {"project": "atlas", "time": 1e18},
    "an unknown kind": {"project": "atlas", "kind": "dance"},
    "an unknown actor": {"project": "atlas", "actor": "robot"},
    "an unknown field": {"project": "atlas", "colour": "red"},
    "a relative path": {"path": "code/main.c"},
    "a list for a name": {"project": ["atlas"]},
    "no object": "atlas",
}


def test_each_wrong_heartbeat_is_refused_with_its_reason_and_the_right_one_is_not_lost(daemon):
    before = state(daemon)
    told = daemon.client.post("/api/heartbeats", list(BEATS.values()))
    assert (told["accepted"], told["duplicates"]) == (0, 0), told
    assert [one["index"] for one in told["rejected"]] == list(range(len(BEATS)))
    assert all(len(one["error"]) > 10 for one in told["rejected"]), told
    assert state(daemon) == before
