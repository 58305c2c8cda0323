"""Sessions that API clients report: a start that is not manual, signs of life, and the end. They are evidence.

A session's heartbeats carry the project's id as its name, so renaming the project moves nothing. The session's row stores the
project names that its starts used (column `folder`, because hooks send the folder's name): a name that led to a fallback, or to a
project renamed since, finds the same session again at the stop.
"""

import json
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any

from stintd.domain.kinds import BeatKind
from stintd.domain.mapping.naming import normal_name
from stintd.domain.model import SOURCES, Actor, Context, Heartbeat, ProjectId, from_us, to_us
from stintd.domain.timer import SessionBeat
from stintd.engine.checks import check_time, unique_id
from stintd.engine.commands import resolve, start_names
from stintd.engine.commands.resolve import ProjectNames
from stintd.engine.queries.timers import timers
from stintd.engine.rows import select
from stintd.engine.sheet.derive import ingest
from stintd.engine.step import Step
from stintd.engine.view import View
from stintd.engine.wire_types import TimerAnswerJson
from stintd.errors import Conflict
from stintd.frozen import frozen
from stintd.store import rowio
from stintd.store.row_types import EntryRow, SessionColumns, SessionRow
from stintd.store.rowio import fetch_all, fetch_one

RESUMABLE = timedelta(hours=12)
HOOK = "hook"
"""The caller of sessions that agents' hooks report (`hooksessions`)."""
IDLE = "idle"
"""The end reason of a session that was silent for too long: only after this one does a sign of life continue the session."""
LONGEST_RUN = timedelta(minutes=40)
"""A run of heartbeats is stored under its first one; no run is longer than this (35 minutes, store/spans.py)."""


@frozen
class Sign:
    """What a sign of life counts for; without session and project it counts for nothing."""

    session: str | None = None
    project: str | None = None


def session_of(step: Step, session_id: str | None, project_id: str) -> str:
    """The session's id: the one the API client sent, else one for each client and project."""
    return session_id or f"{step.who}:{project_id}"


@frozen
class SessionStart:
    """A start of a session as an API client reports it. `project_name`: its name for the project; `columns`: its words about the
    work.
    """

    at: datetime
    place: Context | None
    source: str | None
    pid: int | None
    project_name: str | None
    columns: SessionColumns


def begin(step: Step, session: str, project_id: ProjectId, start: SessionStart) -> None:
    """Start a session, or continue it if it is open."""
    _close_idle(step)
    row = fetch_one(step.conn, SessionRow, "SELECT * FROM session WHERE id = ?", (session,))
    if row is not None and not step.admits(row["project_id"]):
        raise Conflict("this session belongs to a project that this key has no access to", "send a different sessionId")
    _store_beat(step, "session_start", session, project_id, start.place, start.at, start.source)
    at_us, names = to_us(start.at), _normal_names(start.project_name)
    values: SessionColumns = {
        **start.columns,
        "project_id": project_id,
        "ended_us": None,
        "end_reason": "",
        "pid": start.pid,
    }
    if row is not None and row["ended_us"] is None:
        values |= {"last_us": max(at_us, row["last_us"]), "folder": _names_text([*names_of(row), *names])}
        rowio.update(step.conn, "session", session, values)
        return
    values |= {"started_us": at_us, "last_us": at_us, "folder": _names_text(names)}
    if row is None:
        rowio.insert(step.conn, "session", {"id": session, "agent": start.source or "", "caller": step.who, **values})
    else:
        rowio.update(step.conn, "session", session, values)


def _normal_names(project_name: str | None) -> list[str]:
    return [normal_name(project_name)] if project_name is not None else []


def _names_text(names: list[str]) -> str:
    return json.dumps(list(dict.fromkeys(names)), ensure_ascii=False) if names else ""


def names_of(session: SessionRow) -> list[str]:
    """The normalised project names of the starts that keep a session open."""
    names: list[str] = json.loads(session["folder"] or "[]")
    return names


def end_start(step: Step, session: SessionRow, project_name: str | None) -> bool:
    """End one of a session's starts while others continue; whether there were others. Two folders that fall back to one
    project are one session of their API client; the first to stop does not end it for the other.
    """
    names = names_of(session)
    other_names = [name for name in names if name not in _normal_names(project_name)]
    if not other_names or len(other_names) == len(names):
        return False
    rowio.update(step.conn, "session", session["id"], {"folder": _names_text(other_names)})
    return True


def end(step: Step, session: SessionRow, at: datetime, reason: str = "stop", actor: Actor = "human") -> None:
    """End a session; `actor` says whether a person ended it."""
    source = "agent" if session["caller"] == HOOK else session["agent"]
    _store_beat(step, "session_end", session["id"], session["project_id"], None, at, source, actor)
    rowio.update(step.conn, "session", session["id"], {"ended_us": to_us(at), "last_us": to_us(at), "end_reason": reason})


