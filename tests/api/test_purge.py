"""Purging over HTTP: what goes, what stays as it was, and who gets the time (nobody)."""

import pytest

from tests.api.test_entries import DAY, added, at, spans, work


async def purge(client, **body):
    return await client.post("/api/purge", body)


async def test_a_purged_project_is_gone_and_its_hours_move_to_nobody(client):
    await work(client, "09:00", "10:00", "acme")
    await work(client, "10:02", "10:12", "secretco")
    await work(client, "10:14", "11:00", "acme")
    entry = await added(client, "14:00", "15:00", "secretco", description="call")
    before = [span for span in await spans(client) if span[2] == "acme"]
    answer = await purge(client, projectName="secretco")
    assert answer["entries"] == 2
    assert answer["heartbeats"] == 3
    after = await spans(client)
    assert {span[2] for span in after} == {"acme"}
    grown = sum(_minutes(span) for span in after) - sum(_minutes(span) for span in before)
    assert grown <= 4, "only the gaps beside it, which the switches had shared"
    assert (await client.ask("GET", f"/api/entries/{entry['id']}")).status == 404
    assert [project["name"] for project in (await client.get("/api/projects"))["data"]] == ["acme"]


def _minutes(span):
    (h1, m1), (h2, m2) = (map(int, clock.split(":")) for clock in span[:2])
    return h2 * 60 + m2 - h1 * 60 - m1


async def test_a_purged_period_holds_nothing_and_takes_nothing_afterwards(client):
    await work(client, "09:00", "12:00")
    long = await added(client, "13:00", "17:00", "beta", description="kept outside")
    late = await added(client, "16:45", "17:30", "gamma", overlap=True)
    answer = await client.post("/api/purge", {"from": at("10:00"), "to": at("16:50")})
    assert answer["heartbeats"] == 25
    left = await spans(client)
    assert [span for span in left if span[1] > "10:00" and span[0] < "16:50"] == []
    assert {span[2] for span in left} == {"acme", "beta", "gamma"}
    assert (await client.get(f"/api/entries/{late['id']}"))["start"] == at("16:50")
    assert (await client.get(f"/api/entries/{long['id']}"))["durationSeconds"] == 600
    await work(client, "10:30", "11:30", "delta")
    assert "delta" not in {span[2] for span in await spans(client)}


async def test_an_entry_around_the_period_is_left_on_both_sides(client):
    await added(client, "09:00", "17:00", "beta", description="long")
    await client.post("/api/purge", {"from": at("12:00"), "to": at("13:00")})
    assert await spans(client) == [("09:00", "12:00", "beta"), ("13:00", "17:00", "beta")]
    report = await client.get(f"/api/reports?from={DAY}&to={DAY}")
    assert report["totals"]["seconds"] == 7 * 3600


async def test_a_dry_run_tells_the_same_and_changes_nothing(client):
    await work(client, "09:00", "10:00", "secretco")
    entry = await added(client, "14:00", "15:00", "secretco")
    before = await spans(client)
    dry = await purge(client, projectName="secretco", dryRun=True)
    assert await spans(client) == before
    real = await purge(client, projectId=entry["projectId"])
    same = ("entries", "heartbeats", "commits", "sessions", "edits", "seconds")
    assert [dry[name] for name in same] == [real[name] for name in same]
    assert (dry["dryRun"], real["dryRun"], real["isComplete"]) == (True, False, True)


async def test_it_leaves_one_line_that_cannot_be_undone_and_names_nobody(client):
    await added(client, "09:00", "10:00", "keeper")
    await added(client, "14:00", "15:00", "secretco")
    answer = await purge(client, projectName="secretco")
    edits = (await client.get("/api/edits"))["data"]
    assert [edit["verb"] for edit in edits] == ["purge", "add"]
    assert "secretco" not in edits[0]["summary"]
    assert (await client.ask("POST", "/api/undo", {"editId": answer["editId"]})).status == 409
    await client.post("/api/undo")
    assert await spans(client) == [], "the next undo takes the step before it"


async def test_an_entry_that_its_owner_gave_to_another_project_stays_there(client):
    await work(client, "09:00", "10:00", "secretco")
    (entry,) = (await client.get("/api/entries"))["data"]
    await client.post("/api/projects", {"name": "keeper"})
    changed = await client.ask("PATCH", f"/api/entries/{entry['id']}", {"projectName": "keeper"})
    assert changed.status == 200
    before = await spans(client)
    await purge(client, projectName="secretco")
    assert await spans(client) == before


async def test_a_project_that_was_deleted_before_can_be_purged_still(client):
    project = await client.post("/api/projects", {"name": "secretco"})
    assert (await client.ask("DELETE", f"/api/projects/{project['id']}")).status == 200
    await purge(client, projectName="secretco")
    assert (await client.ask("POST", "/api/purge", {"projectName": "secretco"})).status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"projectName": "acme", "from": DAY}, 422), ({"to": DAY}, 422), ({"projectName": "none"}, 404),
     ({"from": "2999-01-01"}, 422), ({"from": at("12:00"), "to": at("11:00")}, 422), ({"from": DAY, "all": True}, 422)],
)  # fmt: skip
async def test_what_names_nothing_or_two_things_is_refused(client, body, status):
    await added(client, "09:00", "10:00")
    assert (await client.ask("POST", "/api/purge", body)).status == status
    assert len(await spans(client)) == 1


async def test_the_answer_to_a_retried_request_is_forgotten_with_what_it_made(client):
    body = {"projectName": "secretco", "autoCreate": True, "start": at("09:00"), "end": at("10:00"), "idempotencyKey": "k"}
    first = await client.post("/api/entries", body, 201)
    outside = await client.post("/api/entries", {**body, "projectName": "keeper", "idempotencyKey": "k2", "overlap": True}, 201)
    await purge(client, projectName="secretco")
    again = await client.post("/api/entries", {**body, "projectName": "keeper", "idempotencyKey": "k2", "overlap": True})
    assert again["id"] == outside["id"], "others' answers are kept"
    assert (await client.ask("GET", f"/api/entries/{first['id']}")).status == 404
