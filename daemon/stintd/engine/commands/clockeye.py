"""ClockEye's two verbs. A start ends what runs and is always a new entry, the same project's included."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from stintd.domain import timer
from stintd.engine.commands import timers
from stintd.engine.queries.clockeye import entry
from stintd.engine.reply import Reply
from stintd.engine.step import Step
from stintd.errors import NotFound, StintdError


def start(step: Step, project_id: str, **words: Any) -> Reply:
    """Stop what runs, start this. Refused (`conflict`) only where the owner's own setting refuses a second timer: a
    surface may tighten that setting, never loosen it."""
    with _in_its_words():
        reply = timers.start(step, project_id=project_id, surface="switch", is_fresh=True, **words)
    return Reply(entry(reply.value["timer"]))


def stop(step: Step) -> dict[str, Any]:
    """End the timer that runs, the most recently started one of several; `not_found` when none does."""
    near = [one for one in timers.open_timers(step) if step.admits(one.project)]
    found = timer.find(near, timer.TimerSelector(), ("running", "paused"))
    if found is None:
        raise NotFound("no timer is running", "start one: POST /api/time-entries/start")
    with _in_its_words():
        return entry(timers.stop(step, timer_id=found.id)["entry"])


@contextmanager
def _in_its_words() -> Iterator[None]:
    """Errors name fields and show timers as this surface does."""
    try:
        yield
    except StintdError as error:
        field, standing, others = (error.details.get(name) for name in ("field", "timer", "entries"))
        if isinstance(field, str):
            error.details["field"] = re.sub(r"([A-Z])", r"_\1", field).lower()
        if isinstance(standing, dict):
            error.details["timer"] = entry(standing)
        if isinstance(others, list):
            error.details["entries"] = [entry(one) for one in others]
        raise
