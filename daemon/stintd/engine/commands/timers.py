"""Start, stop, pause, resume, switch, continue, cancel: the rules decide, and this module carries it out."""

import json
from collections.abc import Callable
from dataclasses import field, replace
from datetime import datetime
from typing import TypedDict, Unpack

from stintd.domain import timer
from stintd.domain.derive.timesheet import WaitingSession
from stintd.domain.model import Context, EntryId, Pause, ProjectId, TimeEntry, to_us
from stintd.engine import wire
from stintd.engine.commands import entries, entry_rows, resolve, sessions, start_names
from stintd.engine.commands.resolve import ProjectNames
from stintd.engine.commands.words import EntryChanges, EntryWords
from stintd.engine.entry_texts import ALL_PINS, pauses_text, tags_text
from stintd.engine.queries.entries import find_entry
from stintd.engine.queries.timers import AUTOMATIC, first_running_timer, timers
from stintd.engine.reply import Reply
from stintd.engine.sheet import rollup
from stintd.engine.sheet.forgotten import PAUSED
from stintd.engine.sheet.settle import settle
from stintd.engine.step import Step
from stintd.engine.view import View
from stintd.engine.wire_types import EntryAnswerJson, EntryJson, ResumedTimerJson, StartedTimerJson, TimerAnswerJson
from stintd.errors import Conflict, NotFound
from stintd.frozen import frozen
from stintd.store import cursors
from stintd.store.row_types import EntryColumns, EntryRow, SessionColumns, SessionRow
from stintd.store.rowio import fetch_all, fetch_one


@frozen
class TimerChanges:
    """The result of carrying out an outcome: entries that ended, and the one that was created."""

    stopped_ids: list[str]
    created_id: str | None


class TimerNames(TypedDict, total=False):
    """How a request names a timer: by its id or session, or by its project."""

    timer_id: str | None
    session_id: str | None
    project_id: str | None
    project_name: str | None
    place: Context | None


def view_of(step: Step) -> View:
    """The step's own state, as queries read it."""
    return View(step.conn, step.now, step.policy, tuple(step.state.waiting), (), step.state.roots, step.state.files)


def _waiting_timer(session: WaitingSession) -> TimeEntry:
    entry_id = EntryId(wire.WAITING_ID + (session.session or "session"))
    project, task, start = session.project, session.task, session.start
    return TimeEntry(entry_id, "human", "auto", project, task, start, None, "waiting", session=session.session)


def open_timers(step: Step) -> list[TimeEntry]:
    """Every open entry, and the sessions that have not acted yet."""
    open_entries = [rollup.entry_of(row) for row in fetch_all(step.conn, EntryRow, "SELECT * FROM entry WHERE end_us IS NULL")]
    waiting = [_waiting_timer(session) for session in step.state.waiting if session.until > step.now]
    return open_entries + waiting


def _select_within_reach(
    step: Step, selector: timer.TimerSelector, states: tuple[str, ...] = ("running", "paused", "waiting")
) -> timer.TimerSelector:
    """The timer a request means; for a limited API client only one within its reach, whatever else runs, or `not_found`."""
    if step.reach is None:
        return selector
    reachable = [entry for entry in open_timers(step) if step.admits(entry.project)]
    match = timer.find_timer(reachable, selector, states)
    if match is None:
        raise NotFound("no such timer is running", "start one first")
    return timer.TimerSelector(match.id, None, None, selector.at)


# ---------------------------------------------------------------- start


@frozen
class StartRequest:
    """A start of a timer as a client asks for it. `place`: where its `path` lies. `project_name`: an exact name only,
    unless `fuzzy`. `surface`, `is_fresh`: how the API it came by starts timers (`domain.timer.Start`)."""

    project_id: str | None = None
    project_name: str | None = None
    place: Context | None = None
    auto_create: bool = False
    fallback_project_id: str | None = None
    source: str | None = None
    session_id: str | None = None
    pid: int | None = None
    manual: bool | None = None
    on_running: str | None = None
    at: datetime | None = None
    fuzzy: bool = True
    words: EntryWords = field(default_factory=EntryWords)
    surface: str | None = None
    is_fresh: bool = False


