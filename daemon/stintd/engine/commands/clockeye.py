"""ClockEye's two verbs. A start ends the running timer and always makes a new entry, even for the same project."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Unpack, cast

from stintd.domain import timer
from stintd.engine.commands import timers
from stintd.engine.commands.words import EntryWords
from stintd.engine.queries.clockeye import entry
from stintd.engine.reply import Reply
from stintd.engine.step import Step
from stintd.engine.wire_types import ClockEyeEntryJson, EntryJson
from stintd.errors import NotFound, StintdError


def start(step: Step, project_id: str, at: datetime | None = None, **words: Unpack[EntryWords]) -> Reply[ClockEyeEntryJson]:
    """Stop the running timer and start this one. Refused (`conflict`) only if the owner's own setting refuses a second timer:
    an API may tighten that setting, never loosen it.
    """
    request = timers.StartRequest(project_id=project_id, at=at, words=words, surface="switch", is_fresh=True)
    with _translate_errors():
        timer_json = timers.start(step, request).value["timer"]
    assert timer_json is not None, "a start by hand always has its timer"
    return Reply(entry(timer_json))


def stop(step: Step) -> ClockEyeEntryJson:
    """Stop the running timer, of several the most recently started one; `not_found` if none runs."""
    reachable = [timer_entry for timer_entry in timers.open_timers(step) if step.admits(timer_entry.project)]
    running = timer.find_timer(reachable, timer.TimerSelector(), ("running", "paused"))
    if running is None:
        raise NotFound("no timer is running", "start one: POST /api/time-entries/start")
    with _translate_errors():
        entry_json = timers.stop(step, timer_id=running.id)["entry"]
    if entry_json is None:
        raise NotFound("no timer is running", "start one: POST /api/time-entries/start")
    return entry(entry_json)


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Make errors name fields and show timers as this API does."""
    try:
        yield
    except StintdError as error:
        field, timer_json, entries = (error.details.get(name) for name in ("field", "timer", "entries"))
        if isinstance(field, str):
            error.details["field"] = re.sub(r"([A-Z])", r"_\1", field).lower()
        if isinstance(timer_json, dict):
            error.details["timer"] = entry(cast("EntryJson", timer_json))
        if isinstance(entries, list):
            error.details["entries"] = [entry(timer_entry) for timer_entry in entries]
        raise
