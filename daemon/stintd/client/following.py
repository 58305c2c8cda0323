"""Following the stream of changes over broken connections, without a connection: where to go on, and how long to wait."""

from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any

from stintd.client.wire import Broken, Events
from stintd.errors import Forbidden, StintdError, Unauthorized
from stintd.protocol.types import Event

ROUTE = "/api/events"
SILENCE = 45.0
"""Seconds without a word after which a connection is given up; the daemon says every 15 that it lives."""
LONGEST_PAUSE = 15.0


class Following:
    """One reader of the stream. `patience` is for how long the daemon may be away, in seconds; None is for ever. `silence`
    is for how long a connection may say nothing.
    """

    def __init__(
        self, last_id: str | None, patience: float | None, now: Callable[[], float] = monotonic, silence: float = SILENCE
    ) -> None:
        self._events, self._patience, self._now, self.silence = Events(last_id), patience, now, silence
        self._found: deque[Event] = deque()
        self._told: str | None = last_id
        self._was_heard = False
        self._lost_at: float | None = None
        self._tries = 0

    @property
    def last_id(self) -> str | None:
        """The place after which what was not yet taken goes on."""
        return self._told if self._found else self._events.last_id

    @property
    def is_placed(self) -> bool:
        """Whether it is known where the stream stands, so that it can be resumed without a gap."""
        return self._events.last_id is not None or bool(self._found)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [("Last-Event-ID", self._events.last_id)] if self._events.last_id is not None else []

    def begin(self) -> None:
        """A new connection."""
        self._events.begin()

    def feed(self, block: bytes | None) -> None:
        """Take in a block; `Broken` when the stream ended (None): the daemon stops, or is restarted."""
        if block is None:
            raise Broken("the daemon ended the stream", "it may be stopping")
        found: list[tuple[str | None, str, Any]] = self._events.feed(block)
        self._found.extend(Event(*one) for one in found)
        self._was_heard, self._lost_at, self._tries = True, None, 0

    def take(self) -> Event | None:
        """The next change; None while there is none."""
        if not self._found:
            return None
        event = self._found.popleft()
        self._told = event.id or self._told
        return event

    def pause(self, error: StintdError) -> float:
        """Seconds to wait before the next try; raises `error` when there is none: the first connection must succeed, and
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
