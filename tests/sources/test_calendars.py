"""Reading calendars with the real libraries, in the real process."""

import os
from datetime import UTC, datetime

import pytest

from stintd.ports import CalendarRequest
from stintd.sources import calendars, calendarworker

pytestmark = pytest.mark.smoke


def us(*when):
    return int(datetime(*when, tzinfo=UTC).timestamp() * 1e6)


LO, HI = us(2026, 10, 1), us(2026, 11, 30)


def ics(*events):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN"]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}", "DTSTAMP:20260101T000000Z", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def hour(title="Planning", *more):
    return ["DTSTART:20261120T100000Z", "DTEND:20261120T110000Z", f"SUMMARY:{title}", *more]


@pytest.fixture
def told(tmp_path):
    """What the worker's answer to a calendar is, asked in this process."""

    def ask(*events):
        path = tmp_path / "a.ics"
        path.write_text(ics(*events))
        asked = {"path": str(path), "lo_us": LO, "hi_us": HI, "zone": "Europe/Berlin", "emails": ["Me@x.example"]}
        return calendarworker.answer(asked)["meetings"]

    return ask


def test_what_takes_nobodys_time_is_left_out(told):
    me = "mailto:me@X.example"
    kept = told(
        hour("kept", f"ATTENDEE;PARTSTAT=ACCEPTED:{me}", "ATTENDEE;PARTSTAT=DECLINED:mailto:other@x.example"),
        hour("declined", f"ATTENDEE;PARTSTAT=DECLINED:{me}"),
        hour("cancelled", "STATUS:CANCELLED"),
        hour("free", "TRANSP:TRANSPARENT"),
        ["DTSTART;VALUE=DATE:20261120", "SUMMARY:whole day"],
        ["DTSTART:20261110T100000Z", "DTEND:20261114T100000Z", "SUMMARY:journey"],
    )
    assert [(one[2], one[3]) for one in kept] == [("kept", ["me@X.example", "other@x.example"])]


def test_series_keep_their_wall_time_over_the_change_of_clocks_with_exceptions(told):
    found = told(
        [
            "DTSTART;TZID=Europe/Berlin:20261023T100000",
            "DURATION:PT1H",
            "SUMMARY:weekly",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            "EXDATE;TZID=Europe/Berlin:20261106T100000",
        ]
    )
    starts = [one[0] for one in found]
    assert starts == [us(2026, 10, 23, 8), us(2026, 10, 30, 9), us(2026, 11, 13, 9)]


def test_times_without_a_zone_are_the_machines(told):
    [found] = told(["DTSTART:20261120T100000", "DTEND:20261120T110000", "SUMMARY:floating"])
    assert found[:2] == [us(2026, 11, 20, 9), us(2026, 11, 20, 10)]


def test_control_characters_and_long_titles_are_made_one_line(told):
    [found] = told(hour("a\x1b[31mred\\nb\u202e" + "x" * 5000))
    assert found[2].startswith("a [31mred b x")
    assert (found[2].isprintable(), len(found[2])) == (True, 200)


async def test_hostile_calendars_end_as_a_trouble_and_hurt_nobody(tmp_path):
    asked = lambda path: CalendarRequest(str(path), LO, HI, "Europe/Berlin")  # noqa: E731
    large = "BEGIN:VCALENDAR" + "x" * 9_000_000
    cases = {
        "many": ics(["DTSTART:20200101T000000Z", "DURATION:PT1S", "SUMMARY:s", "RRULE:FREQ=SECONDLY;COUNT=100000000"]),
        "none": "hello",
        "broken": "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:yesterday\r\n",
        "large": large,
    }
    for name, text in cases.items():
        (tmp_path / name).write_text(text)
        noted = await calendars.read(asked(tmp_path / name))
        assert noted.trouble, name
        assert len(noted.meetings) <= calendarworker.EVENTS_LIMIT
    os.mkfifo(tmp_path / "pipe")
    assert "not a file" in (await calendars.read(asked(tmp_path / "pipe"))).trouble
    assert "No such file" in (await calendars.read(asked(tmp_path / "gone"))).trouble


async def test_the_process_tells_meetings(tmp_path):
    (tmp_path / "a.ics").write_text(ics(hour()))
    noted = await calendars.read(CalendarRequest(str(tmp_path / "a.ics"), LO, HI, "UTC"))
    assert [(one.title, one.start_us) for one in noted.meetings] == [("Planning", us(2026, 11, 20, 10))]
    assert noted.trouble == ""
