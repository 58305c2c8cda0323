"""What is dropped in passing, so that the database does not grow for ever with what nobody reads again.

Looked at after commits and done at most once a day: an idle daemon is not woken for it. Event loop's thread.
"""

from datetime import timedelta

from stintd.clock import Clock
from stintd.engine.engine import Engine
from stintd.engine.step import Step
from stintd.engine.upkeep import retention
from stintd.store import changes, deliveries, outbox

EVERY_SECONDS = 86_400.0
LOG_KEPT = timedelta(days=30)
"""How far back a stream can be resumed; the newest 10,000 changes are kept however old they are."""
DELIVERIES_KEPT = timedelta(days=7)
REMOVED_KEPT = timedelta(days=400)
"""What was taken away at a billing system: an undo must not be sent under the name of what was removed."""
"""How long what was delivered or dropped can be looked up, and delivered again."""


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
        retention.expire(step, self._evidence_kept)


def sweep(step: Step) -> None:
    """Drop changes that are older than anybody resumes from, and deliveries that are settled."""
    changes.trim(step.conn, step.now - LOG_KEPT)
    outbox.prune(step.conn, step.now - DELIVERIES_KEPT)
    deliveries.prune(step.conn, step.now - REMOVED_KEPT)
