"""Closes sessions whose process died without saying so. A pid is believed only if it was alive when it was first seen,
within the same boot, and with the start time it had then.

Nothing is looked at while nothing happens: the kernel tells when a process ends. Where it cannot, running sessions are
looked at once a minute.
"""

import asyncio
from collections.abc import Callable

from stintd.engine.commands import sessions
from stintd.engine.engine import Engine
from stintd.store.row_types import SessionRow

PAUSE = 60.0
"""Seconds between looks at processes whose end nobody tells, and only while something runs."""
REST = 1.0
"""Seconds between looks at the sessions, however many steps there are."""

Stop = Callable[[], None]
WatchExit = Callable[[int, float, Callable[[], None]], Stop | None]


class SessionWatch:
    """`started_at(pid)` is when a live process began, None for none; `is_alive(pid, started)` knows it again;
    `watch_exit(pid, started, call)` calls when it ends, None where that cannot be. Before `is_ready` nothing is closed: what
    hooks wrote while the daemon was down may not all be read.
    """

    def __init__(
        self, engine: Engine, boot: str, started_at: Callable[[int], float | None], is_alive: Callable[[int, float], bool],
        watch_exit: WatchExit = lambda pid, started, call: None, is_ready: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        self._engine, self._boot, self._started_at, self._is_alive = engine, boot, started_at, is_alive
        self._watch_exit, self._is_ready = watch_exit, is_ready
        self._changed = asyncio.Event()
        self._watched: dict[tuple[int, float], Stop] = {}
        self._dead: set[str] = set()  # sessions whose process was gone at the last look

    def note_change(self) -> None:
        """A step was committed: a session may have begun."""
        self._changed.set()

    async def run(self) -> None:
        """Look when something changed or a process ended, until cancelled."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                is_blind = await self._look() if self._is_ready() else True
                await self._engine.clock.sleep(REST)
                if is_blind and self._engine.state.is_running and not self._changed.is_set():
                    await self._wait(PAUSE - REST)
                    self._changed.set()
        finally:
            for stop in self._watched.values():
                stop()
            self._watched.clear()

    async def _look(self) -> bool:
        """Check every open session that named a process; whether the end of some must be looked for."""
        rows = await self._engine.database.read(sessions.sessions_with_process)
        is_blind = False
        for row in rows:
            is_blind |= await self._check(row)
        self._dead &= {row["id"] for row in rows}
        known = {(row["pid"], row["pid_started"]) for row in rows}
        for gone in self._watched.keys() - known:
            self._watched.pop(gone)()
        return is_blind

    async def _wait(self, seconds: float) -> None:
        """Until something changed, so long at most."""
        waiting = [
            asyncio.ensure_future(self._changed.wait()), asyncio.ensure_future(self._engine.clock.sleep(seconds)),
        ]  # fmt: skip
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _check(self, row: SessionRow) -> bool:
        pid, started = row["pid"], row["pid_started"]
        if pid is None:
            return False
        if started is None:
            started = self._started_at(pid)
            await self._engine.run(lambda step: sessions.note_process(step, row["id"], started, self._boot), "daemon")
        elif row["boot_id"] != self._boot:
            return False
        if started is None or (pid, started) in self._watched:
            return False
        if not self._is_alive(pid, started):
            await self._bury(row["id"])
            return False
        self._dead.discard(row["id"])
        return not self._watch(pid, started)

    async def _bury(self, session_id: str) -> None:
        """At the second look: an agent that leaves by itself says so last of all, and that may still be on its way."""
        if session_id in self._dead:
            self._dead.remove(session_id)
            await self._engine.run(lambda step: sessions.end_dead(step, session_id), "daemon")
        else:
            self._dead.add(session_id)
            self.note_change()

    def _watch(self, pid: int, started: float) -> bool:
        def forget() -> None:
            self._watched.pop((pid, started), None)
            self.note_change()

        stop = self._watch_exit(pid, started, forget)
        if stop is not None:
            self._watched[(pid, started)] = stop
        return stop is not None
