"""Lists inside an entry's row, as the text that is stored: pauses, tags, pins."""

import json
from collections.abc import Iterable

from stintd.domain.model import Pause, to_us

ALL_PINS = "project text time"
"""Of an entry that follows its evidence in nothing."""


def pauses_text(pauses: Iterable[Pause]) -> str:
    """JSON pairs of microseconds; the end of a pause that goes on is null."""
    return json.dumps([[to_us(pause.start), to_us(pause.end) if pause.end else None] for pause in pauses])


def tags_text(tags: Iterable[str]) -> str:
    """A JSON list."""
    return json.dumps(list(tags), ensure_ascii=False)


def pins_text(pins: Iterable[str]) -> str:
    """Words in order, with a space between."""
    return " ".join(sorted(pins))
