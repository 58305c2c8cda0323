"""Copies of the database, when one is due and on demand. Loop thread; the copying itself runs beside everything else.

A daily one is made after a commit, once the newest is older than `backup.every`: an idle daemon is not woken for it, and
what did not change needs no new copy. A failure raises a warning and is tried again an hour later.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from stintd.clock import Clock
from stintd.engine import wire
from stintd.engine.engine import Engine
from stintd.engine.supervisor import Supervisor
from stintd.errors import StintdError
from stintd.store import backups

RETRY = timedelta(hours=1)


class Backups:
    """One per daemon. `every` zero: only on demand. `keep`: how many of each kind stay."""

    def __init__(self, engine: Engine, clock: Clock, supervisor: Supervisor, every: timedelta, keep: int) -> None:
        self._engine, self._clock, self._supervisor = engine, clock, supervisor
        self._folder = engine.database.backup_folder
        self._lock = asyncio.Lock()
        self.set_rhythm(every, keep)

    def set_rhythm(self, every: timedelta, keep: int) -> None:
        """Take over the settings. The first copy of a new home is due one `every` after its first use."""
        self._every, self._keep = every, keep
        daily_times = [backup.at for backup in backups.list_backups(self._folder) if backup.label == backups.DAILY]
        last_backup = max(daily_times, default=None) or self._engine.database.first_used() or self._clock.now()
        self._due: datetime | None = last_backup + every if every else None

    def check(self) -> None:
        """Called after a commit."""
        now = self._clock.now()
        if self._due is not None and now >= self._due:
            self._due = now + RETRY
            self._supervisor.start("backup", self._back_up_daily)

    async def _back_up_daily(self) -> None:
        try:
            await self.make(backups.DAILY)
        except StintdError as error:
            self._engine.health.raise_warning(
                "backup_failed", f"no backup could be made: {error.message}", error.hint, severity="error"
            )
            return
        self._due = self._clock.now() + self._every

    async def make(self, label: str = backups.MANUAL) -> dict[str, Any]:
        """Make a backup now, which contains everything answered before; one at a time."""
        async with self._lock:
            await self._engine.read(lambda conn: None)
            path = await self._engine.database.backup(label, self._keep)
        self._engine.health.clear("backup_failed")
        return next(backup for backup in self.listing() if backup["path"] == str(path))

    def listing(self) -> list[dict[str, Any]]:
        """The backups, the newest first."""
        return [_backup_json(backup) for backup in backups.list_backups(self._folder)]


def _backup_json(backup: backups.Backup) -> dict[str, Any]:
    return {
        "name": backup.path.name,
        "path": str(backup.path),
        "at": wire.stamp(backup.at),
        "kind": backup.label,
        "bytes": backup.size,
    }
