"""Reports and timesheets beside what a billing system is to hold and holds: rounded once a project, task and day."""

import pytest

from stintd.domain.billing import rounding
from stintd.domain.billing.rounding import Rounding
from tests.support import wait_until
from tests.support.billing.clockme import ClockMeFake

GROUPS = ["project", "client", "task", "tag", "branch", "commit", "day", "week"]
WEEK = {"from_": "2026-11-16", "to": "2026-11-22"}
RULE = {"mode": "nearest", "minutes": 15, "per": "day"}
WORK = [
    ("atlas", "18", "09:00", 23, ["call"], "DEV-1"), ("atlas", "18", "10:00", 20, [], "DEV-1"),
    ("atlas", "18", "13:00", 50, ["call", "urgent"], None), ("atlas", "19", "09:00", 8, [], "DEV-1"),
    ("orbit", "19", "11:00", 52, [], None),
]  # fmt: skip


def sums():
    """Minutes by (project, task, day), rounded by hand."""
    sums = {}
    for project, day, _, minutes, _, task in WORK:
        sums[project, task, day] = sums.get((project, task, day), 0) + minutes
    rule = Rounding("nearest", 15)
    return {key: rounding.round_length(minutes * 60, rule) for key, minutes in sums.items()}


@pytest.fixture
async def fake(daemon, client):
    daemon.billing = ClockMeFake()
    await client.post("/api/projects", {"name": "atlas", "clientName": "Acme"}, 201)
    for project, day, clock, minutes, tags, task in WORK:
        await client.post(
            "/api/entries",
            {
                "projectName": project,
                "autoCreate": True,
                "startTime": f"2026-11-{day}T{clock}:00Z",
                "durationMinutes": minutes,
                "tags": tags,
                "taskName": task,
            },
            201,
        )
    await client.post(
        "/api/targets",
        {
            "name": "acme",
            "kind": "clockme",
            "secret": "k-secret",
            "from": "2026-11-01",
            "settle": "0s",
            "rounding": RULE,
        },
        201,
    )
    await client.post("/api/targets/acme/map", {"project": "atlas", "remote": {"project_id": "p1"}})
    return daemon.billing


async def deliver(client, number):
    await client.post("/api/approve", {"from": "2026-11-16", "to": "2026-11-22"})
    await client.post("/api/sync", {})

    async def is_there():
        return len((await client.get("/api/outbox", state="delivered", limit=100))["data"]) >= number

    await wait_until(is_there, "it arrives")


@pytest.mark.parametrize("group", GROUPS)
async def test_every_grouping_carries_what_the_target_is_to_hold_and_holds(client, fake, group):
    await deliver(client, 4)
    report = await client.get("/api/reports", **WEEK, groupBy=group, target="acme")
    plain = await client.get("/api/reports", **WEEK, groupBy=group)
    by_hand = sums()
    assert report["totals"]["roundedSeconds"] == sum(by_hand.values())
    at_acme = sum(seconds for (project, _, _), seconds in by_hand.items() if project == "atlas")
    assert report["totals"]["deliveredSeconds"] == at_acme == sum(lo_hi[1] for lo_hi in fake.sheet())
    extra = next(row["roundedSeconds"] for row in report["rows"] if row["key"] == "urgent") if group == "tag" else 0
    for name in ("roundedSeconds", "deliveredSeconds"):
        assert sum(row[name] for row in report["rows"]) == report["totals"][name] + extra
    assert [{k: v for k, v in row.items() if k not in ("roundedSeconds", "deliveredSeconds")} for row in report["rows"]] == (
        plain["rows"]
    )
    assert "roundedSeconds" not in plain["totals"]


async def test_rows_hold_the_sums_of_their_own(client, fake):
    await deliver(client, 4)
    by_hand = sums()

    async def rows(group, **more):
        report = (await client.get("/api/reports", **WEEK, groupBy=group, target="acme", **more))["rows"]
        return {row["name"]: (row["roundedSeconds"], row["deliveredSeconds"]) for row in report}

    atlas = sum(seconds for (project, _, _), seconds in by_hand.items() if project == "atlas")
    assert await rows("project") == {"atlas": (atlas, atlas), "orbit": (2700, 0)}
    assert await rows("client") == {"Acme": (atlas, atlas), "no client": (2700, 0)}
    assert (await rows("task", project="atlas"))["DEV-1"] == (2700 + 900, 2700 + 900)
    assert await rows("day") == {"2026-11-18": (2700 + 2700, 2700 + 2700), "2026-11-19": (900 + 2700, 900)}


