"""`/api/backfill`: agents' session logs become evidence, once, estimated, and can be taken back."""

import asyncio
import os
from datetime import datetime

import pytest

from stintd.domain.model import Absence, AbsenceSignal, AgentSignal, BeatSignal
from stintd.domain.policy import MapRule
from stintd.engine.intake.backfill import Backfill
from stintd.ports import AgentLogActs
from stintd.sources.history import recall
from tests.support import agentlogs


@pytest.fixture
def home(client):
    agentlogs.place(client.daemon.folder / "home")
    names = ("acme", "beta", "gamma", "delta")
    client.daemon.set_policy(mappings=tuple(MapRule(path=f"/code/{name}", project=name) for name in names))
    return client.daemon.folder / "home"


async def day_of(client):
    """The sheet of the sampled day: actor, project, from, to, and minutes supervised."""
    entries = await client.get("/api/entries?from=2026-11-18&to=2026-11-18&limit=500")
    return sorted(
        f"{row['actor']} {row['projectName']} {row['start'][11:16]}-{row['end'][11:16]} {row['supervisedSeconds'] // 60}"
        for row in entries["data"]
    )


SHEET = [
    "agent acme 02:00-02:30 0",
    "agent acme 03:00-03:10 0",
    "agent beta 09:03-09:03 0",
    "agent delta 04:00-04:09 0",
    "agent gamma 14:01-14:02 0",
    "human acme 08:59-09:19 11",
    "human delta 15:59-16:10 6",
    "human delta 16:30-16:32 0",
    "human gamma 10:59-11:12 8",
    "human gamma 13:59-14:01 0",
]


async def test_logs_become_estimated_entries_that_are_not_confirmed(client, home):
    answer = await client.post("/api/backfill", {})
    assert (answer["dryRun"], answer["files"], answer["unreadableLines"], answer["troubles"]) == (False, 10, 0, [])
    assert await day_of(client) == SHEET
    entries = await client.get("/api/entries?from=2026-11-18&to=2026-11-18&limit=500")
    assert {(entry["origin"], entry["confirmed"]) for entry in entries["data"]} == {("backfill", False)}
    task = next(entry for entry in entries["data"] if entry["projectName"] == "acme" and entry["actor"] == "human")
    assert (task["taskName"], task["branch"]) == ("DEV-7", "DEV-7-login")
    for entry in entries["data"]:
        if entry["actor"] == "human":
            assert entry["handsOnSeconds"] + entry["supervisedSeconds"] == entry["durationSeconds"]


async def test_a_second_import_adds_nothing_and_a_preview_changes_nothing(client, home):
    preview = await client.post("/api/backfill", {"dryRun": True})
    assert await day_of(client) == []
    assert preview["editId"] is None
    assert (await client.get("/api/projects"))["data"] == []
    answer = await client.post("/api/backfill", {})
    assert {name: value for name, value in answer.items() if name in ("days", "created", "sessions", "heartbeats")} == {
        name: value for name, value in preview.items() if name in ("days", "created", "sessions", "heartbeats")
    } | {"days": [{**row, "projectId": mine["projectId"]} for row, mine in zip(preview["days"], answer["days"], strict=True)]}
    by_name = {row["projectName"]: row for row in answer["days"]}
    assert by_name["acme"]["handsOnSeconds"] + by_name["acme"]["supervisedSeconds"] == pytest.approx(1200, abs=1)
    assert by_name["acme"]["agentSeconds"] == 2400
    again = await client.post("/api/backfill", {})
    assert again["heartbeats"] == {"new": 0, "known": answer["heartbeats"]["new"], "live": 0, "notRecorded": 0}
    assert (again["days"], again["created"], again["editId"]) == ([], 0, None)
    assert await day_of(client) == SHEET


async def test_an_import_is_undone_as_one_step_and_may_come_again(client, home):
    await client.post("/api/backfill", {"from": "2026-11-18", "to": "2026-11-18"})
    undone = await client.post("/api/backfill", {"undo": True})
    assert undone["edit"]["verb"] == "backfill"
    assert await day_of(client) == []
    assert (await client.get("/api/heartbeats?from=2026-11-18&to=2026-11-18"))["data"] == []
    assert (await client.ask("POST", "/api/backfill", {"undo": True})).status == 404
    answer = await client.post("/api/backfill", {})
    assert await day_of(client) == SHEET
    await client.post("/api/undo", {"editId": answer["editId"]})
    assert await day_of(client) == []


