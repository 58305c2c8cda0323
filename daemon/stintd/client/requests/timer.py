"""What runs: start, stop, pause and their like."""

from collections.abc import Iterable

from stintd.client.request import Ask, Clear, Instant, given, new_key, part, reader
from stintd.protocol.types import CurrentTimers, Entry, StartedTimer


def current() -> Ask[CurrentTimers]:
    """What runs now: `timer` is the one meant by "the timer", `timers` are all of them."""
    return Ask("GET", "/api/timer/current", reader(CurrentTimers))


def start(
    project_id: str | None = None, *, project_name: str | None = None, path: str | None = None, task_id: str | None = None,
    task_name: str | None = None, description: str | None = None, billable: bool | None = None,
    tags: Iterable[str] | None = None, at: Instant | None = None, auto_create: bool | None = None,
    fallback_project_id: str | None = None, on_running: str | None = None, source: str | None = None,
    session_id: str | None = None, pid: int | None = None, manual: bool | None = None, fuzzy: bool | None = None,
    idempotency_key: str | None = None,
) -> Ask[StartedTimer]:  # fmt: skip
    """Start a timer on a project, by its id, its name, or the folder `path`; what runs already is answered as it is.

    `on_running` is `switch`, `parallel` or `conflict`. With `session_id`, `pid` or an agent's `source` it is the start of
    a session, which ends by itself when it falls silent. With `fuzzy` false a name of nearly that spelling is not meant.
    """
    body = given(locals())
    return Ask("POST", "/api/timer/start", reader(StartedTimer), body=body, key=new_key(idempotency_key))


def switch(
    project_id: str | None = None, *, project_name: str | None = None, path: str | None = None, task_id: str | None = None,
    task_name: str | None = None, description: str | None = None, billable: bool | None = None,
    tags: Iterable[str] | None = None, at: Instant | None = None, auto_create: bool | None = None,
    idempotency_key: str | None = None,
) -> Ask[StartedTimer]:  # fmt: skip
    """Stop everything a person runs, and start this."""
    body = given(locals())
    return Ask("POST", "/api/timer/switch", reader(StartedTimer), body=body, key=new_key(idempotency_key))


def continue_(*, at: Instant | None = None, idempotency_key: str | None = None) -> Ask[StartedTimer]:
    """Start again what the last entry by hand was about."""
    return Ask("POST", "/api/timer/continue", reader(StartedTimer), body=given(locals()), key=new_key(idempotency_key))


def stop(
    project_id: str | None = None, *, project_name: str | None = None, path: str | None = None, timer_id: str | None = None,
    session_id: str | None = None, fuzzy: bool | None = None, at: Instant | None = None,
) -> Ask[Entry | None]:  # fmt: skip
    """Stop the timer, or the one that is named; None when no such timer runs."""
    return Ask("POST", "/api/timer/stop", part("entry", Entry), body=given(locals()))


def pause(
    project_id: str | None = None, *, project_name: str | None = None, path: str | None = None, timer_id: str | None = None,
    session_id: str | None = None, fuzzy: bool | None = None, at: Instant | None = None,
) -> Ask[Entry | None]:  # fmt: skip
    """Pause the timer, or the one that is named; it is by hand from now on."""
    return Ask("POST", "/api/timer/pause", part("timer", Entry), body=given(locals()))


def resume(
    project_id: str | None = None, *, project_name: str | None = None, path: str | None = None, timer_id: str | None = None,
    session_id: str | None = None, fuzzy: bool | None = None, at: Instant | None = None,
) -> Ask[StartedTimer]:  # fmt: skip
    """Go on with a paused timer."""
    return Ask("POST", "/api/timer/resume", reader(StartedTimer), body=given(locals()))


def cancel(
    project_id: str | None = None, *, project_name: str | None = None, path: str | None = None, timer_id: str | None = None,
) -> Ask[Entry | None]:  # fmt: skip
    """Discard the timer started by hand: its time belongs to automatic tracking again."""
    return Ask("POST", "/api/timer/cancel", part("entry", Entry), body=given(locals()))


def update(
    *, timer_id: str | None = None, current_project_id: str | None = None, project_id: str | None = None,
    project_name: str | None = None, task_id: str | Clear | None = None, task_name: str | Clear | None = None,
    description: str | None = None, billable: bool | None = None, tags: Iterable[str] | None = None,
    start: Instant | None = None, revision: int | None = None,
) -> Ask[Entry]:  # fmt: skip
    """Change what runs: the timer, or the one of `timer_id` or `current_project_id`."""
    return Ask("PATCH", "/api/timer", reader(Entry), body=given(locals()))


def heartbeat(
    project_id: str | None = None, *, project_name: str | None = None, path: str | None = None,
    session_id: str | None = None, pid: int | None = None, fuzzy: bool | None = None,
) -> Ask[Entry | None]:  # fmt: skip
    """A sign of life of a session: somebody is at work now. The timer it counts for; None when it is nobody's."""
    return Ask("POST", "/api/timer/heartbeat", part("timer", Entry), body=given(locals()), is_repeatable=True)
