"""Turns the bodies of requests that start a timer into the value that the engine takes."""

from typing import Any

from stintd.engine.commands import timers
from stintd.engine.commands.words import EntryWords
from stintd.engine.reply import Reply
from stintd.engine.step import Step
from stintd.engine.wire_types import StartedTimerJson


def _request(arguments: dict[str, Any]) -> timers.StartRequest:
    """The request for a timer. A field that the body lacks stays absent, because an absent task is not the same as no task."""
    words: EntryWords = {}
    for name in ("task_id", "task_name", "description", "tags", "billable"):
        if name in arguments:
            words[name] = arguments.pop(name)
    return timers.StartRequest(**arguments, words=words)


def start(step: Step, **arguments: Any) -> Reply[StartedTimerJson]:
    """Start a timer."""
    return timers.start(step, _request(arguments))


def switch(step: Step, **arguments: Any) -> Reply[StartedTimerJson]:
    """Stop the manual timers that run, and start this one."""
    return timers.switch(step, _request(arguments))
