"""`stint purge`: deletes from the database first, then from every file beside it. Loop thread. The order matters: the
transaction, then rewriting the database file without the freed pages, then the files that hold copies. A daemon that dies in
between has purged the database; running the purge again purges the files, and the answer says so.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path

from stintd.engine.commands import purging, resolve
from stintd.engine.commands.resolve import ProjectNames
from stintd.engine.engine import Engine
from stintd.engine.intake.intake import Intake
from stintd.engine.period import Period, period, zone_of
from stintd.engine.step import DryRun, Step
from stintd.engine.upkeep.backups import Backups
from stintd.engine.wire_types import PurgedJson, PurgedRowsJson
from stintd.errors import Invalid, StintdError
from stintd.frozen import frozen
from stintd.store import backups
from stintd.store.row_types import ProjectRow
from stintd.store.rowio import fetch_one

COPIES = (f"{backups.PREFIX}*.db", f"{backups.PREFIX}*.db.partial")
OTHER_COPIES = ("*.damaged-*", "*.before-*", "*.restoring*", "*.partial")
"""Patterns of other files beside the database that hold copies of earlier ones."""
log = logging.getLogger(__name__)


@frozen
class PurgedFiles:
    """`logs`: the folder of log files; `bad`: the folder of unreadable hook messages; `fetched`: the folder of calendars,
    which are fetched again when somebody asks.
    """

    logs: str
    bad: str
    fetched: str


class Purge:
    """One per daemon. `files`: where copies of purged data lie; `watched` names the checkouts that are watched now."""

    def __init__(
        self, engine: Engine, intake: Intake, copies: Backups, files: PurgedFiles, watched: Callable[[], Iterable[str]]
    ) -> None:
        self._engine, self._intake, self._copies, self._watched = engine, intake, copies, watched
        self._logs, self._bad, self._fetched = Path(files.logs), Path(files.bad), Path(files.fetched)
        self._lock = asyncio.Lock()

    async def purge_project(self, project_id: str | None, name: str | None, is_dry: bool, who: str) -> PurgedJson:
        """Purge a project."""
        watched = frozenset(path for path in self._watched() if not self._intake.is_excluded(path))

        def run(step: Step) -> PurgedRowsJson:
            return purging.purge_project(step, _find_project(step, project_id, name), watched)

        return await self._purge(run, None, is_dry, who)

    async def purge_period(self, since: date | datetime, until: date | datetime | None, is_dry: bool, who: str) -> PurgedJson:
        """Purge a period; without an end, up to now."""
        span = period(since, until, zone_of(self._engine.policy.zone), self._engine.clock.now())
        if span.start >= self._engine.clock.now():
            raise Invalid("the period has not begun", "name a period in the past")
        return await self._purge(lambda step: purging.purge_period(step, span), span, is_dry, who)

    async def _purge(self, run: Callable[[Step], PurgedRowsJson], span: Period | None, is_dry: bool, who: str) -> PurgedJson:
        async with self._lock:
            await self._intake.wait_until_settled()
            files = await asyncio.to_thread(self._files, span)
            names = sorted(str(path) for path in files)
            if is_dry:
                rows = await self._engine.run(lambda step: _roll_back(run(step)), who)
                return {**rows, "dryRun": True, "files": names, "isComplete": True}
            rows = await self._engine.run(run, who)
            is_complete = await self._clean(files)
            log.info("%s", rows["summary"])
            return {**rows, "dryRun": False, "files": names, "isComplete": is_complete}

    async def _wait_until_stored(self) -> None:
        await self._engine.read(lambda conn: None)

    async def _clean(self, files: list[Path]) -> bool:
        """Rewrite the database file, then purge every file that holds copies; answers whether nothing is left."""
        await self._wait_until_stored()
        is_empty = self._engine.journal.renew()
        is_empty = await self._engine.database.compact() and is_empty
        remaining = await asyncio.to_thread(_remove, files)
        try:
            await self._copies.make(backups.DAILY)
        except StintdError as error:
            log.warning("no backup after the purge: %s", error.message)
        return is_empty and not remaining

    def _files(self, span: Period | None) -> list[Path]:
        """The files to remove or empty: copies of the database, logs, unreadable messages."""
        database = self._engine.database
        paths = [path for pattern in COPIES for path in database.backup_folder.glob(pattern)]
        paths += [path for pattern in OTHER_COPIES for path in database.path.parent.glob(database.path.name + pattern)]
        paths += [path for path in _files_in(self._logs) if path.is_file() and path.stat().st_size]
        paths += _files_in(self._fetched)
        return paths + [path for path in _files_in(self._bad) if span is None or _is_within(path, span)]


def _find_project(step: Step, project_id: str | None, name: str | None) -> str:
    """Find the project, even one that was deleted: its rows still exist."""
    row = fetch_one(
        step.conn, ProjectRow, "SELECT id FROM project WHERE id = ? OR name = ? ORDER BY deleted, id", (project_id, name)
    )
    return str(row["id"]) if row is not None else resolve.require_project(step, ProjectNames(project_id, name)).id


def _roll_back(answer: PurgedRowsJson) -> PurgedRowsJson:
    raise DryRun(answer)


def _files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _is_within(path: Path, span: Period) -> bool:
    return span.start.timestamp() <= path.lstat().st_mtime < span.end.timestamp()


def _remove(files: list[Path]) -> list[Path]:
    """Remove the files; a log in use is emptied. Answers those that could not be removed."""
    remaining = []
    for path in files:
        try:
            if path.suffix == ".log":
                os.truncate(path, 0)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s cannot be removed: %s", path, error.strerror)
            remaining.append(path)
    return remaining
