"""Times as people type them, read on Friday, 20 November 2026, 16:07 in London unless said otherwise."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.day import start_of_day
from stintd.domain.when import parse_day, parse_instant, parse_length, parse_period, parse_range
from stintd.errors import Invalid

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 20, 16, 7, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)


def utc(*parts):
    return datetime(2026, *parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("10:30", utc(11, 20, 10, 30)),
        ("9:05", utc(11, 20, 9, 5)),
        ("10:30:15", utc(11, 20, 10, 30, 15)),
        ("2:30pm", utc(11, 20, 14, 30)),
        ("2pm", utc(11, 20, 14)),
        ("12am", utc(11, 20)),
        ("12 PM", utc(11, 20, 12)),
        ("noon", utc(11, 20, 12)),
        ("today 8:00", utc(11, 20, 8)),
        ("yesterday 14:00", utc(11, 19, 14)),
        ("Yesterday  14:00", utc(11, 19, 14)),
        ("mon 14:00", utc(11, 16, 14)),
        ("monday 14:00", utc(11, 16, 14)),
        ("fri 9:00", utc(11, 20, 9)),
        ("fri 17:00", utc(11, 13, 17)),
        ("last fri 9:00", utc(11, 13, 9)),
        ("2026-11-20T10:30", utc(11, 20, 10, 30)),
        ("2026-11-20 10:30", utc(11, 20, 10, 30)),
        ("2026-11-20T10:30Z", utc(11, 20, 10, 30)),
        ("2026-11-20T10:30:15.25+02:00", utc(11, 20, 8, 30, 15, 250_000)),
        ("2026-07-01 10:00", utc(7, 1, 9)),
        ("-15m", utc(11, 20, 15, 52)),
        ("- 1h30m", utc(11, 20, 14, 37)),
        ("-1:30", utc(11, 20, 14, 37)),
        ("15m ago", utc(11, 20, 15, 52)),
        ("−15m", utc(11, 20, 15, 52)),
        ("now", NOW),
        ("18:00", utc(11, 20, 18)),
    ],
)
def test_a_moment(text, instant):
    assert parse_instant(text, NOW, LONDON) == instant


def test_after_midnight_an_evening_hour_was_yesterday():
    night = utc(11, 20, 0, 30)
    assert parse_instant("23:50", night, LONDON) == utc(11, 19, 23, 50)
    assert parse_instant("0:10", night, LONDON) == utc(11, 20, 0, 10)
    assert parse_instant("23:50", utc(11, 20, 9), LONDON) == utc(11, 20, 23, 50)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "write 10:30"),
        ("banana", "write 10:30"),
        ("yesterday", "yesterday 14:00"),
        ("1030", "10:30"),
        ("25:00", "hours go to 23"),
        ("10:61", "hours go to 23"),
        ("14pm", "write 2:30pm"),
        ("2026-13-01 10:00", "2026-11-20"),
        ("2026-02-29 10:00", "2026-11-20"),
        ("9999-12-31 23:00", "2026-11-20"),
        ("2026-11-20T10:30+99:00", "write 10:30"),
        ("10:30 " * 40, "write 10:30"),
        ("\x1b[31m10:30", "write 10:30"),
    ],
)
def test_what_is_no_moment_is_refused_with_what_to_write(text, hint):
    with pytest.raises(Invalid) as refused:
        parse_instant(text, NOW, LONDON)
    assert hint in refused.value.hint
    assert "\x1b" not in refused.value.message


@pytest.mark.parametrize(
    ("zone", "text", "now"),
    [
        ("Europe/London", "2026-03-29 01:30", SUMMER),
        ("America/Santiago", "2026-09-06 00:30", NOW),
        ("Australia/Lord_Howe", "2026-10-04 02:15", NOW),
        ("Pacific/Apia", "2011-12-30 12:00", NOW),
    ],
)
def test_a_time_the_clocks_skipped_does_not_exist(zone, text, now):
    with pytest.raises(Invalid, match="does not exist"):
        parse_instant(text, now, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "text", "one", "other"),
    [
        ("Europe/London", "2026-10-25 01:30", "2026-10-25T01:30+01:00", "2026-10-25T01:30+00:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-05T01:45+11:00", "2026-04-05T01:45+10:30"),
    ],
)
def test_a_time_that_happened_twice_must_say_which_and_the_hint_can_be_typed(zone, text, one, other):
    with pytest.raises(Invalid, match="twice") as refused:
        parse_instant(text, NOW, ZoneInfo(zone))
    assert one in refused.value.hint
    assert other in refused.value.hint
    first, second = (parse_instant(choice, NOW, ZoneInfo(zone)) for choice in (one, other))
    assert second - first == timedelta(hours=1 if zone.startswith("E") else 0.5)


def test_of_two_such_times_the_one_that_has_come_is_meant():
    between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    assert parse_instant("1:30", between, LONDON) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


# ---------------------------------------------------------------- lengths


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("45m", 45), ("1h30m", 90), ("1.5h", 90), ("1,5h", 90), ("1:30", 90), ("1 h 30 min", 90), ("90min", 90), ("30s", 0.5),
        ("2 hours", 120), ("1d", 1440), ("0.25h", 15), ("1hour", 60),
    ],
)  # fmt: skip
def test_a_length(text, minutes):
    assert parse_length(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "90", "0m", "-5m", "nan", "inf", "1e5h", "1h1h", "400d", "999999d", "9999999h", "1:75", "m", "h45", "1..5h"]
)
def test_what_is_no_length_is_refused(text):
    with pytest.raises(Invalid) as refused:
        parse_length(text)
    assert refused.value.hint


# ---------------------------------------------------------------- ranges


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("14:00-15:30", utc(11, 20, 14), utc(11, 20, 15, 30)),
        ("14:00 - 15:30", utc(11, 20, 14), utc(11, 20, 15, 30)),
        ("14:00–15:30", utc(11, 20, 14), utc(11, 20, 15, 30)),
        ("14:00..15:30", utc(11, 20, 14), utc(11, 20, 15, 30)),
        ("14:00 to 15:30", utc(11, 20, 14), utc(11, 20, 15, 30)),
        ("9am-10am", utc(11, 20, 9), utc(11, 20, 10)),
        ("mon 14:00-15:00", utc(11, 16, 14), utc(11, 16, 15)),
        ("yesterday 22:00-01:00", utc(11, 19, 22), utc(11, 20, 1)),
        ("yesterday 22:00-24:00", utc(11, 19, 22), utc(11, 20)),
        ("yesterday 22:00 - today 01:00", utc(11, 19, 22), utc(11, 20, 1)),
        ("2026-11-19T22:00..23:00", utc(11, 19, 22), utc(11, 19, 23)),
        ("2026-11-19 22:00-2026-11-20 01:00", utc(11, 19, 22), utc(11, 20, 1)),
        ("2026-11-20T10:00Z-2026-11-20T11:00Z", utc(11, 20, 10), utc(11, 20, 11)),
        ("14:00-now", utc(11, 20, 14), NOW),
        ("14:00 for 45m", utc(11, 20, 14), utc(11, 20, 14, 45)),
        ("14:00+1:30", utc(11, 20, 14), utc(11, 20, 15, 30)),
        ("45m", utc(11, 20, 15, 22), NOW),
        ("1.5h", utc(11, 20, 14, 37), NOW),
    ],
)
def test_a_range(text, start, end):
    assert parse_range(text, NOW, LONDON) == (start, end)


@pytest.mark.parametrize(
    "text",
    ["15:30-15:30", "15:30-14:00", "14:00", "45", "-", "14:00-", "14:00-banana", "mon-tue", "17:00-now", "14:00-15:00-16:00"],
)
def test_what_is_no_range_is_refused(text):
    with pytest.raises(Invalid) as refused:
        parse_range(text, NOW, LONDON)
    assert refused.value.hint


def test_a_range_over_the_change_of_clocks_is_as_long_as_it_was():
    start, end = parse_range("2026-03-29 00:30-02:30", SUMMER, LONDON)
    assert end - start == timedelta(hours=1)
    start, end = parse_range("2026-10-25 00:30-02:30", NOW, LONDON)
    assert end - start == timedelta(hours=3)


# ---------------------------------------------------------------- periods


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", (2026, 11, 20), (2026, 11, 20)), ("day", (2026, 11, 20), (2026, 11, 20)),
        ("yesterday", (2026, 11, 19), (2026, 11, 19)), ("week", (2026, 11, 16), (2026, 11, 22)),
        ("this week", (2026, 11, 16), (2026, 11, 22)), ("last week", (2026, 11, 9), (2026, 11, 15)),
        ("month", (2026, 11, 1), (2026, 11, 30)), ("last month", (2026, 10, 1), (2026, 10, 31)),
        ("2026-11", (2026, 11, 1), (2026, 11, 30)), ("2026-02", (2026, 2, 1), (2026, 2, 28)),
        ("2026-12", (2026, 12, 1), (2026, 12, 31)), ("2026-W47", (2026, 11, 16), (2026, 11, 22)),
        ("2026-w01", (2025, 12, 29), (2026, 1, 4)), ("2026", (2026, 1, 1), (2026, 12, 31)),
        ("last year", (2025, 1, 1), (2025, 12, 31)), ("mon", (2026, 11, 16), (2026, 11, 16)),
        ("fri", (2026, 11, 20), (2026, 11, 20)), ("last friday", (2026, 11, 13), (2026, 11, 13)),
        ("7d", (2026, 11, 14), (2026, 11, 20)), ("last 7 days", (2026, 11, 14), (2026, 11, 20)),
        ("2026-11-03..2026-11-07", (2026, 11, 3), (2026, 11, 7)), ("2026-10..2026-11", (2026, 10, 1), (2026, 11, 30)),
        ("2026-11-03..", (2026, 11, 3), (2026, 11, 20)), ("mon..wed", (2026, 11, 16), (2026, 11, 18)),
        ("2026-11-03", (2026, 11, 3), (2026, 11, 3)), ("2026-11-03 to yesterday", (2026, 11, 3), (2026, 11, 19)),
    ],
)  # fmt: skip
def test_a_period(text, first, last):
    assert parse_period(text, NOW, LONDON) == (date(*first), date(*last))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "banana",
        "2026-13",
        "2026-W54",
        "2025-W53",
        "0000",
        "9999",
        "2026-11-31",
        "2026-11-07..2026-11-03",
        "..",
        "0d",
        "a..b..c",
    ],
)
def test_what_is_no_period_is_refused(text):
    with pytest.raises(Invalid) as refused:
        parse_period(text, NOW, LONDON)
    assert refused.value.hint


def test_today_is_the_owners_day():
    late = utc(11, 20, 23, 30)
    assert parse_day("today", late, ZoneInfo("Pacific/Auckland")) == date(2026, 11, 21)
    assert parse_day("today", late, ZoneInfo("America/Los_Angeles")) == date(2026, 11, 20)
    with pytest.raises(Invalid):
        parse_day("week", NOW, LONDON)


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        ("Europe/London", date(2026, 7, 1), datetime(2026, 6, 30, 23, tzinfo=UTC)),
        ("America/Santiago", date(2026, 9, 6), datetime(2026, 9, 6, 4, tzinfo=UTC)),  # there is no midnight
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),  # there is no such day
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_its_first_instant(zone, day, starts):
    assert start_of_day(day, ZoneInfo(zone)) == starts


words = st.sampled_from(
    [
        "mon",
        "yesterday",
        "10:30",
        "25:99",
        "-",
        "..",
        "45m",
        "1.5h",
        "2026-11-20",
        "T",
        "+",
        "ago",
        "last",
        "week",
        "W47",
        "pm",
        " ",
    ]
)


@given(st.lists(words, max_size=6).map("".join) | st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_hint(text):
    for read in (parse_instant, parse_range, parse_period, parse_day):
        hints = []
        try:
            read(text, NOW, LONDON)
        except Invalid as refused:
            hints.append(refused.hint)
        assert all(hints)


@given(st.lists(words, max_size=6).map("".join) | st.text(max_size=30))
def test_every_length_that_is_read_is_some_time(text):
    try:
        length = parse_length(text)
    except Invalid:
        return
    assert timedelta() < length <= timedelta(days=366)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.sampled_from(["Europe/London", "Australia/Lord_Howe", "UTC"]))
def test_a_moment_that_is_read_is_shown_by_the_clock_as_typed(local, zone):
    local = local.replace(second=0, microsecond=0)
    try:
        instant = parse_instant(local.strftime("%Y-%m-%d %H:%M"), NOW, ZoneInfo(zone))
    except Invalid:
        return
    assert instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