def start(step: Step, request: StartRequest) -> Reply[StartedTimerJson]:
    """Start a manual timer, or report a session (see `sessions`); a timer that runs already is answered as it is, unless the API
    always starts a new one (`is_fresh`).

    The verbs of ClockMe's clients (start, stop, pause, resume, signs of life) accept a name close to that of one project unless
    `fuzzy` is false; no other command does.
    """
    names = ProjectNames(request.project_id, request.project_name, request.place, request.fuzzy)
    project = resolve.require_project(step, names, may_create=request.auto_create, fallback_id=request.fallback_project_id)
    by_hand = timer.is_manual_start(request.source or "api", request.session_id, request.pid, request.manual)
    session = None if by_hand else sessions.session_of(step, request.session_id, project.id)
    start = _start_of(step, project, request, session)
    outcome = _decide(step, lambda: timer.start(open_timers(step), start, step.policy, step.now))
    if session is not None:
        return _begin_session(step, project, request, session, has_timer=outcome.timer is not None)
    reply = _start_by_hand(step, outcome, project, request.source)
    timer_json = reply.value["timer"]
    if timer_json is not None and request.project_name is not None and request.project_name != timer_json["projectName"]:
        start_names.remember(step, timer_json["id"], request.project_name)
    return reply


def switch(step: Step, request: StartRequest) -> Reply[StartedTimerJson]:
    """Stop every human timer and start this manual one."""
    names = ProjectNames(request.project_id, request.project_name, request.place)
    project = resolve.require_project(step, names, may_create=request.auto_create, fallback_id=request.fallback_project_id)
    start = replace(_start_of(step, project, request, None), on_running=None)
    return _start_by_hand(step, timer.switch(open_timers(step), start, step.policy, step.now), project)


def carry_on(step: Step, at: datetime | None = None) -> Reply[StartedTimerJson]:
    """Start a timer again for the work of the last finished manual entry."""
    row = fetch_one(
        step.conn,
        EntryRow,
        "SELECT * FROM entry WHERE origin = 'manual' AND actor = 'human' AND end_us IS NOT NULL ORDER BY end_us DESC, id LIMIT 1",
    )
    last = rollup.entry_of(row) if row is not None else None
    outcome = _decide(
        step, lambda: timer.continue_timer(open_timers(step), last, timer.TimerSelector(at=at), step.policy, step.now)
    )
    return _start_by_hand(
        step, outcome, resolve.ProjectChoice(last.project or ProjectId("")) if last else resolve.ProjectChoice(ProjectId(""))
    )


def _start_of(step: Step, project: resolve.ProjectChoice, request: StartRequest, session: str | None) -> timer.Start:
    """The request in the form the rules take."""
    words = request.words
    task = resolve.task_of(step, project, words)
    return timer.Start(
        project.id,
        task,
        request.at,
        words.get("description") or "",
        tuple(words.get("tags", ())),
        words.get("billable"),
        request.on_running,
        request.surface,
        session,
        request.is_fresh,
    )


def _decide(step: Step, decide: Callable[[], timer.TimerDecision]) -> timer.TimerDecision:
    """The rules' decision; a refusal shows the timer that stands in the way."""
    try:
        outcome: timer.TimerDecision = decide()
    except Conflict as error:
        timer_id = error.details.get("timer")
        if isinstance(timer_id, str):
            error.details["timer"] = next(iter(wire.entries_by_id(step, [timer_id])), None)
        raise
    return outcome


def _start_by_hand(
    step: Step, outcome: timer.TimerDecision, project: resolve.ProjectChoice, source: str | None = None
) -> Reply[StartedTimerJson]:
    """Write the entry of a manual timer. Its history names the program that started it."""
    program = f" (by {source.strip()})" if source and source.strip() not in ("", "cli") else ""
    with step.edit("start", f"start {resolve.project_json(step, project.id)['name']}{program}"):
        changes = carry_out(step, outcome)
    settle(step)
    entry = wire.entry(step, find_entry(step, changes.created_id or outcome.timer or ""))
    is_new = changes.created_id is not None
    stopped_entries = wire.entries_by_id(step, changes.stopped_ids)
    return Reply({"timer": entry, "stopped": stopped_entries, "projectCreated": project.is_new}, is_new)


