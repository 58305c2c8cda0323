"""When the owner usually works, learnt from earlier days only and stored with each day, so that the past stands still.

A day learns once, when its first evidence is derived: from the confirmed work of the four weeks before it. Later evidence
for those weeks changes nothing of it (TRACKING, invariant 8). Writer thread only.
"""

import json
from datetime import date, datetime, time, timedelta
from sqlite3 import Connection
from zoneinfo import ZoneInfo

from stintd.domain.day import ONE_DAY, day_of, start_of_day
from stintd.domain.model import from_us, to_us
from stintd.engine.rows import select

LOOK_BACK = timedelta(days=28)
DAYS_NEEDED = 5
SLACK = timedelta(hours=1)
SHARE = 0.1
"""Of the days, so many of the earliest beginnings and of the latest ends are exceptions."""
WORK = """
SELECT start_us, coalesce(end_us, last_evidence_us) AS end_us FROM entry
WHERE actor = 'human' AND is_confirmed = 1 AND start_us BETWEEN ? AND ? ORDER BY start_us
"""


class Habits:
    """The usual hours of days, as `derive` asks for them. A day that knows none has every hour."""

    def __init__(self, conn: Connection, zone: ZoneInfo) -> None:
        self._conn, self._zone = conn, zone
        self._known: dict[date, tuple[int, int] | None] = {}

    def covers(self, instant: datetime) -> bool:
        """Whether this is a time at which the owner usually works."""
        day = day_of(instant, self._zone)
        if day not in self._known:
            self._known[day] = stored(self._conn, day)
        hours = self._known[day]
        if hours is None:
            return True
        minute = _minute(instant, self._zone)
        return hours[0] <= minute <= hours[1]


def stored(conn: Connection, day: date) -> tuple[int, int] | None:
    """First and last usual minute of a day; None when it learnt nothing."""
    rows = select(conn, "SELECT values_json FROM day_policy WHERE day = ?", (day.isoformat(),))
    hours = json.loads(rows[0]["values_json"]).get("usualMinutes") if rows else None
    return (hours[0], hours[1]) if hours else None


def learn(conn: Connection, lo_us: int, hi_us: int, zone: ZoneInfo) -> None:
    """Let the days of a range learn that have not yet."""
    first, last = day_of(from_us(lo_us), zone), day_of(from_us(hi_us), zone)
    known = {row["day"] for row in select(conn, "SELECT day FROM day_policy WHERE day BETWEEN ? AND ?", (str(first), str(last)))}
    day = first
    while day <= last:
        if day.isoformat() not in known:
            hours = _usual(conn, day, zone)
            text = json.dumps({"usualMinutes": hours} if hours else {})
            conn.execute("INSERT INTO day_policy VALUES (?, ?)", (day.isoformat(), text))
        day += ONE_DAY


def _usual(conn: Connection, day: date, zone: ZoneInfo) -> list[int] | None:
    """From the beginnings and ends of earlier days of work, the odd ones left out."""
    midnight = start_of_day(day, zone)
    days: dict[date, list[int]] = {}
    for row in select(conn, WORK, (to_us(midnight - LOOK_BACK), to_us(midnight) - 1)):
        start, end = from_us(row["start_us"]), from_us(row["end_us"])
        on = day_of(start, zone)
        last = _minute(end, zone) if day_of(end, zone) == on else 24 * 60
        begun, ended = days.get(on, [24 * 60, 0])
        days[on] = [min(begun, _minute(start, zone)), max(ended, last)]
    if len(days) < DAYS_NEEDED:
        return None
    odd = int(len(days) * SHARE)
    slack = SLACK // timedelta(minutes=1)
    starts, ends = sorted(begun for begun, _ in days.values()), sorted(ended for _, ended in days.values())
    return [max(0, starts[odd] - slack), min(24 * 60, ends[-1 - odd] + slack)]


def _minute(instant: datetime, zone: ZoneInfo) -> int:
    local: time = instant.astimezone(zone).time()
    return local.hour * 60 + local.minute
