"""Entries over HTTP: lists, edits, revisions, evidence."""

import pytest

DAY = "2026-11-19"


def at(clock: str) -> str:
    return f"{DAY}T{clock}:00Z"


async def add(client, start, end, project="beta", **fields):
    body = {"projectName": project, "autoCreate": True, "start": at(start), "end": at(end), **fields}
    return await client.ask("POST", "/api/entries", body)


async def added(client, *words, **fields):
    answer = await add(client, *words, **fields)
    assert answer.status == 201, answer.body
    return answer.body


async def work(client, start, end, project="acme", step=5):
    """Evidence every few minutes of yesterday."""
    minutes = range(int(start[:2]) * 60 + int(start[3:]), int(end[:2]) * 60 + int(end[3:]) + 1, step)
    beats = [{"project": project, "time": f"{DAY}T{m // 60:02d}:{m % 60:02d}:00Z", "entity": "a.py"} for m in minutes]
    assert (await client.post("/api/heartbeats", beats, 202))["rejected"] == []


async def spans(client, **query):
    found = (await client.get("/api/entries", **query))["data"]
    return sorted((one["start"][11:16], one["end"][11:16], one["projectName"]) for one in found)


async def test_an_entry_has_every_field_of_the_contract(client):
    entry = await added(client, "10:00", "11:00")
    assert set(entry) >= {
        "id",
        "projectId",
        "projectName",
        "clientId",
        "clientName",
        "taskId",
        "taskName",
        "description",
        "start",
        "end",
        "durationSeconds",
        "state",
        "actor",
        "origin",
        "handsOnSeconds",
        "supervisedSeconds",
        "billable",
        "tags",
        "branch",
        "repo",
        "commits",
        "sessionId",
        "pinned",
        "locked",
        "approvedAt",
        "confirmed",
        "userId",
        "workspaceId",
        "revision",
        "deliveries",
        "pauses",
    }
    assert (entry["durationSeconds"], entry["handsOnSeconds"], entry["state"]) == (3600, 3600, "finished")
    assert await client.get(f"/api/entries/{entry['id']}") | {"takenSeconds": 0, "notice": None, "projectCreated": True} == entry


@pytest.mark.parametrize(
    "span",
    [
        {"start": at("10:00"), "durationMinutes": 60}, {"startTime": at("10:00"), "endTime": at("11:00")},
        {"end": at("11:00"), "durationMinutes": 60}, {"start": at("10:00"), "end": at("11:00"), "durationMinutes": 60},
    ],
)  # fmt: skip
async def test_a_span_may_be_told_in_several_ways(client, span):
    entry = await client.post("/api/entries", {"projectName": "beta", "autoCreate": True, **span}, 201)
    assert (entry["start"], entry["end"]) == (at("10:00"), at("11:00"))


@pytest.mark.parametrize(
    "span",
    [
        {"start": at("11:00"), "end": at("10:00")}, {"start": at("10:00"), "end": at("10:00")}, {"start": at("10:00")}, {},
        {"start": at("10:00"), "end": "2026-12-01T00:00:00Z"}, {"start": "2026-11-19T10:00:00", "end": at("11:00")},
        {"start": at("10:00"), "end": at("11:00"), "durationMinutes": 5}, {"durationMinutes": 5},
        {"start": at("10:00"), "durationMinutes": 1e300}, {"start": at("10:00"), "durationMinutes": -5},
    ],
)  # fmt: skip
async def test_a_span_that_cannot_be_is_refused_and_nothing_is_made(client, span):
    answer = await client.ask("POST", "/api/entries", {"projectName": "beta", "autoCreate": True, **span})
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION")
    assert (await client.get("/api/entries"))["data"] == []
    assert (await client.get("/api/projects"))["data"] == []


async def test_an_entry_over_automatic_ones_takes_their_time_and_says_how_much(client):
    await work(client, "09:00", "12:00")
    entry = await added(client, "10:00", "11:00")
    assert entry["takenSeconds"] == 3600
    assert await spans(client) == [("08:59", "10:00", "acme"), ("10:00", "11:00", "beta"), ("11:00", "12:01", "acme")]


