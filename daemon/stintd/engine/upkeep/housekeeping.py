"""What is dropped in passing, so that the database does not grow for ever with what nobody reads again.

Looked at after commits and done at most once a day: an idle daemon is not woken for it. Event loop's thread; `sweep` and
`expire` run in the writer's.

How long evidence is kept is a setting (`[retention]`): old heartbeats go, the hours that were made of them stay. What is dropped
begins and ends at silences, so that no entry loses half of what it rests on; entries that rested on it become their owner's own
first, which nothing derives again.
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
"""How far back a stream can be resumed; the newest 10,000 changes are kept however old they are."""
DELIVERIES_KEPT = timedelta(days=7)
"""How long what was delivered or dropped can be looked up, and delivered again."""
REMOVED_KEPT = timedelta(days=400)
"""What was removed at a billing system: an undo must not be sent under the name of what was removed."""


class Housekeeping:
    """One a daemon."""

    def __init__(self, engine: Engine, clock: Clock, evidence_kept: timedelta = timedelta()) -> None:
        self._engine, self._clock, self._evidence_kept = engine, clock, evidence_kept
        self._due = clock.monotonic()

    def keep_evidence(self, length: timedelta) -> None:
        """Drop evidence that is older from now on; zero: none."""
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
    """Drop changes that are older than anybody resumes from, and deliveries that are settled."""
    changes.trim(step.conn, step.now - LOG_KEPT)
    outbox.prune(step.conn, step.now - DELIVERIES_KEPT)
    deliveries.prune(step.conn, step.now - REMOVED_KEPT)


def expire(step: Step, age: timedelta) -> int:
    """Drop heartbeats older than `age` (zero: none); how many."""
    known = heartbeats.bounds(step.conn) if age else None
    cutoff = to_us(step.now - age)
    if known is None or known[0] >= cutoff:
        return 0
    first, _ = heartbeats.island(step.conn, cutoff, cutoff, timesheet.island_gap(step.policy))
    edge = min(cutoff, first)  # work that was under way at that instant is kept whole
    step.conn.execute(
        "UPDATE entry SET pinned = ? WHERE origin = 'auto' AND end_us IS NOT NULL AND end_us <= ? AND pinned <> ?",
        (ALL_PINS, edge, ALL_PINS),
    )
    count, _ = purge.sift(step.conn, _is_gone, (known[0], edge - 1), _runs_before(edge), forgets_ids=False)
    if count:
        step.conn.execute("DELETE FROM session WHERE max(last_us, coalesce(ended_us, last_us)) < ?", (edge,))
        purge.drop_orphans(step.conn)
    return count


def _is_gone(context: int, at_us: int, entity: str) -> bool:
    return True


def _runs_before(edge: int) -> purge.AreGone:
    """A run lies wholly before the silence at the edge, or after it."""
    return lambda context, first_us, last_us: last_us < edge
