"""Fan-out after the commit: each committed change, in order, to everyone who listens.

Promises: a listener sees changes in the order of their `seq`, and only committed ones. A slow reader never slows the engine: its
queue is bounded, and when it overflows, `has_gap` tells the listener to read the missing changes from the change log by `seq`.
Called on the event loop's thread.
"""

import asyncio
from collections.abc import Mapping

from stintd.frozen import frozen

QUEUE_LIMIT = 1000


@frozen
class LoggedEvent:
    """One committed change: `seq` of the change log (0 for what is not stored there, such as health), kind, wire payload."""

    seq: int
    kind: str
    payload: Mapping[str, object]


class Subscription:
    """One subscription. `has_gap` says that changes were skipped and must be read from the log."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[LoggedEvent] = asyncio.Queue(QUEUE_LIMIT)
        self.has_gap = False

    async def next(self) -> LoggedEvent:
        """Wait for the next change."""
        return await self.queue.get()


class Hub:
    """All listeners."""

    def __init__(self) -> None:
        self._listeners: set[Subscription] = set()

    def listen(self) -> Subscription:
        """Begin to receive what is committed from now on."""
        listener = Subscription()
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Subscription) -> None:
        """Stop receiving."""
        self._listeners.discard(listener)

    @property
    def has_listeners(self) -> bool:
        return bool(self._listeners)

    def publish(self, changes: list[LoggedEvent]) -> None:
        """Hand committed changes to every listener."""
        for listener in self._listeners:
            for change in changes:
                try:
                    listener.queue.put_nowait(change)
                except asyncio.QueueFull:
                    listener.has_gap = True
