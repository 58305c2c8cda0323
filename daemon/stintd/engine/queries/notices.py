"""Notices for the owner besides warnings: evidence elsewhere while a manual timer runs, an auto-pause, and signs of life that
could belong to several sessions.
"""

from zoneinfo import ZoneInfo

from stintd.domain import manual
from stintd.domain.model import ProjectId, TimeEntry, to_us
from stintd.domain.timer import PauseEntry
from stintd.engine.sheet import derive, rollup
from stintd.engine.sheet.forgotten import PAUSED
from stintd.engine.view import View
from stintd.engine.wire_types import WarningJson
from stintd.store import cursors
from stintd.store.row_types import EntryRow, ProjectRow
from stintd.store.rowio import exists, fetch_all

NAMELESS = """
SELECT 1 FROM span s JOIN context c ON c.id = s.context_id WHERE s.id >= ? AND c.kind = 'prompt' AND c.source = 'api'
AND c.repo_id = '' AND c.folder = '' AND c.project = '' AND c.session = '' LIMIT 1
"""
RECENT_US = 86_400_000_000
OPEN = "SELECT * FROM entry WHERE end_us IS NULL AND origin <> 'auto' AND actor = 'human'"


def notices(view: View) -> list[WarningJson]:
    """`{code, severity, text, hint, subject}` of each; computed with the status, because it changes with the time."""
    warnings = _nameless_warnings(view)
    for row in fetch_all(view.conn, EntryRow, OPEN):
        timer = rollup.entry_of(row)
        if row["state"] == "running":
            warnings += _shadow_warnings(view, timer)
        elif row["state"] == "paused":
            warnings += _pause_warnings(view, row, timer)
    return warnings


def _nameless_warnings(view: View) -> list[WarningJson]:
    """A hook reported work without naming a session or project, while several sessions were open."""
    if not exists(view.conn, NAMELESS, ((to_us(view.now) - RECENT_US) * 1024,)):
        return []
    text = "a heartbeat named no session or project while several were open, so it counts for none of them"
    hint = "have the hook send sessionId or projectName with POST /api/timer/heartbeat"
    return [_notice_json("nameless_heartbeat", text, hint, "")]


def _shadow_warnings(view: View, timer: TimeEntry) -> list[WarningJson]:
    """Ten minutes of evidence elsewhere in the shadow of a timer."""
    lo_us, now_us = to_us(timer.start), to_us(view.now)
    resolver = view.resolver()
    shadow = derive.derive_range(view.conn, resolver, view.policy, lo_us, now_us, view.now, is_shadow=True)
    names = {ProjectId(row["id"]): row["name"] for row in fetch_all(view.conn, ProjectRow, "SELECT id, name FROM project")}
    notice = manual.shadow_notice(timer, names, shadow.stretches, view.policy, ZoneInfo(timer.zone), view.now)
    return [_notice_json("shadow", notice.text, notice.command, timer.id)] if notice is not None else []


def _pause_warnings(view: View, row: EntryRow, timer: TimeEntry) -> list[WarningJson]:
    """The daemon paused the timer: ask once what the owner did since."""
    reason = cursors.get(view.conn, PAUSED + timer.id)
    if reason is None or not timer.pauses or timer.pauses[-1].end is not None:
        return []
    names = fetch_all(view.conn, ProjectRow, "SELECT name FROM project WHERE id = ?", (row["project_id"],))
    pause = PauseEntry(timer.id, timer.pauses[-1].start, reason=reason)
    name = names[0]["name"] if names else "the timer"
    text, choices = manual.return_choices(name, pause, ZoneInfo(timer.zone), view.now)
    return [_notice_json("paused", text, "; ".join(f"{word}: `{command}`" for word, command in choices.items()), timer.id)]


def _notice_json(code: str, text: str, hint: str, subject: str) -> WarningJson:
    return {"code": code, "severity": "info", "text": text, "hint": hint, "subject": subject, "since": None}
