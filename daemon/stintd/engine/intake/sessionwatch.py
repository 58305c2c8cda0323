"""Closes sessions whose process died without a report. A pid is trusted only if its process was alive when it was first seen,
in the same boot, and still has the same start time.

While nothing happens, nothing is checked: the kernel reports when a process ends. Where it cannot, running sessions are
checked once a minute.
"""

import asyncio
from collections.abc import Callable

from stintd.engine.commands import sessions
from stintd.engine.engine import Engine
from stintd.store.row_types import SessionRow

PAUSE = 60.0
"""Seconds between checks of processes whose end is not reported; only while something runs."""
REST = 1.0
"""Least seconds between checks of the sessions, however many steps there are."""

Stop = Callable[[], None]
WatchExit = Callable[[int, float, Callable[[], None]], Stop | None]


class SessionWatch:
    """`started_at(pid)`: when a live process began, None if there is none. `is_alive(pid, started)`: whether that same process
    lives. `watch_exit(pid, started, call)`: calls `call` when it ends; returns None where that is not possible. Before
    `is_ready` nothing is closed, because what hooks wrote while the daemon was down may not all be read yet.
    """

    def __init__(
        self,
        engine: Engine,
        boot: str,
        started_at: Callable[[int], float | None],
        is_alive: Callable[[int, float], bool],
        watch_exit: WatchExit = lambda pid, started, call: None,
        is_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._engine, self._boot, self._started_at, self._is_alive = engine, boot, started_at, is_alive
        self._watch_exit, self._is_ready = watch_exit, is_ready
        self._changed = asyncio.Event()
        self._watched: dict[tuple[int, float], Stop] = {}
        self._dead: set[str] = set()  # sessions whose process was gone at the last check

    def note_change(self) -> None:
        """Note that a step was committed: a session may have begun."""
        self._changed.set()

    async def run(self) -> None:
        """Check when something changed or a process ended, until cancelled."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                is_blind = await self._check_sessions() if self._is_ready() else True
                await self._engine.clock.sleep(REST)
                if is_blind and self._engine.state.is_running and not self._changed.is_set():
                    await self._wait_for_change(PAUSE - REST)
                    self._changed.set()
        finally:
            for stop in self._watched.values():
                stop()
            self._watched.clear()

    async def _check_sessions(self) -> bool:
        """Check every open session that named a process. Returns whether some of them must be checked again from time to time."""
        rows = await self._engine.database.read(sessions.sessions_with_process)
        is_blind = False
        for row in rows:
            is_blind |= await self._check_session(row)
        self._dead &= {row["id"] for row in rows}
        processes = {(row["pid"], row["pid_started"]) for row in rows}
        for process in self._watched.keys() - processes:
            self._watched.pop(process)()
        return is_blind

    async def _wait_for_change(self, seconds: float) -> None:
        """Wait until something changed, at most this long."""
        waiting = [
            asyncio.ensure_future(self._changed.wait()),
            asyncio.ensure_future(self._engine.clock.sleep(seconds)),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _check_session(self, row: SessionRow) -> bool:
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
            await self._close_if_still_dead(row["id"])
            return False
        self._dead.discard(row["id"])
        return not self._watch(pid, started)

    async def _close_if_still_dead(self, session_id: str) -> None:
        """Close a session at the second check: an agent that quits normally reports that last, and the report may still be on its
        way."""
        if session_id in self._dead:
            self._dead.remove(session_id)
            await self._engine.run(lambda step: sessions.end_lost_session(step, session_id), "daemon")
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