async def test_work_by_hand_gets_the_projects_default_task_unless_it_names_one_or_none(client):
    await client.post("/api/projects", {"name": "beta", "defaultTask": "GEN-1"}, 201)
    assert (await added(client, "10:00", "11:00"))["taskName"] == "GEN-1"
    assert (await added(client, "11:00", "12:00", taskName="DEV-2"))["taskName"] == "DEV-2"
    assert (await added(client, "12:00", "13:00", taskName=None))["taskName"] is None
    assert (await client.post("/api/timer/start", {"projectName": "beta"}, 201))["timer"]["taskName"] == "GEN-1"


async def test_nothing_explains_a_minute_that_has_not_been(client):
    assert (await client.ask("GET", "/api/why?at=2027-01-01T00:00:00Z")).status == 422


async def test_the_owners_own_time_is_taken_only_when_asked(client):
    first = await added(client, "10:00", "11:00", "own")
    refused = await add(client, "10:30", "11:30")
    assert (refused.status, refused.body["code"]) == (409, "CONFLICT")
    assert [one["id"] for one in refused.body["details"]["entries"]] == [first["id"]]
    await added(client, "10:30", "11:30", replace=True)
    assert await spans(client) == [("10:00", "10:30", "own"), ("10:30", "11:30", "beta")]
    await added(client, "10:15", "10:45", "third", overlap=True)
    assert len(await spans(client)) == 3


async def test_an_edit_pins_what_it_sets_and_the_rest_goes_on_following(client):
    await work(client, "09:00", "10:00")
    (entry,) = (await client.get("/api/entries"))["data"]
    changed = await client.ask("PATCH", f"/api/entries/{entry['id']}", {"description": "the login", "tags": ["a", "a"]})
    assert (changed.body["pinned"], changed.body["tags"], changed.body["revision"]) == (["text"], ["a"], entry["revision"] + 1)
    await work(client, "10:05", "11:00")
    (entry,) = (await client.get("/api/entries"))["data"]
    assert (entry["end"], entry["description"]) == (at("11:01"), "the login")


async def test_what_a_shorter_time_leaves_stays_away_until_undone(client):
    await work(client, "09:00", "11:00")
    (entry,) = (await client.get("/api/entries"))["data"]
    await client.ask("PATCH", f"/api/entries/{entry['id']}", {"end": at("10:00")})
    await work(client, "10:02", "10:50", step=4)
    assert await spans(client) == [("08:59", "10:00", "acme")]
    await client.post("/api/rebuild")
    assert await spans(client) == [("08:59", "10:00", "acme")]
    await client.post("/api/undo")
    assert await spans(client) == [("08:59", "11:01", "acme")]


async def test_a_deleted_entry_stays_away_and_is_restored_as_it_was(client):
    await work(client, "09:00", "11:00")
    (entry,) = (await client.get("/api/entries"))["data"]
    deleted = await client.ask("DELETE", f"/api/entries/{entry['id']}")
    assert (deleted.status, deleted.body["id"]) == (200, entry["id"])
    await work(client, "09:02", "10:58", step=7)
    assert await spans(client) == []
    restored = await client.post(f"/api/entries/{entry['id']}/restore")
    assert (restored["id"], restored["start"]) == (entry["id"], entry["start"])
    assert await spans(client) == [("08:59", "11:01", "acme")]
    assert (await client.post(f"/api/entries/{entry['id']}/restore"))["id"] == entry["id"]


async def test_split_then_merge_is_the_same_entry(client):
    entry = await added(client, "10:00", "11:00", tags=["x"])
    parts = (await client.post(f"/api/entries/{entry['id']}/split", {"at": at("10:20")}))["entries"]
    assert [(one["start"], one["end"], one["tags"]) for one in parts] == [
        (at("10:00"), at("10:20"), ["x"]),
        (at("10:20"), at("11:00"), ["x"]),
    ]
    merged = await client.post("/api/entries/merge", {"ids": [one["id"] for one in parts]})
    same = ("id", "start", "end", "durationSeconds", "tags", "pauses", "projectId", "description", "billable")
    assert {name: merged[name] for name in same} == {name: entry[name] for name in same}
    assert (await client.get(f"/api/entries/{parts[1]['id']}"))["id"] == entry["id"]


