"""Derives what was touched again before anybody reads it. Writer thread only."""

from stintd.engine.sheet import forgotten
from stintd.engine.sheet.derive import refresh
from stintd.engine.step import Step


def settle(step: Step) -> None:
    """Derive all touched ranges again, so that the next read is correct; then pause timers that their owner forgot, and derive
    what that touched."""
    refresh(step, step.take_touched_ranges())
    step.state.note_next_check(forgotten.pause_forgotten_timers(step))
    touched = step.take_touched_ranges()
    if touched:
        refresh(step, touched)
