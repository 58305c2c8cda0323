"""Calendar meetings beside the recorded time: proposals that the owner can accept or ignore."""

import shlex
from collections.abc import Sequence
from datetime import UTC

from stintd.domain.meeting import Meeting, free_parts
from stintd.domain.model import from_us, to_us
from stintd.engine import wire
from stintd.engine.period import zone_of
from stintd.engine.queries.timers import counted_end
from stintd.engine.view import View
from stintd.engine.wire_types import MeetingJson
from stintd.store.row_types import EntryRow
from stintd.store.rowio import fetch_all

ENTRY_STRETCHES = """
SELECT start_us, end_us, last_evidence_us, origin FROM entry
WHERE actor = 'human' AND start_us < ? AND coalesce(end_us, ?) > ? ORDER BY start_us
"""


def proposals(view: View, meetings: Sequence[Meeting]) -> list[Meeting]:
    """The parts of the meetings that no entry of a person covers."""
    if not meetings:
        return []
    now_us = to_us(view.now)
    lo_us, hi_us = min(meeting.start_us for meeting in meetings), max(meeting.end_us for meeting in meetings)
    rows = fetch_all(view.conn, EntryRow, ENTRY_STRETCHES, (hi_us, now_us, lo_us))
    return free_parts(meetings, [(row["start_us"], counted_end(row, now_us)) for row in rows])


def describe(view: View, meeting: Meeting) -> str:
    """`Planning Thu 10:00–11:00, from your calendar`."""
    zone = zone_of(view.policy.zone)
    lo, hi = (from_us(us).astimezone(zone) for us in (meeting.start_us, meeting.end_us))
    return f"{meeting.title} {lo:%a} {lo.day} {lo:%H:%M}–{hi:%H:%M}, from your calendar"


def command(view: View, meeting: Meeting) -> str:
    """The period argument that enters it, as instants if the clock shows an hour twice or the seconds matter."""
    zone = zone_of(view.policy.zone)
    lo, hi = (from_us(us).astimezone(zone) for us in (meeting.start_us, meeting.end_us))
    is_plain = all(end.second == 0 and end.utcoffset() == end.replace(fold=1 - end.fold).utcoffset() for end in (lo, hi))
    when = f"{lo:%Y-%m-%d %H:%M}-{hi:%H:%M}"
    if not is_plain:
        when = f"{lo.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} - {hi.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    words = ["stint", "add", shlex.quote(meeting.project) if meeting.project else "PROJECT", shlex.quote(when)]
    words += ["-t", shlex.quote(meeting.task)] if meeting.task else []
    return " ".join([*words, "-m", shlex.quote(meeting.title.lstrip("- ") or "meeting")])


def meeting_json(view: View, meeting: Meeting) -> MeetingJson:
    """A proposal in the form a gap contains."""
    return {
        "text": describe(view, meeting),
        "command": command(view, meeting),
        "start": wire.instant(meeting.start_us),
        "end": wire.instant(meeting.end_us),
        "title": meeting.title,
        "projectName": meeting.project,
        "taskName": meeting.task,
    }