def _begin_session(
    step: Step, project: resolve.ProjectChoice, request: StartRequest, session: str, has_timer: bool
) -> Reply[StartedTimerJson]:
    """Start a session. It is evidence, so it stops nothing."""
    was_open = bool(sessions.open_sessions(step, session)) or has_timer
    sessions.begin(step, session, project.id, _session_start(step, project, request))
    settle(step)
    shown_timers = timers(view_of(step))
    own_timers = [entry for entry in shown_timers if entry["sessionId"] == session] or [
        entry for entry in shown_timers if entry["projectId"] == project.id
    ]
    return Reply({"timer": own_timers[0] if own_timers else None, "stopped": [], "projectCreated": project.is_new}, not was_open)


def _session_start(step: Step, project: resolve.ProjectChoice, request: StartRequest) -> sessions.SessionStart:
    words, at = request.words, timer.check_instant(request.at, step.now, step.policy)
    columns: SessionColumns = {
        "description": words.get("description") or "",
        "tags": json.dumps(list(words.get("tags", ()))),
        "task": resolve.task_key(step, project.id, words.get("task_id"), words.get("task_name")),
    }
    if (billable := words.get("billable")) is not None:
        columns["billable"] = int(billable)
    return sessions.SessionStart(at, request.place, request.source, request.pid, request.project_name, columns)


# ---------------------------------------------------------------- the other verbs


def stop(step: Step, at: datetime | None = None, fuzzy: bool = True, **which: Unpack[TimerNames]) -> EntryAnswerJson:
    """Stop the timer a request means; if none of that name runs, the answer is `{entry: null}`."""
    selector = _select_timer(step, which, at, fuzzy)
    if selector is None:
        return {"entry": None}
    instant = timer.check_instant(at, step.now, step.policy)
    session = _find_session(step, which, selector)
    if session is not None:
        return {"entry": _end_session(step, session, instant, which.get("project_name"))}
    if _forget_idle_session(step, which, selector):
        return {"entry": None}
    try:
        selector = _select_within_reach(step, selector)
    except NotFound:
        return {"entry": None}
    outcome = timer.stop(open_timers(step), selector, step.policy, step.now)
    with step.edit("stop", "stop the timer"):
        carry_out(step, outcome)
    settle(step)
    return {"entry": _timer_json(step, outcome.timer)}


def _find_session(step: Step, which: TimerNames, selector: timer.TimerSelector) -> SessionRow | None:
    """The open session that a stop names: by its id, or as the client's only own session of that project."""
    if which.get("session_id") is not None:
        return next(iter(sessions.open_sessions(step, which["session_id"])), None)
    if selector.project is None or selector.entry is not None:
        return None
    own_sessions = [row for row in sessions.open_sessions(step, project_id=selector.project) if row["caller"] == step.who]
    default_sessions = [row for row in own_sessions if row["id"] == sessions.session_of(step, None, selector.project)]
    return default_sessions[0] if default_sessions else own_sessions[0] if len(own_sessions) == 1 else None


def _end_session(step: Step, session: SessionRow, at: datetime, project_name: str | None) -> EntryJson | None:
    """End a session; answers its entry, if it has one."""
    if sessions.end_start(step, session, project_name):
        return None
    automatic = [entry for entry in timers(view_of(step)) if entry["origin"] in AUTOMATIC and entry["state"] != "waiting"]
    own_timers = [entry for entry in automatic if entry["sessionId"] == session["id"]]
    own_timers = own_timers or [entry for entry in automatic if entry["projectId"] == session["project_id"]]
    sessions.end(step, session, at)
    settle(step)
    entries_json = wire.entries_by_id(step, [entry["id"] for entry in own_timers])
    return entries_json[0] if entries_json else None


