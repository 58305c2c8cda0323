"""Meetings from the owner's calendars, read only when somebody asks for open decisions. An address is fetched at most once an
hour, through the carrier, into a file that only the owner may read; if it cannot be fetched, the stored file is used. A
calendar that cannot be read raises a warning and does not affect the others. Addresses are often secrets: warnings name only
their host.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from stintd.domain.meeting import Meeting, MeetingRule, assign_projects
from stintd.engine.engine import Engine
from stintd.frozen import frozen
from stintd.ports import CalendarAnswer, CalendarRequest, Carrier, Failure, HttpRequest, ReadCalendar

FETCH_EVERY = timedelta(hours=1)
BYTES = 4 * 1024 * 1024
"""The most that is fetched from one address."""
REACH_US = 92 * 86_400_000_000
"""Of a longer period only this much of its end is searched."""
QUARTER_US = 15 * 60_000_000
STALE = 900
"""Seconds after which a failed calendar is read again although its file is unchanged: the failure may have been temporary."""
PATIENCE = 20.0
"""Time limit in seconds for all calendars together: a person waits for the answer."""
ANSWERS_LIMIT = 20
"""Answers kept in memory."""


@frozen
class CalendarSettings:
    """`[calendar]`, and who the owner is."""

    files: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    rules: tuple[MeetingRule, ...] = ()
    emails: tuple[str, ...] = ()


class Calendars:
    """All of them. `folder` is where fetched ones are kept; made with the first."""

    def __init__(
        self, engine: Engine, carrier: Carrier, read: ReadCalendar, folder: str, settings: Callable[[], CalendarSettings]
    ) -> None:
        self._engine, self._carrier, self._read, self._folder, self._settings = engine, carrier, read, folder, settings
        self._tried_at: dict[str, float] = {}
        self._failures: dict[str, str] = {}
        self._answers: dict[tuple[object, ...], CalendarAnswer] = {}
        self._warned_names: set[str] = set()
        self._lock = asyncio.Lock()

    async def meetings(self, lo_us: int, hi_us: int) -> list[Meeting]:
        """The past meetings of a half-open period, with the projects that rules give them."""
        settings = self._settings()
        async with self._lock:
            hi_us = min(hi_us, int(self._engine.clock.now().timestamp() * 1e6))
            lo_us = max(lo_us, hi_us - REACH_US)
            began_at, troubles = self._engine.clock.monotonic(), dict[str, str]()
            meetings: list[Meeting] = []
            fetched_files = await asyncio.gather(*(self._fetch_when_stale(url) for url in settings.addresses))
            for name, path, trouble in [*((file, file, "") for file in settings.files), *fetched_files]:
                is_late = self._engine.clock.monotonic() - began_at > PATIENCE
                late = CalendarAnswer(trouble="the others took too long" if is_late else "")
                answer = await self._read_calendar(path, lo_us, hi_us, settings.emails) if path and not is_late else late
                meetings += answer.meetings
                if trouble or answer.trouble:
                    troubles[name] = trouble or answer.trouble
            self._warn(troubles)
        return assign_projects([meeting for meeting in meetings if meeting.end_us <= hi_us], settings.rules)

    async def _read_calendar(self, path: str, lo_us: int, hi_us: int, emails: tuple[str, ...]) -> CalendarAnswer:
        """The meetings of a calendar; read again only if the file or the period has changed."""
        if lo_us >= hi_us:
            return CalendarAnswer()
        zone = self._engine.policy.zone
        request = CalendarRequest(path, lo_us, -(-hi_us // QUARTER_US) * QUARTER_US, zone, emails)
        try:
            stat = await asyncio.to_thread(os.stat, path)
        except OSError as error:
            return CalendarAnswer(trouble=error.strerror or "it cannot be read")
        key = (request, stat.st_mtime_ns, stat.st_size, stat.st_ino, int(self._engine.clock.monotonic()) // STALE)
        if key not in self._answers:
            if len(self._answers) >= ANSWERS_LIMIT:
                self._answers.clear()
            self._answers[key] = await self._read(request)
        return self._answers[key]

    async def _fetch_when_stale(self, url: str) -> tuple[str, str, str]:
        """The display name of an address, the file of its last answer ("" if there is none), and what went wrong now."""
        digest = hashlib.sha256(url.encode()).hexdigest()[:16]
        name = f"{urlsplit(url).hostname} ({digest[:6]})"
        path = os.path.join(self._folder, f"{digest}.ics")
        now = self._engine.clock.now().timestamp()
        if not 0 <= now - self._tried_at.get(url, _modification_time(path)) < FETCH_EVERY.total_seconds():
            self._tried_at[url] = now
            self._failures[url] = await self._fetch(url, path, now)
        return name, path if _modification_time(path) else "", self._failures.get(url, "")

    async def _fetch(self, url: str, path: str, now: float) -> str:
        """What went wrong, "" if nothing did."""
        request = HttpRequest("GET", url, {"Accept": "text/calendar"}, total_seconds=15, answer_bytes=BYTES)
        answer = await self._carrier.send(request)
        if isinstance(answer, Failure):
            return f"it could not be fetched: {answer.text}"
        if answer.status != 200 or answer.is_cut:
            return (
                f"it is larger than {BYTES >> 20} MiB, or its transfer was cut off"
                if answer.is_cut
                else f"its server answered {answer.status}"
            )
        try:
            await asyncio.to_thread(_save_file, path, answer.body, now)
        except OSError as error:
            return f"it could not be saved: {error.strerror}"
        return ""

    def _warn(self, troubles: dict[str, str]) -> None:
        health = self._engine.health
        for name in self._warned_names - set(troubles):
            health.clear("calendar", name)
        for name, why in troubles.items():
            printable = "".join(char if char.isprintable() else "?" for char in name)
            health.raise_warning(
                "calendar",
                f"the calendar {printable} cannot be read: {why}",
                "fix it, or remove it from [calendar]",
                subject=name,
            )
        self._warned_names = set(troubles)


def _modification_time(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _save_file(path: str, body: bytes, now: float) -> None:
    """Write the file atomically, mode 0600; its modification time is the time of the fetch."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    temporary = f"{path}.new"
    with suppress(FileNotFoundError):
        os.unlink(temporary)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(body)
    os.utime(temporary, (now, now))
    os.replace(temporary, path)