async def test_a_filter_takes_its_shares_of_what_is_rounded_as_a_whole(client, fake):
    """Of 23 and 20 minutes, 45 together, the longest carries what rounding adds: the other stays as it is."""
    await deliver(client, 4)
    report = await client.get("/api/reports", **WEEK, target="acme", tag="call")
    assert report["totals"]["seconds"] == (23 + 50) * 60
    assert report["totals"]["roundedSeconds"] == (25 + 45) * 60 == report["totals"]["deliveredSeconds"]


async def test_what_only_the_target_has_left_is_a_row_of_its_own(client, fake):
    await deliver(client, 4)
    fake.fault = lambda request: "down"
    await client.post("/api/unapprove", {"from": "2026-11-16", "to": "2026-11-22"})
    for entry in (await client.get("/api/entries", **WEEK, project="atlas"))["data"]:
        await client.ask("DELETE", f"/api/entries/{entry['id']}")
    report = await client.get("/api/reports", **WEEK, target="acme")
    row = next(row for row in report["rows"] if row["name"] == "atlas")
    assert (row["seconds"], row["roundedSeconds"], row["deliveredSeconds"]) == (0, 0, 6300)
    sheet = await client.get("/api/timesheet", **WEEK, target="acme")
    assert sheet["totals"]["deliveredSeconds"] == 6300
    assert sum(row["deliveredSeconds"] for row in sheet["rows"]) == 6300


async def test_the_timesheet_has_the_same_sums(client, fake):
    await deliver(client, 4)
    report = await client.get("/api/timesheet", **WEEK, target="acme")
    by_hand = sums()
    by_api = {
        (row["projectName"], row["taskName"], day[-2:]): seconds
        for row in report["rows"]
        for day, seconds in row["roundedDays"].items()
    }
    assert by_api == by_hand
    assert report["totals"]["deliveredDays"]["2026-11-18"] == 5400


@pytest.mark.parametrize("query", ["&timezone=Asia/Tokyo", "&from=2026-11-18T10:00:00Z", "&target=nobody"])
async def test_what_cannot_be_told_is_refused(client, fake, query):
    base = "/api/reports?" + ("target=acme" if "target" not in query else "") + ("&to=2026-11-22" if "from" in query else "")
    answer = await client.ask("GET", base + query)
    assert answer.status == (404 if "nobody" in query else 422), answer.body
    assert answer.body["details"]["hint"]


async def test_a_stretch_across_midnight_counts_on_both_days_as_the_report_has_it(client, daemon):
    daemon.billing = ClockMeFake()
    await client.post(
        "/api/entries",
        {
            "projectName": "atlas",
            "autoCreate": True,
            "startTime": "2026-11-18T23:00:00Z",
            "durationMinutes": 90,
        },
        201,
    )
    body = {"name": "acme", "kind": "clockme", "secret": "k-secret", "from": "2026-11-01", "settle": "0s"}
    await client.post("/api/targets", body, 201)
    await client.post("/api/targets/acme/map", {"project": "atlas", "remote": {"project_id": "p1"}})
    await deliver(client, 1)
    report = await client.get("/api/reports", **WEEK, groupBy="day", target="acme")
    assert [(row["seconds"], row["roundedSeconds"], row["deliveredSeconds"]) for row in report["rows"]] == [
        (3600, 3600, 3600),
        (1800, 1800, 1800),
    ]


async def test_a_rule_with_its_own_rounding_is_shown_as_it_is_handed_over(client, fake):
    rule = {"project": "atlas", "remote": {"project_id": "p1"}, "rounding": {"mode": "up", "minutes": 30}}
    await client.post("/api/targets/acme/map", rule)
    await deliver(client, 4)
    report = await client.get("/api/reports", **WEEK, groupBy="project", target="acme")
    row = next(row for row in report["rows"] if row["key"] != "orbit" and row["deliveredSeconds"])
    assert row["roundedSeconds"] == row["deliveredSeconds"] == (60 + 60 + 30) * 60 == sum(lo_hi[1] for lo_hi in fake.sheet())
