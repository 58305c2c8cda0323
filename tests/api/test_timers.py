"""Timers over HTTP: by hand, of sessions, automatic; what each verb does to the others."""

import pytest


async def beat(client, project="acme", **fields):
    return await client.post("/api/heartbeats", {"project": project, **fields}, 202)


async def start(client, name, **fields):
    return await client.ask("POST", "/api/timer/start", {"projectName": name, "autoCreate": True, **fields})


async def running(client):
    return [one["projectName"] for one in (await client.get("/api/timer/current"))["timers"] if one["state"] == "running"]


async def test_a_start_is_a_manual_timer_and_starting_it_again_answers_the_same(client):
    first = await start(client, "beta", description="call", tags=["x"], taskName="DEV-1")
    assert (first.status, first.body["projectCreated"], first.body["stopped"]) == (201, True, [])
    timer = first.body["timer"]
    assert (timer["state"], timer["origin"], timer["description"], timer["tags"], timer["taskName"]) == (
        "running",
        "manual",
        "call",
        ["x"],
        "DEV-1",
    )
    again = await start(client, "beta")
    assert (again.status, again.body["timer"]["id"], again.body["projectCreated"]) == (200, timer["id"], False)


async def test_a_start_by_hand_stops_what_runs_by_itself(client):
    await beat(client)
    answer = await start(client, "beta")
    assert [one["projectName"] for one in answer.body["stopped"]] == ["acme"]
    assert await running(client) == ["beta"]


async def test_evidence_moves_nothing_while_a_timer_runs_by_hand(client):
    await start(client, "beta")
    await client.daemon.clock.advance(minutes=5)
    await beat(client)
    assert await running(client) == ["beta"]


async def test_an_unknown_project_is_refused_with_near_names_and_nothing_is_made(client):
    await start(client, "payments")
    answer = await client.ask("POST", "/api/timer/start", {"projectName": "paymets", "fuzzy": False})
    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")
    assert answer.body["details"]["near"] == ["payments"]
    assert len((await client.get("/api/projects"))["data"]) == 1


async def test_a_name_matches_normalised(client):
    made = await start(client, "Pay_Ments")
    same = await client.ask("POST", "/api/timer/start", {"projectName": "payments", "fuzzy": False})
    assert same.body["timer"]["id"] == made.body["timer"]["id"]


async def test_the_fallback_takes_what_has_no_name_of_its_own(client):
    made = await client.post("/api/projects", {"name": "inbox"}, 201)
    answer = await client.ask("POST", "/api/timer/start", {"projectName": "nobody", "fallbackProjectId": made["id"]})
    assert answer.body["timer"]["projectName"] == "inbox"


async def test_a_start_by_path_names_the_repository(client):
    client.daemon.find_repository("/code/site")
    answer = await client.ask("POST", "/api/timer/start", {"path": "/code/site/src", "manual": True})
    assert (answer.status, answer.body["timer"]["projectName"]) == (201, "site")


async def test_a_start_without_a_project_says_what_to_send(client):
    answer = await client.ask("POST", "/api/timer/start", {})
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION")


async def test_a_conflict_shows_the_running_timer(client):
    await start(client, "beta")
    answer = await start(client, "gamma", onRunning="conflict")
    assert (answer.status, answer.body["code"]) == (409, "CONFLICT")
    assert answer.body["details"]["timer"]["projectName"] == "beta"
    assert await running(client) == ["beta"]


async def test_parallel_timers_run_beside_each_other_and_a_stop_names_its_own(client):
    client.daemon.set_policy(concurrency="parallel")
    await start(client, "beta")
    await client.daemon.clock.advance(minutes=1)
    await start(client, "gamma")
    assert sorted(await running(client)) == ["beta", "gamma"]
    await client.daemon.clock.advance(minutes=9)
    stopped = await client.post("/api/timer/stop", {"projectName": "beta"})
    assert (stopped["entry"]["projectName"], stopped["entry"]["durationSeconds"]) == ("beta", 600)
    report = await client.get("/api/reports")
    assert report["totals"]["seconds"] == 600 + 540
    assert report["totals"]["wallSeconds"] == 600


