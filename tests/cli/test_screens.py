"""What people read: day, report, log, why, timesheet, week, gaps, watch. Plain when piped, safe, never too wide."""

import csv
import io
import json
import re

import pytest

from stintd.cli.layout import width
from tests.support.control import entry, page, report, stream

HOSTILE = "evil\x1b[2J\x07\u202e\x9b31m\ud800\nname"
DAY = [
    entry("2026-11-20T08:02:00Z", "2026-11-20T09:40:00Z", taskName="DEV-12", description="Fix parser",
          commits=[{"sha": "3f2a1b9" * 5, "subject": "Fix parser", "time": "2026-11-20T09:38:00Z"}]),
    entry("2026-11-20T10:30:00Z", "2026-11-20T11:00:00Z", "beta"),
    entry("2026-11-20T11:00:00Z", "2026-11-20T12:30:00Z", actor="agent", state="finished", handsOnSeconds=0),
]  # fmt: skip
BEATS = [{"id": "1", "time": "2026-11-20T10:30:00Z", "project": "beta", "repo": "beta", "branch": "DEV-7", "kind": "checkout",
          "source": "git", "actor": "human", "entity": ""}]  # fmt: skip


@pytest.fixture
def day(control):
    control.answers["GET", "/api/entries"] = page(*DAY)
    control.answers["GET", "/api/heartbeats"] = page(*BEATS)
    control.answers["GET", "/api/reports"] = report({"atlas": 5880, "beta": 1800}, agent={"atlas": 5400})
    return control


def test_a_day_is_a_row_a_project_with_totals_agents_and_marks(stint, day):
    lines = stint("day", "2026-11-20").out.splitlines()
    assert lines[0].startswith("Fri 20 Nov 2026")
    assert lines[0].endswith("2h 08m")
    rows = {line.split()[0]: line for line in lines[2:6] if "agent" not in line}
    assert "█" in rows["atlas"]
    assert rows["atlas"].endswith("1h 38m")
    assert rows["beta"].endswith("30m")
    assert "░" in rows["total"]
    assert any("▒" in line and line.endswith("1h 30m agent") for line in lines)
    assert any(set(line.strip()) == {"◆", "◇", " "} for line in lines)
    assert "active 2h 08m · agents 1h 30m" in lines
    assert "◆ 09:38 atlas 3f2a1b9 Fix parser" in lines
    assert "◇ 10:30 beta checkout DEV-7" in lines


def test_a_day_shows_the_owners_hours(stint, day, berlin):
    lines = stint("day", "2026-11-20").out.splitlines()
    assert "09" in lines[1]
    assert "08" not in lines[1]
    assert "◆ 10:38 atlas 3f2a1b9 Fix parser" in lines


def test_bars_stand_where_the_work_was(stint, day, monkeypatch):
    monkeypatch.setenv("COLUMNS", "112")
    lines = stint("day", "2026-11-20").out.splitlines()
    beta = next(line for line in lines if line.startswith("beta"))
    ten, eleven = lines[1].index("10"), lines[1].index("11")
    drawn = [place for place, glyph in enumerate(beta) if glyph in "█▐▕▏▎▍▌▋▊▉"]
    first, last = drawn[0], drawn[-1]
    assert abs(first - (ten + eleven) / 2) <= 1
    assert abs(last + 1 - eleven) <= 1


def test_a_day_over_midnight_and_a_change_of_the_clock_are_drawn_inside_their_day(stint, control, berlin):
    control.answers["GET", "/api/entries"] = page(entry("2026-10-24T21:00:00Z", "2026-10-25T02:30:00Z"))
    control.answers["GET", "/api/heartbeats"] = page()
    control.answers["GET", "/api/reports"] = report({"atlas": 4 * 3600 + 1800})
    lines = stint("day", "2026-10-25").out.splitlines()
    assert lines[1].split()[:2] == ["00", "01"]
    assert lines[2].startswith("atlas █")


def test_an_empty_day_says_so(stint, control):
    control.answers["GET", "/api/entries"] = control.answers["GET", "/api/heartbeats"] = page()
    control.answers["GET", "/api/reports"] = report({})
    assert "nothing on this day" in stint("day", "2026-11-20").out


