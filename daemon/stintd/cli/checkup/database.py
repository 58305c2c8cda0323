"""The database and its copies, read beside whoever writes it."""

import os
import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta

from stintd import paths, settings
from stintd.cli.checkup.finding import error, ok, warning
from stintd.cli.commands.backup import copies
from stintd.cli.commands.repos import shown_path
from stintd.cli.period import now

OLD = timedelta(days=3)
"""How much older than `backup.every` the newest backup may be on a machine in use."""


def findings():
    """Whether it can be read, and is whole."""
    layout = paths.home_layout()
    if not os.path.exists(layout.database):
        if os.path.exists(f"{layout.database}.in-use"):
            yield error("database", f"{shown_path(layout.database)} is gone",
                        "`stint up` brings the newest backup back; `stint backup list` shows what there is")  # fmt: skip
        else:
            yield ok("database", "none yet; the daemon makes it")
        return
    try:
        version, problem = _inspect(layout.database)
    except sqlite3.Error as failure:
        yield error("database", f"{shown_path(layout.database)} cannot be read: {failure}", _remedy())
        return
    if problem != "ok":
        yield error("database", f"{shown_path(layout.database)} is damaged: {problem}", _remedy())
    else:
        size = os.path.getsize(layout.database) / 1e6
        yield ok("database", f"whole, schema {version}, {size:.1f} MB, SQLite {sqlite3.sqlite_version}")
    yield from _backups(layout)


def _inspect(path):
    """Its schema, and what SQLite's check says. Leaves no file beside it."""
    has_log = os.path.exists(f"{path}-wal")
    uri = f"file:{_quote(path)}?mode=ro{'' if has_log else '&immutable=1'}"
    with closing(sqlite3.connect(uri, uri=True, timeout=2.0)) as link:
        version = link.execute("PRAGMA user_version").fetchone()[0]
        link.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return version, link.execute("PRAGMA quick_check(1)").fetchone()[0]


def _quote(path):
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _remedy():
    found = copies()
    if not found:
        return "there is no backup; `stint restart` saves what can be read"
    return f"`stint restart` mends it from the newest backup, {found[0]['name']}; or `stint backup restore` another"


def _backups(layout):
    every = settings.load_files(paths.config_file(), paths.settings_file())[0].values["backup.every"]
    found = copies()
    in_use = f"{layout.database}.in-use"
    since = os.stat(in_use).st_mtime if os.path.exists(in_use) else time.time()
    if not found:
        if every and time.time() - since > (every + OLD).total_seconds():
            yield warning("backups", "there is none", "`stint backup` makes one")
        return
    at = datetime.fromisoformat(found[0]["at"])
    if every and now() - at > every + OLD and os.stat(layout.database).st_mtime > at.timestamp() + every.total_seconds():
        yield warning(
            "backups", f"the newest is of {at:%Y-%m-%d}", "`stint backup` makes one; see the daemon's log for why none was made"
        )
    else:
        yield ok("backups", f"{len(found)}, the newest of {at.astimezone():%Y-%m-%d %H:%M}")