def forget(step: Step, session: SessionRow) -> None:
    """Note that a session was stopped after it had closed for idleness: no sign of life continues it any more."""
    rowio.update(step.conn, "session", session["id"], {"end_reason": "stop"})


def carry_out(step: Step, effect: SessionBeat) -> None:
    """Store evidence of a session that the rules asked for."""
    row = fetch_one(step.conn, SessionRow, "SELECT * FROM session WHERE id = ?", (effect.session,))
    if effect.kind == "session_end" and row is not None:
        end(step, row, effect.at)
    else:
        _store_beat(step, effect.kind, effect.session or None, effect.project, None, effect.at, None)


def open_sessions(step: Step, session_id: str | None = None, project_id: str | None = None) -> list[SessionRow]:
    """Open sessions, the most recent first; of one id or project if named. A session silent for too long is not open."""
    _close_idle(step)
    clauses, values = ["ended_us IS NULL"], list[Any]()
    for column, value in (("id", session_id), ("project_id", project_id)):
        if value is not None:
            clauses.append(f"{column} = ?")
            values.append(value)
    where = " AND ".join(clauses)
    rows = fetch_all(step.conn, SessionRow, f"SELECT * FROM session WHERE {where} ORDER BY last_us DESC, id", values)  # noqa: S608
    return [row for row in rows if step.admits(row["project_id"])]


def _close_idle(step: Step) -> None:
    """End the sessions silent for `session_idle_timeout` at their last evidence of any kind."""
    oldest = to_us(step.now - step.policy.session_idle_timeout)
    for row in fetch_all(
        step.conn, SessionRow, "SELECT id, last_us FROM session WHERE ended_us IS NULL AND last_us < ?", (oldest,)
    ):
        last = max(row["last_us"], _last_sign(step, row["id"], row["last_us"]))
        end_values: SessionColumns = {"ended_us": last, "end_reason": IDLE} if last < oldest else {}
        rowio.update(step.conn, "session", row["id"], {"last_us": last, **end_values})


def dormant_sessions(step: Step, session_id: str | None = None) -> list[SessionRow]:
    """The API client's own sessions that closed for idleness within the last twelve hours, the latest first; of one id if
    named.
    """
    rows = fetch_all(
        step.conn,
        SessionRow,
        "SELECT * FROM session WHERE caller = ? AND end_reason = ? AND ended_us >= ? ORDER BY ended_us DESC, id",
        (step.who, IDLE, to_us(step.now - RESUMABLE)),
    )
    return [row for row in rows if session_id in (None, row["id"])]


def find_project(step: Step, names: ProjectNames) -> resolve.ProjectChoice | None:
    """The project that a stop, a pause or a sign of life names: as a start would find it, else that of the client's own
    session whose start used this name. Creates nothing.
    """
    project = resolve.match_project(step, names)
    if project is not None or names.project_name is None:
        return project
    own_sessions = [row for row in open_sessions(step) if row["caller"] == step.who] + dormant_sessions(step)
    name = normal_name(names.project_name)
    return next(
        (resolve.ProjectChoice(row["project_id"]) for row in own_sessions if row["project_id"] and name in names_of(row)), None
    )


# ---------------------------------------------------------------- signs of life


def note_prompt(
    step: Step,
    project_id: str | None = None,
    project_name: str | None = None,
    place: Context | None = None,
    session_id: str | None = None,
    pid: int | None = None,
    fuzzy: bool = True,
) -> Sign:
    """What a person's sign of life counts for. Unknown projects create nothing; which session is meant may be unclear."""
    names = ProjectNames(project_id, project_name, place, fuzzy)
    if not names.is_empty:
        project = find_project(step, names) or _find_project_of_timer(step, project_name)
        return Sign() if project is None else _store_prompt(step, session_of(step, session_id, project.id), project.id, place)
    if session_id is not None:
        return _note_session_prompt(step, session_id)
    open_rows, manual_timers = open_sessions(step), _open_timers(step, "origin <> 'auto' AND state = 'running'")
    if len(open_rows) + len(manual_timers) > 1:
        return _store_nameless_prompt(step, None)
    for row in open_rows or dormant_sessions(step)[: 0 if manual_timers else 1]:
        return _store_prompt(step, row["id"], row["project_id"], None)
    # This client has no open session. Its own closed one was tried first, whatever is edited now: its hook means that one.
    running = (
        manual_timers
        or _open_timers(step, "origin = 'auto' AND project_id IS NOT NULL")
        or _open_timers(step, "state = 'paused'")
    )
    if len(running) > 1:
        return _store_nameless_prompt(step, None)
    return _store_prompt(step, None, running[0]["project_id"], None) if running else Sign()