def _forget_idle_session(step: Step, which: TimerNames, selector: timer.TimerSelector) -> bool:
    """Whether a stop names the client's own session that had already closed for idleness: it is now over for good. An
    automatic timer that runs in that project since rests on other evidence, so this stop does not end it.
    """
    if selector.entry is not None or (selector.project is None and selector.session is None):
        return False
    session_id = selector.session or sessions.session_of(step, None, selector.project or "")
    idle_sessions = sessions.dormant_sessions(step, session_id)
    if not idle_sessions or any(entry.origin != "auto" and entry.project == selector.project for entry in open_timers(step)):
        return False
    sessions.forget(step, idle_sessions[0])
    return True


def pause(step: Step, at: datetime | None = None, fuzzy: bool = True, **which: Unpack[TimerNames]) -> TimerAnswerJson:
    """Pause the running timer; an automatic timer becomes a manual one."""
    selector = _select_timer(step, which, at, fuzzy) or _refuse_unknown_project()
    outcome = timer.pause(open_timers(step), _select_within_reach(step, selector), step.policy, step.now)
    with step.edit("pause", "pause the timer"):
        carry_out(step, outcome)
    settle(step)
    return {"timer": _timer_json(step, outcome.timer)}


def resume(step: Step, at: datetime | None = None, fuzzy: bool = True, **which: Unpack[TimerNames]) -> ResumedTimerJson:
    """Resume the paused timer."""
    selector = _select_timer(step, which, at, fuzzy) or _refuse_unknown_project()
    selector = _select_within_reach(step, selector, ("paused",))
    outcome = _decide(step, lambda: timer.resume(open_timers(step), selector, step.policy, step.now))
    with step.edit("resume", "resume the timer"):
        changes = carry_out(step, outcome)
    settle(step)
    return {"timer": _timer_json(step, outcome.timer), "stopped": wire.entries_by_id(step, changes.stopped_ids)}


def cancel(step: Step, **which: Unpack[TimerNames]) -> EntryAnswerJson:
    """Discard the manual timer; its span returns to automatic tracking."""
    selector = _select_timer(step, which, None, is_fuzzy=False) or _refuse_unknown_project()
    outcome = timer.cancel(open_timers(step), selector, step.policy, step.now)
    answer = _timer_json(step, outcome.timer)
    with step.edit("cancel", "cancel the timer"):
        carry_out(step, outcome)
    settle(step)
    return {"entry": answer}


def change(
    step: Step,
    timer_id: str | None = None,
    current_project_id: str | None = None,
    revision: int | None = None,
    **values: Unpack[EntryChanges],
) -> EntryJson:
    """Change the running timer; a `conflict` if it is unclear which one."""
    shown_timers = [entry for entry in timers(view_of(step)) if step.admits(entry["projectId"])]
    running = [entry for entry in shown_timers if entry["actor"] == "human" and entry["state"] in ("running", "paused")]
    if timer_id is not None:
        running = [entry for entry in running if entry["id"] == timer_id]
    elif current_project_id is not None:
        running = [entry for entry in running if entry["projectId"] == current_project_id]
    if not running:
        raise NotFound("no such timer is running", "`stint status` shows what runs")
    by_hand = [entry for entry in running if entry["origin"] not in AUTOMATIC]
    if len(running) > 1 and len(by_hand) != 1:
        raise Conflict("several timers are running", "name one by timerId", {"timers": [entry["id"] for entry in running]})
    return entries.change(step, (by_hand or running)[0]["id"], revision=revision, **values)


def _refuse_unknown_project() -> timer.TimerSelector:
    raise NotFound("there is no such project", "`stint projects` lists them")


