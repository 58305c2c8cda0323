"""What a format keeps comes back as it was, whatever the texts, times and pauses; what it loses is only what FILES.md says."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.errors import Invalid
from stintd.formats import ical, jsonstream, spreadsheet, timeclock, timewarrior, watson
from stintd.formats.parsed import ParsedItem
from stintd.formats.work import NO_PROJECT, Work, one_line, runs, whole_runs

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TURNS = [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 11, 19, 23, tzinfo=UTC)]
"""Both changes of the clock, and a midnight."""

letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
texts = st.text(letters, max_size=60) | st.sampled_from(
    ["=1+1", "'=x", "+", "\t@", "a;b\\,c", "\r\n", "\\n", 'say "x"', "x" * 4000]
)
names = st.text(letters, min_size=1, max_size=40).map(str.strip).filter(lambda name: one_line(name) and name != NO_PROJECT)
tags = st.lists(names, max_size=4, unique=True).map(tuple)
starts = st.builds(
    lambda turn, us: turn + timedelta(microseconds=us), st.sampled_from(TURNS), st.integers(-12 * 3600 * 10**6, 3600 * 10**6)
)


@st.composite
def works(draw):
    start = draw(starts)
    steps = draw(st.lists(st.integers(1, 4 * 3600 * 10**6), min_size=1, max_size=5).filter(lambda found: len(found) % 2 == 1))
    edges = [start]
    for step in steps:
        edges.append(edges[-1] + timedelta(microseconds=step))
    pauses = tuple(zip(edges[1:-1:2], edges[2:-1:2], strict=True))
    return Work(
        edges[0],
        edges[-1],
        draw(names | st.just("")),
        draw(st.uuids().map(str)),
        draw(names | st.just("")),
        draw(names | st.just("")),
        draw(texts),
        draw(tags),
        draw(st.booleans()),
        pauses,
    )


def pieces(text, size):
    return [text[at : at + size] for at in range(0, len(text), size)]


def read(reader, written, size=7):
    found = list(reader(pieces("".join(written), size), BERLIN))
    assert all(isinstance(one, ParsedItem) for one in found), found
    return [one.value for one in found]


def when(value):
    edges = [value["start"], *(edge for one in value.get("pauses", []) for edge in (one["start"], one["end"])), value["end"]]
    moments = [datetime.fromisoformat(edge) for edge in edges]
    return list(zip(moments[::2], moments[1::2], strict=True))


def in_order(found):
    return sorted(found, key=lambda one: one.start)


@settings(max_examples=60, deadline=None)
@given(st.lists(works(), max_size=4, unique_by=lambda one: one.id), st.sampled_from([1, 7, 1000]))
def test_csv_keeps_everything_to_the_microsecond(given_work, size):
    values = read(spreadsheet.read, spreadsheet.write(given_work, BERLIN), size)
    assert [when(value) for value in values] == [runs(one) for one in given_work]
    for value, one in zip(values, given_work, strict=True):
        assert value["id"] == one.id
        assert (value.get("projectName", ""), value.get("clientName", ""), value.get("taskName", "")) == (
            one.project,
            one.client,
            one.task,
        )
        assert value.get("description", "") == one.description
        assert tuple(value.get("tags", ())) == one.tags
        assert value["billable"] == one.billable


@settings(max_examples=60, deadline=None)
@given(st.lists(works(), max_size=4, unique_by=lambda one: one.id), st.sampled_from([1, 7, 1000]))
def test_icalendar_keeps_all_but_fractions_and_control_characters(given_work, size):
    shown = [one for one in in_order(given_work) if whole_runs(one)]
    values = read(ical.read, ical.write(shown, NOW), size)
    assert [value["id"] for value in values] == [one.id for one in shown]
    assert [when(value) for value in values] == [whole_runs(one) for one in shown]
    kept = lambda text: "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t" or (c >= " " and c != "\x7f"))  # noqa: E731
    for value, one in zip(values, shown, strict=True):
        assert value.get("projectName", "") == kept(one.project).strip()
        assert value.get("description", "") == kept(one.description)
        assert value.get("tags", []) == list(dict.fromkeys(kept(tag) for tag in one.tags if kept(tag).strip()))


@settings(max_examples=60, deadline=None)
@given(st.lists(works(), max_size=4), st.sampled_from([1, 7, 1000]))
def test_formats_of_lines_keep_every_second_its_project_and_its_task(given_work, size):
    for reader, text in (
        (timewarrior.read, timewarrior.write(given_work)),
        (timeclock.read, timeclock.write(given_work, BERLIN)),
        (watson.read, watson.write(given_work)),
    ):
        values = read(reader, text, size)
        seconds = sum((end - start for value in values for start, end in when(value)), timedelta())
        assert seconds == sum((end - start for one in given_work for start, end in whole_runs(one)), timedelta())
        found = {value.get("projectName", "") for value in values}
        assert len(found) <= len({one.project for one in given_work})


@settings(max_examples=60, deadline=None)
@given(st.lists(works(), min_size=1, max_size=4))
def test_reading_twice_gives_the_same_ids(given_work):
    for reader, text in (
        (timewarrior.read, timewarrior.write(given_work)),
        (timeclock.read, timeclock.write(given_work, BERLIN)),
        (watson.read, watson.write(given_work)),
    ):
        whole = "".join(text)
        assert [one["id"] for one in read(reader, [whole], 5)] == [one["id"] for one in read(reader, [whole], 500)]


@pytest.mark.parametrize("reader", [spreadsheet.read, ical.read, timewarrior.read, timeclock.read, watson.read])
@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200) | st.text('[]{}",:0123456789\\nio #;-TZ\n', max_size=200))
def test_no_text_makes_a_reader_fail_but_with_a_sentence(reader, text):
    with contextlib.suppress(Invalid):
        for one in reader([text], BERLIN):
            assert one.line > 0


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4), max_leaves=12,
    ), st.integers(1, 9),
)  # fmt: skip
def test_a_stream_of_json_gives_what_json_gives(value, size):
    text = json.dumps(value, indent=1)
    (whole,) = jsonstream.walk(pieces(text, size), lambda path: False)
    assert whole.value == value
    if isinstance(value, list):
        assert [one.value for one in jsonstream.walk(pieces(text, size), lambda path: not path)] == value


def test_json_that_nests_without_end_or_holds_no_numbers_is_refused():
    for text in ("[" * 100_000, "[NaN]", "[1" + "0" * 5000 + "]", '{"a": 1} x', '["' + "x" * (2 << 20) + '"]'):
        with pytest.raises(Invalid):
            list(jsonstream.walk(pieces(text, 65536), lambda path: not path))


def test_a_spreadsheet_of_other_trackers_is_read_by_its_headings():
    text = (
        "Project,Client,Description,Task,Tags,Billable,Start Date,Start Time,End Date,End Time,Duration (h)\n"
        'Web,Acme,Fix,,"one, two",Yes,2026-11-20,09:00:00,2026-11-20,10:30:00,01:30:00\n'
        "Web,Acme,Bad,,,Maybe,2026-11-20,11:00:00,2026-11-20,12:00:00,1\n"
        "Web,Acme,Bad,,,No,11/20/2026,11:00 AM,11/20/2026,12:00 PM,1\n"
    )
    good, *bad = spreadsheet.read([text], BERLIN)
    assert good.value == {
        "id": good.value["id"],
        "start": "2026-11-20T08:00:00Z",
        "end": "2026-11-20T09:30:00Z",
        "projectName": "Web",
        "clientName": "Acme",
        "description": "Fix",
        "tags": ["one", "two"],
        "billable": True,
    }
    assert [(one.line, one.reason) for one in bad] == [
        (3, "billable is 'Maybe', not true or false"),
        (4, "'11/20/2026 11:00 AM' is not a time"),
    ]


def test_calendars_of_others_are_read_with_their_zones_and_without_their_holidays():
    text = "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "BEGIN:VEVENT",
            "UID:1",
            "DTSTART;TZID=Europe/Berlin:20261120T090000",
            "DURATION:PT1H30M",
            "SUMMARY:Acme: plan",
            "BEGIN:VALARM",
            "DESCRIPTION:ring",
            "END:VALARM",
            "END:VEVENT",
            "BEGIN:VEVENT",
            "UID:2",
            "DTSTART;VALUE=DATE:20261225",
            "SUMMARY:Holiday",
            "END:VEVENT",
            "BEGIN:VEVENT",
            "UID:3",
            'DTSTART;TZID="Nowhere/At All":20261120T090000',
            "DTEND:20261120T100000Z",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )
    first, second, third = sorted(ical.read([text], BERLIN), key=lambda one: one.line)
    assert (first.value["start"], first.value["end"]) == ("2026-11-20T08:00:00Z", "2026-11-20T09:30:00Z")
    assert (first.value["projectName"], first.value["description"]) == ("Acme", "plan")
    assert second.reason == "it has no time of day"
    assert "Nowhere/At All" in third.reason
