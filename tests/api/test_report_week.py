"""A week with everything in it, reported by every grouping: each adds up to the entries, seconds and money alike."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest

from stintd.store import rowio

GROUPS = ["project", "client", "task", "tag", "branch", "commit", "day", "week"]
MONDAY = date(2026, 11, 9)
ATLAS = {
    "name": "atlas",
    "clientName": "Acme",
    "hourlyRate": 90,
    "currency": "EUR",
    "billAgentTime": True,
    "billSupervised": False,
}
ORBIT = {"name": "orbit", "clientName": "Globex", "hourlyRate": 120.5, "currency": "EUR"}


def moment(day, clock):
    return f"{MONDAY + timedelta(days=day)}T{clock}:00Z"


def beats(day, begin, end, step=5, **words):
    """Heartbeats of a stretch, every few minutes."""
    first = datetime.fromisoformat(moment(day, begin))
    last = datetime.fromisoformat(moment(day, end))
    count = int((last - first) / timedelta(minutes=step))
    return [
        {
            "entity": "a.py",
            **words,
            "time": (first + number * timedelta(minutes=step)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for number in range(count + 1)
    ]


TURN = {"project": "atlas", "source": "agent", "sessionId": "t"}
SUPERVISED = [
    {**TURN, "kind": "prompt", "time": moment(4, "15:00")},
    *({**TURN, "actor": "agent", "kind": "tool", "time": moment(4, f"15:{minute:02d}")} for minute in range(1, 11)),
    {**TURN, "actor": "agent", "kind": "turn_end", "time": moment(4, "15:11")},
    {**TURN, "kind": "prompt", "time": moment(4, "15:12")},
]
"""A turn that the person waited for."""


@pytest.fixture
async def week(client):
    """Automatic work on branches with commits, an agent beside and supervised, work by hand with tags and a pause, a night,
    and a neighbour on either side of the week."""
    for project in (ATLAS, ORBIT, {"name": "own"}):
        await client.post("/api/projects", project, 201)
    heartbeats = [
        *beats(0, "09:00", "11:00", project="atlas", branch="DEV-1-login"),
        *beats(0, "11:05", "12:00", project="atlas", branch="main"),
        *beats(1, "09:00", "10:00", project="orbit"),
        *beats(2, "22:30", "23:59", project="atlas", branch="DEV-1-login", step=4),
        *beats(3, "00:02", "01:00", project="atlas", branch="DEV-1-login", step=4),
        *beats(6, "22:00", "23:55", project="orbit"),
        *beats(7, "00:00", "00:30", project="orbit"),
        *beats(-1, "23:00", "23:58", project="own"),
        *beats(4, "09:00", "11:00", 10, project="atlas", actor="agent", kind="tool", source="agent", sessionId="s"),
        *SUPERVISED,
    ]
    for start in range(0, len(heartbeats), 100):
        answer = await client.post("/api/heartbeats", heartbeats[start : start + 100], 202)
        assert answer["rejected"] == []
    for body in (
        {
            "projectName": "orbit",
            "start": moment(1, "13:00"),
            "end": moment(1, "14:30"),
            "tags": ["call", "urgent"],
            "taskName": "PLAN",
        },
        {"projectName": "own", "start": moment(1, "16:00"), "durationMinutes": 20, "tags": ["call"]},
        {"projectName": "atlas", "start": moment(5, "10:00"), "durationMinutes": 50, "billable": False},
    ):
        await client.post("/api/entries", body, 201)
    await _commits(client)
    return (await client.get("/api/entries", from_=str(MONDAY), to=str(MONDAY + timedelta(days=6)), limit=500))["data"]


async def _commits(client):
    """Two commits of atlas: its evidence came by name, so its repository is told of here."""
    project = next(row["id"] for row in (await client.get("/api/projects"))["data"] if row["name"] == "atlas")

    def tell(conn):
        rowio.insert(conn, "repo", {"id": "r", "identity": "r", "name": "atlas", "project_id": project, "created_us": 0})
        for sha, day, clock in (("a" * 40, 0, "10:00"), ("b" * 40, 3, "00:30")):
            at = int(datetime.fromisoformat(moment(day, clock)).timestamp() * 1_000_000)
            conn.execute("INSERT INTO repo_commit VALUES ('r', ?, ?, ?, 'DEV-1-login', 1)", (sha, at, f"Commit {sha[0]}"))

    client.daemon.database.write_now(tell)


def inside(entry):
    """Seconds of an entry within the week: its ends are clipped; none of these has pauses."""
    lo = datetime.fromisoformat(moment(0, "00:00"))
    hi = datetime.fromisoformat(moment(7, "00:00"))
    start, end = datetime.fromisoformat(entry["start"]), datetime.fromisoformat(entry["end"])
    return int((min(end, hi) - max(start, lo)).total_seconds())


async def report(asker, group, **query):
    return await asker.get("/api/reports", from_=str(MONDAY), to=str(MONDAY + timedelta(days=6)), groupBy=group, **query)


@pytest.mark.parametrize("zone", [None, "Etc/UTC"], ids=["from the day totals where it can be", "from the entries"])
@pytest.mark.parametrize("group", GROUPS)
async def test_every_grouping_adds_up_to_the_entries(client, week, group, zone):
    answer = await report(client, group, **({"timezone": zone} if zone else {}))
    people = [entry for entry in week if entry["actor"] == "human"]
    agents = [entry for entry in week if entry["actor"] == "agent"]
    assert len(people) >= 8
    assert len(agents) >= 1
    totals = answer["totals"]
    assert totals["seconds"] == sum(inside(entry) for entry in people) == totals["handsOnSeconds"] + totals["supervisedSeconds"]
    assert totals["agentSeconds"] == sum(inside(entry) for entry in agents) > 0
    assert totals["billableSeconds"] == sum(inside(entry) - entry["supervisedSeconds"] for entry in week if entry["billable"])
    assert totals["wallSeconds"] == totals["seconds"]
    assert totals["supervisedSeconds"] == sum(entry["supervisedSeconds"] for entry in people) > 0
    doubled = sum(inside(entry) * (len(entry["tags"]) - 1) for entry in people if len(entry["tags"]) > 1) if group == "tag" else 0
    for name in ("seconds", "handsOnSeconds", "supervisedSeconds", "agentSeconds", "billableSeconds"):
        extra = doubled if name in ("seconds", "handsOnSeconds", "billableSeconds") else 0
        assert sum(row[name] for row in answer["rows"]) == totals[name] + extra, name
    if group != "tag":
        assert sum(row["amount"] or 0 for row in answer["rows"]) == pytest.approx(totals["amount"], abs=0.02)


async def seconds_by_name(client, group):
    """Seconds by the names of the rows; projects each have a row for work without a task."""
    sums = defaultdict(int)
    for row in (await report(client, group))["rows"]:
        sums[row["name"]] += row["seconds"]
    return dict(sums)


async def test_each_grouping_names_what_it_groups_by(client, week):
    rows = {group: await seconds_by_name(client, group) for group in GROUPS}
    sums = defaultdict(lambda: defaultdict(int))
    for entry in week:
        if entry["actor"] == "human":
            sums["project"][entry["projectName"]] += inside(entry)
            sums["client"][entry["clientName"] or "no client"] += inside(entry)
            sums["task"][entry["taskName"] or "no task"] += inside(entry)
            sums["branch"][entry["branch"] or "no branch"] += inside(entry)
            for tag in entry["tags"] or ["no tag"]:
                sums["tag"][tag] += inside(entry)
    for group, seconds in sums.items():
        assert {name: total for name, total in rows[group].items() if total} == dict(seconds), group
    assert set(rows["commit"]) == {"Commit a", "Commit b", "not committed"}
    assert list(rows["week"]) == ["2026-W46"]
    assert list(rows["day"]) == [str(MONDAY + timedelta(days=number)) for number in range(7)]
    assert rows["day"]["2026-11-14"] == 3000


async def test_money_is_what_the_billable_seconds_are_worth(client, week):
    rows = {row["name"]: row for row in (await report(client, "project"))["rows"]}
    for project in (ATLAS, ORBIT):
        row = rows[project["name"]]
        assert row["amount"] == pytest.approx(row["billableSeconds"] / 3600 * project["hourlyRate"], abs=0.005 + 0.04)
        assert row["currency"] == "EUR"
    assert rows["own"]["amount"] is None
    assert rows["atlas"]["agentSeconds"] > 0


@pytest.mark.parametrize(
    ("query", "keep"),
    [
        ({"client": "Acme"}, lambda entry: entry["clientName"] == "Acme"),
        ({"billable": "true"}, lambda entry: entry["billable"]),
        ({"project": "orbit"}, lambda entry: entry["projectName"] == "orbit"),
        ({"billable": "false"}, lambda entry: not entry["billable"]),
        ({"actor": "agent"}, lambda entry: entry["actor"] == "agent"),
        ({"tag": "call"}, lambda entry: "call" in entry["tags"]), ({"task": "DEV-1"}, lambda entry: entry["taskName"] == "DEV-1"),
        ({"client": "Acme", "billable": "false"}, lambda entry: entry["clientName"] == "Acme" and not entry["billable"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("group", ["project", "tag", "day", "commit"])
async def test_every_filter_keeps_the_same_entries_in_the_list_and_in_the_report(client, week, query, keep, group):
    answer = (await report(client, group, **query))["totals"]
    entries = [entry for entry in week if keep(entry)]
    listed = await client.get("/api/entries", from_=str(MONDAY), to=str(MONDAY + timedelta(days=6)), limit=500, **query)
    assert {entry["id"] for entry in listed["data"]} == {entry["id"] for entry in entries}
    assert answer["seconds"] == sum(inside(entry) for entry in entries if entry["actor"] == "human")
    assert answer["agentSeconds"] == sum(inside(entry) for entry in entries if entry["actor"] == "agent")
    assert entries
