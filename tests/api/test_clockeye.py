"""ClockEye's time entries: the list with its filters and pages, start and stop in its words, in every mode."""

import pytest

from tests.api.test_entries import added, at, work

DAY, BEFORE = "2026-11-19", "2026-11-18"
FIELDS = {
    "id", "user_id", "project_id", "task_id", "description", "start_time", "end_time", "duration", "billable",
}  # fmt: skip


async def project(client, name="beta", **fields):
    return (await client.post("/api/projects", {"name": name, **fields}, 201))["id"]


async def start(client, project_id, status=201, **fields):
    answer = await client.ask("POST", "/api/time-entries/start", {"project_id": project_id, **fields})
    assert answer.status == status, answer.body
    return answer.body


async def stop(client, status=200):
    answer = await client.ask("POST", "/api/time-entries/stop")
    assert answer.status == status, answer.body
    return answer.body


async def running(client):
    return {timer["projectName"] for timer in (await client.get("/api/timer/current"))["timers"] if timer["state"] == "running"}


# ---------------------------------------------------------------- start


async def test_a_start_answers_the_bare_entry(client):
    beta = await project(client, clientName="Acme")
    task = await client.post("/api/tasks", {"projectId": beta, "name": "login", "key": "DEV-1"}, 201)
    entry = await start(client, beta, task_id=task["id"], description="Working on feature", colour="passed over")
    me = await client.get("/api/users/me")
    assert set(entry) == FIELDS
    assert entry == {
        "id": entry["id"],
        "user_id": me["id"],
        "project_id": beta,
        "task_id": task["id"],
        "description": "Working on feature",
        "start_time": "2026-11-20T09:00:00Z",
        "end_time": None,
        "duration": None,
        "billable": True,
    }
    assert (await client.get("/api/timer/current"))["timer"]["id"] == entry["id"]


async def test_a_task_may_be_named_by_the_key_billing_systems_use_or_be_none(client):
    beta = await project(client, defaultTask="GEN-1")
    task = await client.post("/api/tasks", {"projectId": beta, "name": "login", "key": "DEV-1"}, 201)
    assert (await start(client, beta, task_id="DEV-1"))["task_id"] == task["id"]
    assert (await start(client, beta, task_id=None, description=None))["task_id"] is None
    assert (await start(client, beta, billable=True))["billable"] is True


@pytest.mark.parametrize("mode", ["switch", "parallel"])
async def test_a_start_stops_what_runs_first(daemon, client, mode):
    daemon.set_policy(concurrency=mode)
    beta, gamma = await project(client), await project(client, "gamma")
    first = await start(client, beta)
    await daemon.clock.advance(minutes=30)
    second = await start(client, gamma)
    assert await running(client) == {"gamma"}
    page = await client.get("/api/time-entries")
    assert [(entry["id"], entry["duration"]) for entry in page["data"]] == [(second["id"], None), (first["id"], 1800)]


async def test_a_start_stops_all_that_run_beside_each_other(daemon, client):
    daemon.set_policy(concurrency="parallel")
    for name in ("beta", "gamma"):
        await client.post("/api/timer/start", {"projectName": name, "autoCreate": True}, 201)
    assert await running(client) == {"beta", "gamma"}
    await daemon.clock.advance(minutes=10)
    await start(client, await project(client, "delta"))
    assert await running(client) == {"delta"}


async def test_a_start_of_what_runs_already_is_a_new_entry_and_counts_nothing_twice(daemon, client):
    beta = await project(client)
    first = await start(client, beta, description="one")
    await daemon.clock.advance(minutes=20)
    second = await start(client, beta, description="two")
    await daemon.clock.advance(minutes=10)
    await stop(client)
    assert first["id"] != second["id"]
    page = await client.get("/api/time-entries")
    assert [(entry["description"], entry["duration"]) for entry in page["data"]] == [("two", 600), ("one", 1200)]


async def test_two_starts_at_one_instant_leave_one_timer_and_no_time(client):
    beta = await project(client)
    await start(client, beta)
    second = await start(client, beta)
    assert [entry["id"] for entry in (await client.get("/api/timer/current"))["timers"]] == [second["id"]]
    durations = [entry["duration"] for entry in (await client.get("/api/time-entries"))["data"]]
    assert sum(duration or 0 for duration in durations) == 0


async def test_a_start_ends_what_runs_by_itself(daemon, client):
    await client.post("/api/heartbeats", {"project": "acme", "time": "2026-11-20T08:58:00Z"}, 202)
    assert await running(client) == {"acme"}
    await start(client, await project(client))
    assert await running(client) == {"beta"}


