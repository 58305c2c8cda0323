"""The way to one receiver, whatever it is: looks, waits and acts until nothing is left, one thing at a time. Loop thread.

Nothing is remembered here that the database does not say: a lane that is begun again goes on where it was.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from sqlite3 import Connection
from typing import Any, Generic, TypeVar

from stintd.engine.engine import Engine
from stintd.engine.step import Step
from stintd.errors import StintdError

RECORD_RETRY = 5.0
"""Seconds until an outcome that could not be written is written again; meanwhile nothing more is sent."""
Found = TypeVar("Found")
Act = Callable[[], Awaitable[None]]


class Lane(ABC, Generic[Found]):
    """Runs until nothing is left to do. `is_waiting`: for time to pass, or to be woken."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._clock = engine, engine.clock
        self._woken = asyncio.Event()
        self.is_stopping = False
        self.is_waiting = False

    @abstractmethod
    def _look(self, conn: Connection) -> Found:
        """What the database says. In a reader's thread."""

    @abstractmethod
    def _report(self, look: Found) -> None:
        """What was found, for warnings."""

    @abstractmethod
    def _next(self, look: Found) -> tuple[float, Act | None]:
        """In how many seconds what is to be done; None when there is nothing."""

    def wake(self) -> None:
        """Something changed for this receiver."""
        self._woken.set()

    def stop(self) -> None:
        """Begin nothing more; what is on its way may end."""
        self.is_stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Do what waits."""
        while not self.is_stopping:
            self._woken.clear()
            look = await self._engine.database.read(self._look)
            self._report(look)
            wait, act = self._next(look)
            if act is None:
                if not self._woken.is_set():
                    return
            elif wait > 0:
                await self._pause(wait)
            else:
                await act()

    async def _pause(self, seconds: float) -> None:
        tasks = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._woken.wait())]
        self.is_waiting = True
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.is_waiting = False
            for task in tasks:
                task.cancel()

    async def _record(self, fn: Callable[[Step], Any]) -> bool:
        """Until it is written. Sending again instead, while the disk is full, would be a flood of the same. False when the
        daemon stops before."""
        while True:
            try:
                await self._engine.run(fn, "daemon")
                return True
            except StintdError:
                if self.is_stopping or self._engine.is_stopping:
                    return False
            await self._clock.sleep(RECORD_RETRY)
