"""Batches of an import over HTTP: one edit, ids that hold, and refusals that change nothing."""

ENTRY = {"id": "e1", "start": "2025-11-20T08:00:00Z", "end": "2025-11-20T09:00:00Z", "projectName": "acme", "tags": ["a"]}


def entry(number, **more):
    return {
        **ENTRY,
        "id": f"e{number}",
        "start": f"2025-11-20T{number:02d}:00:00Z",
        "end": f"2025-11-20T{number:02d}:30:00Z",
        **more,
    }


async def entries(client):
    return {one["id"] for one in (await client.get("/api/entries"))["data"]}


async def test_batches_of_one_import_are_one_edit(client):
    first = await client.post("/api/import", {"entries": [entry(1), entry(2)], "create": True, "source": "x"})
    assert first["outcomes"] == ["added", "added"]
    assert first["projectsCreated"] == ["acme"]
    second = await client.post("/api/import", {"entries": [entry(2), entry(3), entry(3)], "importId": first["importId"]})
    assert second["outcomes"] == ["known", "added", "known"]
    assert await entries(client) == {"e1", "e2", "e3"}
    edits = (await client.get("/api/edits"))["data"]
    assert [one["summary"] for one in edits if one["verb"] == "import"] == ["import from x"]
    await client.post("/api/undo", {})
    assert await entries(client) == set()
    again = await client.post("/api/import", {"entries": [entry(1)]})
    assert again["outcomes"] == ["added"]


async def test_an_import_goes_on_in_an_edit_of_its_own_only(client):
    made = await client.post(
        "/api/entries", {"projectName": "acme", "autoCreate": True, "start": ENTRY["start"], "end": ENTRY["end"]}
    )
    edit = (await client.get("/api/edits"))["data"][0]["editId"]
    answer = await client.ask("POST", "/api/import", {"entries": [entry(1)], "importId": edit})
    assert answer.status == 409
    assert await entries(client) == {made["id"]}


async def test_a_refused_batch_changes_nothing(client):
    await client.post("/api/import", {"entries": [entry(9)], "create": True})
    for wrong in (
        entry(1, end="2025-11-20T00:30:00Z"),
        entry(1, end="2025-11-22T01:30:00Z"),
        entry(1, projectName="beta"),
        entry(1, start="2999-01-01T00:00:00Z", end="2999-01-01T01:00:00Z"),
        entry(1, pauses=[{"start": "2025-11-20T01:20:00Z", "end": "2025-11-20T01:10:00Z"}]),
        entry(1, start="2025-11-20T09:10:00Z", end="2025-11-20T09:20:00Z"),
    ):
        answer = await client.ask("POST", "/api/import", {"entries": [entry(2), wrong]})
        assert answer.status in (404, 409, 422), answer.body
        assert await entries(client) == {"e9"}


async def test_a_dry_run_tells_outcomes_and_changes_nothing(client):
    told = await client.post("/api/import", {"entries": [entry(1), entry(2)], "dryRun": True})
    assert (told["outcomes"], told["unknownProjects"], told["addedSeconds"]) == (["added", "added"], ["acme"], 3600)
    assert await entries(client) == set()
    assert (await client.get("/api/projects"))["data"] == []


async def test_known_by_content_means_the_same_project_and_time_to_the_second(client):
    await client.post("/api/import", {"entries": [entry(1, start="2025-11-20T01:00:00.900Z")], "create": True})
    same = {"id": "x", "start": "2025-11-20T01:00:00Z", "end": "2025-11-20T01:30:00Z"}
    near = [entry(7, **same), entry(7, **same | {"id": "y", "start": "2025-11-20T00:59:59Z"})]
    told = await client.post("/api/import", {"entries": near, "match": "content", "overlap": "skip"})
    assert told["outcomes"] == ["known", "overlaps"]


async def test_automatic_time_gives_way_and_comes_back_with_the_undo(client, daemon):
    now = daemon.clock.now()
    beats = [{"project": "auto", "time": (now.replace(hour=0, minute=minute)).isoformat()} for minute in range(0, 60, 5)]
    await client.post("/api/heartbeats", beats)
    before = (await client.get("/api/entries"))["data"]
    assert [one["origin"] for one in before] == ["auto"]
    start, end = now.replace(hour=0, minute=10).isoformat(), now.replace(hour=0, minute=20).isoformat()
    told = await client.post("/api/import", {"entries": [{**ENTRY, "start": start, "end": end}], "create": True})
    assert told["takenSeconds"] == 600
    after = (await client.get("/api/entries"))["data"]
    assert sum(one["durationSeconds"] for one in after) == before[0]["durationSeconds"]
    await client.post("/api/undo", {})
    assert (await client.get("/api/entries"))["data"][0]["durationSeconds"] == before[0]["durationSeconds"]