async def test_an_owner_who_allows_one_timer_only_is_not_overruled(daemon, client):
    daemon.set_policy(concurrency="strict")
    beta, gamma = await project(client), await project(client, "gamma")
    first = await start(client, beta)
    for other in (beta, gamma):
        refused = await start(client, other, 409)
        assert refused["code"] == "CONFLICT"
        assert refused["details"]["timer"] == first
    assert await running(client) == {"beta"}


async def test_a_start_inside_the_owners_own_time_is_refused_in_its_words(client):
    beta = await project(client)
    body = {"projectId": beta, "start": "2026-11-20T08:00:00Z", "end": "2026-11-20T09:04:00Z"}
    own = await client.post("/api/entries", body, 201)
    refused = await start(client, beta, 409)
    assert [(set(entry), entry["id"]) for entry in refused["details"]["entries"]] == [(FIELDS, own["id"])]


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({}, 422, "VALIDATION", "project_id"), ({"project_id": 5}, 422, "VALIDATION", "project_id"),
        ({"project_id": "none"}, 404, "NOT_FOUND", None), ({"project_id": "", "task_id": "x"}, 422, "VALIDATION", "project_id"),
        ({"project_id": "beta!", "task_id": "none"}, 404, "NOT_FOUND", None),
        ({"project_id": "beta!", "task_id": "other!"}, 422, "VALIDATION", "task_id"),
        ({"project_id": "beta!", "billable": "yes"}, 422, "VALIDATION", "billable"),
        ({"project_id": "beta!", "description": "x" * 5000}, 422, "VALIDATION", "description"),
    ],
)  # fmt: skip
async def test_a_start_that_cannot_be_says_why_and_stops_nothing(client, body, status, code, field):
    known = {"beta!": await project(client), "other!": None}
    other = await project(client, "other")
    known["other!"] = (await client.post("/api/tasks", {"projectId": other, "name": "x"}, 201))["id"]
    await start(client, other)
    sent = {name: known.get(value, value) if isinstance(value, str) else value for name, value in body.items()}
    answer = await client.ask("POST", "/api/time-entries/start", sent)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert set(answer.body) == {"error", "code", "details"}
    assert answer.body["details"].get("field") == field
    assert await running(client) == {"other"}


async def test_a_repeated_start_with_its_key_starts_once(daemon, client):
    body = {"project_id": await project(client)}
    first = await client.ask("POST", "/api/time-entries/start", body, {"Idempotency-Key": "k"})
    await daemon.clock.advance(minutes=5)
    second = await client.ask("POST", "/api/time-entries/start", body, {"Idempotency-Key": "k"})
    assert (first.status, first.body) == (second.status, second.body)
    assert (await client.get("/api/time-entries"))["total"] == 1


# ---------------------------------------------------------------- stop


async def test_a_stop_without_a_body_saves_the_entry(daemon, client):
    entry = await start(client, await project(client))
    await daemon.clock.advance(minutes=45)
    stopped = await stop(client)
    assert stopped == {**entry, "end_time": "2026-11-20T09:45:00Z", "duration": 2700}
    refused = await stop(client, 404)
    assert (refused["code"], bool(refused["error"])) == ("NOT_FOUND", True)


async def test_a_stop_ends_the_latest_of_several_and_a_paused_one_last(daemon, client):
    daemon.set_policy(concurrency="parallel")
    for name in ("beta", "gamma"):
        await client.post("/api/timer/start", {"projectName": name, "autoCreate": True}, 201)
        await daemon.clock.advance(minutes=10)
    await client.post("/api/timer/pause", {"projectName": "gamma"})
    await daemon.clock.advance(minutes=10)
    assert (await stop(client))["duration"] == 1800
    assert (await stop(client))["duration"] == 600
    await stop(client, 404)


async def test_a_session_that_has_not_acted_is_no_timer_to_stop(client):
    await client.post("/api/timer/start", {"projectName": "beta", "autoCreate": True, "sessionId": "s"}, 201)
    await stop(client, 404)
    assert [entry["state"] for entry in (await client.get("/api/timer/current"))["timers"]] == ["waiting"]


async def test_a_stop_ends_what_runs_by_itself(daemon, client):
    await work(client, "09:00", "09:30")
    await client.post("/api/heartbeats", [{"project": "acme", "time": f"2026-11-20T08:{m}:00Z"} for m in (50, 55)], 202)
    stopped = await stop(client)
    assert (stopped["start_time"], stopped["end_time"]) == ("2026-11-20T08:49:00Z", "2026-11-20T09:00:00Z")
    await stop(client, 404)


# ---------------------------------------------------------------- the list


