"""`stint backup`: back up the database, list the backups, restore one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime

from stintd import paths
from stintd.cli import process
from stintd.cli.answer import Answer, Rows
from stintd.cli.commands import service
from stintd.cli.commands.repos import display_path
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control, DaemonDown
from stintd.errors import Conflict, Invalid, NotFound, Unavailable

ACTIONS = ("make", "list", "restore")
NAME = re.compile(r"stintd-(\d{8}T\d{6})-([a-z0-9-]+)\.db")
ALREADY_RUNNING = 5
DETAIL = """stint backup                    back up the database now, even while the daemon runs: checked and private (0600)
stint backup --to /mnt/usb/     and copy the backup there
stint backup list               list the backups: one a day, and those that you made (settings: [backup])
stint backup restore FILE       replace the database with a backup; FILE is a name from the list, or a path.
                                The current database is kept next to it, and nothing is delivered twice"""
OPTIONS = (
    Option("--to", "also copy it there: a folder, or the name of a new file", "PATH"),
    Option("--yes -y", "restore without asking"),
)


def run(words: Words) -> None:
    action = words.action or "make"
    if words.file and action != "restore":
        raise Invalid(f"{action} takes no file", "`stint backup --to PATH` copies the new backup elsewhere")
    if words.to and action != "make":
        raise Invalid("--to belongs to a new backup", "`stint backup --to PATH`")
    return {"make": _make, "list": _list, "restore": _restore}[action](words)


def _make(words: Words) -> None:
    try:
        made = Control().post("/api/backup", {}, timeout=600.0)
    except DaemonDown:
        (path,) = _offline("--backup")
        made = _describe(path)
    if words.to:
        made["copy"] = _copy_to(made["path"], words.to)
    if words.json:
        print(json.dumps(made))
        return
    print(f"{bold(display_path(made['path']))}  {_size(made['bytes'])}")
    if words.to:
        print(f"{bold(display_path(made['copy']))}")


def _describe(path: str) -> Answer:
    match = NAME.fullmatch(os.path.basename(path))
    if match is None:
        raise Unavailable(f"{path} is not named like a backup", "see `stint doctor`")
    at, kind = match.groups()
    time = datetime.strptime(at, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return {
        "name": os.path.basename(path),
        "path": path,
        "at": time.isoformat().replace("+00:00", "Z"),
        "kind": kind,
        "bytes": os.path.getsize(path),
    }


def _copy_to(source: str, to: str) -> str:
    """A private copy of a backup; no file is overwritten."""
    target = os.path.abspath(os.path.expanduser(to))
    if os.path.isdir(target):
        target = os.path.join(target, os.path.basename(source))
    try:
        with open(source, "rb") as file, open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as into:
            shutil.copyfileobj(file, into, 1 << 20)
            into.flush()
            os.fsync(into.fileno())
    except FileExistsError:
        raise Conflict(f"{target} exists already", "name a new file, or a folder") from None
    except OSError as error:
        hint = f"the backup itself was made: {source}"
        raise Unavailable(f"{target} cannot be written: {error.strerror}", hint) from error
    return target


def copies() -> Rows:
    """The backups of this home, the newest first."""
    folder = paths.home_layout().backups
    try:
        names = [name for name in os.listdir(folder) if NAME.fullmatch(name)]
    except FileNotFoundError:
        names = []
    return sorted((_describe(os.path.join(folder, name)) for name in names), key=lambda copy: copy["at"], reverse=True)


def _list(words: Words) -> None:
    backups = copies()
    if words.json:
        print(json.dumps(backups))
        return
    for backup in backups:
        at = datetime.fromisoformat(backup["at"]).astimezone()
        print(f"{backup['name']}  {at:%Y-%m-%d %H:%M}  {backup['kind']:<12} {_size(backup['bytes']):>9}")
    print(
        dim(f"in {display_path(paths.home_layout().backups)}") if backups else dim("no backups yet; `stint backup` creates one")
    )


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 100_000 else f"{number / 1e3:.0f} kB"


def _restore(words: Words) -> None:
    if not words.file:
        raise Invalid("which backup?", "`stint backup restore FILE`; `stint backup list` shows them")
    source = _find(words.file)
    was_running = process.is_running()
    _confirm(words, source, was_running)
    if was_running:
        service.stop_daemon()
    try:
        notes = _offline("--restore", source)
    finally:
        if was_running:
            service.start_daemon()
    if words.json:
        print(json.dumps({"restored": source, "notes": notes, "started": was_running}))
        return
    print("\n".join(for_terminal(note) for note in notes))
    print("stintd is running again" if was_running else dim("stintd was not running; `stint up` starts it"))


def _find(name: str) -> str:
    """A path, or the name of a backup of this home."""
    path = os.path.abspath(os.path.expanduser(name))
    here = os.path.join(paths.home_layout().backups, name)
    file = next((candidate for candidate in (path, here) if os.path.isfile(candidate)), None)
    if file is None:
        raise NotFound(f"there is no file {name}", "`stint backup list` shows the backups")
    return file


def _confirm(words: Words, source: str, was_running: bool) -> None:
    """What was recorded since the backup leaves the timesheet: you confirm that, or say --yes."""
    if words.yes:
        return
    if not sys.stdin.isatty():
        raise Invalid("restoring replaces the database", "add --yes to restore; the present database is kept beside it")
    print(f"{display_path(source)} replaces the database; the present one is kept beside it.", file=sys.stderr)
    stops = " stintd is stopped for this and started again." if was_running else ""
    print(
        f"What was recorded since that backup will then be only in that kept database.{stops} Restore? [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Conflict("nothing was changed", "answer y, or add --yes")


def _offline(*words: str) -> list[str]:
    """Have the daemon's program do it: it alone may write to the database. Its output, line by line."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "stintd.cli.run", *words],
        env=process.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        message, _, hint = done.stderr.strip().removeprefix("stintd: ").partition("\n")
        kind = Conflict if done.returncode == ALREADY_RUNNING else Unavailable
        raise kind(message or f"stintd exited with status {done.returncode}", hint or "see `stint doctor`")
    return done.stdout.splitlines()


VERBS = {
    "backup": Verb(
        "backup",
        run,
        "back up the database, list the backups, restore one",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("FILE", "?")),
        OPTIONS,
        DETAIL,
    )
}