async def test_stopping_nothing_or_an_unknown_project_stops_nothing(client):
    assert await client.post("/api/timer/stop") == {"entry": None}
    await start(client, "beta")
    assert await client.post("/api/timer/stop", {"projectName": "nobody"}) == {"entry": None}
    assert await client.post("/api/timer/stop", {"projectId": "nobody"}) == {"entry": None}
    await client.post("/api/projects", {"name": "idle"}, 201)
    assert await client.post("/api/timer/stop", {"projectName": "idle"}) == {"entry": None}
    assert await running(client) == ["beta"]


async def test_stopping_an_automatic_timer_cuts_it_there(client):
    clock = client.daemon.clock
    for _ in range(10):
        await beat(client)
        await clock.advance(minutes=2)
    at = "2026-11-20T09:10:00Z"
    stopped = (await client.post("/api/timer/stop", {"at": at}))["entry"]
    assert (stopped["end"], stopped["state"]) == (at, "finished")
    found = (await client.get("/api/entries"))["data"]
    assert [one["end"] for one in found] == [None, at]
    assert found[0]["start"] >= at


async def test_pauses_do_not_count_and_automatic_tracking_goes_on_meanwhile(client):
    clock = client.daemon.clock
    await start(client, "beta")
    await clock.advance(minutes=10)
    paused = (await client.post("/api/timer/pause"))["timer"]
    assert (paused["state"], paused["durationSeconds"]) == ("paused", 600)
    await beat(client)
    await clock.advance(minutes=5)
    await beat(client)
    assert await running(client) == ["acme"]
    resumed = (await client.post("/api/timer/resume"))["timer"]
    assert resumed["state"] == "running"
    assert await running(client) == ["beta"]
    await clock.advance(minutes=5)
    stopped = (await client.post("/api/timer/stop"))["entry"]
    assert stopped["durationSeconds"] == 900
    assert stopped["pauses"] == [{"start": "2026-11-20T09:10:00Z", "end": "2026-11-20T09:15:00Z"}]
    report = await client.get("/api/reports")
    assert {row["name"]: row["seconds"] for row in report["rows"]} == {"beta": 900, "acme": 300}
    assert report["totals"]["wallSeconds"] == 1200


async def test_pausing_an_automatic_timer_makes_it_the_owners(client):
    await beat(client)
    await client.daemon.clock.advance(minutes=5)
    await beat(client)
    paused = (await client.post("/api/timer/pause"))["timer"]
    assert (paused["state"], paused["origin"], paused["projectName"]) == ("paused", "manual", "acme")


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "continue"])
async def test_a_verb_with_nothing_to_act_on_says_so(client, verb):
    answer = await client.ask("POST", f"/api/timer/{verb}", {})
    assert answer.status in (404, 409)
    assert answer.body["details"]["hint"]


async def test_switch_stops_everybody_and_starts_this_in_every_mode(client):
    client.daemon.set_policy(concurrency="strict")
    await start(client, "beta")
    await client.daemon.clock.advance(minutes=5)
    answer = await client.ask(
        "POST", "/api/timer/switch", {"projectName": "gamma", "autoCreate": True, "at": "2026-11-20T09:02:00Z"}
    )
    assert answer.status == 201
    assert [(one["projectName"], one["durationSeconds"]) for one in answer.body["stopped"]] == [("beta", 120)]
    assert answer.body["timer"]["start"] == "2026-11-20T09:02:00Z"


async def test_continue_starts_the_last_manual_entry_again(client):
    await start(client, "beta", description="call", tags=["x"])
    await client.daemon.clock.advance(minutes=5)
    await client.post("/api/timer/stop")
    await client.daemon.clock.advance(minutes=5)
    again = (await client.post("/api/timer/continue", {}, 201))["timer"]
    assert (again["projectName"], again["description"], again["tags"], again["start"]) == (
        "beta",
        "call",
        ["x"],
        "2026-11-20T09:10:00Z",
    )


async def test_cancel_gives_the_span_back_to_the_evidence(client):
    await start(client, "beta")
    for _ in range(5):
        await client.daemon.clock.advance(minutes=2)
        await beat(client)
    await client.post("/api/timer/cancel")
    assert {one["projectName"] for one in (await client.get("/api/entries"))["data"]} == {"acme"}
    undone = await client.post("/api/undo")
    assert undone["edit"]["verb"] == "cancel"
    assert await running(client) == ["beta"]


