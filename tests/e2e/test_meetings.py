"""Calendars through an installed daemon: proposed, accepted by the command beside it, and then proposed no more."""

import shlex
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.daemon import Daemon

pytestmark = pytest.mark.smoke

NOW = datetime.now(UTC)
MONDAY = (NOW - timedelta(days=NOW.weekday() + 7)).replace(hour=0, minute=0, second=0, microsecond=0)
DAY = MONDAY.date().isoformat()
ICS = f"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART:{MONDAY:%Y%m%d}T100000Z
DTEND:{MONDAY:%Y%m%d}T110000Z
SUMMARY:-it's Planning\x1b[31m
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def daemon(tmp_path):
    (tmp_path / "work.ics").write_text(ICS)
    config = (
        f'[calendar]\nfiles = ["{tmp_path}/work.ics", "{tmp_path}/gone.ics"]\n'
        '[[calendar.map]]\ntitle = "*planning*"\nproject = "two words"\n'
    )
    with Daemon(tmp_path / "home", config=config, environment={"TZ": "UTC"}) as one:
        one.client.post("/api/projects", {"name": "two words", "clientName": "Acme"})
        yield one


def found(daemon):
    return [one for one in daemon.client.get("/api/review")["items"] if one["kind"] == "meeting"]


def test_a_meeting_is_proposed_in_review_and_gaps_until_its_command_was_run(daemon):
    [line] = found(daemon)
    assert line["text"] == f"-it's Planning [31m Mon {MONDAY.day} 10:00–11:00, from your calendar"
    assert daemon.entries() == []
    told = daemon.stint("review", COLUMNS="300").out
    assert ("meetings in your calendar without hours (1)" in told, line["command"] in told, "\x1b[31m" in told) == (
        True,
        True,
        False,
    )
    for begin, end in ((540, 570), (720, 750)):
        span = {
            "startTime": (MONDAY + timedelta(minutes=begin)).isoformat(),
            "endTime": (MONDAY + timedelta(minutes=end)).isoformat(),
        }
        daemon.client.post("/api/entries", {"projectName": "two words", **span})
    assert "10:00–11:00, from your calendar" in daemon.stint("gaps", DAY, COLUMNS="300").out
    [gap] = daemon.client.every("/api/gaps", **{"from": DAY, "to": DAY})
    assert [one["projectName"] for one in gap["meetings"]] == ["two words"]
    daemon.stint(*shlex.split(line["command"])[1:])
    assert found(daemon) == []
    assert [entry["durationSeconds"] for entry in daemon.entries()] == [1800, 3600, 1800]
    assert daemon.entries()[1]["description"] == "it's Planning [31m"


def test_a_calendar_that_is_gone_is_a_warning_and_the_daemon_loads_no_library(daemon):
    assert "calendar" not in [one["code"] for one in daemon.client.get("/api/status")["warnings"]]
    found(daemon)
    [told] = [one for one in daemon.client.get("/api/status")["warnings"] if one["code"] == "calendar"]
    assert "gone.ics cannot be read: No such file" in told["text"]
    with open(f"/proc/{daemon.process.pid}/maps") as file:
        assert "libssl" not in file.read()
