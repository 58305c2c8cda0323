"""Keeps long tasks alive: restarts a failed one after growing pauses and raises a health warning meanwhile; nothing dies
silently.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from stintd.clock import Clock
from stintd.engine.health import Health

FIRST_PAUSE, LONGEST_PAUSE, CALM_AFTER = 0.5, 60.0, 120.0
log = logging.getLogger(__name__)


class Supervisor:
    """Runs named tasks until `stop`. A task that returns is done; one that raises is restarted."""

    def __init__(self, clock: Clock, health: Health) -> None:
        self._clock, self._health = clock, health
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
        """Run a task and keep it running; it is done when `run` returns."""
        self._tasks = [task for task in self._tasks if not task.done()]  # some come and go for as long as the daemon runs
        self._tasks.append(asyncio.create_task(self._keep_running(name, run), name=name))
        return self._tasks[-1]

    async def stop(self) -> None:
        """Cancel all, in reverse order of their start, and wait for each."""
        for task in reversed(self._tasks):
            task.cancel()
        await asyncio.gather(*reversed(self._tasks), return_exceptions=True)
        self._tasks.clear()

    async def _keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        pause, has_failed = FIRST_PAUSE, False
        while True:
            began = self._clock.monotonic()
            try:
                await (self._run_again(name, run) if has_failed else run())
            except Exception as error:  # the outermost boundary of a source
                log.exception("%s failed", name)
                has_failed = True
                if self._clock.monotonic() - began > CALM_AFTER:
                    pause = FIRST_PAUSE
                self._health.raise_warning(
                    "source_failed",
                    f"{name} stopped: {error}",
                    "it is restarted automatically; if this persists, run `stint doctor` and see the log",
                    subject=name,
                )
                await self._clock.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                self._health.clear("source_failed", name)
                return

    async def _run_again(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run a task that failed earlier; once it has run long enough without failing, the warning is cleared."""
        calm = asyncio.create_task(self._clear_when_calm(name))
        try:
            await run()
        finally:
            calm.cancel()

    async def _clear_when_calm(self, name: str) -> None:
        await self._clock.sleep(CALM_AFTER)
        self._health.clear("source_failed", name)