async def test_patching_the_timer_pins_what_was_set(client):
    await beat(client)
    changed = await client.ask("PATCH", "/api/timer", {"description": "the login", "taskName": "DEV-7"})
    assert changed.status == 200
    assert (changed.body["description"], changed.body["taskName"], changed.body["pinned"]) == (
        "the login",
        "DEV-7",
        ["project", "text"],
    )
    await client.daemon.clock.advance(minutes=2)
    await beat(client)
    timer = (await client.get("/api/timer/current"))["timer"]
    assert (timer["id"], timer["description"], timer["taskName"]) == (changed.body["id"], "the login", "DEV-7")


async def test_patching_one_of_several_timers_must_say_which(client):
    client.daemon.set_policy(concurrency="parallel")
    await start(client, "beta")
    await start(client, "gamma")
    answer = await client.ask("PATCH", "/api/timer", {"description": "x"})
    assert (answer.status, answer.body["code"]) == (409, "CONFLICT")
    gamma = next(one for one in (await client.get("/api/timer/current"))["timers"] if one["projectName"] == "gamma")
    answer = await client.ask("PATCH", "/api/timer", {"currentProjectId": gamma["projectId"], "description": "x"})
    assert answer.body["id"] == gamma["id"]


@pytest.mark.parametrize("at", ["2026-11-20T09:05:01Z", "2030-01-01T00:00:00Z"])
async def test_a_start_in_the_future_is_refused(client, at):
    answer = await start(client, "beta", at=at)
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION")
    assert (await client.get("/api/projects"))["data"] == []


# ---------------------------------------------------------------- sessions


async def test_a_start_by_a_hook_waits_for_its_first_act(client):
    await start(client, "beta")
    answer = await start(client, "gamma", source="hook", description="Claude Code session")
    assert answer.body["timer"]["state"] == "waiting"
    assert answer.body["stopped"] == []
    assert await running(client) == ["beta"]


async def test_clockmes_hooks_keep_a_session_from_start_to_stop(client):
    clock = client.daemon.clock
    await start(client, "gamma", source="hook")
    await clock.advance(minutes=1)
    for _ in range(3):
        told = await client.post("/api/timer/heartbeat")
        assert told["timer"]["projectName"] == "gamma"
        await clock.advance(minutes=5)
    stopped = (await client.post("/api/timer/stop", {"projectName": "gamma"}))["entry"]
    assert stopped["projectName"] == "gamma"
    assert stopped["durationSeconds"] >= 600
    assert await running(client) == []


async def test_sessions_of_several_agents_do_not_stop_each_other(client):
    for name in ("one", "two"):
        await start(client, name, sessionId=f"s-{name}")
        await client.post("/api/timer/heartbeat", {"sessionId": f"s-{name}", "projectName": name})
        await client.daemon.clock.advance(minutes=1)
    shown = {one["sessionId"] for one in (await client.get("/api/timer/current"))["timers"]}
    assert {"s-two"} <= shown


async def test_a_sign_of_life_for_nothing_makes_nothing(client):
    assert await client.post("/api/timer/heartbeat") == {"timer": None}
    assert await client.post("/api/timer/heartbeat", {"projectName": "nobody"}) == {"timer": None}
    assert (await client.get("/api/projects"))["data"] == []


async def test_signs_of_life_that_could_be_of_several_sessions_are_told_of_with_the_better_hook(client):
    for name in ("acme", "beta"):
        await client.post("/api/timer/start", {"projectName": name, "autoCreate": True, "sessionId": name}, 201)
    assert (await client.get("/api/status"))["warnings"] == []
    await client.post("/api/timer/heartbeat")
    (warning,) = (await client.get("/api/status"))["warnings"]
    assert warning["code"] == "nameless_heartbeat"
    assert "sessionId" in warning["hint"]
    assert {one["projectName"] for one in (await client.get("/api/entries"))["data"]} <= {None}


async def test_a_second_start_of_an_open_session_is_the_same_session(client):
    first = await start(client, "gamma", sessionId="s1")
    again = await start(client, "gamma", sessionId="s1")
    assert (first.status, again.status) == (201, 200)


async def test_manual_in_the_body_overrides_the_source(client):
    answer = await start(client, "gamma", source="hook", manual=True)
    assert answer.body["timer"]["origin"] == "manual"
    answer = await start(client, "delta", manual=False)
    assert answer.body["timer"]["state"] == "waiting"
