"""What `stint backfill` prints: the total first, and of many days the first and the last."""

from datetime import date, timedelta

from stintd.cli.commands import backfill

BEATS = {"new": 90, "known": 0, "live": 0, "notRecorded": 0}


def answer(days, is_dry=False):
    rows = [
        {
            "day": (date(2026, 11, 2) + timedelta(days=number)).isoformat(),
            "projectName": "acme",
            "handsOnSeconds": 3660,
            "supervisedSeconds": 0,
            "agentSeconds": 600,
            "band": None,
        }
        for number in range(days)
    ]
    counts = {"repositories": 3, "acts": 90, "files": 0, "lines": 0, "unwanted": 0, "unreadableLines": 0}
    return {**counts, "heartbeats": BEATS, "days": rows, "dryRun": is_dry}


def test_the_total_comes_first_and_few_days_are_listed_in_full():
    lines = list(backfill.lines(answer(2)))
    assert lines[0] == "read 3 repositories, 90 events in git"
    assert lines[1] == "imported 90 events from git: +2h 02m active, +20m agents on 2 days"
    assert lines[2:6] == [
        "Mon 2 Nov 2026",
        "  acme: +1h 01m active, +10m agents",
        "Tue 3 Nov 2026",
        "  acme: +1h 01m active, +10m agents",
    ]
    assert lines[6] == "these hours are estimates, and are not delivered before you approve them"


def test_of_many_days_the_first_and_the_last_are_listed_unless_all_are_wanted():
    lines = list(backfill.lines(answer(40, is_dry=True)))
    assert len(lines) < 25
    assert lines[1].startswith("would import 90 events from git: +40h 40m active")
    assert "… 32 more lines; `--all` lists them" in lines
    assert "Mon 2 Nov 2026" in lines
    assert "Fri 11 Dec 2026" in lines
    assert sum("acme" in line for line in backfill.lines(answer(40, is_dry=True), lists_all=True)) == 40


def test_a_second_run_says_that_nothing_is_new():
    again = answer(0) | {"heartbeats": BEATS | {"new": 0, "known": 90}}
    assert list(backfill.lines(again)) == ["read 3 repositories, 90 events in git, 90 imported before", "nothing new"]
