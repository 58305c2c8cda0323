"""A local timer that also runs at a billing system: what to do next, from the wanted state and the state there.

Pure. The state `starting` is stored before a start is sent, and only an answer or a look at the target ends it: an attempt
with an unknown outcome is never repeated before a look. Stopping always looks first, so it needs no state of its own.
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
"""If the times at the target differ from the local ones by more than this many seconds, they are corrected at once."""


@frozen
class WantedTimer:
    """The timer that should run there: a run of an entry, at a place. `content` is what is sent about it."""

    entry: str
    run: int
    remote: Mapping[str, str]
    content: str = ""


@frozen
class RemoteTimer:
    """The timer at the target, as far as we know."""

    state: LiveTimerState
    entry: str
    run: int
    remote: Mapping[str, str]

    def is_for(self, wanted: WantedTimer | None) -> bool:
        """Whether it is exactly the wanted timer."""
        return wanted is not None and (self.entry, self.run, self.remote) == (wanted.entry, wanted.run, wanted.remote)


def duty(timer: RemoteTimer | None, wanted: WantedTimer | None) -> Duty:
    """The next thing to do. The caller repeats a `blocked` attempt when its time has come."""
    if timer is None:
        return START if wanted is not None else NOTHING
    if timer.state == STARTING:
        return FIND
    if timer.state == CORRECTING:
        return CORRECT
    if timer.state == BLOCKED:
        return START if wanted is not None else FORGET
    return NOTHING if timer.is_for(wanted) else STOP


def is_near(theirs: tuple[int | None, int | None], ours: tuple[int, int]) -> bool:
    """Whether their start and end are near enough to ours; epoch seconds."""
    return all(
        their_time is not None and abs(their_time - our_time) <= NEAR_SECONDS
        for their_time, our_time in zip(theirs, ours, strict=True)
    )
