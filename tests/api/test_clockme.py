"""ClockMe's surface: what its hooks and callers may rely on beyond starting and stopping. (The seed's own commands run in
`tests/e2e/test_seed_clockme.py`.)
"""

import pytest

from stintd.engine.commands import timers
from stintd.engine.commands.timers import StartRequest

HOOK = {"autoCreate": True, "source": "hook", "description": "Claude Code session"}


async def project(client, name, **fields):
    return await client.post("/api/projects", {"name": name, **fields}, 201)


async def start(client, name, **fields):
    return await client.ask("POST", "/api/timer/start", {"projectName": name, **fields})


async def names(client):
    return sorted(one["name"] for one in (await client.get("/api/projects?status=all"))["data"])


async def running(client):
    return [one["projectName"] for one in (await client.get("/api/timer/current"))["timers"] if one["state"] == "running"]


async def log(client, name, start, end, **fields):
    body = {"projectName": name, "startTime": start, "endTime": end, **fields}
    return await client.post("/api/entries", body, 201)


# ---------------------------------------------------------------- which project a name means


@pytest.mark.parametrize(
    ("asked", "found"),
    [("payments", "payments"), ("Pay_Ments", "payments"), ("paymets", "payments"), ("webshop-frontned", "webshop-frontend")],
)
async def test_a_start_takes_a_name_that_is_nearly_one_projects(client, asked, found):
    for name in ("payments", "webshop-frontend", "api-v1"):
        await project(client, name)
    answer = await start(client, asked, autoCreate=True)
    assert (answer.body["timer"]["projectName"], answer.body["projectCreated"]) == (found, False)


@pytest.mark.parametrize("asked", ["api-v3", "payments-api", "payments", "webshop-backend"])
async def test_names_that_differ_in_a_digit_or_a_whole_word_are_other_projects(client, asked):
    for name in ("api-v1", "payments-app", "webshop-frontend"):
        await project(client, name)
    refused = await start(client, asked)
    assert (refused.status, refused.body["code"]) == (404, "NOT_FOUND")
    made = await start(client, asked, autoCreate=True)
    assert (made.body["timer"]["projectName"], made.body["projectCreated"]) == (asked, True)


async def test_two_near_matches_are_none(client):
    for name in ("paymentss", "paymentsx"):
        await project(client, name)
    refused = await start(client, "payments")
    assert (refused.status, sorted(refused.body["details"]["near"])) == (404, ["paymentss", "paymentsx"])


async def test_the_threshold_is_a_setting(client):
    await project(client, "payments")
    client.daemon.set_policy(fuzzy_threshold=100)
    assert (await start(client, "paymets")).status == 404


async def test_what_is_archived_is_not_nearly_meant(client):
    old = await project(client, "payments")
    await client.ask("PATCH", f"/api/projects/{old['id']}", {"archived": True})
    assert (await start(client, "paymets")).status == 404


async def test_auto_create_goes_before_the_fallback(client):
    inbox = await project(client, "inbox")
    both = await start(client, "fresh", autoCreate=True, fallbackProjectId=inbox["id"])
    assert (both.body["timer"]["projectName"], both.body["projectCreated"]) == ("fresh", True)
    fallback = await start(client, "other", fallbackProjectId=inbox["id"])
    assert (fallback.body["timer"]["projectName"], fallback.body["projectCreated"]) == ("inbox", False)
    assert await names(client) == ["fresh", "inbox"]


async def test_only_clockmes_routes_take_a_near_name(client):
    await project(client, "payments")
    for path, more in (
        ("/api/timer/switch", {}),
        ("/api/entries", {"startTime": "2026-11-20T08:00:00Z", "durationMinutes": 5}),
        ("/api/tasks", {"name": "DEV-1"}),
    ):
        answer = await client.ask("POST", path, {"projectName": "paymets", **more})
        assert answer.status == 404, path