async def test_the_list_pages_by_fifty_and_loses_nothing(client):
    for hour in range(3):
        for minute in range(0, 60, 2):
            await added(client, f"{hour:02d}:{minute:02d}", f"{hour:02d}:{minute + 1:02d}")
    pages = [await client.get("/api/time-entries", page=number) for number in (1, 2, 3, 1_000_000)]
    assert [len(page["data"]) for page in pages] == [50, 40, 0, 0]
    assert {(page["per_page"], page["total"], page["total_pages"]) for page in pages} == {(50, 90, 2)}
    assert [page["page"] for page in pages] == [1, 2, 3, 1_000_000]
    listed = [entry["start_time"] for page in pages for entry in page["data"]]
    assert listed == sorted(listed, reverse=True)
    assert len(set(listed)) == 90


async def test_an_empty_list_has_no_pages(client):
    assert await client.get("/api/time-entries") == {"data": [], "page": 1, "per_page": 50, "total": 0, "total_pages": 0}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["late", "noon", "night", "early"]), ({"start_date": DAY}, ["late", "noon", "night"]),
        ({"end_date": BEFORE}, ["night", "early"]), ({"start_date": DAY, "end_date": DAY}, ["late", "noon", "night"]),
        ({"start_date": BEFORE, "end_date": BEFORE}, ["night", "early"]), ({"start_date": "2026-11-20"}, ["late"]),
        ({"start_date": "2027-01-01"}, []), ({"end_date": "1999-12-31"}, []),
        ({"colour": "1", "start_date": DAY, "end_date": DAY}, ["late", "noon", "night"]),
    ],
)  # fmt: skip
async def test_dates_are_the_owners_local_days_and_both_are_included(client, query, expected):
    client.daemon.set_policy(zone="Europe/Berlin")
    for name, begin, end in (
        ("early", f"{BEFORE}T08:00:00Z", f"{BEFORE}T09:00:00Z"),
        ("night", f"{BEFORE}T22:30:00Z", f"{BEFORE}T23:30:00Z"),
        ("noon", f"{DAY}T12:00:00Z", f"{DAY}T13:00:00Z"),
        ("late", f"{DAY}T22:30:00Z", f"{DAY}T23:30:00Z"),
    ):
        body = {"projectName": "beta", "autoCreate": True, "start": begin, "end": end, "description": name}
        await client.post("/api/entries", body, 201)
    page = await client.get("/api/time-entries", **query)
    assert [entry["description"] for entry in page["data"]] == expected
    assert (page["total"], page["total_pages"]) == (len(expected), 1 if expected else 0)


async def test_entries_are_found_by_project_and_user(client):
    await added(client, "10:00", "11:00")
    entry = await added(client, "12:00", "13:00", "gamma")
    me = (await client.get("/api/users/me"))["id"]
    (row,) = (await client.get("/api/time-entries", project_id=entry["projectId"], user_id=me))["data"]
    assert (row["id"], row["duration"]) == (entry["id"], 3600)
    assert (await client.get("/api/time-entries", user_id=me))["total"] == 2
    for nobody in ({"user_id": "usr_404"}, {"project_id": "proj_404"}):
        assert (await client.get("/api/time-entries", **nobody))["data"] == []


async def test_an_agents_time_is_not_listed_beside_the_persons(client):
    beats = [
        {"project": "acme", "actor": "agent", "kind": "tool", "source": "agent", "sessionId": "s", "time": at(f"09:{m:02d}")}
        for m in range(0, 60, 5)
    ]
    await client.post("/api/heartbeats", beats, 202)
    assert len((await client.get("/api/entries"))["data"]) == 1
    assert (await client.get("/api/time-entries"))["total"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"), ("page=-1", "page"), ("page=x", "page"), ("page=1.5", "page"), ("page=", "page"),
        ("page=99999999999999999999", "page"), ("start_date=2024-13-01", "start_date"), ("start_date=2024-02-30", "start_date"),
        ("end_date=01/31/2024", "end_date"), ("end_date=2024-01-31T00:00:00Z", "end_date"), ("end_date=", "end_date"),
        ("start_date=0000-00-00", "start_date"), ("start_date=9999-12-31", "start_date"), ("user_id=", "user_id"),
        ("start_date=2024-02-01&end_date=2024-01-01", "end_date"),
    ],
)  # fmt: skip
async def test_a_filter_that_cannot_be_is_refused_by_name(client, query, field):
    answer = await client.ask("GET", f"/api/time-entries?{query}")
    assert (answer.status, answer.body["code"], answer.body["details"]["field"]) == (422, "VALIDATION", field)
