"""The daemon: whether it answers, what it reports, and what a dead one left behind."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator

from stintd import __version__, paths
from stintd.cli.answer import Answer, Rows
from stintd.cli.checkup.finding import Finding, error, ok, warning
from stintd.cli.commands.repos import display_path
from stintd.cli.period import now
from stintd.cli.text import local_time, plural
from stintd.client.control import Control, DaemonDown
from stintd.errors import StintdError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

CLOCK_SLACK = 5.0
QUICK = 10.0
"""Seconds without an answer after which the daemon is said to hang."""
PATIENCE = 120.0
"""Seconds for the daemon's own checks: with --online it asks every billing system."""


def findings(online: bool = False) -> Iterator[Finding]:
    """What the daemon reports; its warnings say how to fix them."""
    control = Control()
    try:
        status = control.send("GET", "/api/status", timeout=QUICK)
    except DaemonDown as failure:
        yield error("daemon", failure.message, failure.hint)
        yield from _leftovers()
        return
    except StintdError as failure:
        yield error("daemon", failure.message, failure.hint or f"see its log: {display_path(paths.home_layout().log_file)}")
        return
    yield ok("daemon", f"version {status['version']} answers on {display_path(paths.control_socket())}")
    if status["version"] != __version__:
        yield warning("version", f"the daemon has version {status['version']}, this command {__version__}", "`stint restart`")
    if not status.get("recording", True):
        yield warning("recording", "recording is switched off", "`stint on` switches it on")
    for notice in status.get("warnings") or []:
        state = "error" if notice.get("severity") == "error" else "warning"
        yield Finding(notice["code"], state, notice["text"], notice.get("hint") or "see `stint status`")
    yield from _sources(status.get("sources") or [])
    yield from _clock(status)
    yield from _own_view(control, online)


def _own_view(control: Control, online: bool) -> Iterator[Finding]:
    """What only the running daemon can know: its watches, its queues, its time zone, its billing systems."""
    try:
        rows = control.send("GET", f"/api/doctor?online={'true' if online else 'false'}", timeout=PATIENCE)["findings"]
    except StintdError as failure:
        yield warning("daemon", f"its own checks failed: {failure.message}", "`stint restart`")
        return
    for row in rows:
        yield Finding(row["name"], row["state"], row["text"], row["hint"])


def _sources(sources: Rows) -> Iterator[Finding]:
    well = [source["name"] for source in sources if source.get("state") in ("on", "idle")]
    if well:
        yield ok("sources", ", ".join(well))
    for source in sources:
        if source["name"] not in well:
            hint = "wait a moment, then see the warnings above"
            yield warning("sources", f"{source['name']} is {source.get('state')}", hint)


def _clock(status: Answer) -> Iterator[Finding]:
    if not status.get("now"):
        return
    apart = abs((now() - local_time(status["now"])).total_seconds())
    if apart > CLOCK_SLACK:
        yield warning("clock", f"the daemon's clock and this terminal's differ by {apart:.0f} s", "`stint restart`")
    else:
        yield ok("clock", "daemon and terminal agree")


def _leftovers() -> Iterator[Finding]:
    """Files that a daemon removes when it stops cleanly."""
    layout = paths.home_layout()
    try:
        kind = os.lstat(layout.socket).st_mode
    except OSError:
        kind = 0
    if kind and not stat.S_ISSOCK(kind):
        yield error(
            "socket", f"{display_path(layout.socket)} is not a socket", "move it away: the daemon cannot start with it there"
        )
    elif kind:
        yield warning("socket", f"{display_path(layout.socket)} is left from a daemon that was killed", "`stint up` replaces it")
    if _is_locked(layout.lock):
        hint = f"end process {_pid(layout.http_json)}, then `stint up`; see its log: {display_path(layout.log_file)}"
        yield error("lock", "a daemon runs here but does not listen: its socket was removed, or it hangs while starting", hint)
    spooled = [name for name in _names(layout.spool) if name not in ("taken", "bad")]
    if spooled:
        yield warning(
            "spool",
            f"{plural(len(spooled), 'message')} from hooks {'waits' if len(spooled) == 1 else 'wait'} for the daemon",
            "`stint up` reads them",
        )


def _is_locked(path: str) -> bool:
    """Whether a living process holds the lock; a dead one's is gone with it."""
    if fcntl is None:
        return False
    try:
        with open(path, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _pid(path: str) -> object:
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return "(see `ps`)"


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