@pytest.mark.parametrize("verb", ["stop", "pause", "resume"])
async def test_every_verb_finds_what_the_start_found_and_never_another(client, verb):
    client.daemon.set_policy(concurrency="parallel")
    await project(client, "payments")
    await start(client, "paymets")
    await client.daemon.clock.advance(minutes=1)
    await start(client, "beta", autoCreate=True)
    await client.daemon.clock.advance(minutes=5)
    answer = await client.post(f"/api/timer/{verb}", {"projectName": "paymets"})
    assert (answer.get("entry") or answer["timer"])["projectName"] == "payments"
    unknown = await client.ask("POST", f"/api/timer/{verb}", {"projectName": "nobody"})
    assert unknown.body == {"entry": None} if verb == "stop" else unknown.status == 404
    assert "beta" in await running(client)
    assert await names(client) == ["beta", "payments"]


async def test_with_fuzzy_off_no_verb_takes_a_near_name(client):
    await project(client, "payments")
    await start(client, "payments")
    for verb in ("start", "pause", "resume"):
        assert (await client.ask("POST", f"/api/timer/{verb}", {"projectName": "paymets", "fuzzy": False})).status == 404
    assert await client.post("/api/timer/stop", {"projectName": "paymets", "fuzzy": False}) == {"entry": None}
    assert await client.post("/api/timer/heartbeat", {"projectName": "paymets", "fuzzy": False}) == {"timer": None}
    assert await running(client) == ["payments"]


async def test_any_source_is_taken_and_kept(client):
    made = (await start(client, "beta", autoCreate=True, source="Raycast ▶ menu")).body["timer"]
    assert made["origin"] == "manual"
    history = await client.get(f"/api/entries/{made['id']}/history")
    assert "Raycast ▶ menu" in str(history)
    assert (await start(client, "beta", source="")).status == 200


# ---------------------------------------------------------------- sessions of hooks


async def prompts(client, minutes, every=5):
    for _ in range(0, minutes, every):
        await client.daemon.clock.advance(minutes=every)
        await client.post("/api/timer/heartbeat")


async def entries(client):
    found = (await client.get("/api/entries"))["data"]
    return [(one["projectName"], one["start"][11:16], one["end"] and one["end"][11:16]) for one in reversed(found)]


async def test_a_session_that_falls_silent_ends_at_its_last_evidence_and_goes_on_as_a_new_entry(client):
    await start(client, "gamma", **HOOK)
    await prompts(client, 20)
    await client.daemon.clock.advance(minutes=90)
    assert (await client.get("/api/timer/current"))["timers"] == []
    assert await entries(client) == [("gamma", "09:00", "09:21")]
    again = await client.post("/api/timer/heartbeat")
    assert again["timer"]["projectName"] == "gamma"
    await prompts(client, 5)
    stopped = (await client.post("/api/timer/stop", {"projectName": "gamma"}))["entry"]
    assert stopped["projectName"] == "gamma"
    assert [one[0] for one in await entries(client)] == ["gamma", "gamma"]
    assert [one[:2] for one in await entries(client)][1] == ("gamma", "10:49")


async def test_a_session_that_was_stopped_or_is_long_over_is_not_taken_up_again(client):
    await start(client, "gamma", **HOOK)
    await prompts(client, 10)
    await client.post("/api/timer/stop", {"projectName": "gamma"})
    assert await client.post("/api/timer/heartbeat") == {"timer": None}
    await start(client, "delta", **HOOK)
    await prompts(client, 10)
    await client.daemon.clock.advance(hours=13)
    assert await client.post("/api/timer/heartbeat") == {"timer": None}


async def test_a_session_of_another_caller_is_not_taken_up_again(client):
    begin = lambda step: timers.start(step, StartRequest(project_name="gamma", auto_create=True, source="hook"))  # noqa: E731
    await client.daemon.engine.run(begin, "key:other")
    await client.daemon.clock.advance(minutes=40)
    assert await client.post("/api/timer/heartbeat") == {"timer": None}


async def test_other_evidence_of_a_session_keeps_it_open(client):
    await start(client, "gamma", source="hook", sessionId="s1", autoCreate=True)
    for _ in range(4):
        await client.daemon.clock.advance(minutes=10)
        await client.post("/api/heartbeats", {"project": "gamma", "sessionId": "s1", "kind": "tool", "actor": "agent"}, 202)
    answer = await client.post("/api/timer/heartbeat")
    assert answer["timer"]["projectName"] == "gamma"


