"""The owner is back and answers what they did while a timer was auto-paused. Asked once: an answer ends the question, as does
any resume or stop by hand.
"""

import json
from datetime import datetime

from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.commands import entries, timers
from stintd.engine.commands.words import EntryWords
from stintd.engine.sheet import rollup
from stintd.engine.sheet.forgotten import PAUSED, VOUCHED
from stintd.engine.step import Step
from stintd.engine.wire_types import MadeEntryJson, ReturnedJson
from stintd.errors import Conflict, Invalid, NotFound
from stintd.store import cursors
from stintd.store.row_types import EntryRow
from stintd.store.rowio import fetch_all

ANSWERS = ("keep", "drop", "split", "assign")
AUTO_PAUSED = """
SELECT e.* FROM entry e JOIN cursor c ON c.name = 'paused:' || e.id
WHERE e.end_us IS NULL AND e.state = 'paused' ORDER BY e.start_us DESC
"""


def answer_pause(
    step: Step,
    answer: str,
    timer_id: str | None = None,
    at: datetime | None = None,
    project_id: str | None = None,
    project_name: str | None = None,
    auto_create: bool = False,
) -> ReturnedJson:
    """`keep`: it was work. `drop`: it was not, and the timer ends where it was paused. `split`: work resumed at `at`.
    `assign`: it was work on another project; the timer starts again now.
    """
    row, paused_at = _find_paused_timer(step, timer_id)
    if answer == "split" and (at is None or not paused_at <= at <= step.now):
        raise Invalid(
            "the answer split needs the time when you resumed",
            "name a time since the timer was paused: stint return split 14:30",
            {"field": "at"},
        )
    if answer == "assign" and project_id is None and project_name is None:
        raise Invalid("the answer assign needs a project", "stint return assign PROJECT", {"field": "projectName"})
    new_entry: MadeEntryJson | None = None
    shown_id = row["id"]
    cursors.put(step.conn, {VOUCHED + shown_id: str(to_us(step.now))})
    with step.edit("return", f"{answer} the time since the timer was paused"):
        if answer in ("drop", "assign"):
            timers.stop(step, at=paused_at, timer_id=shown_id, fuzzy=False)
        else:
            timers.resume(step, at=paused_at if answer == "keep" else at, timer_id=shown_id, fuzzy=False)
        if answer == "assign":
            request = entries.EntryRequest(project_id, project_name, start=paused_at, end=step.now, auto_create=auto_create)
            new_entry = entries.create(step, request).value
            shown_id = _start_again(step, row)
        cursors.drop(step.conn, PAUSED + row["id"])
    entry = wire.entries_by_id(step, [new_entry["id"]])[0] if new_entry is not None else None
    return {"timer": wire.entries_by_id(step, [shown_id])[0], "entry": entry}


def _start_again(step: Step, row: EntryRow) -> str:
    """Start the same work again from now; a pause cannot contain a manual entry, so this is a new timer."""
    words: EntryWords = {
        "description": row["description"],
        "tags": tuple(json.loads(row["tags"])),
        "billable": bool(row["billable"]),
    }
    if row["task"]:
        words["task_name"] = row["task"]
    timer = timers.start(step, timers.StartRequest(project_id=row["project_id"], manual=True, words=words)).value["timer"]
    assert timer is not None, "a start by hand always has its timer"
    return timer["id"]


def _find_paused_timer(step: Step, timer_id: str | None) -> tuple[EntryRow, datetime]:
    rows = fetch_all(step.conn, EntryRow, AUTO_PAUSED)
    row = next((row for row in rows if timer_id in (None, row["id"]) and step.admits(row["project_id"])), None)
    if row is None:
        raise NotFound("no timer is auto-paused", "`stint status` shows your timers")
    pauses = rollup.entry_of(row).pauses
    if not pauses or pauses[-1].end is not None:
        raise Conflict("the timer is running again already", "`stint edit` changes it")
    return row, pauses[-1].start
