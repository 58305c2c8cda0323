"""What every request shares, whatever port it comes in by: the daemon it asks, quotas, open streams, one-time links."""

import asyncio
from collections.abc import Callable

from stintd.api.daemon import Daemon
from stintd.api.dashboard.links import Links
from stintd.api.guard import Caller
from stintd.api.quota import Quotas
from stintd.errors import RateLimited
from stintd.frozen import frozen

GUESSES = 10
"""Wrong keys in a minute after which each further one is answered late."""
GUESS_SECONDS = 0.1


@frozen
class Limits:
    """Of the settings what concerns requests: how many a minute a key may send, and which browser extensions may call."""

    rate_limit: int
    extension_origins: frozenset[str]


class Surface:
    """One a daemon. `limits` says what the settings allow now."""

    def __init__(self, daemon: Daemon, limits: Callable[[], Limits]) -> None:
        self.daemon, self.limits = daemon, limits
        self.exporting = asyncio.Lock()  # one file is written at a time, however many are asked for
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
        """Answer wrong keys late once there were many: trying out is slow, and a client with an old key costs little."""
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
