"""Makes the timer at a billing system follow the local one, one step at a time; each step is checked before it is made.

`notice` runs in the writer thread with every step and only says that something differs; `Mirroring` runs in the lane of its
target, before deliveries, so that nothing is delivered of an entry whose timer still runs there. What a stopped timer left
there becomes the delivery of its entry: edits, deletions and approvals go the way of all deliveries from then on.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from sqlite3 import Connection
from typing import Any, cast
from zoneinfo import ZoneInfo

from stintd.domain.billing import delivery, livetimer
from stintd.domain.billing import target as targets
from stintd.domain.billing.amendment import Content
from stintd.domain.billing.livetimer import BLOCKED, CORRECTING, RUNNING, STARTING, LiveTimerState, RemoteTimer, WantedTimer
from stintd.domain.billing.portion import SECOND, Portion
from stintd.domain.day import day_of
from stintd.domain.model import from_us, to_us
from stintd.engine import wire
from stintd.engine.delivery.attempt import to_item
from stintd.engine.delivery.plan import Piece, TargetLink, content, entry_facts
from stintd.engine.entries import find_entries
from stintd.engine.resolver import project_aliases
from stintd.engine.step import Step
from stintd.engine.view import Reader
from stintd.frozen import frozen
from stintd.ports import LOST, REFUSED, STOPPED, TAKEN, UNKNOWN, UNSENT, Connector, Item, LiveConnector, Outcome, Running
from stintd.store import deliveries, mirrors
from stintd.store.row_types import DeliveryColumns, EntryRow, LiveTimerRow

LOOK_AGAIN = timedelta(minutes=10)
"""Pause between checks whether a timer that stintd did not start still runs there."""
MICROSECOND = timedelta(microseconds=1)
SEND_WITHIN = timedelta(seconds=60)
"""A started timer is recognised by its start time: a start is sent soon after it was recorded, or not at all."""
REFUSED_PAUSE = timedelta(hours=6)
OPEN = ["e.end_us IS NULL", "e.actor = 'human'", "e.state = 'running'", "e.is_confirmed = 1"]


@frozen
class LiveTimerView:
    """The timer that runs there, and the one that is to run there."""

    row: LiveTimerRow | None = None
    wanted: WantedTimer | None = None

    @property
    def duty(self) -> str:
        return livetimer.duty(_remote_timer(self.row), self.wanted)

    @property
    def next_us(self) -> int:
        """The earliest time for the next step; a blocked step waits only while the timer stays the same."""
        if self.row is None:
            return 0
        is_other = self.row["state"] == BLOCKED and not cast(RemoteTimer, _remote_timer(self.row)).is_for(self.wanted)
        return 0 if is_other else int(self.row["next_us"])


def _remote_timer(row: LiveTimerRow | None) -> RemoteTimer | None:
    return (
        RemoteTimer(row["state"], row["entry_id"], row["run"], json.loads(row["content"])["remote"]) if row is not None else None
    )


# ---------------------------------------------------------------- what is wanted


def load_view(reader: Reader, link: TargetLink) -> LiveTimerView:
    """What a target's timer is and should be. Its rows count even if the owner wants no timers there any more: what runs is
    stopped.
    """
    if not link.able.live:
        return LiveTimerView()
    return LiveTimerView(mirrors.get(reader.conn, link.target.name), wanted_timer(reader, link) if link.target.live else None)


def wanted_timer(reader: Reader, link: TargetLink) -> WantedTimer | None:
    """The person's running timer that has a place there; of several, the one started last. An automatic timer ends earlier
    than its end is noticed, so it runs there only if the target allows a correction of the end.
    """
    running = [(runs(row)[-1][0], row["id"], row) for row in find_entries(reader, OPEN, [])]
    aliases = project_aliases(reader.conn) if running else {}
    for start_us, _, row in sorted(running, key=lambda entry: entry[:2], reverse=True):
        day = day_of(from_us(start_us), ZoneInfo(reader.policy.zone))
        work = entry_facts(row, day, aliases)
        place = targets.place(link.target, work)
        if place is not None and (link.able.update or row["origin"] != "auto"):
            start = start_us // SECOND
            wanted_content = content(link.target, Piece(row, 0, Portion(day, start, start, 0), work, None, False))
            return WantedTimer(row["id"], len(runs(row)) - 1, dict(place), wanted_content)
    return None


def is_ticking(conn: Connection, target: str) -> bool:
    """Whether a timer that stintd started runs there and can be stopped."""
    row, state = mirrors.get(conn, target), deliveries.targets(conn).get(target)
    is_well = state is not None and not state["stopped"] and state["failures"] == 0
    return is_well and row is not None and row["state"] in (STARTING, RUNNING)


def runs(row: EntryRow) -> list[tuple[int, int | None]]:
    """The stretches of an entry between its pauses; the last of one that runs has no end. Microseconds."""
    bounds: list[int | None] = [row["start_us"]]
    for lo, hi in wire.pauses(row["pauses"]):
        bounds += [lo, hi]
    bounds.append(row["end_us"])
    pairs = zip(bounds[::2], bounds[1::2], strict=True)
    return [(lo, hi) for lo, hi in pairs if lo is not None]


def find_due_targets(step: Step, links: Sequence[TargetLink]) -> set[str]:
    """The targets whose timer is not what it should be."""
    now_us = to_us(step.now)
    views = [(link, load_view(step, link)) for link in links if link.able.live]
    return {link.target.name for link, view in views if view.duty and view.next_us <= now_us}


# ---------------------------------------------------------------- what is done


class LiveTimerSteps:
    """The timer steps of one target; `record` runs a command until it is written."""

    def __init__(
        self, link: TargetLink, record: Callable[[Callable[[Step], Any]], Awaitable[bool]], now_us: Callable[[], int]
    ) -> None:
        self._link, self._record, self._now_us = link, record, now_us

    async def act(self, connector: Connector, view: LiveTimerView, others: frozenset[str]) -> Outcome | None:
        """Make the next step; answers the outcome if the target could not be asked or gave no clear answer."""
        live_connector = cast(LiveConnector, connector)
        duty, row = view.duty, view.row
        if duty == livetimer.FORGET:
            await self._record(self._clear)
        elif duty == livetimer.START and view.wanted is not None:
            return await self._start(live_connector, view.wanted)
        elif duty == livetimer.FIND and row is not None:
            return await self._find(live_connector, row, others)
        elif duty == livetimer.STOP and row is not None:
            return await self._stop(live_connector, row, others)
        elif duty == livetimer.CORRECT and row is not None:
            return await self._correct(connector, row)
        return None

    async def _start(self, connector: LiveConnector, wanted: WantedTimer) -> Outcome | None:
        running = await connector.current()
        if isinstance(running, Outcome):
            return running
        if running is not None:
            text = "a timer that stintd did not start runs there"
            await self._block(
                wanted, text, "stop it there, then run `stint sync`; the hours are recorded here in any case", LOOK_AGAIN
            )
            return None
        row = self._row(wanted, STARTING)
        if not await self._record(lambda step: mirrors.put(step.conn, row)):
            return None
        if self._now_us() - row["began_us"] > SEND_WITHIN // MICROSECOND:  # the machine slept: the timer would not be recognised
            await self._record(self._clear)
            return None
        outcome = await connector.start(_item(row))
        if outcome.kind == TAKEN and outcome.remote_id:
            running_row: LiveTimerRow = {**row, "state": RUNNING, "remote_id": outcome.remote_id}
            await self._record(lambda step: mirrors.put(step.conn, running_row))
            return None
        if outcome.kind in (UNSENT, STOPPED):
            await self._record(self._clear)
        elif outcome.kind not in (UNKNOWN, TAKEN):
            await self._block(wanted, f"it accepts no timer: {outcome.text}", outcome.remedy, REFUSED_PAUSE)
            return None
        return Outcome(UNKNOWN, text="it did not say what it started") if outcome.kind == TAKEN else outcome

    async def _find(self, connector: LiveConnector, row: LiveTimerRow, others: frozenset[str]) -> Outcome | None:
        """Find what a start without an answer left there, running or stopped since."""
        trace = await connector.trace(_item(row), row["began_us"] // SECOND, others)
        if isinstance(trace, Outcome):
            return trace
        if trace is None:
            await self._record(self._clear)
            return None
        running_row: LiveTimerRow = {**row, "state": RUNNING, "remote_id": trace.id, "start_s": trace.start}
        await self._record(lambda step: mirrors.put(step.conn, running_row))
        if trace.end is not None:
            await self._record_end(running_row, trace)
        return None

    async def _stop(self, connector: LiveConnector, row: LiveTimerRow, others: frozenset[str]) -> Outcome | None:
        """Stop only a timer that stintd started; one that somebody else stopped there stays stopped."""
        running = await connector.current()
        if isinstance(running, Outcome):
            return running
        if running is None or running.id != row["remote_id"]:
            trace = await connector.trace(_item(row), row["began_us"] // SECOND, others - {row["remote_id"]})
            if isinstance(trace, Outcome):
                return trace
            is_ours = trace is not None and trace.id == row["remote_id"]
            await self._record_end(row, trace if is_ours else None)
            return None
        outcome = await connector.stop()
        if outcome.kind != TAKEN:
            return replace(outcome, kind=UNKNOWN) if outcome.kind in (REFUSED, LOST) else outcome
        await self._record_end(row, Running(row["remote_id"], running.start, self._now_us() // SECOND))
        return None

    async def _record_end(self, row: LiveTimerRow, trace: Running | None) -> None:
        """The timer no longer runs there: what it left becomes the entry's delivery, and is corrected at once if it differs."""
        start = trace.start if trace is not None else None
        end = trace.end if trace is not None and trace.end is not None else self._now_us() // SECOND
        start = start if start is not None else min(row["began_us"] // SECOND, end)
        ended_row: LiveTimerRow = {**row, "start_s": start, "end_s": end}
        await self._record(lambda step: self._adopt(step, ended_row, start, end))

    async def _correct(self, connector: Connector, row: LiveTimerRow) -> Outcome | None:
        outcome = await connector.update(row["remote_id"], _item(row))
        if outcome.kind in (UNSENT, UNKNOWN, STOPPED):
            return outcome
        await self._record(lambda step: self._record_correction(step, row, outcome.kind == TAKEN))
        return None

    # ---------------------------------------------------------------- rows

    def _row(self, wanted: WantedTimer, state: LiveTimerState) -> LiveTimerRow:
        return {
            "target": self._link.target.name,
            "state": state,
            "entry_id": wanted.entry,
            "run": wanted.run,
            "content": wanted.content,
            "remote_id": "",
            "began_us": self._now_us(),
            "start_s": None,
            "end_s": None,
            "next_us": 0,
            "trouble": "",
            "remedy": "",
        }

    async def _block(self, wanted: WantedTimer, trouble: str, remedy: str, pause: timedelta) -> None:
        row: LiveTimerRow = {
            **self._row(wanted, BLOCKED),
            "trouble": trouble,
            "remedy": remedy,
            "next_us": self._now_us() + pause // MICROSECOND,
        }
        await self._record(lambda step: mirrors.put(step.conn, row))

    def _clear(self, step: Step) -> None:
        mirrors.clear(step.conn, self._link.target.name)

    def _record_correction(self, step: Step, row: LiveTimerRow, is_taken: bool) -> None:
        """A refused stop is refused again, and reported, when the entry is delivered."""
        self._clear(step)
        if is_taken:
            deliveries.set_held(step.conn, row["target"], row["remote_id"], row["content"])

    def _adopt(self, step: Step, row: LiveTimerRow, start: int, end: int) -> None:
        """Let the entry's delivery hold what the timer left; if that is far from the local truth it is corrected at once."""
        content: Content = json.loads(row["content"])
        held: Content = {**content, "start": start, "end": end, "live": True, "seconds": max(0, end - start)}
        if held["seconds"] or self._link.able.delete:  # a timer of no length bills nothing, and could not be removed
            _store_held(step, self._link.target.name, row, _text(held))
        entry = find_entries(step, ["e.id = ?"], [row["entry_id"]])
        ours = _run_of(entry[0], row["run"]) if entry else None
        if self._link.able.update and ours is not None and not livetimer.is_near((start, end), ours):
            right: Content = {**held, "start": ours[0], "end": ours[1], "seconds": ours[1] - ours[0]}
            mirrors.put(step.conn, {**row, "state": CORRECTING, "content": _text(right)})
        else:
            self._clear(step)


def _run_of(entry: EntryRow, run: int) -> tuple[int, int] | None:
    """The length of an entry's run in seconds; None while it has no end, is gone, or is empty."""
    stretches = runs(entry)
    lo, hi = stretches[run] if run < len(stretches) else (0, None)
    return (lo // SECOND, lo // SECOND + round((hi - lo) / SECOND)) if hi is not None and hi - lo >= SECOND else None


def _store_held(step: Step, target: str, row: LiveTimerRow, held: str) -> None:
    """Store it in the first part of the entry's deliveries that holds nothing yet; then the entry is compared again."""
    rows = deliveries.rows_of_entry(step.conn, target, row["entry_id"])
    part = next(n for n in count() if n not in rows or (rows[n]["held"] is None and rows[n]["state"] != delivery.SENDING))
    day = json.loads(held)["day"]
    if part in rows:
        before = replace(deliveries.from_row(rows[part]), held=held, remote_id=row["remote_id"], sent=None)
        after = replace(before, state=delivery.settled_state(before.wanted, held))
        deliveries.update(step.conn, rows[part]["seq"], {**deliveries.to_row(after), "error": "", "finished_us": None})
    else:
        after = delivery.Delivery(delivery.DELIVERED, held, held, None, row["remote_id"])
        values: DeliveryColumns = {**deliveries.to_row(after), "day": day, "next_us": to_us(step.now)}
        deliveries.insert(step.conn, step.now, target, row["entry_id"], part, values)
    deliveries.doubt_entry(step.conn, row["entry_id"])


def _item(row: LiveTimerRow) -> Item:
    return to_item(f"{row['entry_id']}.{row['run']}", json.loads(row["content"]))


def _text(content: Content) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True)
