"""Meetings from calendars, and the parts of them that may be proposed as time. They are only proposals: the owner decides
whether to add them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import translate
from functools import lru_cache

from stintd.frozen import frozen

LEAST_US = 5 * 60_000_000
"""A part of a meeting without entries that is shorter than this is not worth a decision."""


@frozen
class MeetingRule:
    """A `[[calendar.map]]`: its globs ignore case. `ignore`: meetings that match are never proposed."""

    title: str = "*"
    attendee: str = "*"
    project: str | None = None
    task: str | None = None
    ignore: bool = False

    def matches(self, meeting: "Meeting") -> bool:
        """Whether the rule matches the title and, if it names an attendee, one of the attendees."""
        is_there = self.attendee == "*" or any(_glob(self.attendee).match(name.casefold()) for name in meeting.attendees)
        return is_there and _glob(self.title).match(meeting.title.casefold()) is not None


@frozen
class Meeting:
    """One occurrence of a meeting, half-open. `project` and `task` come from a rule, else None."""

    start_us: int
    end_us: int
    title: str
    attendees: tuple[str, ...] = ()
    project: str | None = None
    task: str | None = None


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern.casefold()))


def assign_projects(meetings: Iterable[Meeting], rules: Sequence[MeetingRule]) -> list[Meeting]:
    """The meetings in order, each once even if several calendars have it, with the project of the first rule that matches."""
    meetings_by_key: dict[tuple[int, int, str], Meeting] = {}
    for meeting in sorted(meetings, key=lambda m: (m.start_us, m.end_us, m.title)):
        rule = next((rule for rule in rules if rule.matches(meeting)), MeetingRule())
        if not rule.ignore:
            assigned_meeting = replace(meeting, project=rule.project, task=rule.task)
            meetings_by_key.setdefault((meeting.start_us, meeting.end_us, meeting.title), assigned_meeting)
    return list(meetings_by_key.values())


def free_parts(meetings: Iterable[Meeting], taken: Iterable[tuple[int, int]]) -> list[Meeting]:
    """The parts of meetings that no span covers, so that accepting one never counts an hour twice."""
    spans, parts = sorted(taken), []
    for meeting in meetings:
        at = meeting.start_us
        for lo, hi in [*spans, (meeting.end_us, meeting.end_us)]:
            if hi <= at or lo > meeting.end_us:
                continue
            if lo - at >= LEAST_US:
                parts.append(replace(meeting, start_us=at, end_us=lo))
            at = max(at, hi)
    return parts
