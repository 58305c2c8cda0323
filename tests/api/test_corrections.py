"""Approved hours stand still; what later evidence or an edit would make of them is shown, to the second."""

import pytest

DAY = "2026-11-18"


def beats(project, begin, end, step=5):
    """Every few minutes from one minute of the day to another."""
    words = {"project": project, "kind": "edit", "entity": "a.py", "source": "editor"}
    return [{**words, "time": f"{DAY}T{m // 60:02}:{m % 60:02}:00Z"} for m in range(begin, end + 1, step)]


async def send(client, beats):
    answer = await client.post("/api/heartbeats", beats, 202)
    assert answer["rejected"] == []


async def corrections(asker, **query):
    rows = (await asker.get("/api/corrections", **{"from_": DAY, "to": DAY, **query}))["data"]
    return [(row["projectName"], row["approvedSeconds"], row["nowSeconds"], row["cause"]) for row in rows]


@pytest.fixture
async def approved(client):
    """An hour of atlas from nine o'clock, with its lead and tail: 62 minutes."""
    for name in ("atlas", "orbit"):
        await client.post("/api/projects", {"name": name, "clientName": name.title()}, 201)
    await send(client, beats("atlas", 540, 600))
    await client.post("/api/approve", {"from": DAY})
    assert await corrections(client) == []
    return client


async def test_evidence_that_an_approval_keeps_out_is_a_visible_difference(approved):
    await send(approved, beats("orbit", 562, 577))
    assert [entry["projectName"] for entry in (await approved.get("/api/entries", from_=DAY, to=DAY))["data"]] == ["atlas"]
    [(name, was, is_now, cause)] = await corrections(approved)
    assert (name, was, cause) == ("atlas", 3720, "evidence")
    assert 2400 <= is_now <= 3000
    assert await corrections(approved, client="Orbit") == []
    assert await corrections(approved, client="Atlas") == [(name, was, is_now, cause)]
    await approved.post("/api/unapprove", {"from": DAY})
    entries = (await approved.get("/api/entries", from_=DAY, to=DAY, project="atlas"))["data"]
    assert sum(entry["durationSeconds"] for entry in entries) == is_now
    assert await corrections(approved) == [(name, was, is_now, "open")]
    await approved.post("/api/approve", {"from": DAY})
    assert await corrections(approved) == []


async def test_new_hours_of_an_approved_day_are_a_difference_until_they_are_approved(approved):
    body = {"projectName": "atlas", "startTime": f"{DAY}T14:00:00Z", "durationMinutes": 15}
    await approved.post("/api/entries", body, 201)
    assert await corrections(approved) == [("atlas", 3720, 3720 + 900, "open")]
    await approved.post("/api/entries", {**body, "projectName": "orbit", "startTime": f"{DAY}T15:00:00Z"}, 201)
    assert len(await corrections(approved)) == 1, "of orbit nothing was approved"
    await approved.post("/api/approve", {"from": DAY})
    assert await corrections(approved) == []


async def test_an_edit_and_a_deletion_after_the_approval_was_taken_back_differ_from_what_was_approved(approved):
    await approved.post("/api/unapprove", {"from": DAY})
    [entry] = (await approved.get("/api/entries", from_=DAY, to=DAY))["data"]
    assert await corrections(approved) == [], "taking an approval back changes no hours"
    await approved.ask("PATCH", f"/api/entries/{entry['id']}", {"end": f"{DAY}T10:16:00Z"})
    [(_, was, is_now, cause)] = await corrections(approved)
    assert (was, is_now, cause) == (3720, 3720 + 900, "open")
    await approved.ask("DELETE", f"/api/entries/{entry['id']}")
    assert await corrections(approved) == [("atlas", 3720, 0, "open")]


async def test_an_approval_that_was_undone_is_none(approved):
    await approved.post("/api/undo")
    [entry] = (await approved.get("/api/entries", from_=DAY, to=DAY))["data"]
    await approved.ask("DELETE", f"/api/entries/{entry['id']}")
    assert await corrections(approved) == []


async def test_what_its_owner_set_follows_no_evidence_and_differs_by_none(approved):
    await approved.post("/api/unapprove", {"from": DAY})
    [entry] = (await approved.get("/api/entries", from_=DAY, to=DAY))["data"]
    await approved.ask("PATCH", f"/api/entries/{entry['id']}", {"end": f"{DAY}T10:00:00Z"})
    await approved.post("/api/approve", {"from": DAY})
    await send(approved, beats("orbit", 562, 577))
    assert await corrections(approved) == []


async def test_pages_hold_every_difference_once(approved):
    bodies = [
        {"projectName": name, "autoCreate": True, "durationMinutes": 10, "overlap": True} for name in ("one", "two", "three")
    ]
    for body in bodies:
        await approved.post("/api/entries", {**body, "startTime": f"{DAY}T12:00:00Z"}, 201)
    await approved.post("/api/approve", {"from": DAY})
    for body in bodies:
        await approved.post("/api/entries", {**body, "startTime": f"{DAY}T16:00:00Z"}, 201)
    whole = (await approved.get("/api/corrections", from_=DAY, to=DAY))["data"]
    rows, cursor = [], None
    while True:
        page = await approved.get("/api/corrections", from_=DAY, to=DAY, limit=1, **({"cursor": cursor} if cursor else {}))
        rows += page["data"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert rows == whole
    assert len(rows) == 3
    answer = await approved.ask("GET", "/api/corrections?from=2020-01-01&to=2026-01-01")
    assert (answer.status, "days" in answer.body["error"]) == (422, True)
