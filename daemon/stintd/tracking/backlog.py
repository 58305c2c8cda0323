"""Background work: each kind once for each subject, in the order of the requests, one at a time, some of it later.

One task on the event loop's thread owns it; the handlers may use threads.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from stintd.clock import Clock

Handler = Callable[[str], Awaitable[None]]


class Backlog:
    """Jobs by (kind, subject). A job that is requested twice while it waits runs once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: dict[tuple[str, str], None] = {}
        self._delayed: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._wake, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()

    def add(self, kind: str, subject: str) -> None:
        """Do it as soon as the earlier jobs are done."""
        self._waiting.setdefault((kind, subject))
        self._idle.clear()
        self._wake.set()

    def add_later(self, kind: str, subject: str, delay: float) -> None:
        """Do it after `delay` seconds; with several delays the first one counts."""
        key = (kind, subject)
        if key not in self._delayed:
            self._delayed[key] = asyncio.create_task(self._wait(key, delay))

    async def run(self, handlers: Mapping[str, Handler]) -> None:
        """Work until cancelled. `handlers` by kind of job; an exception of one ends it, so that the supervisor sees it."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                kind, subject = next(iter(self._waiting))
                del self._waiting[kind, subject]
                await handlers[kind](subject)
            self._idle.set()

    async def wait_until_settled(self) -> None:
        """Wait until no job waits that can run now."""
        await self._idle.wait()

    def stop(self) -> None:
        """Cancel the jobs that were to run later."""
        for task in self._delayed.values():
            task.cancel()
        self._delayed.clear()

    async def _wait(self, key: tuple[str, str], delay: float) -> None:
        await self._clock.sleep(delay)
        self._delayed.pop(key, None)
        self.add(*key)