def _select_timer(step: Step, which: TimerNames, at: datetime | None, is_fuzzy: bool) -> timer.TimerSelector | None:
    """The timer a request names; None if it names a project that does not exist."""
    names = ProjectNames(which.get("project_id"), which.get("project_name"), which.get("place"), is_fuzzy)
    timer_id = which.get("timer_id")
    entry = EntryId(timer_id) if timer_id else None
    session = which.get("session_id")
    if names.is_empty:
        return timer.TimerSelector(entry, None, session, at)
    project = sessions.find_project(step, names)
    if project is not None:
        return timer.TimerSelector(entry, project.id, session, at)
    entry_by_name = start_names.find_timer(step, names.project_name) if names.project_name is not None else None
    is_same = entry_by_name is not None and entry in (None, entry_by_name)
    return timer.TimerSelector(entry_by_name, None, session, at) if is_same else None


def _timer_json(step: Step, entry_id: str | None) -> EntryJson | None:
    if entry_id is None:
        return None
    if entry_id.startswith(wire.WAITING_ID):
        return first_running_timer([entry for entry in timers(view_of(step)) if entry["id"] == entry_id])
    return wire.entry(step, find_entry(step, entry_id))


# ---------------------------------------------------------------- effects


def carry_out(step: Step, outcome: timer.TimerDecision) -> TimerChanges:
    """Write what the rules decided, in the order they gave."""
    stopped_ids: list[str] = []
    created_id: str | None = None
    for effect in outcome.effects:
        match effect:
            case timer.StartEntry():
                created_id = _start_entry(step, effect)
            case timer.StopEntry():
                stopped_ids.append(effect.entry)
                _stop_entry(step, effect)
            case timer.PauseEntry():
                pause_entry(step, effect)
            case timer.ResumeEntry():
                _resume_entry(step, effect)
            case timer.DropEntry():
                entry_rows.remove(step, entry_rows.find_row(step, effect.entry))
            case timer.SessionBeat():
                sessions.carry_out(step, effect)
    return TimerChanges(stopped_ids, created_id)


def _start_entry(step: Step, effect: timer.StartEntry) -> str:
    start_us = to_us(effect.start)
    if not effect.may_overlap:
        entries.refuse_overlap(step, start_us)
        entries.refuse_beyond_reach(step, start_us, to_us(step.now))
    billable = entries.is_billed(step, effect.project) if effect.billable is None else effect.billable
    return entry_rows.add(
        step,
        {
            "project_id": effect.project,
            "task": effect.task,
            "start_us": start_us,
            "description": effect.description,
            "tags": tags_text(effect.tags),
            "billable": int(billable),
            "may_overlap": int(effect.may_overlap),
        },
    )


def _stop_entry(step: Step, effect: timer.StopEntry) -> None:
    row = entry_rows.find_row(step, effect.entry)
    if effect.is_cut:
        entry_rows.cut(step, effect.end, row["actor"], None)
        step.touch(row["start_us"], to_us(step.now))
        return
    values: EntryColumns = {"end_us": to_us(effect.end), "state": "finished", "pauses": pauses_text(effect.pauses)}
    entry_rows.change(step, row, values)


def pause_entry(step: Step, effect: timer.PauseEntry) -> None:
    """Begin a pause; an entry that follows evidence becomes the owner's here."""
    row = entry_rows.find_row(step, effect.entry)
    pauses = [*rollup.entry_of(row).pauses, Pause(effect.at, None)]
    values: EntryColumns = {"state": "paused", "pauses": pauses_text(pauses), "end_us": None}
    if effect.is_cut:
        values |= {"origin": "manual", "pinned": ALL_PINS}
    entry_rows.change(step, row, values)


def _resume_entry(step: Step, effect: timer.ResumeEntry) -> None:
    row = entry_rows.find_row(step, effect.entry)
    ended_pauses = [Pause(pause.start, pause.end or effect.at) for pause in rollup.entry_of(row).pauses]
    pauses = [pause for pause in ended_pauses if pause.end is None or pause.end > pause.start]
    entry_rows.change(step, row, {"state": "running", "pauses": pauses_text(pauses)})
    cursors.drop(step.conn, PAUSED + row["id"])  # a resume answers the question, or makes it unnecessary