async def test_the_callers_own_session_of_before_goes_before_what_is_edited_meanwhile(client):
    await start(client, "gamma", **HOOK)
    await prompts(client, 5)
    await client.daemon.clock.advance(minutes=40)
    await client.post("/api/heartbeats", {"project": "beta"}, 202)
    await client.daemon.clock.advance(minutes=1)
    answer = await client.post("/api/timer/heartbeat")
    assert answer["timer"]["projectName"] == "gamma"


async def test_a_sign_of_life_without_any_session_is_of_the_timer_that_runs_by_itself(client):
    await client.post("/api/heartbeats", {"project": "beta"}, 202)
    await client.daemon.clock.advance(minutes=10)
    assert (await client.post("/api/timer/heartbeat"))["timer"]["projectName"] == "beta"
    await client.daemon.clock.advance(minutes=10)
    assert await running(client) == ["beta"]


async def test_a_paused_timer_takes_no_sign_of_life_from_a_session(client):
    await start(client, "beta", autoCreate=True)
    await client.daemon.clock.advance(minutes=1)
    await client.post("/api/timer/pause")
    assert (await client.post("/api/timer/heartbeat"))["timer"]["projectName"] == "beta"
    await start(client, "gamma", **HOOK)
    await client.daemon.clock.advance(minutes=1)
    assert (await client.post("/api/timer/heartbeat"))["timer"]["projectName"] == "gamma"


async def test_a_stop_by_name_ends_the_callers_one_session_of_that_project(client):
    waiting = (await start(client, "gamma", sessionId="s1", **HOOK)).body["timer"]
    assert (waiting["state"], waiting["description"]) == ("waiting", "Claude Code session")
    await prompts(client, 5)
    stopped = (await client.post("/api/timer/stop", {"projectName": "gamma"}))["entry"]
    assert (stopped["sessionId"], stopped["state"]) == ("s1", "finished")
    assert await client.post("/api/timer/heartbeat") == {"timer": None}


async def test_the_late_stop_of_a_silent_session_cuts_nothing_that_runs_by_itself(client):
    await start(client, "gamma", **HOOK)
    await prompts(client, 5)
    await client.daemon.clock.advance(minutes=40)
    await client.post("/api/heartbeats", {"project": "gamma"}, 202)
    assert await client.post("/api/timer/stop", {"projectName": "gamma"}) == {"entry": None}
    assert await running(client) == ["gamma"]
    await client.daemon.clock.advance(minutes=40)
    assert await client.post("/api/timer/heartbeat") == {"timer": None}


async def test_folders_that_fall_back_to_one_project_are_stopped_by_their_own_names(client):
    inbox = await project(client, "inbox")
    fallback = {"source": "hook", "fallbackProjectId": inbox["id"]}
    for name in ("one", "two"):
        assert (await start(client, name, **fallback)).body["timer"]["projectName"] == "inbox"
    await prompts(client, 10)
    assert (await client.post("/api/timer/heartbeat", {"projectName": "two"}))["timer"]["projectName"] == "inbox"
    assert await client.post("/api/timer/stop", {"projectName": "one"}) == {"entry": None}
    await prompts(client, 5)
    assert await running(client) == ["inbox"]
    stopped = (await client.post("/api/timer/stop", {"projectName": "two"}))["entry"]
    assert (stopped["projectName"], stopped["state"]) == ("inbox", "finished")
    assert await names(client) == ["inbox"]


@pytest.mark.parametrize("verb", ["stop", "pause", "resume", "heartbeat"])
async def test_a_timer_by_hand_that_fell_back_is_found_by_the_name_of_its_start(client, verb):
    client.daemon.set_policy(concurrency="parallel")
    inbox = await project(client, "inbox")
    await start(client, "scratch", fallbackProjectId=inbox["id"])
    await client.daemon.clock.advance(minutes=1)
    await start(client, "beta", autoCreate=True)
    await client.daemon.clock.advance(minutes=5)
    answer = await client.post(f"/api/timer/{verb}", {"projectName": "Scratch"})
    assert (answer.get("entry") or answer["timer"])["projectName"] == "inbox"
    await client.post("/api/timer/stop", {"projectName": "inbox"})
    assert await client.post("/api/timer/stop", {"projectName": "scratch"}) == {"entry": None}, "that one has ended"
    assert await running(client) == ["beta"]


