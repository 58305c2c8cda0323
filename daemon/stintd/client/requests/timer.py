"""Timers: start, stop, pause and so on."""

from collections.abc import Iterable

from stintd.client.request import Clear, Instant, Request, field_reader, new_key, reader, wire_fields
from stintd.protocol.types import CurrentTimers, Entry, StartedTimer


def current() -> Request[CurrentTimers]:
    """The running timers. `timer` is the one that a person means by "the timer"; `timers` are all of them."""
    return Request("GET", "/api/timer/current", reader(CurrentTimers))


def start(
    project_id: str | None = None,
    *,
    project_name: str | None = None,
    path: str | None = None,
    task_id: str | None = None,
    task_name: str | None = None,
    description: str | None = None,
    billable: bool | None = None,
    tags: Iterable[str] | None = None,
    at: Instant | None = None,
    auto_create: bool | None = None,
    fallback_project_id: str | None = None,
    on_running: str | None = None,
    source: str | None = None,
    session_id: str | None = None,
    pid: int | None = None,
    manual: bool | None = None,
    fuzzy: bool | None = None,
    idempotency_key: str | None = None,
) -> Request[StartedTimer]:
    """Start a timer on a project, by its id, its name, or the folder `path`. If the same timer runs already, it is returned
    unchanged.

    `on_running` says what happens if another timer runs: `switch`, `parallel` or `conflict`. With `session_id`, `pid` or an
    agent's `source`, this starts a session, which ends automatically when it falls silent. With `fuzzy` false, the name must
    match exactly.
    """
    body = wire_fields(locals())
    return Request("POST", "/api/timer/start", reader(StartedTimer), body=body, key=new_key(idempotency_key))


def switch(
    project_id: str | None = None,
    *,
    project_name: str | None = None,
    path: str | None = None,
    task_id: str | None = None,
    task_name: str | None = None,
    description: str | None = None,
    billable: bool | None = None,
    tags: Iterable[str] | None = None,
    at: Instant | None = None,
    auto_create: bool | None = None,
    idempotency_key: str | None = None,
) -> Request[StartedTimer]:
    """Stop all timers of the user and start this one."""
    body = wire_fields(locals())
    return Request("POST", "/api/timer/switch", reader(StartedTimer), body=body, key=new_key(idempotency_key))


def continue_(*, at: Instant | None = None, idempotency_key: str | None = None) -> Request[StartedTimer]:
    """Start a timer for the same work as the last manual entry."""
    return Request("POST", "/api/timer/continue", reader(StartedTimer), body=wire_fields(locals()), key=new_key(idempotency_key))


def stop(
    project_id: str | None = None,
    *,
    project_name: str | None = None,
    path: str | None = None,
    timer_id: str | None = None,
    session_id: str | None = None,
    fuzzy: bool | None = None,
    at: Instant | None = None,
) -> Request[Entry | None]:
    """Stop the timer, or the one that you name. Returns its entry; None if no such timer runs."""
    return Request("POST", "/api/timer/stop", field_reader("entry", Entry), body=wire_fields(locals()))


def pause(
    project_id: str | None = None,
    *,
    project_name: str | None = None,
    path: str | None = None,
    timer_id: str | None = None,
    session_id: str | None = None,
    fuzzy: bool | None = None,
    at: Instant | None = None,
) -> Request[Entry | None]:
    """Pause the timer, or the one that you name. From then on it counts as a manual timer."""
    return Request("POST", "/api/timer/pause", field_reader("timer", Entry), body=wire_fields(locals()))


def resume(
    project_id: str | None = None,
    *,
    project_name: str | None = None,
    path: str | None = None,
    timer_id: str | None = None,
    session_id: str | None = None,
    fuzzy: bool | None = None,
    at: Instant | None = None,
) -> Request[StartedTimer]:
    """Resume a paused timer."""
    return Request("POST", "/api/timer/resume", reader(StartedTimer), body=wire_fields(locals()))


def cancel(
    project_id: str | None = None,
    *,
    project_name: str | None = None,
    path: str | None = None,
    timer_id: str | None = None,
) -> Request[Entry | None]:
    """Discard the manual timer. Its time is tracked automatically again."""
    return Request("POST", "/api/timer/cancel", field_reader("entry", Entry), body=wire_fields(locals()))


def update(
    *,
    timer_id: str | None = None,
    current_project_id: str | None = None,
    project_id: str | None = None,
    project_name: str | None = None,
    task_id: str | Clear | None = None,
    task_name: str | Clear | None = None,
    description: str | None = None,
    billable: bool | None = None,
    tags: Iterable[str] | None = None,
    start: Instant | None = None,
    revision: int | None = None,
) -> Request[Entry]:
    """Change the running timer, or the one with `timer_id` or `current_project_id`."""
    return Request("PATCH", "/api/timer", reader(Entry), body=wire_fields(locals()))


def heartbeat(
    project_id: str | None = None,
    *,
    project_name: str | None = None,
    path: str | None = None,
    session_id: str | None = None,
    pid: int | None = None,
    fuzzy: bool | None = None,
) -> Request[Entry | None]:
    """Report that a session is still at work. Returns the timer that this counts for; None if there is none."""
    return Request("POST", "/api/timer/heartbeat", field_reader("timer", Entry), body=wire_fields(locals()), is_repeatable=True)
