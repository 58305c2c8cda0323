"""Start, stop, pause, resume, switch, continue, cancel: what each does to the open timers.

A request and the open timers go in. Effects come out, which the engine carries out in order; or a StintdError, and nothing
has changed. `TRANSITIONS` says which state a verb gives a timer; `MODES` says how many timers may run.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from stintd.domain.model import EntryId, Pause, ProjectId, TimeEntry
from stintd.domain.policy import Policy
from stintd.errors import Conflict, Invalid, NotFound
from stintd.frozen import frozen

TRANSITIONS: dict[str, dict[str, str]] = {
    "waiting": {"start": "running", "stop": "dropped", "pause": "waiting", "resume": "waiting", "cancel": "dropped"},
    "running": {"start": "running", "stop": "finished", "pause": "paused", "resume": "running", "cancel": "dropped"},
    "paused": {"start": "running", "stop": "finished", "pause": "paused", "resume": "running", "cancel": "dropped"},
}
"""State and verb to the next state. The same state means that there is nothing to do, which is not an error."""

SESSION_SOURCES = frozenset({"hook", "agent", "editor"})


@frozen
class Limit:
    """How many timers may run (`count`, None for any number), counted per `person` or per `project`, and what happens when a
    start exceeds it: the start is refused (`refuse`), or the oldest timer is stopped or paused (`stop`, `pause`).
    """

    count: int | None
    per: str
    excess: str


MODES = {
    "parallel": Limit(None, "person", "stop"),
    "switch": Limit(1, "person", "stop"),
    "strict": Limit(1, "person", "refuse"),
}
"""The settings of `concurrency`, the loosest first."""
_LOOSENESS = tuple(MODES)


# ---------------------------------------------------------------- effects


@frozen
class StartEntry:
    """Create a running manual entry. `may_overlap`: it was started in parallel with others on purpose."""

    project: ProjectId
    task: str | None
    start: datetime
    description: str = ""
    tags: tuple[str, ...] = ()
    billable: bool | None = None
    may_overlap: bool = False


@frozen
class StopEntry:
    """End an open entry. `is_cut`: it is automatic, so no credit from evidence may cross this instant."""

    entry: EntryId
    end: datetime
    pauses: tuple[Pause, ...] = ()
    is_cut: bool = False


@frozen
class PauseEntry:
    """Begin a pause. `is_cut`: the timer was automatic and becomes manual here."""

    entry: EntryId
    at: datetime
    is_cut: bool = False
    reason: str = ""


@frozen
class ResumeEntry:
    """End the open pause."""

    entry: EntryId
    at: datetime


@frozen
class DropEntry:
    """Discard an open manual entry; automatic tracking fills its span again."""

    entry: EntryId


@frozen
class SessionBeat:
    """Evidence of a session: a human heartbeat of `kind` session_start, prompt or session_end."""

    kind: Literal["session_start", "prompt", "session_end"]
    session: str
    project: ProjectId | None
    at: datetime


Effect = StartEntry | StopEntry | PauseEntry | ResumeEntry | DropEntry | SessionBeat


@frozen
class TimerDecision:
    """What to do, and the id of the timer that the request is about; None when it is a new timer, or none."""

    effects: tuple[Effect, ...] = ()
    timer: EntryId | None = None


# ---------------------------------------------------------------- requests


@frozen
class Start:
    """A request to start a timer. `at` None means now. `on_running`: the mode that the request asks for; `surface`: the mode of
    the surface that it came through (`conflict` means strict in both). With `session`, the start is evidence of a session
    instead of a manual timer. `is_fresh`: create a new entry even if the same timer already runs; that one then yields like
    any other.
    """

    project: ProjectId
    task: str | None = None
    at: datetime | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    billable: bool | None = None
    on_running: str | None = None
    surface: str | None = None
    session: str | None = None
    is_fresh: bool = False


@frozen
class TimerSelector:
    """Which timer a verb means: by entry, session or project; with none of them, the timer that a person would mean."""

    entry: EntryId | None = None
    project: ProjectId | None = None
    session: str | None = None
    at: datetime | None = None


def is_manual_start(source: str, session: str | None, pid: int | None, manual: bool | None) -> bool:
    """Whether a start creates a manual timer. Starts by hooks, agents and editors are evidence of a session, unless the client
    says otherwise.
    """
    if manual is not None:
        return manual
    return session is None and pid is None and source not in SESSION_SOURCES


def mode_of(policy: Policy, on_running: str | None = None, surface: str | None = None) -> str:
    """The mode of concurrency for one start.

    A surface can tighten the owner's setting but never loosen it. The owner's own request may also ask for `parallel` where
    the setting is `switch`; nothing can loosen `strict`.
    """
    mode = policy.concurrency
    for wish in (surface, on_running):
        name = "strict" if wish == "conflict" else wish
        if name is None:
            continue
        if name not in MODES:
            raise Invalid(f"onRunning cannot be {str(wish)[:40]!r}", "use switch, parallel or conflict")
        is_tighter = _LOOSENESS.index(name) >= _LOOSENESS.index(mode)
        if is_tighter or (wish is on_running and surface is None and mode != "strict"):
            mode = name
    return mode


def check_instant(at: datetime | None, now: datetime, policy: Policy) -> datetime:
    """The instant of a request; `invalid` without a zone or too far in the future."""
    if at is None:
        return now
    if at.tzinfo is None:
        raise Invalid("a time without a zone is ambiguous", "add Z or an offset, like 2026-11-20T10:30:00Z")
    if at > now + policy.max_future:
        raise Invalid(f"{_iso(at)} is in the future", "leave the time out to mean now")
    return at


# ---------------------------------------------------------------- start


def start(open_timers: Sequence[TimeEntry], request: Start, policy: Policy, now: datetime) -> TimerDecision:
    """Start a timer, or return the timer that already runs.

    A manual start replaces an automatic timer of the same project; the setting `concurrency` decides about others. A session
    stops no timer here, and no timer stops a session.
    """
    at = check_instant(request.at, now, policy)
    mode = mode_of(policy, request.on_running, request.surface)
    if request.session is not None:
        return _start_session(open_timers, request, mode, at)
    manual_timers = [timer for timer in _human_timers(open_timers) if timer.origin != "auto"]
    same_timer = next((timer for timer in _sort_latest_first(manual_timers) if _is_same(timer, request)), None)
    if same_timer is not None and same_timer.state != "paused" and not request.is_fresh:
        return TimerDecision((), same_timer.id)
    if same_timer is not None and not request.is_fresh:
        return resume(open_timers, TimerSelector(entry=same_timer.id, at=request.at), policy, now, mode)
    effects = _make_room(open_timers, MODES[mode], request.project, at)
    entry = StartEntry(request.project, request.task, at, request.description, request.tags, request.billable, mode == "parallel")
    return TimerDecision((*effects, entry))


def _start_session(open_timers: Sequence[TimeEntry], request: Start, mode: str, at: datetime) -> TimerDecision:
    assert request.session is not None
    own_timer = next((timer for timer in open_timers if timer.session == request.session), None)
    if own_timer is None and MODES[mode].excess == "refuse":
        manual_timers = [timer for timer in _human_timers(open_timers) if timer.origin != "auto" and timer.session is None]
        for timer in _sort_latest_first(manual_timers)[:1]:
            _refuse(timer)
    return TimerDecision(
        (SessionBeat("session_start", request.session, request.project, at),), own_timer.id if own_timer else None
    )


def _is_same(timer: TimeEntry, request: Start) -> bool:
    return timer.project == request.project and request.task in (None, timer.task)


def _make_room(open_timers: Sequence[TimeEntry], limit: Limit, project: ProjectId, at: datetime) -> list[Effect]:
    """What happens to the running timers when another one for `project` starts."""
    running = [timer for timer in _human_timers(open_timers) if timer.state == "running"]
    taken_over = [timer for timer in running if timer.origin == "auto" and timer.project == project]
    effects = [effect for timer in taken_over for effect in _end_effects(timer, at)]
    counted = [timer for timer in running if timer not in taken_over and (limit.per == "person" or timer.project == project)]
    excess = len(counted) + 1 - limit.count if limit.count is not None else 0
    for timer in sorted(counted, key=lambda timer: timer.start)[: max(0, excess)]:
        if limit.excess == "refuse":
            _refuse(timer)
        if limit.excess == "pause":
            effects.append(PauseEntry(timer.id, at, timer.origin == "auto"))
        else:
            effects += _end_effects(timer, at)
    return effects


def _end_effects(timer: TimeEntry, at: datetime) -> list[Effect]:
    """The end of a timer that yields. An automatic timer that began later needs no stop: the new timer takes its time."""
    return [] if timer.origin == "auto" and at <= timer.start else [_stop_effect(timer, at)]


def _refuse(timer: TimeEntry) -> None:
    raise Conflict(
        "a timer is already running",
        "stop it first: `stint stop`, or switch: `stint switch PROJECT`",
        {"timer": timer.id},
    )


# ---------------------------------------------------------------- the other verbs


def stop(open_timers: Sequence[TimeEntry], target: TimerSelector, policy: Policy, now: datetime) -> TimerDecision:
    """Stop the timer that the target means. If no such timer runs, nothing happens: no other timer is ever stopped instead."""
    at = check_instant(target.at, now, policy)
    timer = find_timer(open_timers, target)
    if timer is None:
        return TimerDecision()
    if timer.state == "waiting" or (target.session is not None and timer.session == target.session):
        return TimerDecision((SessionBeat("session_end", timer.session or "", timer.project, at),), timer.id)
    return TimerDecision((_stop_effect(timer, at),), timer.id)


def pause(open_timers: Sequence[TimeEntry], target: TimerSelector, policy: Policy, now: datetime) -> TimerDecision:
    """Pause the running timer; this makes an automatic timer manual. A paused timer stays paused."""
    at = check_instant(target.at, now, policy)
    timer = find_timer(open_timers, target, ("running", "paused"))
    if timer is None:
        raise Conflict("nothing is running", "start a timer first: `stint start PROJECT`")
    if TRANSITIONS[timer.state]["pause"] == timer.state:
        return TimerDecision((), timer.id)
    _check_order(timer, at)
    return TimerDecision((PauseEntry(timer.id, at, timer.origin == "auto", "by hand"),), timer.id)


def resume(
    open_timers: Sequence[TimeEntry], target: TimerSelector, policy: Policy, now: datetime, mode: str | None = None
) -> TimerDecision:
    """Resume a paused timer; running timers yield as they would to a start."""
    at = check_instant(target.at, now, policy)
    timer = find_timer(open_timers, target, ("paused", "running"))
    if timer is None:
        raise Conflict("no timer is paused", "start one: `stint start PROJECT`")
    if TRANSITIONS[timer.state]["resume"] == timer.state:
        return TimerDecision((), timer.id)
    _check_order(timer, at)
    others = [other for other in open_timers if other.id != timer.id]
    manual_timers = [other for other in others if other.origin != "auto"]
    effects = _make_room(manual_timers, MODES[mode or mode_of(policy)], timer.project or ProjectId(""), at)
    automatic_timers = [other for other in _human_timers(others) if other.origin == "auto" and other.state == "running"]
    effects += [effect for other in automatic_timers for effect in _end_effects(other, at)]
    return TimerDecision((*effects, ResumeEntry(timer.id, at)), timer.id)


def switch(open_timers: Sequence[TimeEntry], request: Start, policy: Policy, now: datetime) -> TimerDecision:
    """Stop every human timer, paused ones too, and start this one by hand; the same in every mode."""
    at = check_instant(request.at, now, policy)
    human_timers = [timer for timer in _human_timers(open_timers) if timer.state in ("running", "paused")]
    same = [t for t in human_timers if t.origin != "auto" and t.state == "running" and _is_same(t, request)]
    running = same[0] if same else None
    effects = [effect for timer in human_timers if timer is not running for effect in _end_effects(timer, at)]
    if running is not None:
        return TimerDecision(tuple(effects), running.id)
    entry = StartEntry(request.project, request.task, at, request.description, request.tags, request.billable)
    return TimerDecision((*effects, entry))


def continue_timer(
    open_timers: Sequence[TimeEntry], last: TimeEntry | None, request: TimerSelector, policy: Policy, now: datetime
) -> TimerDecision:
    """The verb `continue`: start again what the last finished manual entry (`last`) was about."""
    if last is None or last.project is None:
        raise NotFound("there is no manual entry to continue", "start a timer: `stint start PROJECT`")
    again = Start(last.project, last.task, request.at, last.description, last.tags, last.billable)
    return start(open_timers, again, policy, now)


def cancel(open_timers: Sequence[TimeEntry], target: TimerSelector, policy: Policy, now: datetime) -> TimerDecision:
    """Discard the manual timer that the target means, as if it had not been started."""
    manual_timers = [timer for timer in open_timers if timer.origin != "auto"]
    timer = find_timer(manual_timers, target, ("running", "paused"))
    if timer is not None:
        return TimerDecision((DropEntry(timer.id),), timer.id)
    if find_timer(open_timers, target, ("running",)) is not None:
        raise Conflict("that timer is automatic", "end it with `stint stop`, or delete its entry with `stint delete`")
    raise Conflict("no manual timer is running", "`stint status` shows what is running")


def session_beat(session: str, project: ProjectId | None, at: datetime | None, policy: Policy, now: datetime) -> TimerDecision:
    """A sign of life of a session (`POST /api/timer/heartbeat`)."""
    return TimerDecision((SessionBeat("prompt", session, project, check_instant(at, now, policy)),))


def find_timer(
    open_timers: Sequence[TimeEntry], target: TimerSelector, states: tuple[str, ...] = ("running", "paused", "waiting")
) -> TimeEntry | None:
    """The timer that a target means, among those in `states`: earlier states in that list first, then the latest start."""
    candidates = [timer for timer in _human_timers(open_timers) if timer.state in states]
    if target.entry is not None:
        candidates = [timer for timer in candidates if timer.id == target.entry]
    if target.session is not None:
        candidates = [timer for timer in candidates if timer.session == target.session]
    if target.project is not None:
        candidates = [timer for timer in candidates if timer.project == target.project]
    ordered = sorted(_sort_latest_first(candidates), key=lambda timer: states.index(timer.state))
    return ordered[0] if ordered else None


def _human_timers(timers: Iterable[TimeEntry]) -> list[TimeEntry]:
    return [timer for timer in timers if timer.actor == "human"]


def _sort_latest_first(timers: Iterable[TimeEntry]) -> list[TimeEntry]:
    """The most recently started first; a manual one before an automatic one of the same instant."""
    return sorted(timers, key=lambda timer: (timer.start, timer.origin != "auto", timer.id), reverse=True)


def _check_order(timer: TimeEntry, at: datetime) -> None:
    begin = max([timer.start, *(pause.start for pause in timer.pauses)])
    if at < begin:
        raise Invalid(
            f"{_iso(at)} is before {_iso(begin)}, when this timer last changed",
            "choose a later time, or change the entry with `stint edit`",
        )


def _stop_effect(timer: TimeEntry, at: datetime) -> StopEntry:
    """The stop of a timer. A paused timer ends where its pause began, because nothing after that was work."""
    open_pause = next((pause for pause in timer.pauses if pause.end is None), None)
    if timer.origin != "auto" or at < timer.start:
        _check_order(timer, at)
    if open_pause is None:
        return StopEntry(timer.id, at, timer.pauses, timer.origin == "auto")
    pauses = tuple(pause for pause in timer.pauses if pause is not open_pause)
    return StopEntry(timer.id, min(at, open_pause.start), pauses)


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
