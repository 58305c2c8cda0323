"""The running timers: start, stop, pause and so on."""

from collections.abc import Iterable

from stintd.client.request import Clear, Instant, Request, new_key, part, reader, wire_fields
from stintd.protocol.types import CurrentTimers, Entry, StartedTimer


def current() -> Request[CurrentTimers]:
    """The running timers: `timer` is the one that "the timer" means, `timers` are all of them."""
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
    """Start a timer on a project, by its id, its name, or the folder `path`; a timer that runs already is returned unchanged.

    `on_running` is `switch`, `parallel` or `conflict`. With `session_id`, `pid` or an agent's `source` it is the start of
    a session, which ends automatically when it falls silent. With `fuzzy` false the name must match exactly.
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
    """Stop all timers of a person and start this one."""
    body = wire_fields(locals())
    return Request("POST", "/api/timer/switch", reader(StartedTimer), body=body, key=new_key(idempotency_key))


def continue_(*, at: Instant | None = None, idempotency_key: str | None = None) -> Request[StartedTimer]:
    """Start a timer again for what the last manual entry was about."""
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
    """Stop the timer, or the one you name; None when no such timer runs."""
    return Request("POST", "/api/timer/stop", part("entry", Entry), body=wire_fields(locals()))


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
    """Pause the timer, or the one you name; from now on it counts as a manual timer."""
    return Request("POST", "/api/timer/pause", part("timer", Entry), body=wire_fields(locals()))


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
    """Discard the timer started by hand: its time belongs to automatic tracking again."""
    return Request("POST", "/api/timer/cancel", part("entry", Entry), body=wire_fields(locals()))


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
    """Report that a session is still at work. Returns the timer it counts for; None when it counts for none."""
    return Request("POST", "/api/timer/heartbeat", part("timer", Entry), body=wire_fields(locals()), is_repeatable=True)
