"""Sessions reported by agents' hooks: what is stored of them besides their heartbeats. Writer thread only."""

from datetime import datetime

from stintd.domain.model import Context, to_us
from stintd.engine.commands.sessions import HOOK
from stintd.engine.rows import Row
from stintd.engine.sheet import projects
from stintd.engine.step import Step
from stintd.frozen import frozen
from stintd.store import rowio
from stintd.store.row_types import SessionRow
from stintd.store.rowio import fetch_one


@frozen
class SessionAct:
    """What a hook reported of a session. `pid` and `started` only for a process that was alive; `boot` names the boot it ran
    in.
    """

    session: str
    agent: str
    kind: str
    at: datetime
    pid: int | None = None
    started: float | None = None
    boot: str = ""
    reason: str = ""


def note_act(step: Step, act: SessionAct, context: Context) -> None:
    """Store it. A late report changes no end after it; a report after the end opens the session again."""
    at_us = to_us(act.at)
    stored = fetch_one(step.conn, SessionRow, "SELECT * FROM session WHERE id = ?", (act.session,))
    values: Row = {"project_id": resolve_project(step, context), "last_us": at_us, "ended_us": None, "end_reason": ""}
    if act.kind == "session_end":
        values |= {"ended_us": at_us, "end_reason": act.reason or "stop"}
    if act.pid is not None:
        values |= {"pid": act.pid, "pid_started": act.started, "boot_id": act.boot}
    if stored is None:
        row = {"id": act.session, "agent": act.agent, "caller": HOOK, "started_us": at_us, **values}
        rowio.insert(step.conn, "session", row)
    elif at_us >= stored["last_us"]:
        rowio.update(step.conn, "session", act.session, values)


def resolve_project(step: Step, context: Context) -> str | None:
    projects.ensure_projects(step, [context])
    return step.state.resolver(step.conn, step.policy).resolve(context, "").project