def test_a_report_has_bars_sums_and_wall_time(stint, day):
    lines = stint("report", "2026-11-20").out.splitlines()
    assert lines[0] == "Thu 19 Nov 2026 – Fri 20 Nov 2026"
    assert lines[1].split() == ["project", "time", "active", "supervised", "agent"]
    assert lines[2].split() == ["atlas", "█" * 20, "1h", "38m", "1h", "38m", "·", "1h", "30m"]
    assert set(lines[4]) == {"─"}
    assert lines[5].split()[:3] == ["total", "2h", "08m"]
    assert len(lines) == 6, "the wall time is the total"
    assert day.requests[-1]["query"] == {"from": "2026-11-20", "to": "2026-11-20"}


def test_a_report_and_a_week_name_the_wall_time_where_it_is_not_the_total(stint, day):
    answer = report({"2026-11-20": 7680}, "day")
    answer["totals"]["wallSeconds"] = 7000
    day.answers["GET", "/api/reports"] = answer
    for verb, period in (("report", "2026-11-20"), ("week", "2026-W47")):
        assert stint(verb, period).out.splitlines()[-1] == "wall time 1h 56m: overlapping time counted once"


def test_the_table_the_csv_and_the_page_of_a_report_have_the_same_columns(stint, day):
    answer = report({"atlas": 5400}, agent={"atlas": 60})
    for row in (*answer["rows"], answer["totals"]):
        row.update(roundedSeconds=5400, deliveredSeconds=0)
    day.answers["GET", "/api/reports"] = answer
    titles = ["time", "active", "supervised", "agent", "rounded", "delivered"]
    assert stint("report", "--as", "acme").out.splitlines()[1].split() == ["project", *titles]
    page = stint("report", "--as", "acme", "--html").out
    assert [title for title in re.findall(r"<th>(.*?)</th>", page) if title] == ["project", *titles]
    assert stint("report", "--as", "acme", "--csv").out.splitlines()[0] == (
        "key,name,seconds,handsOnSeconds,supervisedSeconds,agentSeconds,billableSeconds,amount,currency,entries,"
        "roundedSeconds,deliveredSeconds"
    )


def test_a_report_names_its_filters_to_the_daemon(stint, day):
    stint("report", "--from", "2026-11-02", "--to", "2026-11-08", "--by", "day", "--client", "Acme", "--no-billable")
    assert day.requests[-1]["query"] == {
        "from": "2026-11-02",
        "to": "2026-11-08",
        "groupBy": "day",
        "client": "Acme",
        "billable": "false",
    }


def test_a_report_as_csv_is_read_back_and_starts_no_formula(stint, control):
    control.answers["GET", "/api/reports"] = report({"=cmd()": 60, 'a "b", c': 120})
    rows = list(csv.reader(io.StringIO(stint("report", "--csv").out)))
    assert [row[1] for row in rows] == ["name", "'=cmd()", 'a "b", c']


def test_money_is_shown_with_its_cents(stint, control):
    told = report({"atlas": 5400})
    told["rows"][0].update(amount=150.0, currency="EUR")
    control.answers["GET", "/api/reports"] = told
    assert "150.00 EUR" in stint("report", "2026-11-20").out


@pytest.mark.parametrize("argv", [["report", "2026-11-20", "--html"], ["timesheet", "2026-W47", "--html"]])
def test_a_page_escapes_what_it_names(stint, control, argv):
    name = "<script>alert(1)</script>"
    control.answers["GET", "/api/reports"] = report({name: 3600})
    control.answers["GET", "/api/timesheet"] = {"rows": [{"projectName": name, "taskName": name, "days": {"2026-11-20": 900}}]}
    out = stint(*argv).out
    assert out.startswith("<!doctype html>")
    assert "<script" not in out
    assert "&lt;script&gt;" in out
    assert "1h 00m" in out or "0.25" in out


def test_a_log_is_grouped_by_day_with_totals_and_ids_to_act_on(stint, control):
    control.answers["GET", "/api/entries"] = page(*DAY, entry("2026-11-19T08:00:00Z", "2026-11-19T09:00:00Z"))
    control.answers["GET", "/api/reports"] = report({"2026-11-19": 3600, "2026-11-20": 7680}, "day")
    lines = stint("log", "2026-11-19..2026-11-20").out.splitlines()
    assert lines[0].split() == ["Thursday", "19", "November", "2026", "1h", "00m"]
    assert lines[3].split() == ["Friday", "20", "November", "2026", "2h", "08m"]
    assert lines[4].split()[:6] == [DAY[0]["id"][-6:], "08:02–09:40", "1h", "38m", "atlas", "DEV-12"]
    assert "agent" not in "".join(lines)


