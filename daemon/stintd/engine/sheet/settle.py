"""Makes what was touched true again before anybody reads it. Writer thread only."""

from stintd.engine.sheet import forgotten
from stintd.engine.sheet.derive import refresh
from stintd.engine.step import Step


def settle(step: Step) -> None:
    """Derive again whatever was touched, so that what is read next is true; pause timers that their owner forgot, and derive
    again what that touched."""
    refresh(step, step.take_touched())
    step.state.look_after(forgotten.look(step))
    touched = step.take_touched()
    if touched:
        refresh(step, touched)
