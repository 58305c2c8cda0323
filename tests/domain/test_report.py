"""Days, totals and amounts: exact to the microsecond, in zones that make it hard."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.domain import report
from stintd.domain.model import Pause, TimeEntry, to_us
from stintd.domain.report import Commit, Labels, Terms, contributions, duration, money, totals
from stintd.errors import Invalid

ZONES = [ZoneInfo(name) for name in ("Europe/London", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia")]
LONDON = ZONES[0]
SUMMING = [name for name in report.GROUPINGS if name != "tag"]
NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)


def at(hour, minute=0, day=20):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def entry(start=None, end=None, project="p1", **more):
    start = start or at(9)
    given = {"actor": "human", "origin": "auto", "state": "finished", "task": None, "id": f"e{start}{project}", **more}
    return TimeEntry(project=project, start=start, end=end, **given)


def labels(**more):
    return Labels(**{"zone": LONDON, "project": lambda e: (e.project or "", {"p1": "Atlas"}.get(e.project, e.project)), **more})


def by_key(found):
    return {row.key: row for row in found.rows}


# ---------------------------------------------------------------- days


def test_an_entry_over_midnight_belongs_to_two_days_and_is_not_cut_short():
    parts = contributions(entry(at(23), at(1, day=21)), LONDON, NOW)
    assert [(part.day, part.length_us) for part in parts] == [
        (date(2026, 11, 20), 3_600_000_000),
        (date(2026, 11, 21), 3_600_000_000),
    ]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 20), 24)])
def test_a_day_has_the_hours_it_has(day, hours):
    start = report.start_of_day(day, LONDON)
    (part,) = contributions(entry(start, start + timedelta(hours=hours)), LONDON, NOW)
    assert (part.day, part.length_us) == (day, hours * 3_600_000_000)
    assert len(contributions(entry(start, start + timedelta(hours=hours, microseconds=1)), LONDON, NOW)) == 2


def test_a_day_that_never_was_gets_nothing():
    start = datetime(2011, 12, 30, 9, tzinfo=UTC)
    parts = contributions(entry(start, start + timedelta(hours=2)), ZoneInfo("Pacific/Apia"), NOW)
    assert [part.day for part in parts] == [date(2011, 12, 29), date(2011, 12, 31)]


def test_pauses_are_not_in_it():
    paused = entry(at(9), at(12), pauses=(Pause(at(10), at(11)), Pause(at(10, 30), at(11, 30))))
    assert duration(paused, NOW) == timedelta(hours=1, minutes=30)


@pytest.mark.parametrize(
    ("more", "length"),
    [
        ({"origin": "auto", "last_evidence": at(17, 30)}, 30),
        ({"origin": "auto", "last_evidence": None}, 0),
        ({"origin": "manual"}, 60),
        ({"origin": "manual", "state": "paused", "pauses": (Pause(at(17, 20), None),)}, 20),
    ],
)
def test_what_runs_counts_to_its_last_evidence_and_by_hand_to_now(more, length):
    assert duration(entry(at(17), None, **{"state": "running", **more}), NOW) == timedelta(minutes=length)


moments = st.datetimes(datetime(2011, 12, 20), datetime(2027, 1, 1)).map(lambda d: d.replace(tzinfo=UTC))
lengths = st.timedeltas(timedelta(microseconds=1), timedelta(days=4))


@st.composite
def entries(draw):
    start, length = draw(moments), draw(lengths)
    supervised = draw(st.timedeltas(timedelta(), length))
    fractions = sorted(draw(st.lists(st.floats(0, 1), max_size=4)))
    pauses = tuple(Pause(start + length * a, start + length * b) for a, b in zip(fractions[::2], fractions[1::2], strict=False))
    actor = draw(st.sampled_from(["human", "agent"]))
    return entry(start, start + length, actor=actor, supervised=supervised, pauses=pauses, billable=draw(st.booleans()))


@settings(max_examples=150, deadline=None)
@given(entries(), st.sampled_from(ZONES))
def test_days_add_up_to_the_entry_to_the_microsecond(one, zone):
    parts = contributions(one, zone, NOW)
    whole = duration(one, NOW) // timedelta(microseconds=1)
    assert sum(part.length_us for part in parts) == whole
    supervised = min(whole, one.supervised // timedelta(microseconds=1)) if one.actor == "human" else 0
    assert sum(part.supervised_us for part in parts) == supervised
    assert all(0 <= part.supervised_us <= part.length_us for part in parts)
    assert [part.day for part in parts] == sorted({part.day for part in parts})


@settings(max_examples=100, deadline=None)
@given(entries(), st.sampled_from(ZONES), st.lists(moments, min_size=1, max_size=5))
def test_clips_that_cover_an_entry_add_up_to_it(one, zone, cuts):
    edges = sorted({to_us(one.start), to_us(one.end), *(to_us(c) for c in cuts)})
    edges = [edge for edge in edges if to_us(one.start) <= edge <= to_us(one.end)]
    clipped = [p for lo, hi in pairwise(edges) for p in contributions(one, zone, NOW, (lo, hi))]
    whole = contributions(one, zone, NOW)
    assert sum(part.length_us for part in clipped) == sum(part.length_us for part in whole)
    assert sum(part.supervised_us for part in clipped) == sum(part.supervised_us for part in whole)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(entries(), max_size=6),
    st.sampled_from(ZONES),
    st.sampled_from(["project", "day", "week", "task", "branch", "commit"]),
)
def test_rows_add_up_to_the_total(all_of_them, zone, grouping):
    found = totals(all_of_them, grouping, labels(zone=zone), NOW)
    for name in ("hands_on_us", "supervised_us", "agent_us", "billable_us"):
        assert sum(getattr(row, name) for row in found.rows) == getattr(found.total, name)
    assert found.wall_us <= found.total.human_us
    assert found.agent_wall_us <= found.total.agent_us


# ---------------------------------------------------------------- totals


def test_hands_on_supervised_and_agent_time_stand_apart():
    human = entry(at(9), at(11), supervised=timedelta(minutes=30), hands_on=timedelta(minutes=90))
    agent = entry(at(10), at(12), actor="agent", id="a")
    found = totals([human, agent], "project", labels(), NOW)
    (row,) = found.rows
    hour = 3_600_000_000
    assert (row.name, row.hands_on_us, row.supervised_us, row.agent_us) == ("Atlas", 1.5 * hour, hour / 2, 2 * hour)
    assert (row.human_us, row.entries, found.wall_us, found.agent_wall_us) == (2 * hour, 2, 2 * hour, 2 * hour)


def test_overlapping_timers_count_twice_in_the_sum_and_once_by_the_clock():
    found = totals([entry(at(9), at(11)), entry(at(10), at(12), "p2")], "project", labels(), NOW)
    assert found.total.human_us == 4 * 3_600_000_000
    assert found.wall_us == 3 * 3_600_000_000


def test_rows_are_the_longest_first_and_days_in_order():
    some = [entry(at(9), at(10)), entry(at(10), at(13), "p2"), entry(at(9, day=19), at(10, day=19), "p3")]
    assert [row.key for row in totals(some, "project", labels(), NOW).rows] == ["p2", "p1", "p3"]
    assert [row.key for row in totals(some, "day", labels(), NOW).rows] == ["2026-11-19", "2026-11-20"]
    assert [row.key for row in totals(some, "week", labels(), NOW).rows] == ["2026-W47"]


def test_an_entry_with_two_tags_counts_for_both_and_one_without_for_none():
    some = [entry(at(9), at(10), tags=("call", "paid", "call")), entry(at(10), at(11), id="x")]
    rows = by_key(totals(some, "tag", labels(), NOW))
    assert {key: row.human_us for key, row in rows.items()} == {"call": 36e8, "paid": 36e8, "": 36e8}


def test_time_belongs_to_the_commit_it_led_to():
    commits = [Commit("c2", "Second", at(10, 30)), Commit("c1", "First", at(9, 20)), Commit("c0", "Before", at(8))]
    rows = by_key(totals([entry(at(9), at(11))], "commit", labels(commits=lambda e: commits), NOW))
    minutes = {key: row.human_us / 6e7 for key, row in rows.items()}
    assert minutes == {"c1": 20, "c2": 70, "": 30}
    assert rows["c1"].name == "First"


def test_a_report_clips_to_its_range():
    clip = to_us(at(10)), to_us(at(10, 30))
    found = totals([entry(at(9), at(11)), entry(at(12), at(13), "p2")], "project", labels(), NOW, clip)
    assert [(row.key, row.human_us) for row in found.rows] == [("p1", 18e8)]
    assert found.wall_us == 18e8


def test_an_unknown_grouping_is_refused():
    with pytest.raises(Invalid, match="cannot group by"):
        totals([], "moon", labels(), NOW)


# ---------------------------------------------------------------- amounts


def worth(*some, **terms):
    given = Terms(**{"rate": Decimal("90"), "currency": "EUR", **terms})
    return totals(some, "project", labels(terms=lambda e: given), NOW).total


def test_amounts_are_exact_decimals():
    assert worth(entry(at(9), at(9, 20), billable=True)).amounts == {"EUR": Decimal("30")}
    third = worth(entry(at(9), at(9, 0) + timedelta(seconds=1), billable=True))
    assert money(third.amounts["EUR"]) == Decimal("0.03")


def test_a_hundred_odd_seconds_add_up_without_drift():
    some = [entry(at(9) + timedelta(seconds=36 * n), at(9) + timedelta(seconds=36 * n + 1), billable=True) for n in range(100)]
    assert worth(*some, rate=Decimal("0.1")).amounts["EUR"].quantize(Decimal("1e-20")) == (Decimal(10) / 3600).quantize(
        Decimal("1e-20")
    )


def test_what_is_not_billable_earns_nothing():
    found = worth(entry(at(9), at(10)))
    assert (found.billable_us, found.amounts) == (0, {})


def test_supervised_time_is_billed_unless_the_project_says_no():
    one = entry(at(9), at(10), supervised=timedelta(minutes=15), billable=True)
    assert worth(one).billable_us == 36e8
    assert worth(one, bills_supervised=False).billable_us == 27e8


def test_agent_time_is_billed_only_where_its_entry_says_so():
    agent = entry(at(9), at(10), actor="agent")
    assert worth(agent).billable_us == 0
    assert worth(replace(agent, billable=True)).amounts == {"EUR": Decimal(90)}


def test_currencies_are_never_added():
    terms = {"p1": Terms(Decimal(60), "EUR"), "p2": Terms(Decimal(60), "USD")}
    some = [entry(at(9), at(10), billable=True), entry(at(10), at(11), "p2", billable=True)]
    found = totals(some, "day", labels(terms=lambda e: terms[e.project]), NOW)
    assert found.total.amounts == {"EUR": Decimal(60), "USD": Decimal(60)}
