"""Heartbeats, reports, projects, the stream, idempotency, status: what callers rely on."""

import asyncio
import json

import pytest

from stintd.api import stream
from stintd.engine.upkeep.housekeeping import Housekeeping
from stintd.store import changes
from tests.api.daemon import Client, raw
from tests.api.test_entries import DAY, added, at, spans, work
from tests.support import PATIENCE

# ---------------------------------------------------------------- heartbeats


async def test_each_heartbeat_of_a_bulk_is_judged_by_itself(client):
    beats = [
        {"project": "acme", "id": "1"},
        {"colour": 1},
        {"project": "acme", "id": "1"},
        {"time": "2026-11-20T09:05:01Z"},
        {"kind": "dancing"},
        {"actor": "cat"},
        {"project": "acme", "id": "2"},
        7,
        {"time": "2026-11-20T08:00:00"},
    ]
    told = await client.post("/api/heartbeats", beats, 202)
    assert (told["accepted"], told["duplicates"]) == (2, 1)
    assert [one["index"] for one in told["rejected"]] == [1, 3, 4, 5, 7, 8]
    assert "colour" in told["rejected"][0]["error"]
    assert "future" in told["rejected"][1]["error"]


async def test_a_heartbeat_at_the_edge_of_the_future_is_taken(client):
    told = await client.post("/api/heartbeats", {"project": "acme", "time": "2026-11-20T09:05:00Z"}, 202)
    assert told["accepted"] == 1


async def test_equal_heartbeats_count_once_but_those_without_time_each_count(client):
    timed = {"project": "acme", "time": "2026-11-20T08:00:00Z"}
    for expected in ((1, 0), (0, 1)):
        told = await client.post("/api/heartbeats", timed, 202)
        assert (told["accepted"], told["duplicates"]) == expected
    told = await client.post("/api/heartbeats", [{"project": "acme"}] * 3, 202)
    assert (told["accepted"], told["duplicates"]) == (3, 0)


async def test_a_read_after_the_answer_sees_the_heartbeat(client):
    await client.post("/api/heartbeats", {"project": "acme", "source": "my-editor", "branch": "DEV-5-x", "entity": "a.py"}, 202)
    (beat,) = (await client.get("/api/heartbeats"))["data"]
    assert set(beat) >= {
        "id",
        "time",
        "project",
        "repo",
        "path",
        "branch",
        "entity",
        "kind",
        "source",
        "actor",
        "device",
        "sessionId",
    }
    assert (beat["project"], beat["source"], beat["branch"], beat["entity"]) == ("acme", "my-editor", "DEV-5-x", "a.py")
    assert (await client.get("/api/timer/current"))["timer"]["taskName"] == "DEV-5"