async def test_merging_makes_a_pause_of_what_lay_between(client):
    ids = [(await added(client, start, end))["id"] for start, end in (("10:00", "10:30"), ("11:00", "11:30"))]
    merged = await client.post("/api/entries/merge", {"ids": ids})
    assert (merged["durationSeconds"], merged["pauses"]) == (3600, [{"start": at("10:30"), "end": at("11:00")}])


@pytest.mark.parametrize("clock", ["10:00", "11:00", "09:00", "23:00"])
async def test_a_cut_outside_the_entry_is_refused(client, clock):
    entry = await added(client, "10:00", "11:00")
    answer = await client.ask("POST", f"/api/entries/{entry['id']}/split", {"at": at(clock)})
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION")


async def test_a_stale_revision_loses(client):
    entry = await added(client, "10:00", "11:00")
    path = f"/api/entries/{entry['id']}"
    assert (await client.ask("PATCH", path, {"description": "a", "revision": 1})).status == 200
    for late in ({"body": {"description": "b", "revision": 1}}, {"body": {"description": "b"}, "headers": {"If-Match": '"1"'}}):
        answer = await client.ask("PATCH", path, **late)
        assert (answer.status, answer.body["code"], answer.body["details"]["revision"]) == (409, "CONFLICT", 2)
    found = await client.ask("GET", path)
    assert found.headers["ETag"] == '"2"'
    assert (await client.ask("PATCH", path, {"description": "b"}, {"If-Match": found.headers["ETag"]})).status == 200
    assert (await client.ask("DELETE", path, headers={"If-Match": "1"})).status == 409


async def test_a_unique_beginning_of_an_id_is_enough(client):
    entry = await added(client, "10:00", "11:00")
    assert (await client.get(f"/api/entries/{entry['id'][:34]}"))["id"] == entry["id"]
    await client.daemon.clock.advance(minutes=1)
    await added(client, "12:00", "13:00")
    answer = await client.ask("GET", f"/api/entries/{entry['id'][:6]}")
    assert (answer.status, answer.body["code"]) == (409, "CONFLICT")


