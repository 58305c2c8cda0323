"""What a line of an agent's session log reports, in one form for all agents, and the acts that follow from it. No I/O.

A log is the agent's diary, not ours: its times are its own, the end of a turn is often only what stands before the next
prompt, and none of its text is kept. `claudelog` and `codexlog` read lines into notes; `acts` makes evidence of the notes.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from stintd.domain.model import Actor, to_us
from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject

LogNoteKind = Literal["prompt", "queued", "taken", "work", "stop"]
ActKind = Literal["prompt", "tool", "turn_end"]
EARLIEST_US = 1_577_836_800_000_000
"""The start of 2020: no agent kept a log before."""
SECOND = 1_000_000
GRID_US = 20 * SECOND
"""Of an agent's acts in one folder the first in each twenty seconds is kept: no rule looks closer. The twenty seconds are
counted from the clock, so that any part of a log gives the same acts."""
SETTLED_US = 300 * SECOND
"""When the last line of a log is younger than this, a turn that seems over may still go on."""
BRANCH_LIMIT = 250
CALLS_KEPT = 1000
GOING_ON_US = 2 * SECOND
SAME_US = SECOND
"""Two lines of the same prompt are this close; the next prompt of a person never is."""


@frozen
class LogNote:
    """What one line reports. `what`: prompt, queued (a prompt typed while a turn ran), taken (the agent took the queued
    ones up), work, stop. `is_person`: a person typed it.

    `is_last`: no work is under way after this, so that a turn may end here. `paths`: files it touched, if any; `folder`:
    where the session worked at that time.
    """

    time_us: int
    what: LogNoteKind
    session: str
    folder: str
    branch: str = ""
    paths: tuple[str, ...] = ()
    is_person: bool = False
    is_last: bool = False


@frozen
class AgentAct:
    """What goes to the daemon to become a heartbeat; contains none of the log's text."""

    time_us: int
    kind: ActKind
    actor: Actor
    path: str
    branch: str
    session: str
    agent: str
    folder: str = ""

    @property
    def identity(self) -> str:
        """An id that is the same for every copy of the line, in any log of any session."""
        parts = (self.agent, str(self.time_us), self.kind, self.path)
        digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogateescape"), digest_size=12)
        return "log:" + digest.hexdigest()


def instant(text: Json, now_us: int) -> int | None:
    """The time of a line in microseconds; None where it has none, or one that cannot be true."""
    if not isinstance(text, str) or not 16 <= len(text) <= 40:
        return None
    try:
        at_us = to_us(datetime.fromisoformat(text))
    except (ValueError, OverflowError, Invalid):
        return None
    return at_us if EARLIEST_US <= at_us <= now_us else None


class Calls:
    """Remembers which files a tool call touches until its result comes."""

    def __init__(self) -> None:
        self._paths: dict[str, tuple[str, ...]] = {}

    def add(self, call: str, paths: tuple[str, ...]) -> None:
        if paths and call:
            self._paths[call] = paths
            if len(self._paths) > CALLS_KEPT:
                del self._paths[next(iter(self._paths))]

    def take(self, call: str) -> tuple[str, ...]:
        return self._paths.pop(call, ())


def branch_of(text: str) -> str:
    """The branch that a log names; "" where it names none, or what cannot be a branch."""
    return text if text != "HEAD" and len(text) <= BRANCH_LIMIT and text.isprintable() else ""


def text_of(holder: JsonObject, name: str) -> str:
    """A text of a record; "" where there is none or another value."""
    value = holder.get(name)
    return value if isinstance(value, str) else ""


def acts(agent: str, notes: Iterable[LogNote], now_us: int) -> Iterator[AgentAct]:
    """The acts of one log; its lines may be in any order."""
    sessions: dict[str, list[LogNote]] = {}
    for note in notes:
        sessions.setdefault(note.session, []).append(note)
    for name in sorted(sessions):
        yield from _Diary(agent, name).read(sorted(sessions[name], key=lambda note: note.time_us), now_us)


class _Diary:
    """One session of one log, read in the order of time."""

    def __init__(self, agent: str, session: str) -> None:
        self._agent, self._session = agent, session
        self._last_work: LogNote | None = None  # the last work of a turn that has not ended
        self._prompt_us = -SAME_US - 1
        self._waiting = 0  # prompts that were typed while a turn ran and that the agent has not taken up yet
        self._taken_us = -GOING_ON_US - 1  # when it last took up one of them
        self._bucket: tuple[int, set[str]] = (0, set())  # the current twenty seconds, and the folders worked in

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
        if self._last_work is not None and self._last_work.is_last and now_us - self._last_work.time_us > SETTLED_US:
            yield self._act(self._last_work, "turn_end", "agent")

    def _work(self, note: LogNote) -> Iterator[AgentAct]:
        self._last_work = note
        number = note.time_us // GRID_US
        if self._bucket[0] != number:
            self._bucket = number, set()
        for path in note.paths or (note.folder,):
            folder = os.path.dirname(path) if note.paths else path
            if folder not in self._bucket[1]:
                self._bucket[1].add(folder)
                yield self._act(note, "tool", "agent", path)

    def _stop(self, note: LogNote) -> Iterator[AgentAct]:
        """A turn ends, unless a prompt waits: the agent continues with that one at once."""
        if self._last_work is not None and not self._waiting:
            yield self._act(note, "turn_end", "agent")
            self._last_work = None

    def _prompt(self, note: LogNote) -> Iterator[AgentAct]:
        if note.time_us - self._prompt_us <= SAME_US or (note.what == "prompt" and self._is_from_queue(note)):
            return
        self._prompt_us = note.time_us
        if note.what == "queued":
            self._waiting += 1
        elif self._last_work is not None:
            yield self._act(self._last_work, "turn_end", "agent")
            self._last_work = None
        yield self._act(note, "prompt", "human" if note.is_person else "agent")

    def _is_from_queue(self, note: LogNote) -> bool:
        """Whether this prompt was reported when it was typed: the agent just took it up, or continues with it at once."""
        waiting, self._waiting = self._waiting, 0
        is_going_on = self._last_work is not None and note.time_us - self._last_work.time_us <= GOING_ON_US
        return note.time_us - self._taken_us <= GOING_ON_US or bool(waiting and is_going_on)

    def _act(self, note: LogNote, kind: ActKind, actor: Actor, path: str = "") -> AgentAct:
        place = path or note.folder
        is_inside = place == note.folder or place.startswith(note.folder.rstrip("/") + "/")
        return AgentAct(
            note.time_us, kind, actor, place, note.branch if is_inside else "", self._session, self._agent, note.folder
        )
