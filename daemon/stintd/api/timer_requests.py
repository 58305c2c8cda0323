"""Turns the bodies of requests that start a timer into the value that the engine takes."""

from typing import Any

from stintd.engine.commands import timers
from stintd.engine.commands.words import EntryWords
from stintd.engine.reply import Reply
from stintd.engine.step import Step
from stintd.engine.wire_types import StartedTimerJson


def pop_words(arguments: dict[str, Any]) -> EntryWords:
    """Take out of a body's fields what they say about the work. A field that the body lacks stays absent, because an absent task
    is not the same as no task."""
    words: EntryWords = {}
    for name in ("task_id", "task_name", "description", "tags", "billable"):
        if name in arguments:
            words[name] = arguments.pop(name)
    return words


def start(step: Step, **arguments: Any) -> Reply[StartedTimerJson]:
    """Start a timer."""
    words = pop_words(arguments)
    return timers.start(step, timers.StartRequest(**arguments, words=words))


def switch(step: Step, **arguments: Any) -> Reply[StartedTimerJson]:
    """Stop the manual timers that run, and start this one."""
    words = pop_words(arguments)
    return timers.switch(step, timers.StartRequest(**arguments, words=words))
