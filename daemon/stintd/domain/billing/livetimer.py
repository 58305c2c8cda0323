"""A local timer that runs at a billing system, too: what is to be done next, from what is wanted and what was done.

Pure. `starting` is written down before a start is sent and left only by an answer or by looking: an attempt whose outcome
nobody knows is never made again before somebody looked. Stopping always looks first, so that it needs no state of its own.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from stintd.frozen import frozen

LiveTimerState = Literal["starting", "running", "correcting", "blocked"]
STARTING: Final = "starting"
RUNNING: Final = "running"
CORRECTING: Final = "correcting"
BLOCKED: Final = "blocked"
STATES: tuple[LiveTimerState, ...] = get_args(LiveTimerState)
Duty = Literal["", "start", "find", "stop", "correct", "forget"]
NOTHING: Final = ""
START: Final = "start"
FIND: Final = "find"
STOP: Final = "stop"
CORRECT: Final = "correct"
FORGET: Final = "forget"
NEAR_SECONDS = 5
"""What the target has may differ by so much from the local truth before it is put right at once."""


@frozen
class WantedTimer:
    """The timer that is to run there: a run of an entry, on a place. `content` is told about it."""

    entry: str
    run: int
    remote: Mapping[str, str]
    content: str = ""


@frozen
class RemoteTimer:
    """What was done there."""

    state: LiveTimerState
    entry: str
    run: int
    remote: Mapping[str, str]

    def is_for(self, wanted: WantedTimer | None) -> bool:
        """Whether it is that very timer."""
        return wanted is not None and (self.entry, self.run, self.remote) == (wanted.entry, wanted.run, wanted.remote)


def duty(mirror: RemoteTimer | None, wanted: WantedTimer | None) -> Duty:
    """The next thing to do; `blocked` is tried again when its time has come."""
    if mirror is None:
        return START if wanted is not None else NOTHING
    if mirror.state == STARTING:
        return FIND
    if mirror.state == CORRECTING:
        return CORRECT
    if mirror.state == BLOCKED:
        return START if wanted is not None else FORGET
    return NOTHING if mirror.is_for(wanted) else STOP


def is_near(theirs: tuple[int | None, int | None], ours: tuple[int, int]) -> bool:
    """Whether what they have is as good as ours; seconds."""
    return all(
        theirs_one is not None and abs(theirs_one - other) <= NEAR_SECONDS for theirs_one, other in zip(theirs, ours, strict=True)
    )
