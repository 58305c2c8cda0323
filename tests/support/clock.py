"""A clock that stands still until it is advanced."""

import asyncio
import heapq
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any


class FakeClock:
    """Wall, monotonic and boot time under the test's control; sleepers wake in the order of their deadlines."""

    def __init__(self, now: datetime = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)) -> None:
        self._now, self._mono, self._boot = now, 1000.0, 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._mono

    def boottime(self) -> float:
        return self._boot

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Counts from the call, not from when a task made of it first runs: in between the test may advance the clock."""
        self._count += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._mono + seconds, self._count, future))

        async def sleeping() -> None:
            await future

        return sleeping()

    def suspend(self, **length: float) -> None:
        """The machine sleeps: boot and wall time go on, monotonic time does not."""
        step = timedelta(**length)
        self._now += step
        self._boot += step.total_seconds()

    def jump(self, **length: float) -> None:
        """Somebody sets the wall clock."""
        self._now += timedelta(**length)

    def move(self, **length: float) -> None:
        """Time passes and nobody is woken."""
        step = timedelta(**length)
        self._now += step
        self._mono += step.total_seconds()
        self._boot += step.total_seconds()

    async def advance(self, **length: float) -> None:
        """Time passes; sleepers due meanwhile wake at their own instants."""
        end = self._mono + timedelta(**length).total_seconds()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, future = heapq.heappop(self._sleepers)
            self.move(seconds=max(0.0, due - self._mono))
            if not future.done():
                future.set_result(None)
            for _ in range(20):
                await asyncio.sleep(0)
        self.move(seconds=max(0.0, end - self._mono))
        for _ in range(20):
            await asyncio.sleep(0)
