"""The status file: one short line for prompts and bars, to be read with `cat`. Rewritten when its content changes, and once a
minute while a timer runs. Loop thread.

`acme DEV-12 1:23 · today 5:41 1767600123`: what runs and for how long, today's total, and last the epoch second until which the
line is valid, so that nobody trusts a dead daemon's line.
"""

import asyncio
import contextlib
import os
from datetime import datetime, timedelta
from sqlite3 import Connection
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain import privacy
from stintd.domain.day import ONE_DAY, day_of, start_of_day
from stintd.domain.model import TimeEntry, to_us
from stintd.engine.engine import Engine
from stintd.engine.sheet.rollup import entry_of
from stintd.store.row_types import NamedEntryRow
from stintd.store.rowio import fetch_all, fetch_value

TICK = timedelta(minutes=1)
GRACE = timedelta(seconds=30)
NAME_LIMIT = 40
CONTROLS = {code: "" for code in [*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]}
OPEN = "SELECT e.*, p.name AS project_name FROM entry e LEFT JOIN project p ON p.id = e.project_id WHERE e.end_us IS NULL ORDER BY e.start_us DESC"  # noqa: E501
TODAY = "SELECT coalesce(sum(total_us), 0) AS us FROM rollup WHERE day = ? AND actor = 'human'"


def clock_length(length: timedelta) -> str:
    """Hours and minutes: 1:05."""
    minutes = max(0, int(length.total_seconds())) // 60
    return f"{minutes // 60}:{minutes % 60:02d}"


def _name(text: str) -> str:
    """One field of the line: no control characters, no spaces that would make it two, not too long."""
    clean = "".join(c for c in text.translate(CONTROLS) if not 0xD800 <= ord(c) <= 0xDFFF)
    return "_".join(clean.split())[:NAME_LIMIT] or "?"


def timer_text(timer: TimeEntry, project_name: str, now: datetime) -> str:
    """One timer: project, task, length, and the word paused or waiting if it is."""
    paused = sum(((pause.end or now) - pause.start for pause in timer.pauses), timedelta())
    words = [_name(project_name), *([_name(timer.task)] if timer.task else [])]
    words.append(clock_length((timer.end or now) - timer.start - paused) if timer.state != "waiting" else "waiting")
    if timer.state == "paused":
        words.append("paused")
    return " ".join(words)


def status_line(timers: list[tuple[TimeEntry, str]], today: timedelta, now: datetime, midnight: datetime) -> str:
    """The whole line. While a timer runs it is valid for a tick and some grace; else until midnight, when today's total ends."""
    texts = [timer_text(timer, name, now) for timer, name in timers if timer.actor == "human"]
    is_running = any(timer.state == "running" for timer, _ in timers)
    until = now + TICK + GRACE if is_running else midnight
    parts = [", ".join(texts) or "-", f"today {clock_length(today)}"]
    return f"{' · '.join(parts)} {int(until.timestamp())}\n"


def replace_file(path: str, text: str) -> None:
    """Replace the file atomically; a reader sees the old line or the new one."""
    temporary = f"{path}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
    os.replace(temporary, path)


def remove_file(path: str) -> None:
    """Remove the status file: when the daemon stops, no line is valid."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


class StatusFile:
    """Writes the line after steps that changed it, and on its own ticks while something runs."""

    def __init__(self, path: str, engine: Engine, clock: Clock, zone: str) -> None:
        self._path, self._engine, self._clock, self._zone = path, engine, clock, ZoneInfo(zone)
        self._changed = asyncio.Event()
        self._last_words = ""
        self.is_running = False

    def note_commit(self) -> None:
        """Note that a step was committed."""
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
        tick = asyncio.ensure_future(self._clock.sleep(TICK.total_seconds()))
        tasks = [tick, asyncio.ensure_future(self._changed.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _write(self) -> None:
        now = self._clock.now()
        timers, today = await self._engine.database.read(lambda conn: self._load_timers(conn, now))
        self.is_running = any(timer.state == "running" for timer, _ in timers)
        midnight = start_of_day(day_of(now, self._zone) + ONE_DAY, self._zone)
        text = status_line(timers, today, now, midnight)
        words = text.rsplit(" ", 1)[0]
        if self.is_running or words != self._last_words:
            replace_file(self._path, text)
            self._last_words = words

    def _load_timers(self, conn: Connection, now: datetime) -> tuple[list[tuple[TimeEntry, str]], timedelta]:
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
        """Remove the file: nothing it says is valid any more."""
        remove_file(self._path)
