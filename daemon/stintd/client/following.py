"""Following the event stream across broken connections: where to resume and how long to wait. It holds no connection."""

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from stintd.client.wire import BrokenAnswer, Events
from stintd.errors import Forbidden, StintdError, Unauthorized
from stintd.protocol.types import Event

ROUTE = "/api/events"
SILENCE = 45.0
"""Seconds of silence after which a connection is given up; the daemon sends a keep-alive every 15."""
LONGEST_PAUSE = 15.0


class Following:
    """One reader of the stream. `patience`: seconds that the daemon may be away; None is for ever. `silence`: seconds that
    a connection may be silent.
    """

    def __init__(
        self, last_id: str | None, patience: float | None, now: Callable[[], float] = monotonic, silence: float = SILENCE
    ) -> None:
        self._events, self._patience, self._now, self.silence = Events(last_id), patience, now, silence
        self._waiting: deque[Event] = deque()
        self._last_taken: str | None = last_id
        self._was_heard = False
        self._lost_at: float | None = None
        self._tries = 0

    @property
    def last_id(self) -> str | None:
        """The id of the last change that was returned."""
        return self._last_taken if self._waiting else self._events.last_id

    @property
    def is_position_known(self) -> bool:
        """Whether the position in the stream is known, so that it can be resumed without a gap."""
        return self._events.last_id is not None or bool(self._waiting)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [("Last-Event-ID", self._events.last_id)] if self._events.last_id is not None else []

    def begin(self) -> None:
        """Prepare for a new connection."""
        self._events.begin()

    def feed(self, block: bytes | None) -> None:
        """Take in a block; `Broken` when the stream ended (None): the daemon stops, or is restarted."""
        if block is None:
            raise BrokenAnswer("the daemon ended the stream", "it may be stopping")
        changes: list[tuple[str | None, str, Any]] = self._events.feed(block)
        self._waiting.extend(Event(*change) for change in changes)
        self._was_heard, self._lost_at, self._tries = True, None, 0

    def take(self) -> Event | None:
        """The next change; None while there is none."""
        if not self._waiting:
            return None
        event = self._waiting.popleft()
        self._last_taken = event.id or self._last_taken
        return event

    def pause(self, error: StintdError) -> float:
        """Seconds to wait before the next attempt. Raises `error` if there is none: the first connection must succeed, and later
        the daemon must be back in time.
        """
        if not self._was_heard or isinstance(error, Unauthorized | Forbidden):
            raise error
        self._lost_at = self._now() if self._lost_at is None else self._lost_at
        if self._patience is not None and self._now() - self._lost_at > self._patience:
            raise error
        grown: float = self._events.retry * 2**self._tries
        self._tries = min(self._tries + 1, 10)
        return max(error.retry_after or 0.0, min(grown, LONGEST_PAUSE))