def _open_timers(step: Step, condition: str) -> list[EntryRow]:
    """The person's open entries of one kind within reach, the latest first."""
    where = f"end_us IS NULL AND actor = 'human' AND {condition}"
    rows = fetch_all(step.conn, EntryRow, f"SELECT project_id FROM entry WHERE {where} ORDER BY start_us DESC, id")  # noqa: S608
    return [row for row in rows if step.admits(row["project_id"])]


def _find_project_of_timer(step: Step, name: str | None) -> resolve.ProjectChoice | None:
    """The project of the manual timer whose start used this name."""
    entry = start_names.find_timer(step, name) if name is not None else None
    row = fetch_one(step.conn, EntryRow, "SELECT project_id FROM entry WHERE id = ?", (entry,)) if entry is not None else None
    if row is None or row["project_id"] is None or not step.admits(row["project_id"]):
        return None
    return resolve.ProjectChoice(row["project_id"])


def _note_session_prompt(step: Step, session_id: str) -> Sign:
    """A sign of life that names its session. One for an unknown session is stored without a project, for review."""
    _close_idle(step)
    row = fetch_one(step.conn, SessionRow, "SELECT * FROM session WHERE id = ?", (session_id,))
    if row is None or not step.admits(row["project_id"]):
        return _store_nameless_prompt(step, session_id)
    return _store_prompt(step, session_id, row["project_id"], None)


def _store_nameless_prompt(step: Step, session: str | None) -> Sign:
    """Store a sign of life without a project: it counts for no timer."""
    _store_beat(step, "prompt", session, None, None, step.now, None)
    return Sign()


def _store_prompt(step: Step, session: str | None, project_id: str | None, place: Context | None) -> Sign:
    """Store a sign of life. A session that closed for idleness continues; a stopped one stays stopped, and its evidence
    counts.
    """
    _store_beat(step, "prompt", session, project_id, place, step.now, None)
    if session is not None:
        step.conn.execute("UPDATE session SET last_us = max(last_us, ?) WHERE id = ?", (to_us(step.now), session))
        reopen_sql = "UPDATE session SET ended_us = NULL, end_reason = '' WHERE id = ? AND end_reason = ?"
        step.conn.execute(reopen_sql, (session, IDLE))
    return Sign(session, project_id)


def _store_beat(
    step: Step,
    kind: BeatKind,
    session: str | None,
    project_id: str | None,
    place: Context | None,
    at: datetime,
    source: str | None,
    actor: Actor = "human",
) -> None:
    """Store one heartbeat in this step."""
    check_time(at, step.now, step.policy.max_future)
    known_source = source if source in SOURCES else "api"
    context = Context(
        known_source,
        kind,
        actor,
        place.repo if place else None,
        place.repo_path if place else None,
        place.folder if place else None,
        project_id if place is None or place.repo is None else None,
        place.branch if place else None,
        session,
        step.state.device_id,
        "",
        "" if source in SOURCES else source or "",
    )
    beat = Heartbeat(unique_id(), at, context)
    ingest(step, [beat])


def timer_of(view: View, sign: Sign) -> TimerAnswerJson:
    """`{timer}`: the timer that a sign of life counted for."""
    shown_timers = timers(view)
    same_session = [entry for entry in shown_timers if sign.session is not None and entry["sessionId"] == sign.session]
    same_project = [entry for entry in shown_timers if sign.project is not None and entry["projectId"] == sign.project]
    return {"timer": next(iter(same_session or same_project), None)}


# ---------------------------------------------------------------- the processes of sessions


def sessions_with_process(conn: Connection) -> list[SessionRow]:
    """Open sessions that reported a process."""
    return fetch_all(conn, SessionRow, "SELECT * FROM session WHERE ended_us IS NULL AND pid IS NOT NULL")


def note_process(step: Step, session_id: str, started: float | None, boot_id: str) -> None:
    """Store when a session's process began, at the first look at it. A process that does not exist is not checked again."""
    values: SessionColumns = {"pid_started": started, "boot_id": boot_id} if started is not None else {"pid": None}
    rowio.update(step.conn, "session", session_id, values)


def end_lost_session(step: Step, session_id: str) -> None:
    """End a session whose process is gone, at its last sign of life."""
    row = fetch_one(step.conn, SessionRow, "SELECT * FROM session WHERE id = ? AND ended_us IS NULL", (session_id,))
    if row is not None:
        last = from_us(max(row["last_us"], _last_sign(step, session_id, row["last_us"])))
        end(step, row, last, "its process ended", "agent")


def _last_sign(step: Step, session_id: str, since_us: int) -> int:
    """The last heartbeat since an instant that carries the session's id; 0 when there is none."""
    sql = "SELECT max(s.last_us) AS us FROM span s JOIN context c ON c.id = s.context_id WHERE c.session = ? AND s.id >= ?"
    earliest = (since_us - LONGEST_RUN // timedelta(microseconds=1)) * 1024
    return int(select(step.conn, sql, (session_id, earliest))[0]["us"] or 0)
