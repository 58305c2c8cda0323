"""Sessions of agents, as their hooks report them: which ids are one session, and what is stored of each.

When an agent clears or compacts its conversation, or resumes another one in the same process, the same session continues
under a new id. Lives on the event loop's thread; rows are written in the engine's next step.
"""

from dataclasses import dataclass, replace
from sqlite3 import Connection

from stintd.domain.model import AgentSignal, BeatSignal, Context
from stintd.engine.commands import hooksessions
from stintd.engine.commands.sessions import HOOK
from stintd.engine.engine import Engine
from stintd.store import cursors
from stintd.store.row_types import SessionRow
from stintd.store.rowio import fetch_all

CONTINUING = frozenset({"clear", "compact", "resume", "fork"})
"""Reasons of a start that is not a new session if the process already has one."""
SESSIONS_LIMIT = 500
"""The most open sessions that are remembered, because most sessions end without a report."""
ALIAS = "session alias:"


@dataclass(slots=True)
class _OpenSession:
    agent: str
    pid: int | None
    started: float | None


class AgentSessions:
    """`boot` names this boot of the machine. `processes`: the last processes (pid, start) whose hooks reported something."""

    def __init__(self, engine: Engine, boot: str) -> None:
        self._engine, self._boot = engine, boot
        self._open: dict[str, _OpenSession] = {}
        self._aliases: dict[str, str] = {}
        self.processes: dict[tuple[int, float], None] = {}

    def restore(self, conn: Connection) -> None:
        """Load what was known when the daemon stopped."""
        self._aliases = {name.removeprefix(ALIAS): known for name, known in cursors.all_of(conn, ALIAS).items()}
        for row in fetch_all(conn, SessionRow, "SELECT * FROM session WHERE caller = ?", (HOOK,)):
            self._note_process(row["pid"], row["pid_started"])
            if row["ended_us"] is None:
                self._open[row["id"]] = _OpenSession(row["agent"], row["pid"], row["pid_started"])

    def first_id(self, session: str | None) -> str | None:
        """The first id of a session that continued under another; all its evidence is stored under the first."""
        return self._aliases.get(session or "", session)

    def take(self, signal: AgentSignal) -> BeatSignal:
        """The act under its session's first id. A start that only continues a session becomes a sign of presence."""
        beat, session_id = signal.beat, signal.beat.session or ""
        session = self._aliases.get(session_id, session_id)
        if beat.kind == "session_start" and signal.reason in CONTINUING:
            earlier = self._session_of_process(signal, session)
            if earlier is not None and session not in self._open:
                self._aliases[session_id] = session = earlier
                self._engine.write(lambda step: cursors.put(step.conn, {ALIAS + session_id: earlier}), soon=False)
            if self._is_same_process(signal, session):
                beat = replace(beat, kind="presence")
        self._note_process(beat.pid, signal.started)
        return replace(beat, session=session)

    def note(self, signal: AgentSignal, beat: BeatSignal, context: Context) -> None:
        """Store what `take` made of the signal, at the place `context`. A tool call changes nothing here, except the first."""
        session, known = beat.session or "", self._open.get(beat.session or "")
        is_new = known is None or (beat.pid is not None and (known.pid, known.started) != (beat.pid, signal.started))
        if beat.kind == "session_end":
            self._open.pop(session, None)
        elif is_new:
            self._open[session] = _OpenSession(signal.agent, beat.pid, signal.started)
            while len(self._open) > SESSIONS_LIMIT:
                del self._open[next(iter(self._open))]
        if is_new or beat.kind != "tool":
            act = hooksessions.SessionAct(
                session, signal.agent, beat.kind, beat.time, beat.pid, signal.started, self._boot, signal.reason
            )
            self._engine.write(lambda step: hooksessions.note_act(step, act, context))

    def _note_process(self, pid: int | None, started: float | None) -> None:
        """Note that a process has hooks and so reports when it works. Hooks that were removed do not reach a new process."""
        if pid is not None and started is not None:
            self.processes[pid, started] = None
            while len(self.processes) > SESSIONS_LIMIT:
                del self.processes[next(iter(self.processes))]

    def _is_same_process(self, signal: AgentSignal, session: str) -> bool:
        """Whether a session continues in its own process; another process that resumes it begins new work."""
        known = self._open.get(session)
        return known is not None and (None in (known.pid, signal.beat.pid) or known.pid == signal.beat.pid)

    def _session_of_process(self, signal: AgentSignal, session: str) -> str | None:
        """The latest other open session of the same process."""
        if signal.beat.pid is None:
            return None
        process = (signal.agent, signal.beat.pid, signal.started)
        names = [
            name
            for name, open_session in self._open.items()
            if (open_session.agent, open_session.pid, open_session.started) == process and name != session
        ]
        return names[-1] if names else None
