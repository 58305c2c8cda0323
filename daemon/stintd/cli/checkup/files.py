"""Settings and files: problems in them, who can read them, space on the disk, what was set aside."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator

from stintd import mounts, paths, settings
from stintd.cli.checkup.finding import Finding, error, ok, warning
from stintd.cli.commands.repos import display_path
from stintd.cli.text import plural
from stintd.paths import Layout
from stintd.settings import Settings

DISK_LEAST = 200 << 20
AHEAD = 300.0
"""Seconds by which a file of ours may lie ahead of the clock before the clock is doubted."""


def check_settings() -> Iterator[Finding]:
    """The settings, and the folders they name."""
    known, problems = settings.load_files(paths.config_file(), paths.settings_file())
    for problem in problems:
        yield error("settings", str(problem), problem.remedy)
    if not problems:
        yield ok("settings", f"{len(known.origins)} set, {display_path(paths.config_file())}")
    if not known.folders:
        yield warning("folders", "no folder is watched", "`stint up FOLDER` watches the repositories below it")
    table = mounts.read_mounts()
    for folder in known.folders:
        yield from _folder(folder, table)
    yield from _keys(known)


def _folder(folder: str, table: dict[str, str]) -> Iterator[Finding]:
    kind = mounts.kind_of(folder, table)
    if not os.path.isdir(folder):
        is_there = os.path.lexists(folder)
        what, hint = ("is not a folder", "name the folder it is in") if is_there else ("does not exist", "restore it")
        yield warning("folders", f"{display_path(folder)} {what}", f"{hint}, or `stint watch remove {folder}`")
    elif not os.access(folder, os.R_OK | os.X_OK):
        yield error("folders", f"{display_path(folder)} cannot be read", "give yourself permission to read it")
    elif mounts.is_silent(kind):
        yield warning(
            "network",
            f"{display_path(folder)} is on {kind}, which reports no changes: it is swept at intervals instead",
            "timers may start a minute late there; a local clone has no such delay",
        )
    else:
        yield ok("folders", f"{display_path(folder)} is watched")


def _keys(known: Settings) -> Iterator[Finding]:
    """Key files that settings name; they must exist, and only you may read them."""
    named = {f"targets.{name}": table.get("api_key_file") for name, table in known.targets.items() if isinstance(table, dict)}
    named["emit"] = known.text("emit.wakatime_key_file")
    for who, path in named.items():
        if not isinstance(path, str):
            continue
        full = os.path.expanduser(path)
        problem = _key_problem(full)
        if problem:
            yield error("keys", f"the key of {who}, {display_path(full)}, {problem[0]}", problem[1])
        else:
            yield ok("keys", f"only you can read the key of {who}")


def _key_problem(path: str) -> tuple[str, str] | None:
    try:
        details = os.stat(path)
    except OSError as failure:
        return f"cannot be read: {failure.strerror}", "put it there, or `stint connect` again"
    if not stat.S_ISREG(details.st_mode):
        return "is not a regular file", "make it a regular file that only you can read"
    if details.st_mode & 0o077 and os.name == "posix":
        return "can be read by other users", f"chmod 600 {path}"
    return None


def check_home() -> Iterator[Finding]:
    """Our own folders and files: whose they are, and who can read them."""
    layout = paths.home_layout()
    folders = dict.fromkeys((layout.state, layout.run, layout.log, layout.backups, layout.spool, layout.journal, layout.secrets))
    for folder in folders:
        if not os.path.lexists(folder):
            continue
        problem = paths.folder_problem(folder)
        if problem:
            yield error("home", f"{display_path(folder)} {problem}", "move it away, or set STINTD_HOME")
        elif os.name == "posix" and os.lstat(folder).st_mode & 0o077:
            yield warning("permissions", f"{display_path(folder)} is open to other users", f"chmod 700 {folder}")
    private = [layout.database, layout.settings, layout.log_file, *_paths_below(layout.backups), *_paths_below(layout.secrets)]
    for path in private:
        if os.name == "posix" and os.path.isfile(path) and os.stat(path).st_mode & 0o077:
            yield warning("permissions", f"{display_path(path)} can be read by other users", f"chmod 600 {path}")
    yield from _disk(layout)
    yield from _clock(layout)


def _paths_below(folder: str) -> list[str]:
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
    except OSError:
        return []


def _disk(layout: Layout) -> Iterator[Finding]:
    if not os.path.isdir(layout.state):
        return
    room = os.statvfs(layout.state)
    free = room.f_bavail * room.f_frsize
    if free < DISK_LEAST:
        yield error("disk", f"{free >> 20} MiB are free for {display_path(layout.state)}", "free some space")
    else:
        yield ok("disk", f"{free >> 30} GiB are free")
    kind = mounts.kind_of(layout.state, mounts.read_mounts())
    if mounts.is_silent(kind):
        yield warning(
            "network",
            f"the database is on {kind}, where locks and flushes are not reliable",
            "keep it on a local disk: set STINTD_HOME or XDG_STATE_HOME",
        )


def _clock(layout: Layout) -> Iterator[Finding]:
    """Files of ours that lie ahead of the clock: it was set back, or is wrong."""
    ahead = [
        path
        for path in (layout.database, layout.log_file, layout.database + ".lock", layout.settings)
        if os.path.exists(path) and os.stat(path).st_mtime > time.time() + AHEAD
    ]
    if ahead:
        yield error(
            "clock",
            f"{display_path(ahead[0])} was written in the future: the clock was set back, or is wrong",
            "set the clock (`timedatectl set-ntp true`), then check `stint log`",
        )


def check_leftovers() -> Iterator[Finding]:
    """What was put aside for a person: messages, damaged databases; and what the log says."""
    layout = paths.home_layout()
    bad = _paths_below(os.path.join(layout.spool, "bad"))
    if bad:
        yield warning(
            "spool",
            f"{plural(len(bad), 'message')} from hooks or editors could not be read",
            f"look into {os.path.join(layout.spool, 'bad')}, then empty that folder",
        )
    for path in _paths_below(layout.state):
        name = os.path.basename(path)
        if ".damaged-" in name and not name.endswith(("-wal", "-shm")):
            yield warning(
                "quarantine",
                f"{name} is the database as it was when it was damaged",
                "check `stint log`; delete it once nothing is missing",
            )
    crash = os.path.join(layout.log, "stint-crash.txt")
    if os.path.exists(crash):
        yield warning(
            "crash",
            f"a command failed because of a bug in stintd: {display_path(crash)}",
            "please report it, then delete that file",
        )
