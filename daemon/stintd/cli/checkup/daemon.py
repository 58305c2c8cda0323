"""The daemon: whether it answers, what it says of itself, and what a dead one left lying about."""

import json
import os
import stat

from stintd import __version__, paths
from stintd.cli.checkup.finding import Finding, error, ok, warning
from stintd.cli.commands.repos import shown_path
from stintd.cli.period import now
from stintd.cli.text import local
from stintd.client.control import Control, DaemonDown
from stintd.errors import StintdError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

CLOCK_SLACK = 5.0
QUICK = 10.0
"""Seconds after which a daemon hangs that does not say how it is."""
PATIENCE = 120.0
"""Seconds for the daemon's own look: with --online it asks every billing system."""


def findings(online=False):
    """What the daemon says of itself; its own warnings carry their remedies."""
    control = Control()
    try:
        status = control.send("GET", "/api/status", timeout=QUICK)
    except DaemonDown as failure:
        yield error("daemon", failure.message, failure.hint)
        yield from _leftovers()
        return
    except StintdError as failure:
        yield error("daemon", failure.message, failure.hint or f"its log is {shown_path(paths.home_layout().log_file)}")
        return
    yield ok("daemon", f"version {status['version']} answers on {shown_path(paths.control_socket())}")
    if status["version"] != __version__:
        yield warning("version", f"the daemon is {status['version']}, this command {__version__}", "`stint restart`")
    if not status.get("recording", True):
        yield warning("recording", "recording is switched off", "`stint on` records again")
    for one in status.get("warnings") or []:
        state = "error" if one.get("severity") == "error" else "warning"
        yield Finding(one["code"], state, one["text"], one.get("hint") or "see `stint status`")
    yield from _sources(status.get("sources") or [])
    yield from _clock(status)
    yield from _own_view(control, online)


def _own_view(control, online):
    """What only the running daemon can know: its watches, its queues, its time zone, its billing systems."""
    try:
        told = control.send("GET", f"/api/doctor?online={'true' if online else 'false'}", timeout=PATIENCE)["findings"]
    except StintdError as failure:
        yield warning("daemon", f"it does not tell more of itself: {failure.message}", "`stint restart`")
        return
    for one in told:
        yield Finding(one["name"], one["state"], one["text"], one["hint"])


def _sources(sources):
    well = [source["name"] for source in sources if source.get("state") in ("on", "idle")]
    if well:
        yield ok("sources", ", ".join(well))
    for source in sources:
        if source["name"] not in well:
            hint = "wait a moment, then see the warnings above"
            yield warning("sources", f"{source['name']} is {source.get('state')}", hint)


def _clock(status):
    if not status.get("now"):
        return
    apart = abs((now() - local(status["now"])).total_seconds())
    if apart > CLOCK_SLACK:
        yield warning("clock", f"the daemon's clock is {apart:.0f} s from ours", "`stint restart`")
    else:
        yield ok("clock", "daemon and terminal agree")


def _leftovers():
    """What lies about that a daemon which ended cleanly takes with it."""
    layout = paths.home_layout()
    try:
        kind = os.lstat(layout.socket).st_mode
    except OSError:
        kind = 0
    if kind and not stat.S_ISSOCK(kind):
        yield error("socket", f"{shown_path(layout.socket)} is no socket", "move it away: the daemon cannot start with it there")
    elif kind:
        yield warning("socket", f"{shown_path(layout.socket)} is left from a daemon that was killed",
                      "`stint up` replaces it")  # fmt: skip
    if _is_locked(layout.lock):
        hint = f"end process {_pid(layout.http_json)}, then `stint up`; its log is {shown_path(layout.log_file)}"
        yield error(
            "lock", "a daemon holds this home and does not listen: its socket was removed, or it hangs at its start", hint
        )
    spooled = [name for name in _names(layout.spool) if name not in ("taken", "bad")]
    if spooled:
        yield warning("spool", f"{len(spooled)} messages of hooks wait for the daemon", "`stint up` reads them")


def _is_locked(path):
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


def _pid(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return "(see `ps`)"


def _names(folder):
    try:
        return os.listdir(folder)
    except OSError:
        return []