def test_why_tells_a_story(stint, control):
    shown = {**DAY[0], "supervisedSeconds": 600, "handsOnSeconds": 5280}
    act = {"kind": "edit", "source": "watch", "actor": "human"}
    beats = [{**act, "time": f"2026-11-20T08:{m:02d}:00Z", "entity": f"{m % 7}.py"} for m in range(3, 50)]
    control.answers["GET", f"/api/entries/{shown['id']}"] = shown
    control.answers["GET", "/api/entries"] = page(shown)
    control.answers["GET", f"/api/entries/{shown['id']}/evidence"] = {
        "entryId": shown["id"],
        "entry": shown,
        "start": shown["start"],
        "end": shown["end"],
        "heartbeats": beats,
        "commits": shown["commits"],
        "absences": [],
        "blind": [],
        "sessions": [{"sessionId": "s1", "agent": "claude", "start": "2026-11-20T08:30:00Z", "end": None, "endReason": None}],
        "gaps": [
            {
                "start": "2026-11-20T08:49:00Z",
                "end": "2026-11-20T09:01:00Z",
                "verdict": "work",
                "reason": "12 minutes of silence is shorter than the idle timeout of 15 minutes.",
            }
        ],
    }
    out = stint("why", shown["id"][-6:]).out
    assert "08:02–09:40 1h 38m (1h 28m active, 10m supervised)" in out
    assert "47 edits (seen by watch), 08:03–08:49" in out
    assert "and 2 more" in out
    assert "09:38  3f2a1b9  Fix parser" in out
    assert "08:49–09:01" in out
    assert "shorter than the idle timeout" in out
    assert "08:30–open  claude s1" in out


def test_why_speaks_of_one_act_in_the_singular(stint, control):
    acts = ("presence", "stash", "push", "edit", "session_start")
    beats = [{"kind": kind, "source": "agent", "actor": "human", "time": "2026-11-20T12:00:00Z"} for kind in acts]
    control.answers["GET", "/api/why"] = {
        "at": "2026-11-20T12:00:00Z",
        "entryId": None,
        "start": "2026-11-20T11:00:00Z",
        "end": "2026-11-20T13:00:00Z",
        "heartbeats": beats,
        "commits": [],
        "sessions": [],
        "gaps": [],
        "blind": [],
        "absences": [],
    }
    out = stint("why", "2026-11-20", "12:00").out
    assert "1 sign of presence, 1 stash, 1 push, 1 edit, 1 session start" in " ".join(out.split())


def test_why_of_a_minute_without_an_entry_tells_the_silence(stint, control):
    control.answers["GET", "/api/why"] = {
        "at": "2026-11-20T12:00:00Z",
        "entryId": None,
        "start": "2026-11-20T11:00:00Z",
        "end": "2026-11-20T13:00:00Z",
        "heartbeats": [],
        "commits": [],
        "sessions": [],
        "gaps": [],
        "blind": [],
        "absences": [{"start": "2026-11-20T11:01:00Z", "end": "2026-11-20T12:59:00Z", "kind": "suspend"}],
    }
    out = stint("why", "2026-11-20", "12:00").out
    assert "no time counted from 11:00 to 13:00" in out
    assert "11:01–12:59  1h 58m  suspend" in out
    assert control.requests[0]["query"] == {"at": "2026-11-20T12:00:00Z"}


def test_a_timesheet_is_task_by_day_in_decimal_hours_and_its_sums_agree(stint, control):
    rows = [
        {"projectName": "atlas", "taskName": "DEV-12", "clientName": "Acme", "days": {"2026-11-16": 5400, "2026-11-20": 4500}},
        {"projectName": "beta", "taskName": None, "clientName": None, "days": {"2026-11-20": 900}},
    ]
    control.answers["GET", "/api/timesheet"] = {"rows": rows}
    lines = stint("timesheet", "2026-W47").out.splitlines()
    assert lines[0].split() == [
        "task",
        *["Mon", "16", "Tue", "17", "Wed", "18", "Thu", "19", "Fri", "20", "Sat", "21", "Sun", "22"],
        "sum",
    ]
    assert lines[1].split() == ["atlas", "·", "DEV-12", "1.50", "·", "·", "·", "1.25", "·", "·", "2.75"]
    assert lines[-1].split() == ["sum", "1.50", "·", "·", "·", "1.50", "·", "·", "3.00"]
    assert control.requests[0]["query"] == {"from": "2026-11-16", "to": "2026-11-22"}
    table = list(csv.reader(io.StringIO(stint("timesheet", "2026-W47", "--csv").out)))
    assert table[1][:3] == ["Acme", "atlas", "DEV-12"]