async def test_what_was_entered_by_hand_outlives_the_undo(client, home):
    await client.post("/api/backfill", {})
    entries = await client.get("/api/entries?from=2026-11-18&to=2026-11-18&project=gamma")
    latest = next(entry for entry in entries["data"] if entry["actor"] == "human")
    assert (await client.ask("PATCH", f"/api/entries/{latest['id']}", {"confirmed": True})).status == 200
    await client.post("/api/backfill", {"undo": True})
    assert await day_of(client) == ["human gamma 13:59-14:01 0"]


async def test_the_hours_of_a_day_are_the_same_whether_imported_at_once_or_in_parts(client, home):
    for bounds in (("2026-11-18T09:10:00Z", None), ("2026-11-18T03:05:00Z", "2026-11-18T10:00:00Z"), (None, None)):
        await client.post("/api/backfill", {name: at for name, at in zip(("from", "to"), bounds, strict=True) if at})
    assert await day_of(client) == SHEET


async def test_nothing_of_a_conversation_is_stored(client, home):
    await client.post("/api/backfill", {})
    await client.get("/api/why?at=2026-11-18T09:05:00Z")
    assert agentlogs.SECRET.encode() not in agentlogs.stored_text(client.daemon.folder)


def live(at, kind, actor, path, session):
    """An act as a hook tells it."""
    beat = BeatSignal(datetime.fromisoformat(f"2026-11-18T{at}+00:00"), kind, "agent", actor, path, session=session)
    return AgentSignal(beat, "claude-code")


ACME = "11111111-1111-4111-8111-111111111111"


async def test_a_session_that_its_hooks_told_of_adds_nothing(client, home):
    for at, kind, actor, path in (
        ("09:00:00.3", "prompt", "human", "/code/acme"),
        ("09:01:31", "tool", "agent", "/code/acme/src/login.py"),
        ("09:06:02", "turn_end", "agent", "/code/acme"),
        ("09:09:00.2", "prompt", "human", "/code/acme"),
        ("09:15:01", "turn_end", "agent", "/code/acme"),
        ("09:18:00.2", "prompt", "human", "/code/acme"),
        ("09:19:01", "session_end", "human", "/code/acme"),
    ):
        client.daemon.intake.tell(live(at, kind, actor, path, ACME))
    before = await client.get("/api/heartbeats?from=2026-11-18&to=2026-11-18&project=acme")
    answer = await client.post("/api/backfill", {"from": "2026-11-18T08:00:00Z", "to": "2026-11-18T10:00:00Z"})
    assert answer["heartbeats"]["new"] == 0
    assert answer["heartbeats"]["live"] > 15
    assert await client.get("/api/heartbeats?from=2026-11-18&to=2026-11-18&project=acme") == before


async def test_what_a_session_did_before_its_hooks_were_installed_comes_from_its_log(client, home):
    client.daemon.intake.tell(live("09:18:00.2", "prompt", "human", "/code/acme", ACME))
    client.daemon.intake.tell(live("09:19:00", "turn_end", "agent", "/code/acme", ACME))
    answer = await client.post("/api/backfill", {"from": "2026-11-18T08:00:00Z", "to": "2026-11-18T10:00:00Z"})
    assert answer["heartbeats"]["new"] > 10
    assert answer["heartbeats"]["live"] >= 3
    assert "human acme 08:59-09:19 11" in await day_of(client)


async def test_the_files_an_agent_changed_become_its_own_when_its_log_is_read(client, home):
    beats = [
        {"time": f"2026-11-18T02:{minute:02}:00Z", "path": "/code/acme/deps.txt", "kind": "edit", "source": "watch"}
        for minute in range(1, 30)
    ]
    await client.post("/api/heartbeats", beats)
    assert await day_of(client) == ["human acme 02:00-02:30 0"]
    answer = await client.post("/api/backfill", {"to": "2026-11-18T02:45:00Z"})
    assert await day_of(client) == ["agent acme 02:00-02:30 0"]
    day = answer["days"][0]
    assert (day["handsOnSeconds"], day["agentSeconds"]) == (-1800, 1800)