async def test_a_start_again_of_an_open_session_keeps_what_it_knows(client):
    await start(client, "gamma", **HOOK)
    await prompts(client, 10)
    again = await start(client, "gamma", **HOOK)
    assert again.status == 200
    stopped = (await client.post("/api/timer/stop", {"projectName": "gamma"}))["entry"]
    assert stopped["description"] == "Claude Code session"


async def test_a_sign_of_life_of_a_session_nobody_told_of_is_kept_for_review(client):
    assert await client.post("/api/timer/heartbeat", {"sessionId": "never-seen"}) == {"timer": None}
    kept = (await client.get("/api/heartbeats"))["data"]
    assert [(one["kind"], one["sessionId"], one["project"]) for one in kept] == [("prompt", "never-seen", None)]


# ---------------------------------------------------------------- budgets and money


async def test_money_is_counted_to_the_cent(client):
    made = await project(client, "acme", hourlyRate=100.10, currency="EUR", billable=True, budgetHours=10, budgetAmount=500)
    await log(client, "acme", "2026-11-20T06:00:00Z", "2026-11-20T06:20:00Z")
    await log(client, "acme", "2026-11-20T07:00:00Z", "2026-11-20T07:00:09Z")
    budget = await client.get(f"/api/projects/{made['id']}/budget")
    # 1209 s of 100.10 an hour are 33.61691…; floats that are rounded per entry come to 33.62 as well, halves do not.
    assert budget == {
        "projectId": made["id"],
        "hoursUsed": 0.3358,
        "hoursLimit": 10,
        "spend": 33.62,
        "spendCap": 500,
        "currency": "EUR",
    }
    report = await client.get("/api/reports", from_="2026-11-20", to="2026-11-20")
    assert (report["rows"][0]["amount"], report["rows"][0]["currency"]) == (33.62, "EUR")


async def test_half_a_cent_is_rounded_up_and_sums_not_entries_are_rounded(client):
    made = await project(client, "acme", hourlyRate="1.15", billable=True)
    for minute in range(0, 60, 10):
        await log(client, "acme", f"2026-11-20T06:{minute:02d}:00Z", f"2026-11-20T06:{minute + 5:02d}:00Z")
    # Half an hour of 1.15 is 0.575: 0.58. Six times 0.0958 rounded would be 0.60; binary floats say 0.57.
    assert (await client.get(f"/api/projects/{made['id']}/budget"))["spend"] == 0.58
    assert (await client.get("/api/reports"))["rows"][0]["amount"] == 0.58


async def test_a_budget_counts_tasks_at_their_own_rate_and_what_runs_now(client):
    made = await project(client, "acme", hourlyRate=100, billable=True)
    await client.post("/api/tasks", {"projectId": made["id"], "name": "Rush", "hourlyRate": 200}, 201)
    await log(client, "acme", "2026-11-20T07:00:00Z", "2026-11-20T08:00:00Z", taskName="Rush")
    await start(client, "acme")
    await client.daemon.clock.advance(minutes=30)
    budget = await client.get(f"/api/projects/{made['id']}/budget")
    assert (budget["hoursUsed"], budget["spend"]) == (1.5, 250)


async def test_a_budget_without_rate_has_no_spend_and_without_hours_has_cost_nothing(client):
    bare = await project(client, "bare")
    assert (await client.get(f"/api/projects/{bare['id']}/budget"))["spend"] is None
    rated = await project(client, "rated", hourlyRate=90)
    assert (await client.get(f"/api/projects/{rated['id']}/budget"))["spend"] == 0
    assert (await client.ask("GET", "/api/projects/nobody/budget")).status == 404


async def test_projects_list_ids_rates_and_budgets(client):
    await project(client, "acme", hourlyRate=95.5, budgetHours=40, currency="EUR")
    (shown,) = (await client.get("/api/projects"))["data"]
    assert (shown["hourlyRate"], shown["budgetHours"], shown["currency"], bool(shown["id"])) == (95.5, 40, "EUR", True)


# ---------------------------------------------------------------- workspaces and dashboard


async def test_the_personal_workspace_is_always_there(client):
    me = await client.get("/api/users/me")
    assert (await client.get("/api/workspaces"))["data"] == [
        {"id": me["workspaceId"], "name": "Personal", "role": "owner", "memberCount": 1}
    ]


