"""The database and its backups, read while the daemon may write."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta

from stintd import paths, settings
from stintd.cli.checkup.finding import Finding, error, ok, warning
from stintd.cli.commands.backup import copies
from stintd.cli.commands.repos import display_path
from stintd.cli.period import now
from stintd.paths import Layout

OLD = timedelta(days=3)
"""How much older than `backup.every` the newest backup may be on a machine in use."""


def findings() -> Iterator[Finding]:
    """Whether it can be read, and is whole."""
    layout = paths.home_layout()
    if not os.path.exists(layout.database):
        if os.path.exists(f"{layout.database}.in-use"):
            yield error(
                "database",
                f"{display_path(layout.database)} is gone",
                "`stint up` restores the newest backup; `stint backup list` lists all",
            )
        else:
            yield ok("database", "none yet; the daemon creates it")
        return
    try:
        version, problem = _inspect(layout.database)
    except sqlite3.Error as failure:
        yield error("database", f"{display_path(layout.database)} cannot be read: {failure}", _remedy())
        return
    if problem != "ok":
        yield error("database", f"{display_path(layout.database)} is damaged: {problem}", _remedy())
    else:
        size = os.path.getsize(layout.database) / 1e6
        yield ok("database", f"intact, schema {version}, {size:.1f} MB, SQLite {sqlite3.sqlite_version}")
    yield from _backups(layout)


def _inspect(path: str) -> tuple[int, str]:
    """Its schema, and what SQLite's check says. Leaves no file beside it."""
    has_log = os.path.exists(f"{path}-wal")
    uri = f"file:{_quote(path)}?mode=ro{'' if has_log else '&immutable=1'}"
    with closing(sqlite3.connect(uri, uri=True, timeout=2.0)) as link:
        version = link.execute("PRAGMA user_version").fetchone()[0]
        link.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return version, link.execute("PRAGMA quick_check(1)").fetchone()[0]


def _quote(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _remedy() -> str:
    backups = copies()
    if not backups:
        return "there is no backup; `stint restart` salvages what can be read"
    return f"`stint restart` restores the newest backup, {backups[0]['name']}; or pick another with `stint backup restore`"


def _backups(layout: Layout) -> Iterator[Finding]:
    every = settings.load_files(paths.config_file(), paths.settings_file())[0].length("backup.every")
    backups = copies()
    in_use = f"{layout.database}.in-use"
    since = os.stat(in_use).st_mtime if os.path.exists(in_use) else time.time()
    if not backups:
        if every and time.time() - since > (every + OLD).total_seconds():
            yield warning("backups", "there are none", "`stint backup` creates one")
        return
    at = datetime.fromisoformat(backups[0]["at"])
    if every and now() - at > every + OLD and os.stat(layout.database).st_mtime > at.timestamp() + every.total_seconds():
        yield warning(
            "backups", f"the newest is from {at:%Y-%m-%d}", "`stint backup` creates one; the daemon's log says why none was made"
        )
    else:
        yield ok("backups", f"{len(backups)}, the newest from {at.astimezone():%Y-%m-%d %H:%M}")
