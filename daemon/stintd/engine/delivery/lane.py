"""Delivery to one receiver of any kind: looks, waits and acts until nothing is left, one thing at a time. Loop thread. All
state is in the database: a lane that is started again continues where it stopped.
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
"""Seconds between tries to write an outcome that could not be written; meanwhile nothing more is sent."""
LaneView = TypeVar("LaneView")
Act = Callable[[], Awaitable[None]]


class Lane(ABC, Generic[LaneView]):
    """Runs until nothing is left to do. `is_waiting`: for time to pass, or to be woken."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._clock = engine, engine.clock
        self._wake = asyncio.Event()
        self.is_stopping = False
        self.is_waiting = False

    @abstractmethod
    def _load_view(self, conn: Connection) -> LaneView:
        """Read the state from the database, in a reader's thread."""

    @abstractmethod
    def _report(self, view: LaneView) -> None:
        """Report the state that was read, for warnings."""

    @abstractmethod
    def _next_act(self, view: LaneView) -> tuple[float, Act | None]:
        """What to do, and in how many seconds; None if there is nothing."""

    def wake(self) -> None:
        """Look again: something changed for this receiver."""
        self._wake.set()

    def stop(self) -> None:
        """Begin nothing more; a request under way may finish."""
        self.is_stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Do what waits."""
        while not self.is_stopping:
            self._wake.clear()
            view = await self._engine.database.read(self._load_view)
            self._report(view)
            wait, act = self._next_act(view)
            if act is None:
                if not self._wake.is_set():
                    return
            elif wait > 0:
                await self._pause(wait)
            else:
                await act()

    async def _pause(self, seconds: float) -> None:
        tasks = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._wake.wait())]
        self.is_waiting = True
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.is_waiting = False
            for task in tasks:
                task.cancel()

    async def _record(self, fn: Callable[[Step], Any]) -> bool:
        """Retry until the outcome is written; False if the daemon stops first. Sending again instead, while the disk is full,
        would flood the receiver with the same request.
        """
        while True:
            try:
                await self._engine.run(fn, "daemon")
                return True
            except StintdError:
                if self.is_stopping or self._engine.is_stopping:
                    return False
            await self._clock.sleep(RECORD_RETRY)