async def test_its_summary_has_hours_by_member_and_by_project(client):
    await project(client, "acme", hourlyRate=60, currency="EUR", billable=True)
    await project(client, "beta")
    await log(client, "acme", "2026-11-19T10:00:00Z", "2026-11-19T11:30:00Z")
    await log(client, "beta", "2026-11-20T06:00:00Z", "2026-11-20T06:30:00Z")
    me = await client.get("/api/users/me")
    path = f"/api/workspaces/{me['workspaceId']}/summary"
    found = await client.get(path, from_="2026-11-01", to="2026-11-30")
    (member,) = found["members"]
    assert (member["userId"], member["role"], member["seconds"], member["amount"]) == (me["id"], "owner", 7200, 90)
    assert [(one["name"], one["seconds"]) for one in found["projects"]] == [("acme", 5400), ("beta", 1800)]
    assert found["totals"]["seconds"] == 7200
    day = await client.get(path, from_="2026-11-20", to="2026-11-20")
    assert [(one["name"], one["seconds"]) for one in day["projects"]] == [("beta", 1800)]
    assert (await client.ask("GET", "/api/workspaces/nobody/summary")).status == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({}, 422, "VALIDATION"), (None, 422, "VALIDATION"), ({"code": "ABCD-1234"}, 404, "NOT_FOUND"),
     ({"inviteCode": "ABCD-1234"}, 404, "NOT_FOUND"), ({"code": 5}, 422, "VALIDATION")],
)  # fmt: skip
async def test_joining_says_clearly_that_there_is_nothing_to_join(client, body, status, code):
    answer = await client.ask("POST", "/api/workspaces/join", body)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert "hint" in answer.body["details"] or status == 422


async def test_the_dashboard_shows_what_runs_today_the_week_and_what_needs_a_look(client):
    await project(client, "near", budgetHours=10, hourlyRate=10, billable=True)
    await project(client, "over", budgetAmount=5, hourlyRate=10, billable=True)
    await project(client, "fine", budgetHours=100)
    await log(client, "near", "2026-11-17T06:00:00Z", "2026-11-17T14:00:00Z")
    await log(client, "over", "2026-11-20T06:00:00Z", "2026-11-20T06:30:00Z")
    await log(client, "fine", "2026-11-20T07:00:00Z", "2026-11-20T08:00:00Z")
    await start(client, "fine")
    await client.daemon.clock.advance(minutes=10)
    shown = await client.get("/api/dashboard")
    assert shown["workspace"]["name"] == "Personal"
    assert (shown["timer"]["projectName"], len(shown["timers"])) == ("fine", 1)
    assert shown["today"]["date"] == "2026-11-20"
    assert shown["today"]["seconds"] == (await client.get("/api/status"))["todaySeconds"] == 6000
    assert shown["week"]["seconds"] == 6000 + 8 * 3600
    assert [(one["name"], one["seconds"]) for one in shown["week"]["projects"]] == [
        ("near", 28800),
        ("fine", 4200),
        ("over", 1800),
    ]
    assert shown["gapsToday"] == {"count": 2, "seconds": 1800 + 3600}
    alerts = {one["code"]: one for one in shown["alerts"]}
    assert alerts.keys() == {"budget_near", "budget_over", "gaps", "review"}
    assert alerts["budget_near"]["text"].startswith("near: 80% of the budgeted hours")
    assert alerts["budget_over"]["text"].startswith("over: 100% of the budgeted money")


async def test_the_dashboard_tells_warnings_and_signs_of_life_without_a_name(client):
    for name in ("one", "two"):
        await start(client, name, sessionId=name, autoCreate=True)
    await client.post("/api/timer/heartbeat")
    client.daemon.engine.health.raise_warning("root_missing", "gone", "bring it back", subject="/code")
    codes = [one["code"] for one in (await client.get("/api/dashboard"))["alerts"]]
    assert {"root_missing", "nameless_heartbeat"} <= set(codes)


# ---------------------------------------------------------------- fields


@pytest.mark.parametrize("path", ["/api/timer/start", "/api/timer/stop", "/api/timer/heartbeat", "/api/workspaces/join"])
async def test_a_mistyped_field_is_refused_with_its_name(client, path):
    answer = await client.ask("POST", path, {"projectNmae": "acme"})
    assert (answer.status, answer.body["details"]["fields"]) == (422, ["projectNmae"])
