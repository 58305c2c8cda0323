"""Hands-on, supervised and agent time where callers see them; and what of it is billed, backwards too."""

import pytest

from stintd.domain.policy import MapRule

DAY = "from=2026-11-20&to=2026-11-20"
ACT = {"path": "/code/acme", "source": "agent"}


def at(minute, second=0):
    return f"2026-11-20T{6 + minute // 60:02}:{minute % 60:02}:{second:02}Z"


async def tell_turn(client, start, end, session="s1", actor="human", path="/code/acme"):
    """A prompt, the agent's acts each minute, its stop."""
    about = {"path": path, "source": "agent", "sessionId": session}
    beats = [{**about, "time": at(start), "kind": "prompt", "actor": actor}]
    beats += [{**about, "time": at(minute, 10), "kind": "tool", "actor": "agent"} for minute in range(start, end)]
    beats += [{**about, "time": at(end), "kind": "turn_end", "actor": "agent"}]
    await client.post("/api/heartbeats", beats)


@pytest.fixture
async def day(client):
    """06:00 to 06:08 a turn and back at 06:10; then 07:00 to 07:30 a run by itself."""
    client.daemon.find_repository("/code/acme")
    await tell_turn(client, 0, 8)
    await client.post("/api/heartbeats", [{**ACT, "time": at(10), "kind": "prompt", "sessionId": "s1"}])
    await tell_turn(client, 60, 90, "s2", "agent")
    (project,) = (await client.get("/api/projects"))["data"]
    await client.patch_project(project["id"], clientName="Client", hourlyRate=60, currency="EUR")
    return project["id"]


@pytest.fixture
def client(client):
    async def patch_project(project_id, **values):
        answer = await client.ask("PATCH", f"/api/projects/{project_id}", values)
        assert answer.status == 200, answer.body
        return answer.body

    client.patch_project = patch_project
    return client


async def sums(client):
    row = (await client.get(f"/api/reports?{DAY}"))["rows"][0]
    return tuple(round(row[name] / 60) for name in ("handsOnSeconds", "supervisedSeconds", "agentSeconds", "billableSeconds"))


async def test_entries_reports_and_the_timesheet_tell_the_three_apart(client, day):
    found = (await client.get(f"/api/entries?{DAY}"))["data"]
    assert [(one["actor"], one["durationSeconds"], one["handsOnSeconds"], one["supervisedSeconds"]) for one in found] == [
        ("agent", 1800, 0, 0),
        ("human", 720, 240, 480),
    ]
    assert await sums(client) == (4, 8, 30, 12)
    sheet = await client.get(f"/api/timesheet?{DAY}")
    (row,) = sheet["rows"]
    assert (row["seconds"], row["supervisedSeconds"], row["agentSeconds"], row["billableSeconds"]) == (720, 480, 1800, 720)
    assert sheet["totals"] == {"days": {"2026-11-20": 720}, "seconds": 720, "supervisedSeconds": 480, "agentSeconds": 1800}
    alone = await client.get(f"/api/timesheet?{DAY}&actor=agent")
    assert alone["totals"]["seconds"] == 1800


async def test_why_says_in_one_sentence_whose_the_time_was(client, day):
    mine = await client.get("/api/why", at=at(5))
    assert (mine["gaps"][0]["verdict"], mine["gaps"][0]["reason"]) == (
        "supervised",
        "10m while the agent worked, then a prompt",
    )
    theirs = await client.get("/api/why", at=at(70))
    assert (theirs["entry"]["actor"], [gap["verdict"] for gap in theirs["gaps"]]) == ("agent", ["autonomous"])
    assert (
        theirs["gaps"][0]["reason"] == "the agent worked without a prompt from a person: an unattended run, a loop or a subagent"
    )


async def test_agents_time_is_billed_where_its_project_says_so_backwards_too(client, day):
    await client.patch_project(day, billAgentTime=True)
    assert await sums(client) == (4, 8, 30, 42)
    (row,) = (await client.get(f"/api/timesheet?{DAY}"))["rows"]
    assert row["billableSeconds"] == 2520
    await client.patch_project(day, billAgentTime=False)
    assert await sums(client) == (4, 8, 30, 12)


async def test_supervised_time_is_not_billed_where_its_project_says_so(client, day):
    await client.patch_project(day, billSupervised=False)
    assert await sums(client) == (4, 8, 30, 4)
    (row,) = (await client.get(f"/api/timesheet?{DAY}"))["rows"]
    assert row["billableSeconds"] == 240
    assert (await client.get(f"/api/reports?{DAY}&groupBy=branch"))["rows"][0]["billableSeconds"] == 240


async def test_a_mapping_of_the_settings_goes_before_the_project(client, day):
    rule = MapRule(path="/code/acme", project="acme", bill_agent_time=True, bill_supervised=False)
    client.daemon.set_policy(mappings=(rule,))
    await client.post("/api/rebuild", {})
    assert await sums(client) == (4, 8, 30, 34)


async def test_what_was_set_by_hand_or_approved_keeps_whether_it_is_billed(client, day):
    agents, mine = (await client.get(f"/api/entries?{DAY}"))["data"]
    assert (await client.ask("PATCH", f"/api/entries/{agents['id']}", {"billable": True})).status == 200
    await client.patch_project(day, billAgentTime=False)
    assert (await client.get(f"/api/entries/{agents['id']}"))["billable"] is True
    await client.post("/api/approve", {"from": "2026-11-20", "to": "2026-11-20"})
    await client.patch_project(day, clientName=None)
    assert (await client.get(f"/api/entries/{mine['id']}"))["billable"] is True


async def test_a_running_agent_stands_among_the_timers(client):
    await client.daemon.clock.advance(minutes=1)
    now = client.daemon.clock.now()
    beats = [{**ACT, "sessionId": "s3", "kind": kind, "actor": "agent", "time": now.isoformat()} for kind in ("prompt", "tool")]
    await client.post("/api/heartbeats", beats)
    await client.daemon.clock.advance(minutes=3)
    await client.post("/api/heartbeats", [{**ACT, "sessionId": "s3", "kind": "tool", "actor": "agent"}])
    (timer,) = (await client.get("/api/status"))["timers"]
    assert (timer["actor"], timer["state"], timer["handsOnSeconds"]) == ("agent", "running", 0)


async def test_the_states_are_the_same_after_a_restart_and_when_hooks_come_after_files(client):
    files = [{"path": "/code/acme/a.py", "kind": "edit", "source": "watch", "time": at(minute, 30)} for minute in range(30)]
    await client.post("/api/heartbeats", files)
    assert (await sums(client))[:3] == (31, 0, 0)
    await client.daemon.stop()
    await client.daemon.start()
    await tell_turn(client, 0, 30)
    hands_on, supervised, agent, _ = await sums(client)
    assert (hands_on, supervised, agent) == (2, 0, 29)
