"""How long evidence is kept (`[retention]`): old heartbeats go, the hours that were made of them stay. Writer thread only.

What is dropped begins and ends at silences, so that no entry loses half of what it rests on; entries that rested on it
become their owner's own first, which nothing derives again.
"""

from datetime import timedelta

from stintd.domain.derive import timesheet
from stintd.domain.model import to_us
from stintd.engine.entry_texts import ALL_PINS
from stintd.engine.step import Step
from stintd.store import heartbeats, purge


def expire(step: Step, kept: timedelta) -> int:
    """Drop heartbeats older than `kept` (zero: none); how many."""
    known = heartbeats.bounds(step.conn) if kept else None
    cutoff = to_us(step.now - kept)
    if known is None or known[0] >= cutoff:
        return 0
    first, _ = heartbeats.island(step.conn, cutoff, cutoff, timesheet.island_gap(step.policy))
    edge = min(cutoff, first)  # work that was under way at that instant is kept whole
    step.conn.execute(
        "UPDATE entry SET pinned = ? WHERE origin = 'auto' AND end_us IS NOT NULL AND end_us <= ? AND pinned <> ?",
        (ALL_PINS, edge, ALL_PINS),
    )
    count, _ = purge.sift(step.conn, _all, (known[0], edge - 1), _whole(edge), forgets_ids=False)
    if count:
        step.conn.execute("DELETE FROM session WHERE max(last_us, coalesce(ended_us, last_us)) < ?", (edge,))
        purge.drop_orphans(step.conn)
    return count


def _all(context: int, at_us: int, entity: str) -> bool:
    return True


def _whole(edge: int) -> purge.AreGone:
    """A run lies wholly before the silence at the edge, or after it."""
    return lambda context, first_us, last_us: last_us < edge
