"""The stored text of the lists inside an entry's row: pauses, tags, pins."""

import json
from collections.abc import Iterable

from stintd.domain.model import Pause, to_us

ALL_PINS = "project text time"
"""The pins of an entry that no longer follows its evidence at all."""


def pauses_text(pauses: Iterable[Pause]) -> str:
    """JSON pairs of microseconds; the end of an open pause is null."""
    return json.dumps([[to_us(pause.start), to_us(pause.end) if pause.end else None] for pause in pauses])


def tags_text(tags: Iterable[str]) -> str:
    """A JSON list."""
    return json.dumps(list(tags), ensure_ascii=False)


def pins_text(pins: Iterable[str]) -> str:
    """The words in order, separated by spaces."""
    return " ".join(sorted(pins))
