"""Work to do off the hot path: each kind once per subject, in the order asked for, one at a time, some of it later.

Owned by one task on the event loop's thread; threads are the handlers' matter.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from stintd.clock import Clock

Handler = Callable[[str], Awaitable[None]]


class Backlog:
    """Jobs by (kind, subject). Asking twice for what still waits is asking once."""

    def __init__(self, clock: Clock, handlers: Mapping[str, Handler]) -> None:
        self._clock, self._handlers = clock, handlers
        self._waiting: dict[tuple[str, str], None] = {}
        self._delayed: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._wake, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()

    def add(self, kind: str, subject: str) -> None:
        """Do it as soon as what was asked before is done."""
        self._waiting.setdefault((kind, subject))
        self._idle.clear()
        self._wake.set()

    def later(self, kind: str, subject: str, delay: float) -> None:
        """Do it after `delay` seconds; the first delay of several holds."""
        key = (kind, subject)
        if key not in self._delayed:
            self._delayed[key] = asyncio.create_task(self._wait(key, delay))

    async def run(self) -> None:
        """Work until cancelled; what a handler raises ends it, for the supervisor to see."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                kind, subject = next(iter(self._waiting))
                del self._waiting[kind, subject]
                await self._handlers[kind](subject)
            self._idle.set()

    async def wait_until_settled(self) -> None:
        """Wait until nothing is left to do at once."""
        await self._idle.wait()

    def stop(self) -> None:
        """Forget what was to be done later."""
        for task in self._delayed.values():
            task.cancel()
        self._delayed.clear()

    async def _wait(self, key: tuple[str, str], delay: float) -> None:
        await self._clock.sleep(delay)
        self._delayed.pop(key, None)
        self.add(*key)
