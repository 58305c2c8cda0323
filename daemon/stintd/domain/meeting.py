"""What a calendar says was to happen, and what of it may be proposed as time: never more than that, only its owner fills."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import translate
from functools import lru_cache

from stintd.frozen import frozen

LEAST_US = 5 * 60_000_000
"""What is left of a meeting beside entries and shorter than this is not worth a decision."""


@frozen
class MeetingRule:
    """A `[[calendar.map]]`: globs without regard to case. `ignore`: what matches is never proposed."""

    title: str = "*"
    attendee: str = "*"
    project: str | None = None
    task: str | None = None
    ignore: bool = False

    def matches(self, meeting: "Meeting") -> bool:
        """Whether its title and, where one is asked for, some attendee are meant."""
        is_there = self.attendee == "*" or any(_glob(self.attendee).match(name.casefold()) for name in meeting.attendees)
        return is_there and _glob(self.title).match(meeting.title.casefold()) is not None


@frozen
class Meeting:
    """One occurrence, half-open. `project` and `task` as a rule says, else None."""

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
    """In order and each once, though several calendars tell of it; with the project of the first rule that matches."""
    meetings_by_key: dict[tuple[int, int, str], Meeting] = {}
    for meeting in sorted(meetings, key=lambda m: (m.start_us, m.end_us, m.title)):
        rule = next((rule for rule in rules if rule.matches(meeting)), MeetingRule())
        if not rule.ignore:
            assigned = replace(meeting, project=rule.project, task=rule.task)
            meetings_by_key.setdefault((meeting.start_us, meeting.end_us, meeting.title), assigned)
    return list(meetings_by_key.values())


def free_parts(meetings: Iterable[Meeting], taken: Iterable[tuple[int, int]]) -> list[Meeting]:
    """The parts of meetings that no span covers, so that accepting one doubles no hour."""
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