async def test_the_list_of_heartbeats_pages_through_all_of_them(client):
    await work(client, "09:00", "12:00")
    seen, cursor = [], None
    while True:
        page = await client.get("/api/heartbeats", limit=10, project="acme", **({"cursor": cursor} if cursor else {}))
        seen += [one["time"] for one in page["data"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen) == 37
    assert (await client.get("/api/heartbeats", project="nobody"))["data"] == []


async def test_a_path_is_placed_in_the_repository_that_contains_it(client):
    client.daemon.find_repository("/code/site")
    await client.post("/api/heartbeats", {"path": "/code/site/src/a.py"}, 202)
    assert (await client.get("/api/timer/current"))["timer"]["projectName"] == "site"


async def test_two_hundred_writers_at_once_lose_nothing(daemon):
    async def one(number):
        body = json.dumps({"project": "acme", "id": str(number), "time": f"2026-11-20T08:{number % 60:02d}:00Z"}).encode()
        head = b"POST /api/heartbeats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n"
        answer = b""
        while not answer.startswith(b"HTTP/1.1 202"):
            answer = await raw(daemon.path, head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    await asyncio.gather(*(one(number) for number in range(200)))
    client = Client(daemon)
    assert len((await client.get("/api/heartbeats", limit=500))["data"]) == 200
    await client.close()


# ---------------------------------------------------------------- reports


@pytest.mark.parametrize("group", ["project", "client", "task", "tag", "branch", "commit", "day", "week"])
async def test_every_grouping_adds_up_to_the_same_total(client, group):
    await work(client, "09:00", "10:00")
    await added(client, "11:00", "12:30", tags=["x"], taskName="DEV-1")
    report = await client.get("/api/reports", from_=DAY, to=DAY, groupBy=group)
    assert sum(row["seconds"] for row in report["rows"]) == report["totals"]["seconds"] == 62 * 60 + 5400
    fields = {
        "key",
        "name",
        "seconds",
        "handsOnSeconds",
        "supervisedSeconds",
        "agentSeconds",
        "billableSeconds",
        "amount",
        "currency",
        "entries",
    }
    assert all(fields <= set(row) for row in report["rows"])


@pytest.mark.parametrize("group", ["project", "client", "task", "day", "week"])
async def test_day_totals_and_entries_tell_the_same(client, group):
    await client.post("/api/projects", {"name": "beta", "clientName": "Acme", "hourlyRate": 90.5, "currency": "EUR"}, 201)
    await work(client, "22:00", "23:58", "beta", step=2)
    await added(client, "11:00", "12:20", taskName="DEV-1")
    quick = await client.get("/api/reports", from_="2026-11-01", to="2026-11-30", groupBy=group)
    exact = await client.get("/api/reports", from_="2026-11-01", to="2026-11-30", groupBy=group, timezone="Etc/UTC")
    for report in (quick, exact):
        for row in (*report["rows"], report["totals"]):
            row.pop("entries")
            row.pop("name")
    assert quick["rows"] == exact["rows"]
    assert quick["totals"] == exact["totals"]
    assert quick["totals"]["amount"] == round(quick["totals"]["billableSeconds"] / 3600 * 90.5, 2)
    assert quick["totals"]["currency"] == "EUR"


async def test_reports_clip_to_instants(client):
    await added(client, "10:00", "11:00")
    report = await client.get("/api/reports", from_=at("10:15"), to=at("10:30"))
    assert report["totals"]["seconds"] == 900


async def test_agents_time_stands_beside_the_persons(client):
    beats = [
        {
            "project": "acme",
            "actor": "agent",
            "kind": "tool",
            "source": "agent",
            "sessionId": "s",
            "time": f"{DAY}T09:{m:02d}:00Z",
        }
        for m in range(0, 60, 5)
    ]
    await client.post("/api/heartbeats", beats, 202)
    (row,) = (await client.get("/api/reports", from_=DAY, to=DAY))["rows"]
    assert row["seconds"] == 0
    assert row["agentSeconds"] >= 55 * 60


async def test_a_timesheet_is_task_by_day(client):
    await added(client, "10:00", "11:00", taskName="DEV-1")
    await added(client, "12:00", "12:30")
    sheet = await client.get("/api/timesheet", week="2026-W47")
    assert (sheet["from"], sheet["to"], len(sheet["days"])) == ("2026-11-16", "2026-11-22", 7)
    assert [(row["projectName"], row["taskName"], row["days"]) for row in sheet["rows"]] == [
        ("beta", None, {DAY: 1800}),
        ("beta", "DEV-1", {DAY: 3600}),
    ]
    assert sheet["totals"]["seconds"] == 5400


async def test_a_day_with_a_clock_change_has_its_own_length(client):
    client.daemon.set_policy(zone="Europe/Berlin")
    report = await client.get("/api/reports", from_="2026-10-25", to="2026-10-25")
    assert (report["from"], report["to"]) == ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")


@pytest.mark.parametrize(
    "query", ["from=2026-11-20&to=2026-11-01", "groupBy=colour", "timezone=Mars/Base", "from=2026-11-20T10:00:00", "from=x"]
)
async def test_a_report_that_cannot_be_is_refused(client, query):
    answer = await client.ask("GET", f"/api/reports?{query}")
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION")


# ---------------------------------------------------------------- projects, clients, tasks, mappings


async def test_a_project_lives_from_creation_to_archive(client):
    made = await client.post(
        "/api/projects", {"name": "atlas", "clientName": "Acme", "hourlyRate": "95.50", "budgetHours": 10}, 201
    )
    assert (made["clientName"], made["billable"], made["hourlyRate"], made["revision"]) == ("Acme", True, 95.5, 1)
    path = f"/api/projects/{made['id']}"
    assert (await client.ask("POST", "/api/projects", {"name": "atlas"})).status == 409
    changed = await client.ask("PATCH", path, {"name": "atlas two", "billable": False, "revision": 1})
    assert (changed.body["name"], changed.body["billable"], changed.body["revision"]) == ("atlas two", False, 2)
    assert (await client.ask("PATCH", path, {"name": "x", "revision": 1})).status == 409
    await added(client, "10:00", "12:00", "atlas two")
    assert (await client.get(path + "/budget"))["hoursUsed"] == 2.0
    assert (await client.ask("DELETE", path)).status == 409
    await client.ask("PATCH", path, {"archived": True})
    assert (await client.get("/api/projects"))["data"] == []
    assert len((await client.get("/api/jobs", status="all"))["data"]) == 1


async def test_tasks_and_clients_are_made_changed_and_deleted(client):
    project = await client.post("/api/projects", {"name": "atlas"}, 201)
    task = await client.post(
        "/api/tasks", {"projectId": project["id"], "name": "Login", "key": "DEV-1", "estimatedHours": 3}, 201
    )
    assert (task["key"], task["status"], task["estimatedHours"]) == ("DEV-1", "active", 3)
    done = await client.post(f"/api/tasks/{task['id']}/complete")
    assert done["status"] == "complete"
    assert (await client.get("/api/tasks"))["data"] == []
    assert (await client.ask("DELETE", f"/api/tasks/{task['id']}")).status == 200
    owner = await client.post("/api/clients", {"name": "Acme"}, 201)
    renamed = await client.ask("PATCH", f"/api/clients/{owner['id']}", {"name": "Acme Ltd"})
    assert renamed.body["name"] == "Acme Ltd"
    assert (await client.ask("DELETE", f"/api/clients/{owner['id']}")).status == 200


async def test_a_mapping_shows_its_difference_first_and_corrects_the_past(client):
    client.daemon.find_repository("/code/site")
    await client.post(
        "/api/heartbeats", [{"path": "/code/site/a.py", "time": f"{DAY}T09:{m:02d}:00Z"} for m in range(0, 60, 5)], 202
    )
    await client.post("/api/projects", {"name": "acme"}, 201)
    body = {"path": "/code/site", "project": "acme"}
    told = await client.ask("POST", "/api/mappings", {**body, "dryRun": True})
    assert (told.status, told.body["updated"] + told.body["created"]) == (200, 1)
    assert [name for _, _, name in await spans(client)] == ["site"]
    made = await client.post("/api/mappings", body, 201)
    assert [name for _, _, name in await spans(client)] == ["acme"]
    assert (await client.get("/api/mappings"))["data"][0]["project"] == "acme"
    await client.ask("DELETE", "/api/mappings", {"id": made["id"]})
    assert [name for _, _, name in await spans(client)] == ["site"]


# ---------------------------------------------------------------- idempotency


async def test_the_second_call_with_a_key_answers_as_the_first_and_changes_nothing(client):
    body = {"projectName": "beta", "autoCreate": True, "start": at("10:00"), "end": at("11:00")}
    first = await client.ask("POST", "/api/entries", body, {"Idempotency-Key": "k1"})
    second = await client.ask("POST", "/api/entries", body, {"Idempotency-Key": "k1"})
    in_body = await client.ask("POST", "/api/entries", {**body, "idempotencyKey": "k1"})
    assert (first.status, first.body) == (second.status, second.body) == (in_body.status, in_body.body)
    assert len(await spans(client)) == 1
    other = await client.ask("POST", "/api/entries", {**body, "description": "x"}, {"Idempotency-Key": "k1"})
    assert (other.status, other.body["code"]) == (409, "CONFLICT")


async def test_a_refused_request_keeps_no_key(client):
    body = {"projectName": "beta", "start": at("10:00"), "end": at("11:00")}
    assert (await client.ask("POST", "/api/entries", body, {"Idempotency-Key": "k"})).status == 404
    await client.post("/api/projects", {"name": "beta"}, 201)
    assert (await client.ask("POST", "/api/entries", body, {"Idempotency-Key": "k"})).status == 201


async def test_keys_sent_at_once_make_one_thing(client):
    body = {"projectName": "beta", "autoCreate": True}
    answers = await asyncio.gather(*(client.ask("POST", "/api/timer/start", body, {"Idempotency-Key": "k"}) for _ in range(8)))
    assert len({json.dumps(one.body) for one in answers}) == 1
    assert {one.status for one in answers} == {201}


# ---------------------------------------------------------------- status and recording


async def test_status_tells_what_a_person_asks_first(client):
    client.daemon.engine.health.raise_warning("watch_limit", "too few watches", "raise the limit", subject="/code")
    await client.post("/api/heartbeats", {"project": "acme"}, 202)
    status = await client.get("/api/status")
    assert set(status) >= {"version", "ready", "timers", "todaySeconds", "reviewCount", "warnings", "sources", "lagSeconds"}
    assert [one["projectName"] for one in status["timers"]] == ["acme"]
    assert {"code": "watch_limit", "severity": "warning", "text": "too few watches", "hint": "raise the limit"}.items() <= (
        status["warnings"][0].items()
    )


async def test_nothing_is_stored_while_recording_is_off(client):
    assert (await client.post("/api/recording", {"recording": False}))["recording"] is False
    told = await client.post("/api/heartbeats", {"project": "acme"}, 202)
    assert told["rejected"] == []
    assert (await client.get("/api/heartbeats"))["data"] == []
    assert (await client.post("/api/recording", {"recording": True}))["recording"] is True
    await client.post("/api/heartbeats", {"project": "acme"}, 202)
    assert len((await client.get("/api/heartbeats"))["data"]) == 1


# ---------------------------------------------------------------- the stream


class Reader:
    """A reader of the stream."""

    def __init__(self, path):
        self.path, self.writer = path, None

    async def open(self, last_id=None):
        self.reader, self.writer = await asyncio.open_unix_connection(self.path)
        mark = f"Last-Event-ID: {last_id}\r\n" if last_id is not None else ""
        self.writer.write(f"GET /api/events HTTP/1.1\r\nHost: localhost\r\n{mark}\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert b"text/event-stream" in head
        assert b"Server:" not in head
        return self

    async def until(self, kind):
        """Lines until one of a kind came: [(id, kind, payload)]."""
        found, text = [], ""
        async with asyncio.timeout(PATIENCE):
            while not found or found[-1][1] != kind:
                size = int((await self.reader.readuntil(b"\r\n")).strip(), 16)
                text += (await self.reader.readexactly(size + 2))[:-2].decode()
                while "\n\n" in text:
                    block, _, text = text.partition("\n\n")
                    words = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
                    if "data" in words:
                        found.append((int(words.get("id", 0)), words["event"], json.loads(words["data"])))
        return found


async def test_changes_are_streamed_in_order_and_resumed_by_id(daemon, client):
    reader = await Reader(daemon.path).open()
    await client.post("/api/timer/start", {"projectName": "beta", "autoCreate": True}, 201)
    await daemon.clock.advance(minutes=5)
    await client.post("/api/timer/stop")
    seen = await reader.until("time_entry.stopped")
    assert [kind for _, kind, _ in seen] == ["project.created", "time_entry.started", "time_entry.stopped"]
    assert seen[2][2]["durationSeconds"] == 300
    reader.writer.close()
    again = await Reader(daemon.path).open(last_id=seen[0][0])
    assert [mark for mark, _, _ in await again.until("time_entry.stopped")] == [mark for mark, _, _ in seen[1:]]
    again.writer.close()


async def test_a_reader_that_missed_much_gets_all_of_it(daemon, client):
    await client.post("/api/projects", {"name": "beta"}, 201)
    for minute in range(40):
        await added(client, f"{minute // 60 + 1:02d}:{minute % 60:02d}", f"{minute // 60 + 1:02d}:{minute % 60 + 1:02d}")
    reader = await Reader(daemon.path).open(last_id=0)
    found = []
    while len([1 for _, kind, _ in found if kind == "time_entry.created"]) < 40:
        found += await reader.until("time_entry.created")
    marks = [mark for mark, _, _ in found]
    assert marks == sorted(set(marks))
    reader.writer.close()


async def test_a_stream_says_where_it_begins_so_that_it_can_be_resumed_before_any_change(daemon, client):
    await client.post("/api/projects", {"name": "beta"}, 201)
    for mark in (None, 0, 10**9):
        reader = await Reader(daemon.path).open(last_id=mark)
        async with asyncio.timeout(5):
            told = await reader.reader.readuntil(b"\nid: ")
            place = int(await reader.reader.readuntil(b"\n"))
        assert b"event:" not in told, "the place is told before anything else"
        assert place == (0 if mark == 0 else 1)
        reader.writer.close()


@pytest.mark.parametrize(("mark", "goes_on"), [(2, 25), (24, 25), (10**9, 45)])
async def test_a_reader_whom_the_log_no_longer_reaches_is_told_of_the_gap_first(daemon, client, mark, goes_on):
    for number in range(45):
        await client.post("/api/projects", {"name": f"p{number}"}, 201)
    await daemon.clock.advance(days=31)
    await daemon.engine.run(lambda step: changes.trim(step.conn, step.now, keep=20))
    reader = await Reader(daemon.path).open(last_id=mark)
    (first,) = await reader.until("gap")
    assert first == (goes_on, "gap", {"after": mark, "resumedAfter": goes_on})
    await client.post("/api/projects", {"name": "next"}, 201)
    found = await reader.until("project.created")
    while found[-1][2]["name"] != "next":
        found += await reader.until("project.created")
    assert [one[0] for one in found] == list(range(goes_on + 1, 47))
    reader.writer.close()


async def test_a_mark_at_the_edge_of_the_log_is_no_gap(daemon, client):
    for number in range(45):
        await client.post("/api/projects", {"name": f"p{number}"}, 201)
    await daemon.clock.advance(days=31)
    await daemon.engine.run(lambda step: changes.trim(step.conn, step.now, keep=20))
    reader = await Reader(daemon.path).open(last_id=25)
    assert next(one[0] for one in await reader.until("project.created")) == 26
    reader.writer.close()


async def test_the_log_of_changes_is_swept_once_a_day_and_only_of_what_is_old(daemon, client):
    keeping = Housekeeping(daemon.engine, daemon.clock)
    daemon.engine.call_after_commit(keeping.check)
    for number in range(3):
        await client.post("/api/projects", {"name": f"p{number}"}, 201)
    await daemon.clock.advance(days=40)
    await client.post("/api/projects", {"name": "new"}, 201)
    await client.get("/api/entries")
    assert await daemon.engine.read(changes.bounds) == (1, 4), "the newest ten thousand stay however old"


async def test_a_silent_stream_says_that_it_lives(daemon, client, monkeypatch):
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.05)
    reader = await Reader(daemon.path).open()
    async with asyncio.timeout(5):
        assert await reader.reader.readuntil(b": still here")
    reader.writer.close()


@pytest.mark.parametrize("mark", ["x", "-1", "1e9", "9" * 30])
async def test_a_mark_that_is_not_ours_is_refused(client, mark):
    answer = await client.ask("GET", "/api/events", headers={"Last-Event-ID": mark})
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION")


async def test_streams_end_when_the_daemon_stops(tmp_path):
    from tests.api.daemon import Daemon

    daemon = Daemon(tmp_path)
    await daemon.start()
    reader = await Reader(daemon.path).open()
    async with asyncio.timeout(5):
        await daemon.stop()
        await reader.reader.read()
    reader.writer.close()
