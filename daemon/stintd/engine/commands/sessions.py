"""Sessions that callers tell of: a start that is not by hand, signs of life, and the end. They are evidence.

A session's heartbeats carry the id of their project as its name, so that renaming the project moves nothing.
"""

from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any

from stintd.domain.model import SOURCES, Context, Heartbeat, from_us, to_us
from stintd.domain.timer import SessionBeat
from stintd.engine.commands import naming
from stintd.engine.commands.naming import Wanted
from stintd.engine.intake import check_time, unlike_any
from stintd.engine.queries.timers import current, timers
from stintd.engine.rows import Row, first, select
from stintd.engine.step import Step
from stintd.engine.view import View
from stintd.store import table

RESUMABLE = timedelta(hours=12)


def session_of(step: Step, session_id: str | None, project_id: str) -> str:
    """The session's id: the caller's own, else one for each caller and project."""
    return session_id or f"{step.who}:{project_id}"


def begin(
    step: Step, target: naming.Target, place: Context | None, at: datetime, *, session_id: str | None, source: str | None,
    pid: int | None, words: Row,
) -> str:  # fmt: skip
    """A session starts, or goes on when it is open: its id."""
    session = session_of(step, session_id, target.id)
    known = first(step.conn, "SELECT * FROM session WHERE id = ?", (session,))
    is_open = known is not None and known["ended_us"] is None
    _tell(step, "session_start", session, target.id, place, at, source)
    at_us = to_us(at)
    values = {**words, "project_id": target.id, "last_us": at_us, "ended_us": None, "end_reason": "", "pid": pid}
    if known is None:
        row = {"id": session, "agent": source or "", "caller": step.who, "started_us": at_us, **values}
        table.insert(step.conn, "session", row)
    else:
        table.update(step.conn, "session", session, values if is_open else {**values, "started_us": at_us})
    return session


def end(step: Step, session: Row, at: datetime, reason: str = "stop") -> None:
    """A session ends."""
    _tell(step, "session_end", session["id"], session["project_id"], None, at, session["agent"])
    table.update(step.conn, "session", session["id"], {"ended_us": to_us(at), "last_us": to_us(at), "end_reason": reason})


def carry_out(step: Step, effect: SessionBeat) -> None:
    """Evidence of a session that the rules asked for."""
    known = first(step.conn, "SELECT * FROM session WHERE id = ?", (effect.session,))
    if effect.kind == "session_end" and known is not None:
        end(step, known, effect.at)
    else:
        _tell(step, effect.kind, effect.session or None, effect.project, None, effect.at, None)


def open_sessions(step: Step, session_id: str | None = None, project_id: str | None = None) -> list[Row]:
    """Open sessions, the most recent first; of one id or project if named. One silent too long is over."""
    oldest = to_us(step.now - step.policy.session_idle_timeout)
    clauses, values = ["ended_us IS NULL", "last_us >= ?"], list[Any]([oldest])
    for column, value in (("id", session_id), ("project_id", project_id)):
        if value is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
    where = " AND ".join(clauses)
    return select(step.conn, f"SELECT * FROM session WHERE {where} ORDER BY last_us DESC, id", values)  # noqa: S608


def prompt(
    step: Step, project_id: str | None = None, project_name: str | None = None, place: Context | None = None,
    session_id: str | None = None, pid: int | None = None,
) -> None:  # fmt: skip
    """A person acted in a session now. Unknown projects make nothing; which session is meant may be open."""
    wanted = Wanted(project_id, project_name, place)
    if not wanted.is_empty:
        target = naming.existing(step, wanted)
        if target is None:
            return
        session = session_of(step, session_id, target.id)
        _sign_of_life(step, session, target.id, place)
        return
    known = open_sessions(step, session_id) if session_id else open_sessions(step)
    running = select(step.conn, "SELECT * FROM entry WHERE end_us IS NULL AND actor = 'human' AND origin <> 'auto'")
    if len(known) + len(running) == 1:
        one = (known or running)[0]
        _sign_of_life(step, one["id"] if known else None, one["project_id"], None)
    elif not known and not running:
        _resume(step, session_id)
    else:
        _tell(step, "prompt", session_id, None, None, step.now, None)


def _resume(step: Step, session_id: str | None) -> None:
    """With none open: the session last closed for idleness by the same caller within twelve hours goes on. Without one
    there is nothing this could be a sign of.
    """
    if session_id is not None:
        last = first(step.conn, "SELECT * FROM session WHERE id = ?", (session_id,))
    else:
        last = first(
            step.conn, "SELECT * FROM session WHERE caller = ? AND ended_us IS NULL AND last_us >= ?"
            " ORDER BY last_us DESC, id LIMIT 1", (step.who, to_us(step.now - RESUMABLE)),
        )  # fmt: skip
    if last is not None:
        _sign_of_life(step, last["id"], last["project_id"], None)


def _sign_of_life(step: Step, session: str | None, project_id: str | None, place: Context | None) -> None:
    _tell(step, "prompt", session, project_id, place, step.now, None)
    if session is not None:
        step.conn.execute("UPDATE session SET last_us = max(last_us, ?) WHERE id = ?", (to_us(step.now), session))


def _tell(
    step: Step, kind: str, session: str | None, project_id: str | None, place: Context | None, at: datetime,
    source: str | None,
) -> None:  # fmt: skip
    """Store one heartbeat of a person in this step."""
    check_time(at, step.now, step.policy.max_future)
    known = source if source in SOURCES else "api"
    context = Context(
        known, kind, "human", place.repo if place else None, place.repo_path if place else None,
        place.folder if place else None, project_id if place is None or place.repo is None else None,
        place.branch if place else None, session, step.state.device_id, "", "" if source in SOURCES else source or "",
    )  # fmt: skip
    beat = Heartbeat(unlike_any(), at, context)
    step.state.ingest(step, [beat])


def timer_of(
    view: View, project_id: str | None = None, project_name: str | None = None, place: Context | None = None,
    session_id: str | None = None, pid: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """`{timer}`: the one that a sign of life was for."""
    shown = timers(view)
    for one in shown:
        if session_id is not None and one["sessionId"] == session_id:
            return {"timer": one}
    if project_id is None and project_name is None and place is None:
        return {"timer": current(view)["timer"]}
    names = {project_id, project_name}
    return {"timer": next((one for one in shown if one["projectId"] in names or one["projectName"] in names), None)}


# ---------------------------------------------------------------- the processes of sessions


def with_process(conn: Connection) -> list[Row]:
    """Open sessions that named a process."""
    return select(conn, "SELECT * FROM session WHERE ended_us IS NULL AND pid IS NOT NULL")


def seen(step: Step, session_id: str, started: float | None, boot_id: str) -> None:
    """The first look at a session's process: when it began. One that is not there is not believed again."""
    values: Row = {"pid_started": started, "boot_id": boot_id} if started is not None else {"pid": None}
    table.update(step.conn, "session", session_id, values)


def died(step: Step, session_id: str) -> None:
    """A session's process is gone: it ends at its last sign of life."""
    known = first(step.conn, "SELECT * FROM session WHERE id = ? AND ended_us IS NULL", (session_id,))
    if known is not None:
        end(step, known, from_us(max(known["last_us"], _last_sign(step, session_id))), "its process ended")


def _last_sign(step: Step, session_id: str) -> int:
    """The last heartbeat that carries the session's id; 0 when there is none."""
    sql = "SELECT max(s.last_us) AS us FROM span s JOIN context c ON c.id = s.context_id WHERE c.session = ?"
    return int(select(step.conn, sql, (session_id,))[0]["us"] or 0)
