"""What a line of an agent's session log says, in the words that all agents share; and the acts that follow from it. No I/O.

A log is the agent's diary, not ours: its times are its own, ends of turns are often only what came before the next
prompt, and of its text nothing is kept. `claudelog` and `codexlog` read lines into notes; `acts` makes evidence of them.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from stintd.domain.model import to_us
from stintd.errors import Invalid
from stintd.frozen import frozen

EARLIEST_US = 1_577_836_800_000_000
"""The start of 2020: no agent kept a log before."""
SECOND = 1_000_000
GRID_US = 20 * SECOND
"""Of an agent's acts in one folder the first of each twenty seconds is kept: no rule looks closer. On a grid of the clock,
so that any part of a log gives the same ones."""
SETTLED_US = 300 * SECOND
"""A log whose last line is younger may go on with the turn that seems over."""
BRANCH_LIMIT = 250
CALLS_KEPT = 1000
GOING_ON_US = 2 * SECOND
SAME_US = SECOND
"""Two lines of one prompt are this close; a person's next prompt never is."""


@frozen
class LogNote:
    """One line. `what`: prompt, queued (typed while a turn ran), taken (queued ones, by the agent), work, stop.
    `is_person`: somebody typed it.

    `is_last`: work after which nothing is under way, so that a turn may end there. `paths`: files it touched, else none;
    `folder`: where the session worked then.
    """

    time_us: int
    what: str
    session: str
    folder: str
    branch: str = ""
    paths: tuple[str, ...] = ()
    is_person: bool = False
    is_last: bool = False


@frozen
class AgentAct:
    """What goes to the daemon: a heartbeat to be, without any of the log's words."""

    time_us: int
    kind: str
    actor: str
    path: str
    branch: str
    session: str
    agent: str
    folder: str = ""

    @property
    def identity(self) -> str:
        """The same for every copy of the line, in whichever log of whichever session it stands."""
        parts = (self.agent, str(self.time_us), self.kind, self.path)
        digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogateescape"), digest_size=12)
        return "log:" + digest.hexdigest()


def instant(text: object, now_us: int) -> int | None:
    """Microseconds of a line's time; None where it has none that can be believed."""
    if not isinstance(text, str) or not 16 <= len(text) <= 40:
        return None
    try:
        at_us = to_us(datetime.fromisoformat(text))
    except (ValueError, OverflowError, Invalid):
        return None
    return at_us if EARLIEST_US <= at_us <= now_us else None


class Calls:
    """The files that calls of tools touched, until their results come."""

    def __init__(self) -> None:
        self._paths: dict[str, tuple[str, ...]] = {}

    def keep(self, call: str, paths: tuple[str, ...]) -> None:
        if paths and call:
            self._paths[call] = paths
            if len(self._paths) > CALLS_KEPT:
                del self._paths[next(iter(self._paths))]

    def take(self, call: str) -> tuple[str, ...]:
        return self._paths.pop(call, ())


def branch_of(text: str) -> str:
    """A branch that a log names, "" for what can be none or is no branch."""
    return text if text != "HEAD" and len(text) <= BRANCH_LIMIT and text.isprintable() else ""


def text_of(holder: dict[str, Any], name: str) -> str:
    """A text of a record, "" where it is none."""
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def acts(agent: str, notes: Iterable[LogNote], now_us: int) -> Iterator[AgentAct]:
    """The acts of one log, whatever the order of its lines."""
    sessions: dict[str, list[LogNote]] = {}
    for note in notes:
        sessions.setdefault(note.session, []).append(note)
    for name in sorted(sessions):
        yield from _Diary(agent, name).read(sorted(sessions[name], key=lambda note: note.time_us), now_us)


class _Diary:
    """One session of one log, read in the order of time."""

    def __init__(self, agent: str, session: str) -> None:
        self._agent, self._session = agent, session
        self._worked: LogNote | None = None  # the last work of a turn that has not ended
        self._prompted_us = -SAME_US - 1
        self._waiting = 0  # prompts that were typed while a turn ran and not yet taken up
        self._taken_us = -GOING_ON_US - 1  # when the last of them was
        self._kept: tuple[int, set[str]] = (0, set())

    def read(self, notes: list[LogNote], now_us: int) -> Iterator[AgentAct]:
        for note in notes:
            if note.what == "work":
                yield from self._work(note)
            elif note.what == "stop":
                yield from self._stop(note)
            elif note.what == "taken":
                self._waiting, self._taken_us = 0, note.time_us
            else:
                yield from self._prompt(note)
        if self._worked is not None and self._worked.is_last and now_us - self._worked.time_us > SETTLED_US:
            yield self._act(self._worked, "turn_end", "agent")

    def _work(self, note: LogNote) -> Iterator[AgentAct]:
        self._worked = note
        bucket = note.time_us // GRID_US
        if self._kept[0] != bucket:
            self._kept = bucket, set()
        for path in note.paths or (note.folder,):
            folder = os.path.dirname(path) if note.paths else path
            if folder not in self._kept[1]:
                self._kept[1].add(folder)
                yield self._act(note, "tool", "agent", path)

    def _stop(self, note: LogNote) -> Iterator[AgentAct]:
        """A turn ends; not where a prompt waits, with which the agent goes right on."""
        if self._worked is not None and not self._waiting:
            yield self._act(note, "turn_end", "agent")
            self._worked = None

    def _prompt(self, note: LogNote) -> Iterator[AgentAct]:
        if note.time_us - self._prompted_us <= SAME_US or (note.what == "prompt" and self._was_queued(note)):
            return
        self._prompted_us = note.time_us
        if note.what == "queued":
            self._waiting += 1
        elif self._worked is not None:
            yield self._act(self._worked, "turn_end", "agent")
            self._worked = None
        yield self._act(note, "prompt", "human" if note.is_person else "agent")

    def _was_queued(self, note: LogNote) -> bool:
        """Whether this prompt was told when it was typed: it was just taken up, or the agent goes right on with it."""
        waited, self._waiting = self._waiting, 0
        is_going_on = self._worked is not None and note.time_us - self._worked.time_us <= GOING_ON_US
        return note.time_us - self._taken_us <= GOING_ON_US or bool(waited and is_going_on)

    def _act(self, note: LogNote, kind: str, actor: str, path: str = "") -> AgentAct:
        place = path or note.folder
        is_inside = place == note.folder or place.startswith(note.folder.rstrip("/") + "/")
        return AgentAct(
            note.time_us, kind, actor, place, note.branch if is_inside else "", self._session, self._agent, note.folder
        )
