"""`stint doctor`: what is well, what is not, and what mends it: daemon, settings, folders, database, limits, clock."""

import json
import os
import sqlite3

from stintd import paths, settings
from stintd.cli.options import Verb
from stintd.cli.period import now
from stintd.cli.repos import shown_path
from stintd.cli.text import bold, dim, for_terminal, has_blocks, local, paint
from stintd.client.control import Control, DaemonDown
from stintd.errors import StintdError

LIMITS = {"max_user_watches": 65536, "max_user_instances": 128}
"""Below these an ordinary desktop with an editor runs out of them."""
LIMIT_FOLDER = "/proc/sys/fs/inotify"
CLOCK_SLACK = 5.0
DISK_LEAST = 200 << 20


class Finding:
    """One thing looked at: `state` is ok, warning or error."""

    def __init__(self, name, state, text, hint=""):
        self.name, self.state, self.text, self.hint = name, state, text, hint

    def as_json(self):
        return {"name": self.name, "state": self.state, "text": self.text, "hint": self.hint}


def _ok(name, text):
    return Finding(name, "ok", text)


def settings_findings():
    known, problems = settings.load_files(paths.config_file(), paths.settings_file())
    for problem in problems:
        yield Finding("settings", "error", str(problem), problem.remedy)
    if not problems:
        yield _ok("settings", f"{len(known.origins)} set, {shown_path(paths.config_file())}")
    if not known.folders:
        yield Finding("folders", "warning", "no folder is watched", "`stint up FOLDER` watches the repositories below it")
    for folder in known.folders:
        if not os.path.isdir(folder):
            hint = f"bring it back, or `stint watch remove {folder}`"
            yield Finding("folders", "warning", f"{shown_path(folder)} is not there", hint)
        elif not os.access(folder, os.R_OK | os.X_OK):
            yield Finding("folders", "error", f"{shown_path(folder)} cannot be read", "make it readable for you")
        else:
            yield _ok("folders", f"{shown_path(folder)} is watched")


def home_findings():
    layout = paths.home_layout()
    for folder in dict.fromkeys((layout.state, layout.run)):
        problem = paths.folder_problem(folder) if os.path.lexists(folder) else ""
        if problem:
            yield Finding("home", "error", f"{shown_path(folder)} {problem}", "move it away, or set STINTD_HOME")
    if os.path.isdir(layout.state):
        room = os.statvfs(layout.state)
        free = room.f_bavail * room.f_frsize
        if free < DISK_LEAST:
            yield Finding("disk", "error", f"{free >> 20} MiB are left for {shown_path(layout.state)}", "make room")
        else:
            yield _ok("disk", f"{free >> 30} GiB are left")


def database_findings():
    path = paths.home_layout().database
    if not os.path.exists(path):
        yield _ok("database", "none yet; the daemon makes it")
        return
    try:
        link = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2.0)
        try:
            version = link.execute("PRAGMA user_version").fetchone()[0]
            link.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        finally:
            link.close()
    except sqlite3.Error as error:
        hint = f"the newest copy is in {shown_path(paths.home_layout().backups)}"
        yield Finding("database", "error", f"{shown_path(path)} cannot be read: {error}", hint)
        return
    yield _ok("database", f"schema {version}, {os.path.getsize(path) / 1e6:.1f} MB, SQLite {sqlite3.sqlite_version}")


def limit_findings():
    for name, least in LIMITS.items():
        try:
            with open(os.path.join(LIMIT_FOLDER, name), encoding="ascii") as file:
                value = int(file.read())
        except (OSError, ValueError):
            continue
        if value < least:
            hint = f"sudo sysctl fs.inotify.{name}={least * 8} (and a file in /etc/sysctl.d keeps it)"
            yield Finding("inotify", "warning", f"{name} is {value}, which is little", hint)
        else:
            yield _ok("inotify", f"{name} is {value}")


def daemon_findings():
    """What the daemon says of itself; its own warnings carry their remedies."""
    path = paths.control_socket()
    try:
        status = Control().get("/api/status")
    except DaemonDown as error:
        yield Finding("daemon", "error", error.message, error.hint)
        return
    except StintdError as error:
        yield Finding("daemon", "error", error.message, error.hint or f"its log is {shown_path(paths.home_layout().log_file)}")
        return
    yield _ok("daemon", f"version {status['version']} answers on {shown_path(path)}")
    if not status.get("recording", True):
        yield Finding("recording", "warning", "recording is switched off", "`stint on` records again")
    for warning in status.get("warnings") or []:
        state = "error" if warning.get("severity") == "error" else "warning"
        yield Finding(warning["code"], state, warning["text"], warning.get("hint") or "")
    yield from _sources(status.get("sources") or [])
    yield from _clock(status)


def _sources(sources):
    well = [source["name"] for source in sources if source.get("state") in ("on", "idle")]
    if well:
        yield _ok("sources", ", ".join(well))
    for source in sources:
        if source["name"] not in well:
            hint = "wait a moment, then see the warnings above"
            yield Finding("sources", "warning", f"{source['name']} is {source.get('state')}", hint)


def _clock(status):
    if not status.get("now"):
        return
    apart = abs((now() - local(status["now"])).total_seconds())
    if apart > CLOCK_SLACK:
        yield Finding("clock", "warning", f"the daemon's clock is {apart:.0f} s from ours", "`stint restart`")
    else:
        yield _ok("clock", "daemon and terminal agree")


def findings():
    """Everything, the daemon first."""
    for look in (daemon_findings, settings_findings, home_findings, database_findings, limit_findings):
        yield from look()


MARKS = {"ok": ("✓", "ok", 32), "warning": ("!", "! ", 33), "error": ("✗", "x ", 31)}


def run(words):
    found = list(findings())
    if words.json:
        print(json.dumps([finding.as_json() for finding in found]))
    else:
        for finding in found:
            glyph, plain, colour = MARKS[finding.state]
            name = bold(f"{finding.name:<10}")
            print(f"{paint(glyph if has_blocks() else plain, colour)} {name} {for_terminal(finding.text)}")
            if finding.hint and finding.state != "ok":
                print(dim(f"  → {for_terminal(finding.hint)}" if has_blocks() else f"  {for_terminal(finding.hint)}"))
    return 1 if any(finding.state == "error" for finding in found) else 0


VERBS = {"doctor": Verb("doctor", run, "what is well, what is not, and what mends it")}
