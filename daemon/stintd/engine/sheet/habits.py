"""Learns when the owner usually works and what their silences mean. Each day learns from earlier days only, and the result is
stored with the day, so that the past does not change.

A day learns once, when its first evidence is derived, from the confirmed work of the four weeks before it. Later evidence
for those weeks does not change the result (TRACKING, invariant 8). Writer thread only.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from sqlite3 import Connection
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from stintd.domain.day import ONE_DAY, day_of, start_of_day
from stintd.domain.derive.habit import UNKNOWN, Habit, PastWork, habit_of
from stintd.domain.derive.limits import limits_of
from stintd.domain.kinds import FINISHING
from stintd.domain.model import ProjectId, from_us, to_us
from stintd.domain.policy import Policy
from stintd.frozen import frozen
from stintd.store import heartbeats
from stintd.store.rowio import fetch_all, fetch_column, fetch_value

LOOK_BACK = timedelta(days=28)
DAYS_NEEDED = 5
SLACK = timedelta(hours=1)
SHARE = 0.1
"""This share of the days, with the earliest beginnings and with the latest ends, counts as exceptions."""
WORK = """
SELECT start_us, coalesce(end_us, last_evidence_us) AS end_us, last_evidence_us, project_id FROM entry
WHERE actor = 'human' AND is_confirmed = 1 AND start_us BETWEEN ? AND ? ORDER BY start_us
"""


@frozen
class DayHabits:
    """What a day has learnt: the first and last usual minute (None: every hour is usual), and the habit around silences."""

    minutes: tuple[int, int] | None = None
    habit: Habit = UNKNOWN

    @classmethod
    def from_row(cls, text: str) -> "DayHabits":
        """From the values stored with a day; a value that is missing was not learnt."""
        values = json.loads(text)
        hours = values.get("usualMinutes")
        habit = Habit(values.get("finishesFirst", False), values.get("leaves", False), values.get("movesOn", False))
        return cls((hours[0], hours[1]) if hours else None, habit)

    def to_row(self) -> str:
        """As JSON, with only the values that were learnt."""
        values: dict[str, Any] = {"usualMinutes": self.minutes} if self.minutes else {}
        if self.habit != UNKNOWN:
            habit = self.habit
            values |= {"finishesFirst": habit.finishes_first, "leaves": habit.leaves, "movesOn": habit.moves_on}
        return json.dumps(values)


NO_HABITS = DayHabits()


class Habits:
    """What the days have learnt, in the form that `derive` needs."""

    def __init__(self, conn: Connection, zone: ZoneInfo) -> None:
        self._conn, self._zone = conn, zone
        self._known: dict[date, DayHabits] = {}

    def covers(self, instant: datetime) -> bool:
        """Whether the owner usually works at this time. On a day that learnt no hours, every hour is usual."""
        hours = self._day_habits(instant).minutes
        if hours is None:
            return True
        minute = _minute_of_day(instant, self._zone)
        return hours[0] <= minute <= hours[1]

    def habit(self, instant: datetime) -> Habit:
        """What a silence that begins then usually means."""
        return self._day_habits(instant).habit

    def _day_habits(self, instant: datetime) -> DayHabits:
        day = day_of(instant, self._zone)
        if day not in self._known:
            self._known[day] = load_day(self._conn, day)
        return self._known[day]


class WorkRow(TypedDict):
    """A row of WORK."""

    start_us: int
    end_us: int
    last_evidence_us: int | None
    project_id: ProjectId | None


def load_day(conn: Connection, day: date) -> DayHabits:
    """What a day learnt, if anything."""
    text = fetch_value(conn, str, "SELECT values_json FROM day_policy WHERE day = ?", (day.isoformat(),))
    return DayHabits.from_row(text) if text is not None else NO_HABITS


def learn(conn: Connection, lo_us: int, hi_us: int, zone: ZoneInfo, policy: Policy) -> None:
    """Let those days of a range learn that have not learnt yet."""
    first, last = day_of(from_us(lo_us), zone), day_of(from_us(hi_us), zone)
    learnt_days = set(fetch_column(conn, str, "SELECT day FROM day_policy WHERE day BETWEEN ? AND ?", (str(first), str(last))))
    day = first
    while day <= last:
        if day.isoformat() not in learnt_days:
            conn.execute("INSERT INTO day_policy VALUES (?, ?)", (day.isoformat(), _learn_day(conn, day, zone, policy).to_row()))
        day += ONE_DAY


def _learn_day(conn: Connection, day: date, zone: ZoneInfo, policy: Policy) -> DayHabits:
    """What a day learns from the confirmed work of the weeks before it; nothing if there were too few days of work."""
    midnight = start_of_day(day, zone)
    lo_us, hi_us = to_us(midnight - LOOK_BACK), to_us(midnight) - 1
    work = fetch_all(conn, WorkRow, WORK, (lo_us, hi_us))
    minutes = _usual_minutes(work, zone)
    if minutes is None:
        return NO_HABITS
    stretches = [PastWork(row["start_us"], row["last_evidence_us"] or row["end_us"], row["project_id"]) for row in work]
    finishes = heartbeats.person_ends(conn, FINISHING, lo_us, hi_us)
    return DayHabits(minutes, habit_of(stretches, finishes, limits_of(policy)))


def _usual_minutes(work: Sequence[WorkRow], zone: ZoneInfo) -> tuple[int, int] | None:
    """The first and last usual minute, from the beginnings and ends of working days without the exceptions; None when there are
    too few days."""
    days: dict[date, list[int]] = {}
    for row in work:
        start, end = from_us(row["start_us"]), from_us(row["end_us"])
        day = day_of(start, zone)
        last = _minute_of_day(end, zone) if day_of(end, zone) == day else 24 * 60
        first_minute, last_minute = days.get(day, [24 * 60, 0])
        days[day] = [min(first_minute, _minute_of_day(start, zone)), max(last_minute, last)]
    if len(days) < DAYS_NEEDED:
        return None
    exceptions = int(len(days) * SHARE)
    slack = SLACK // timedelta(minutes=1)
    starts, ends = (sorted(minutes) for minutes in zip(*days.values(), strict=True))
    return max(0, starts[exceptions] - slack), min(24 * 60, ends[-1 - exceptions] + slack)


def _minute_of_day(instant: datetime, zone: ZoneInfo) -> int:
    local: time = instant.astimezone(zone).time()
    return local.hour * 60 + local.minute
