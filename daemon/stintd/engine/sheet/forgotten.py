"""Pauses manual timers that their owner forgot, where the rules say so. Writer thread only.

Such a pause is not an edit by the owner: undo does not count it, and the owner is asked what the time was.
"""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from stintd.domain import manual
from stintd.domain.model import Pause, TimeEntry, from_us, to_us
from stintd.engine.entry_texts import pauses_text
from stintd.engine.sheet import reconcile, rollup
from stintd.engine.step import Step
from stintd.store import absences, cursors, heartbeats, rowio
from stintd.store.row_types import EntryRow
from stintd.store.rowio import fetch_all

PAUSED = "paused:"
"""Prefix of the cursor that says why a timer was paused automatically; the owner is asked as long as it exists."""
DESKTOP = "desktop"
"""The name that a step puts into `outgoing` when the owner has to be asked on the desktop."""
VOUCHED = "vouched:"
"""Prefix of the cursor that says when (in microseconds) the owner last confirmed that a timer's time was work, although no
evidence shows it."""
RUNNING = "SELECT * FROM entry WHERE end_us IS NULL AND origin <> 'auto' AND actor = 'human' AND state = 'running'"


def pause_forgotten_timers(step: Step) -> datetime | None:
    """Pause the timers for which a pause is due. Returns the next instant at which passing time alone may pause one."""
    checks = []
    for row in fetch_all(step.conn, EntryRow, RUNNING):
        timer, zone = _cut_vouched_time(step, rollup.entry_of(row)), ZoneInfo(row["zone"])
        signs = _signs(step, row, timer)
        due = manual.pause_due(timer, signs, step.policy, zone, step.now)
        if due is None:
            checks.append(manual.next_check(timer, signs, step.policy, zone, step.now))
        else:
            _pause(step, row, rollup.entry_of(row), due.at)
            cursors.put(step.conn, {PAUSED + row["id"]: due.reason})
            step.outgoing.add(DESKTOP)
    return min(checks, default=None)


def _cut_vouched_time(step: Step, timer: TimeEntry) -> TimeEntry:
    """The timer from the instant at which its owner last confirmed its time: what lies before is not checked again."""
    vouched_us = cursors.get(step.conn, VOUCHED + timer.id)
    start = from_us(int(vouched_us)) if vouched_us is not None else timer.start
    return replace(timer, start=start, pauses=()) if start > manual.run_start(timer) else timer


def _signs(step: Step, row: EntryRow, timer: TimeEntry) -> manual.Signs:
    """The signs for a timer: its owner's acts on it, human heartbeats of its project, and absences."""
    since, now_us = to_us(manual.run_start(timer)), to_us(step.now)
    resolver = step.state.resolver(step.conn, step.policy)
    contexts = heartbeats.contexts(step.conn)
    sign_times = [manual.run_start(timer), datetime.fromtimestamp(row["updated_us"] / 1e6, tz=step.now.tzinfo)]
    for run in heartbeats.runs(step.conn, since, now_us):
        context = contexts[run.context]
        if context.actor == "human" and resolver.resolve(context).project == timer.project:
            sign_times += [datetime.fromtimestamp(us / 1e6, tz=step.now.tzinfo) for us in (run.first_us, run.last_us)]
    return manual.Signs(sign_times, absences.absences_in(step.conn, since, now_us))


def _pause(step: Step, row: EntryRow, timer: TimeEntry, at: datetime) -> None:
    pauses = [*timer.pauses, Pause(at, None)]
    values = {"state": "paused", "pauses": pauses_text(pauses), "revision": row["revision"] + 1, "updated_us": to_us(step.now)}
    rowio.update(step.conn, "entry", row["id"], values)
    step.touch(to_us(at), to_us(step.now))
    reconcile.announce(step, "time_entry.updated", row["id"])
