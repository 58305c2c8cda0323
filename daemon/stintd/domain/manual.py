"""What happens to a manual timer that its owner forgot: when it is paused automatically, and what the owner is told.

A manual timer counts while somebody is there. It is paused where an absence began, where its owner showed no activity for
too long, and at the end of the night. The owner is then asked once what the time since was.
"""

import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta, tzinfo
from itertools import pairwise

from stintd.domain.day import ONE_DAY, day_of, start_of_day
from stintd.domain.lengths import exact_length
from stintd.domain.model import ABSENCE_WORDS, Absence, ProjectId, Stretch, TimeEntry
from stintd.domain.policy import Policy
from stintd.domain.timer import PauseEntry
from stintd.frozen import frozen

NIGHT_ENDS = time(4)
"""A night ends at four in the morning by the local clock: work at one o'clock belongs to the evening before, and at four
nobody has begun the next day."""


@frozen
class Signs:
    """Signs that a timer is right or wrong: `at`, when its owner acted on it or there was evidence in its project (in any
    order), and the absences of the devices where the work may take place.
    """

    at: Sequence[datetime] = ()
    absences: Sequence[Absence] = ()


def run_start(timer: TimeEntry) -> datetime:
    """When a timer started or was last resumed."""
    return max([timer.start, *(pause.end for pause in timer.pauses if pause.end is not None)])


def pause_due(timer: TimeEntry, signs: Signs, policy: Policy, zone: tzinfo, now: datetime) -> PauseEntry | None:
    """The pause that is due for a running manual timer by `now`, with the instant at which it begins; None while it may run."""
    since = run_start(timer)
    pauses = [
        *_absence_pauses(since, signs, policy),
        *_inactivity_pauses(since, signs, policy, now),
        *_night_pauses(since, signs, policy, zone, now),
    ]
    due = [(at, reason) for at, reason in pauses if since <= at <= now]
    if not due:
        return None
    at, reason = min(due)
    return PauseEntry(timer.id, at, reason=reason)


def next_check(timer: TimeEntry, signs: Signs, policy: Policy, zone: tzinfo, now: datetime) -> datetime:
    """The next instant at which passing time alone may pause the timer; after `now`."""
    since = run_start(timer)
    last = max([since, *(sign for sign in signs.at if sign <= now)])
    return max(now + timedelta(microseconds=1), min(last + policy.manual_max, _night_after(now, zone)))


def _absence_pauses(since: datetime, signs: Signs, policy: Policy) -> Iterable[tuple[datetime, str]]:
    for absence in signs.absences:
        if absence.end - absence.start > policy.manual_absence and absence.start >= since:
            yield absence.start, ABSENCE_WORDS[absence.kind]


def _inactivity_pauses(since: datetime, signs: Signs, policy: Policy, now: datetime) -> Iterable[tuple[datetime, str]]:
    instants = sorted({since, *(sign for sign in signs.at if since < sign <= now), now})
    for earlier, later in pairwise(instants):
        if later - earlier >= policy.manual_max:
            longest = exact_length(policy.manual_max // timedelta(seconds=1))
            yield earlier + policy.manual_max, f"no activity for {longest}"
            return


def _night_pauses(since: datetime, signs: Signs, policy: Policy, zone: tzinfo, now: datetime) -> Iterable[tuple[datetime, str]]:
    """The first end of a night that the timer would cross without a sign close to it on either side."""
    night = _night_after(since, zone)
    while night <= now:
        past_signs = (sign for sign in signs.at if sign <= now)
        if not any(abs(sign - night) <= policy.idle_timeout for sign in past_signs):
            yield night, f"no activity at {NIGHT_ENDS:%H:%M}, when the day ends"
            return
        night = _night_after(night, zone)


def _night_after(instant: datetime, zone: tzinfo) -> datetime:
    """The first local four o'clock after an instant."""
    day = day_of(instant, zone)
    while True:
        edge = datetime.combine(day, NIGHT_ENDS, zone).astimezone(instant.tzinfo)
        if edge > instant and edge > start_of_day(day, zone):
            return edge
        day += ONE_DAY


# ---------------------------------------------------------------- what is said


@frozen
class Notice:
    """A sentence for status and review, and the command that fixes what it says."""

    text: str
    command: str
    project: ProjectId
    since: datetime


def shadow_notice(
    timer: TimeEntry, names: dict[ProjectId, str], shadow: Iterable[Stretch], policy: Policy, zone: tzinfo, now: datetime
) -> Notice | None:
    """A notice when there have been ten minutes of human activity in another project since the last in the timer's own.

    `shadow`: the stretches that would have been derived without the timer, in any order.
    """
    human = sorted((s for s in shadow if s.actor == "human" and s.end > timer.start), key=lambda stretch: stretch.start)
    elsewhere: list[Stretch] = []
    for stretch in human:
        if stretch.project == timer.project:
            elsewhere = []
        elif stretch.project is not None:
            elsewhere = [*elsewhere, stretch] if elsewhere and elsewhere[0].project == stretch.project else [stretch]
    since = max(timer.start, elsewhere[0].start) if elsewhere else now
    length = sum((stretch.end - max(since, stretch.start) for stretch in elsewhere), timedelta())
    if not elsewhere or length < policy.shadow_notice or elsewhere[0].project is None:
        return None
    project = elsewhere[0].project
    name, own = names.get(project, project), names.get(timer.project or ProjectId(""), "no project")
    command = f"stint switch {shlex.quote(name)} --at {shlex.quote(clock_text(since, zone, now))}"
    start = clock_text(timer.start, zone, now)
    activity = f"your activity has been in {name} since {clock_text(since, zone, now)}"
    text = f"your timer has run on {own} since {start}, but {activity}: `{command}`"
    return Notice(text, command, project, since)


def return_choices(name: str, pause: PauseEntry, zone: tzinfo, now: datetime) -> tuple[str, dict[str, str]]:
    """The question to ask once when the owner is back: a sentence, and the command for each answer."""
    text = f"{name} was paused automatically at {clock_text(pause.at, zone, now)} ({pause.reason}). What did you do since then?"
    return text, {
        "keep": "stint return keep",
        "drop": "stint return drop",
        "split": "stint return split WHEN",
        "assign": "stint return assign PROJECT",
    }


def clock_text(instant: datetime, zone: tzinfo, now: datetime) -> str:
    """`14:31` for today, `2026-11-19 14:31` for another day: forms that the command line can read."""
    local = instant.astimezone(zone)
    is_today = local.date() == day_of(now, zone)
    return local.strftime("%H:%M" if is_today else "%Y-%m-%d %H:%M")
