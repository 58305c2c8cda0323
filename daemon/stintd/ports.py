"""Protocols with more than one implementation: what delivers signals, and (later) what delivers entries."""

from collections.abc import Callable
from typing import Protocol

from stintd.domain.model import Signal

Sink = Callable[[Signal], None]
"""Where a source puts what it noticed. Called on the event loop's thread; never blocks, never raises."""


class Source(Protocol):
    """Something that notices work. `run` ends only when cancelled; an exception makes the supervisor restart it."""

    name: str

    async def run(self, sink: Sink) -> None:
        """Notice until cancelled."""
