"""What requests on all ports share: the daemon, quotas, open streams, and one-time links."""

import asyncio
from collections.abc import Callable

from stintd.api.daemon import Daemon
from stintd.api.dashboard.links import Links
from stintd.api.guard import Caller
from stintd.api.quota import Quotas
from stintd.errors import RateLimited
from stintd.frozen import frozen

GUESSES = 10
"""After this many wrong keys in a minute, each further one is answered late."""
GUESS_SECONDS = 0.1


@frozen
class Limits:
    """The settings for requests: how many a minute a key may send, and which browser extensions may call."""

    rate_limit: int
    extension_origins: frozenset[str]


class Surface:
    """What requests share in one daemon. `limits` returns what the settings allow now."""

    def __init__(self, daemon: Daemon, limits: Callable[[], Limits]) -> None:
        self.daemon, self.limits = daemon, limits
        self.exporting = asyncio.Lock()  # only one export file is written at a time
        self.streams: dict[asyncio.Task[object], str] = {}
        self.links = Links()
        self.quotas = Quotas(daemon.engine.clock, lambda: limits().rate_limit)
        self._guesses = Quotas(daemon.engine.clock, lambda: GUESSES)

    def end_streams(self, key_id: str) -> None:
        """Close the streams that a key opened."""
        for stream in [stream for stream, opened_by in self.streams.items() if opened_by == key_id]:
            stream.cancel()

    def count(self, caller: Caller) -> None:
        """Count one request of a key, or refuse it (`rate_limited`)."""
        if caller.key_id:
            self.quotas.take(caller.key_id)

    async def slow_guesses(self) -> None:
        """Delay the answer once there have been many wrong keys: that makes guessing slow, and a client with an old key costs
        little."""
        try:
            self._guesses.take("")
        except RateLimited:
            loop = asyncio.get_running_loop()
            late: asyncio.Future[None] = loop.create_future()
            loop.call_later(GUESS_SECONDS, _finish, late)
            await late


def _finish(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