def test_a_week_is_a_line_a_day(stint, control):
    control.answers["GET", "/api/entries"] = page(*DAY)
    control.answers["GET", "/api/reports"] = report({"2026-11-20": 7680}, "day")
    lines = stint("week", "2026-W47").out.splitlines()
    assert [line.split()[0] for line in lines[1:8]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert "█" in lines[5]
    assert lines[5].endswith("2h 08m")
    assert lines[8].strip() == "total 2h 08m"


def test_gaps_show_their_ids_and_the_command_that_claims_one(stint, control):
    gap = {
        "id": "64a",
        "start": "2026-11-20T09:40:00Z",
        "end": "2026-11-20T10:30:00Z",
        "verdict": "away",
        "reason": "no activity for 50m",
    }
    control.answers["GET", "/api/gaps"] = page(gap)
    out = stint("gaps", "2026-11-20").out
    assert "64a  09:40–10:30  50m  no activity for 50m" in out
    assert "stint fill 64a PROJECT" in out
    control.answers["POST", "/api/gaps/64a/fill"] = (201, entry(gap["start"], gap["end"], "beta"))
    assert stint("fill", "64a", "beta", "-m", "call").out == "filled 09:40–10:30 with beta, 50m\n"
    assert control.requests[-1]["body"] == {"projectName": "beta", "description": "call"}


def test_the_feed_says_what_is_new_and_keeps_quiet_about_the_rest(stint, control):
    shown = entry("2026-11-20T09:00:00Z", None)
    commit = {"sha": "ab" * 20, "subject": "Fix it", "time": shown["start"]}
    beat = {"time": "2026-11-20T09:01:00Z", "project": "atlas", "kind": "edit", "entity": "a.py"}
    changes = [
        ("time_entry.started", {"provisional": True, "start": shown["start"]}),
        ("time_entry.started", shown),
        ("time_entry.updated", {**shown, "durationSeconds": 700, "lastEvidenceAt": shown["start"]}),
        ("time_entry.updated", {**shown, "commits": [commit]}),
        ("time_entry.updated", {**shown, "taskName": "DEV-1"}),
        ("heartbeat", beat),
        ("time_entry.deleted", {"id": shown["id"], "mergedInto": None, "projectId": "atlas"}),
        ("time_entry.deleted", {"id": "never-seen", "mergedInto": None, "projectId": None}),
        ("project.created", {"name": "beta"}),
        ("health", {"recording": False}),
    ]
    control.answers["GET", "/api/health"] = {}
    control.answers["GET", "/api/events"] = stream(*(f"event: {k}\ndata: {json.dumps(p)}\n\n" for k, p in changes))
    lines = stint("watch").out.splitlines()[1:]
    assert [line.split(" ", 1)[1] for line in lines] == [
        "started atlas 10m",
        "commit abababa Fix it",
        "changed atlas DEV-1 10m",
        "· atlas edit a.py",
        "deleted atlas DEV-1 10m",
        "new project beta",
        "recording is off",
    ]


SCREENS = [
    ("day", "2026-11-20"), ("report", "2026-11-20"), ("log", "2026-11-20"), ("week", "2026-W47"),
    ("timesheet", "2026-W47"), ("gaps", "2026-11-20"), ("status",), ("repos",), ("projects",), ("clients",), ("tasks",),
    ("why", "2026-11-20", "10:00"), ("watch",), ("map", "--list"), ("projects", "--names"), ("keys",),
]  # fmt: skip


FREE = [("watch",), ("status",), ("repos",), ("map", "--list"), ("projects", "--names")]
"""Lists of lines, which a terminal wraps by itself."""


@pytest.fixture
def hostile(control):
    """Every name is what a hostile repository would call itself."""
    bad = entry(
        "2026-11-20T08:02:00Z",
        "2026-11-20T09:40:00Z",
        HOSTILE,
        taskName=HOSTILE,
        description=HOSTILE,
        branch=HOSTILE,
        repo=HOSTILE,
        commits=[{"sha": "ab" * 20, "subject": HOSTILE, "time": "2026-11-20T09:00:00Z"}],
    )
    beat = {
        "time": "2026-11-20T09:00:00Z",
        "project": HOSTILE,
        "repo": HOSTILE,
        "branch": HOSTILE,
        "kind": "checkout",
        "source": HOSTILE,
        "actor": "human",
        "entity": HOSTILE,
    }
    name = {
        "id": "i",
        "name": HOSTILE,
        "key": HOSTILE,
        "projectId": "i",
        "status": "active",
        "archived": False,
        "clientName": HOSTILE,
        "billable": True,
        "hourlyRate": 90.0,
        "currency": "EUR",
        "revision": 1,
        "repos": [{"name": HOSTILE, "remote": HOSTILE}],
    }
    rest = {
        "heartbeats": [beat, {**beat, "kind": "edit"}],
        "commits": bad["commits"],
        "absences": [],
        "blind": [],
        "sessions": [{"sessionId": HOSTILE, "agent": HOSTILE, "start": beat["time"], "end": None, "endReason": HOSTILE}],
        "gaps": [{"start": beat["time"], "end": beat["time"], "verdict": "work", "reason": HOSTILE}],
    }
    control.answers |= {
        ("GET", "/api/entries"): page(bad),
        ("GET", "/api/heartbeats"): page(beat),
        ("GET", "/api/reports"): lambda r: report({HOSTILE: 60} if r["query"].get("groupBy") != "day" else {"2026-11-20": 60}),
        ("GET", "/api/timesheet"): {"rows": [{"projectName": HOSTILE, "taskName": HOSTILE, "days": {"2026-11-20": 60}}]},
        ("GET", "/api/gaps"): page({"id": "1", "start": bad["start"], "end": bad["end"], "reason": HOSTILE}),
        ("GET", "/api/status"): {
            "timers": [{**bad, "state": "running"}],
            "todaySeconds": 1,
            "warnings": [{"code": "x", "severity": "warning", "text": HOSTILE, "hint": HOSTILE}],
        },
        ("GET", "/api/repos"): page(
            {
                "name": HOSTILE,
                "projectName": HOSTILE,
                "checkouts": [{"path": f"/x/{HOSTILE}", "branch": HOSTILE, "kind": "main", "trouble": HOSTILE}],
            }
        ),
        ("GET", "/api/projects"): page(name),
        ("GET", "/api/clients"): page(name),
        ("GET", "/api/tasks"): page(name),
        ("GET", "/api/why"): {"entryId": bad["id"], "entry": bad, "start": bad["start"], "end": bad["end"], **rest},
        ("GET", "/api/keys"): page(
            {
                "id": "0193a1b2-0000-7000-8000-0000000000aa",
                "name": HOSTILE,
                "scope": "write",
                "projectName": HOSTILE,
                "clientName": None,
                "lastUsedAt": beat["time"],
                "revokedAt": None,
            }
        ),
        ("GET", "/api/mappings"): page({"id": "1", "path": HOSTILE, "project": HOSTILE}),
        ("GET", "/api/health"): {},
        ("GET", "/api/events"): stream(
            f"event: time_entry.started\ndata: {json.dumps(bad)}\n\n", f"event: heartbeat\ndata: {json.dumps(beat)}\n\n"
        ),
    }
    return control


@pytest.mark.parametrize("argv", SCREENS, ids=" ".join)
def test_names_of_a_hostile_repository_print_no_control_characters(stint, hostile, argv):
    outcome = stint(*argv)
    assert outcome.code == 0, outcome.err
    assert "evil" in outcome.out or argv[0] == "week"
    odd = {c for c in outcome.out if not c.isprintable() and c != "\n"}
    assert odd == set()


@pytest.mark.parametrize("argv", [screen for screen in SCREENS if screen not in FREE], ids=" ".join)
@pytest.mark.parametrize("room", [40, 80])
def test_tables_keep_to_the_width_of_the_terminal(stint, hostile, argv, room, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(room))
    for line in stint(*argv).out.splitlines():
        assert width(line) <= room, line
