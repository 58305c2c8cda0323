"""Deletes old rows, so that the database does not grow for ever with what nobody reads again. Checked after commits and done at
most once a day: an idle daemon is not woken for it. Event loop's thread; `sweep` and `expire` run in the writer's.

A setting (`[retention]`) says how long evidence is kept: old heartbeats are deleted, and the hours derived from them stay. The
deleted range begins and ends at silences, so that no entry loses half of its evidence; entries that rested on it are pinned
first, so that nothing derives them again.
"""

from datetime import timedelta

from stintd.clock import Clock
from stintd.domain.derive import timesheet
from stintd.domain.model import to_us
from stintd.engine.engine import Engine
from stintd.engine.entry_texts import ALL_PINS
from stintd.engine.step import Step
from stintd.store import changes, deliveries, heartbeats, outbox, purge

EVERY_SECONDS = 86_400.0
LOG_KEPT = timedelta(days=30)
"""How far back a stream can be resumed; the newest 10,000 changes are kept whatever their age."""
DELIVERIES_KEPT = timedelta(days=7)
"""How long a delivery that is done or dropped can be looked up, and sent again."""
REMOVED_KEPT = timedelta(days=400)
"""How long removals at a billing system are remembered: an undo must not be sent under the id of what was removed."""


class Housekeeping:
    """One per daemon."""

    def __init__(self, engine: Engine, clock: Clock, evidence_kept: timedelta = timedelta()) -> None:
        self._engine, self._clock, self._evidence_kept = engine, clock, evidence_kept
        self._due = clock.monotonic()

    def keep_evidence(self, length: timedelta) -> None:
        """Delete evidence older than this from now on; zero: never."""
        self._evidence_kept = length

    def check(self) -> None:
        """Called after a commit."""
        now = self._clock.monotonic()
        if now >= self._due:
            self._due = now + EVERY_SECONDS
            self._engine.write(self._sweep, soon=False)

    def _sweep(self, step: Step) -> None:
        sweep(step)
        expire(step, self._evidence_kept)


def sweep(step: Step) -> None:
    """Delete changes too old to resume a stream from, and deliveries that are finished."""
    changes.trim(step.conn, step.now - LOG_KEPT)
    outbox.prune(step.conn, step.now - DELIVERIES_KEPT)
    deliveries.prune(step.conn, step.now - REMOVED_KEPT)


def expire(step: Step, age: timedelta) -> int:
    """Delete heartbeats older than `age` (zero: none); answers how many."""
    bounds = heartbeats.bounds(step.conn) if age else None
    cutoff = to_us(step.now - age)
    if bounds is None or bounds[0] >= cutoff:
        return 0
    first, _ = heartbeats.island(step.conn, cutoff, cutoff, timesheet.island_gap(step.policy))
    edge = min(cutoff, first)  # work under way at that instant is kept whole
    step.conn.execute(
        "UPDATE entry SET pinned = ? WHERE origin = 'auto' AND end_us IS NOT NULL AND end_us <= ? AND pinned <> ?",
        (ALL_PINS, edge, ALL_PINS),
    )
    count, _ = purge.delete_heartbeats(step.conn, _is_gone, (bounds[0], edge - 1), _runs_before(edge), forgets_ids=False)
    if count:
        step.conn.execute("DELETE FROM session WHERE max(last_us, coalesce(ended_us, last_us)) < ?", (edge,))
        purge.drop_orphans(step.conn)
    return count


def _is_gone(context: int, at_us: int, entity: str) -> bool:
    return True


def _runs_before(edge: int) -> purge.AreGone:
    """Tells the runs before the silence at the edge; each run lies wholly before or wholly after it."""
    return lambda context, first_us, last_us: last_us < edge