async def test_pages_hold_every_entry_once_in_order(client):
    for hour in range(1, 9):
        await added(client, f"{hour:02d}:00", f"{hour:02d}:30")
    seen, cursor = [], None
    while True:
        page = await client.get("/api/entries", limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [one["start"] for one in page["data"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen) == 8


@pytest.mark.parametrize("cursor", ["x", "e30", "WzFd", "%20", "W251bGwsbnVsbF0"])
async def test_a_cursor_that_is_not_ours_is_refused(client, cursor):
    for path in ("/api/entries", "/api/projects", "/api/heartbeats", "/api/edits", "/api/repos"):
        answer = await client.ask("GET", f"{path}?cursor={cursor}")
        assert (answer.status, answer.body["code"]) == (422, "VALIDATION"), path


async def test_ranges_are_half_open_instants_and_whole_local_days(client):
    client.daemon.set_policy(zone="Asia/Tokyo")
    await added(client, "14:00", "15:30")  # 23:00 to 00:30 the next day, there
    assert len(await spans(client, from_="2026-11-19", to="2026-11-19")) == 1
    assert len(await spans(client, from_="2026-11-20", to="2026-11-20")) == 1
    assert await spans(client, from_="2026-11-18", to="2026-11-18") == []
    assert await spans(client, from_=at("15:30"), to=at("16:00")) == []
    assert await spans(client, from_=at("13:00"), to=at("14:00")) == []
    assert len(await spans(client, from_=at("15:29"), to=at("15:30"))) == 1


async def test_filters_narrow_the_list(client):
    await added(client, "10:00", "11:00", tags=["x"], description="50% done", taskName="DEV-1")
    await added(client, "12:00", "13:00", "gamma", billable=True)
    for query in ({"project": "beta"}, {"tag": "x"}, {"billable": "false"}, {"search": "50%25"}, {"task": "DEV-1"}):
        assert await spans(client, **query) == [("10:00", "11:00", "beta")], query
    assert len(await spans(client, actor="human", state="finished")) == 2
    assert await spans(client, search="%25%25") == []


async def test_approved_entries_are_locked_until_released(client):
    await work(client, "09:00", "10:00")
    done = await client.post("/api/approve", {"from": DAY})
    assert (done["count"], done["entries"][0]["locked"], done["entries"][0]["pinned"]) == (1, True, ["time", "project", "text"])
    path = f"/api/entries/{done['entries'][0]['id']}"
    for method, target, body in (
        ("PATCH", path, {"description": "x"}),
        ("DELETE", path, None),
        ("POST", path + "/split", {"at": at("09:30")}),
    ):
        answer = await client.ask(method, target, body)
        assert (answer.status, answer.body["code"]) == (409, "CONFLICT"), target
    await work(client, "10:05", "10:30")
    assert (await client.get(path))["end"] == at("10:01")
    await client.post("/api/unapprove", {"from": DAY})
    released = await client.get(path)
    assert (released["locked"], released["approvedAt"], released["pinned"]) == (False, None, [])
    await client.post("/api/rebuild")
    assert await spans(client) == [("08:59", "10:31", "acme")]


async def test_a_long_period_is_approved_piece_by_piece_as_one_edit(client):
    for hour in (10, 12, 14):
        await added(client, f"{hour}:00", f"{hour + 1}:00")
    for route, is_locked in (("/api/approve", True), ("/api/unapprove", False)):
        first = await client.post(route, {"from": DAY, "limit": 2})
        assert [one["start"] for one in first["entries"]] == [at("10:00"), at("12:00")]
        rest = await client.post(route, {"from": DAY, "limit": 2, "editId": first["editId"]})
        assert (rest["count"], rest["editId"]) == (1, first["editId"])
        assert [one["locked"] for one in (await client.get(f"/api/entries?from={DAY}"))["data"]] == [is_locked] * 3
    await client.post("/api/undo")
    assert [one["locked"] for one in (await client.get(f"/api/entries?from={DAY}"))["data"]] == [True] * 3


async def test_an_approval_goes_on_only_as_itself(client):
    await added(client, "10:00", "11:00")
    edit = (await client.post("/api/approve", {"from": DAY, "limit": 1}))["editId"]
    for route, body in (("/api/unapprove", {"editId": edit}), ("/api/approve", {"editId": "nothing"})):
        answer = await client.ask("POST", route, {"from": DAY, **body})
        assert (answer.status, answer.body["code"]) == (409, "CONFLICT"), route


async def test_history_tells_each_edit_by_field(client):
    entry = await added(client, "10:00", "11:00")
    await client.ask("PATCH", f"/api/entries/{entry['id']}", {"description": "a", "end": at("10:30")})
    steps = (await client.get(f"/api/entries/{entry['id']}/history"))["data"]
    assert [one["verb"] for one in steps] == ["add", "edit"]
    assert steps[1]["changes"] == {
        "description": {"before": "", "after": "a"},
        "end": {"before": at("11:00"), "after": at("10:30")},
    }


async def test_history_is_found_by_a_beginning_of_the_id_and_after_the_end(client):
    entry = await added(client, "10:00", "11:00")
    path = f"/api/entries/{entry['id']}"
    await client.ask("PATCH", path, {"description": "x"})
    by_id = await client.get(f"{path}/history")
    assert await client.get(f"{path[:-2]}/history") == by_id
    assert [one["verb"] for one in by_id["data"]] == ["add", "edit"]
    await client.ask("DELETE", path)
    assert [one["verb"] for one in (await client.get(f"{path}/history"))["data"]] == ["add", "edit", "delete"]
    assert (await client.ask("GET", f"{path}/evidence")).status == 404
    assert (await client.ask("GET", "/api/entries/none/history")).status == 404


async def test_what_was_merged_away_leads_to_what_it_became(client):
    first, second = await added(client, "10:00", "11:00"), await added(client, "12:00", "13:00")
    whole = await client.post("/api/entries/merge", {"ids": [first["id"], second["id"]]}, 200)
    gone = second["id"] if whole["id"] == first["id"] else first["id"]
    assert (await client.get(f"/api/entries/{gone}"))["id"] == whole["id"]
    assert (await client.get(f"/api/entries/{gone}/evidence"))["entryId"] == whole["id"]
    assert "merge" in [one["verb"] for one in (await client.get(f"/api/entries/{gone}/history"))["data"]]


async def test_evidence_names_heartbeats_and_the_reason_of_each_gap(client):
    await work(client, "09:00", "09:30")
    await work(client, "09:42", "10:00", step=6)
    (entry,) = (await client.get("/api/entries"))["data"]
    told = await client.get(f"/api/entries/{entry['id']}/evidence")
    assert set(told) >= {"entryId", "start", "end", "heartbeats", "commits", "sessions", "absences", "gaps"}
    assert [one["time"] for one in told["heartbeats"]][:2] == [at("09:00"), at("09:05")]
    assert told["heartbeats"][0]["project"] == "acme"
    assert all(set(gap) == {"start", "end", "verdict", "reason"} and gap["reason"] for gap in told["gaps"])
    why = await client.get("/api/why", at=at("09:35"))
    assert why["entryId"] == entry["id"]
    nobody = await client.get("/api/why", at=at("15:00"))
    assert (nobody["entryId"], nobody["start"]) == (None, at("10:01"))


async def test_gaps_are_listed_filled_and_gone(client):
    await work(client, "09:00", "10:00")
    await work(client, "11:00", "12:00")
    (gap,) = (await client.get("/api/gaps", from_=DAY, to=DAY))["data"]
    assert (gap["start"], gap["end"], gap["durationSeconds"]) == (at("10:01"), at("10:59"), 58 * 60)
    assert gap["reason"]
    assert (await client.get("/api/gaps", from_=DAY, to=DAY))["data"] == [gap]
    entry = await client.post(f"/api/gaps/{gap['id']}/fill", {"projectName": "acme", "description": "phone"}, 201)
    assert (entry["start"], entry["end"], entry["description"]) == (gap["start"], gap["end"], "phone")
    assert (await client.get("/api/gaps", from_=DAY, to=DAY))["data"] == []
    again = await client.ask("POST", f"/api/gaps/{gap['id']}/fill", {"projectName": "acme"})
    assert (again.status, again.body["code"]) == (404, "NOT_FOUND")


async def test_a_period_moves_to_another_project_and_back(client):
    await work(client, "09:00", "11:00")
    await client.post("/api/projects", {"name": "beta"}, 201)
    body = {"from": at("09:30"), "to": at("10:00"), "project": "acme", "projectName": "beta"}
    told = await client.post("/api/move", {**body, "dryRun": True})
    assert told["seconds"] == 1800
    assert await spans(client) == [("08:59", "11:01", "acme")]
    await client.post("/api/move", body)
    expected = [("08:59", "09:30", "acme"), ("09:30", "10:00", "beta"), ("10:00", "11:01", "acme")]
    assert await spans(client) == expected
    await client.post("/api/rebuild")
    assert await spans(client) == expected
    await client.post("/api/undo")
    assert await spans(client) == [("08:59", "11:01", "acme")]


async def test_any_edit_can_be_undone_by_its_id(client):
    entry = await added(client, "10:00", "11:00")
    await added(client, "12:00", "13:00")
    first = (await client.get("/api/edits"))["data"][-1]
    assert (first["verb"], first["undoneAt"]) == ("add", None)
    undone = await client.post("/api/undo", {"editId": first["editId"]})
    assert undone["edit"]["undoneAt"]
    assert (await client.ask("GET", f"/api/entries/{entry['id']}")).status == 404
    assert (await client.ask("POST", "/api/undo", {"editId": first["editId"]})).status == 409


async def test_a_rebuild_shows_its_difference_before_it_is_applied(client):
    await work(client, "09:00", "10:00")
    assert await spans(client) == [("08:59", "10:01", "acme")]
    client.daemon.set_policy(lead=client.daemon.policy.lead * 0)
    told = await client.post("/api/rebuild", {"dryRun": True})
    assert (told["updated"], told["created"], told["deleted"]) == (1, 0, 0)
    assert told["projects"][0]["name"] == "acme"
    assert told["projects"][0]["afterSeconds"] - told["projects"][0]["beforeSeconds"] == -60
    assert await spans(client) == [("08:59", "10:01", "acme")]
    await client.post("/api/rebuild")
    assert await spans(client) == [("09:00", "10:01", "acme")]
