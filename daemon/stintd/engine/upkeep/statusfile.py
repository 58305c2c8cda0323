"""Keeps `run/status` true: rewritten when what it says changes, and once a minute while a timer runs. Loop thread."""

import asyncio
from datetime import datetime, timedelta
from sqlite3 import Connection
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain import privacy
from stintd.domain.day import ONE_DAY, day_of, start_of_day
from stintd.domain.model import TimeEntry, to_us
from stintd.engine.engine import Engine
from stintd.engine.sheet.rollup import entry_of
from stintd.engine.upkeep import status
from stintd.store.row_types import NamedEntryRow
from stintd.store.rowio import fetch_all, fetch_value

OPEN = "SELECT e.*, p.name AS project_name FROM entry e LEFT JOIN project p ON p.id = e.project_id WHERE e.end_us IS NULL ORDER BY e.start_us DESC"  # noqa: E501
TODAY = "SELECT coalesce(sum(total_us), 0) AS us FROM rollup WHERE day = ? AND actor = 'human'"


class StatusFile:
    """Writes the line after steps that changed it, and on its own ticks while something runs."""

    def __init__(self, path: str, engine: Engine, clock: Clock, zone: str) -> None:
        self._path, self._engine, self._clock, self._zone = path, engine, clock, ZoneInfo(zone)
        self._changed = asyncio.Event()
        self._shown = ""
        self.is_running = False

    def changed(self) -> None:
        """A step was committed."""
        self._changed.set()

    async def run(self) -> None:
        """Write now and whenever needed, until cancelled."""
        while True:
            self._changed.clear()
            await self._write()
            if self.is_running:
                await self._tick()
            else:
                await self._changed.wait()

    async def _tick(self) -> None:
        tick = asyncio.ensure_future(self._clock.sleep(status.TICK.total_seconds()))
        tasks = [tick, asyncio.ensure_future(self._changed.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _write(self) -> None:
        now = self._clock.now()
        timers, today = await self._engine.database.read(lambda conn: self._read(conn, now))
        self.is_running = any(timer.state == "running" for timer, _ in timers)
        midnight = start_of_day(day_of(now, self._zone) + ONE_DAY, self._zone)
        text = status.line(timers, today, now, midnight)
        words = text.rsplit(" ", 1)[0]
        if self.is_running or words != self._shown:
            status.write(self._path, text)
            self._shown = words

    def _read(self, conn: Connection, now: datetime) -> tuple[list[tuple[TimeEntry, str]], timedelta]:
        rows = fetch_all(conn, NamedEntryRow, OPEN)
        policy = self._engine.policy
        timers = [(entry_of(row), privacy.project(row["project_id"], row["project_name"] or "?", policy)) for row in rows]
        total = fetch_value(conn, int, TODAY, (day_of(now, self._zone).isoformat(),)) or 0
        midnight = to_us(start_of_day(day_of(now, self._zone), self._zone))
        for row in rows:  # running manual timers are in no rollup yet
            if row["origin"] != "auto" and row["actor"] == "human" and row["state"] == "running":
                total += to_us(now) - max(row["start_us"], midnight)
        return timers, timedelta(microseconds=total)

    def stop(self) -> None:
        """Nothing runs any more that could be believed."""
        status.remove(self._path)
