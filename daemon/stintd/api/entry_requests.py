"""Turns the bodies of requests that enter, move or import entries into the values that the engine takes."""

from typing import Any

from stintd.api.timer_requests import pop_words
from stintd.engine.commands import corrections, entries, importing
from stintd.engine.reply import Reply
from stintd.engine.step import Step
from stintd.engine.wire_types import ImportedJson, MadeEntryJson, MovedJson
from stintd.protocol.files import IMPORT_FIELDS


def create(step: Step, **arguments: Any) -> Reply[MadeEntryJson]:
    """Enter past work."""
    words = pop_words(arguments)
    return entries.create(step, entries.EntryRequest(**arguments, words=words))


def move(step: Step, **arguments: Any) -> MovedJson:
    """Move a period to another project."""
    return corrections.move(step, corrections.MoveRequest(**arguments))


def import_batch(step: Step, **arguments: Any) -> ImportedJson:
    """Import a batch of a file."""
    rows = arguments.pop("entries", ())
    parts = {name: arguments.pop(name) for name in IMPORT_FIELDS if name in arguments}
    return importing.import_batch(step, importing.ImportRequest(rows, parts=parts, **arguments))
