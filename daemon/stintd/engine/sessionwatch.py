"""Closes sessions whose process died without saying so. A pid is believed only if it was alive when it was first seen,
within the same boot, and with the start time it had then.
"""

import asyncio
from collections.abc import Callable

from stintd.engine.commands import sessions
from stintd.engine.engine import Engine
from stintd.engine.rows import Row

PAUSE = 60.0
"""Seconds between looks, and only while something runs."""


class SessionWatch:
    """`started_at(pid)` is when a live process began, None for none; `is_alive(pid, started)` knows it again."""

    def __init__(
        self, engine: Engine, boot: str, started_at: Callable[[int], float | None], is_alive: Callable[[int, float], bool]
    ) -> None:
        self._engine, self._boot, self._started_at, self._is_alive = engine, boot, started_at, is_alive
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """A step was committed: a session may have begun."""
        self._changed.set()

    async def run(self) -> None:
        """Look at once after a change, then every minute while something runs."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            for row in await self._engine.database.read(sessions.with_process):
                await self._check(row)
            await self._engine.clock.sleep(PAUSE)
            if self._engine.state.is_running:
                self._changed.set()

    async def _check(self, row: Row) -> None:
        started = row["pid_started"]
        if started is None:
            seen = self._started_at(row["pid"])
            await self._engine.run(lambda step: sessions.seen(step, row["id"], seen, self._boot), "daemon")
        elif row["boot_id"] == self._boot and not self._is_alive(row["pid"], started):
            await self._engine.run(lambda step: sessions.died(step, row["id"]), "daemon")