async def test_sessions_in_a_repository_that_nobody_watches_are_kept_and_make_no_project(client, home):
    for path in (home / ".claude" / "projects").rglob("*.jsonl"):
        path.write_text(path.read_text().replace("/code/acme", "/gone/since"))
    await client.post("/api/backfill", {})
    names = {entry["projectName"] for entry in (await client.get("/api/entries?from=2026-11-18&to=2026-11-18&limit=500"))["data"]}
    assert names == {None, "beta", "gamma", "delta"}
    assert "human None 08:59-09:19 11" in await day_of(client)
    assert "acme" not in {one["name"] for one in (await client.get("/api/projects"))["data"]}


async def test_excluded_folders_and_times_without_recording_stay_out(client, home):
    client.daemon.intake.exclude(["/code/gamma"])
    await client.post("/api/backfill", {})
    assert [line for line in SHEET if " gamma " not in line] == await day_of(client)


async def test_nothing_comes_from_a_time_in_which_recording_was_off(client, home):
    times = (datetime.fromisoformat(f"2026-11-18T{hour}:30:00+00:00") for hour in ("08", "12"))
    client.daemon.intake.tell(AbsenceSignal(Absence(*times, "off", client.daemon.device)))
    answer = await client.post("/api/backfill", {})
    assert answer["heartbeats"]["notRecorded"] > 0
    assert await day_of(client) == [line for line in SHEET if not any(f" {at}:" in line for at in ("08", "09", "10"))]


async def test_hostile_logs_are_passed_over_and_told(client, home):
    folder = home / ".claude" / "projects" / "-code-acme"
    good = (folder / f"{ACME}.jsonl").read_bytes()
    (folder / f"{ACME}.jsonl").write_bytes(
        b'\xff\xfe\x00broken\n[1, 2]\n"text"\n{\n' + b"[" * 100_000 + b"\n" + b'{"a":' + b"9" * 5000 + b"}\n" + good + b'{"us'
    )
    os.mkfifo(folder / "pipe.jsonl")
    secret = client.daemon.folder / "elsewhere.jsonl"
    secret.write_bytes(good.replace(b"2026-11-18", b"2026-11-17"))
    (folder / "link.jsonl").symlink_to(secret)
    (folder.parent / "-link").symlink_to(client.daemon.folder)
    (folder / "device.jsonl").symlink_to("/dev/zero")
    for name, wrong in (("times", "2026-99-99T99:99:99Z"), ("future", "2099-01-01T00:00:00Z"), ("naive", "2026-11-18T10:00:00")):
        (folder / f"{name}.jsonl").write_bytes(good.replace(b"2026-11-18T09:00:00.000Z", wrong.encode())[:700])
    answer = await client.post("/api/backfill", {})
    assert answer["unreadableLines"] >= 7
    assert await day_of(client) == SHEET
    assert (await client.get("/api/entries?from=2026-11-17&to=2026-11-17"))["data"] == []


async def test_only_one_backfill_runs_at_a_time_and_says_how_far_it_is(client, home):
    daemon, begun, waiting = client.daemon, asyncio.Event(), asyncio.Event()

    class Slow:
        async def read(self, lo_us, hi_us, now_us, progress):
            progress({"files": 3, "bytes": 900})
            progress({"file": 1, "read": 300})
            begun.set()
            await waiting.wait()
            return AgentLogActs([], 3)

    daemon.facade.backfill = Backfill(daemon.engine, daemon.intake, daemon.places, Slow(), recall, lambda: None)
    running = asyncio.ensure_future(client.post("/api/backfill", {}))
    await begun.wait()
    assert await client.get("/api/backfill") == {
        "running": True,
        "files": 3,
        "filesRead": 1,
        "bytes": 900,
        "bytesRead": 300,
    }
    assert (await client.ask("POST", "/api/backfill", {})).status == 409
    waiting.set()
    await running
    assert (await client.get("/api/backfill"))["running"] is False


async def test_undo_stands_alone_and_an_unknown_source_is_refused(client):
    assert (await client.ask("POST", "/api/backfill", {"undo": True, "dryRun": True})).status == 422
    assert (await client.ask("POST", "/api/backfill", {"source": "cloud"})).status == 422
