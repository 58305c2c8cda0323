"""`stint up`, `down`, `restart`: the daemon in the background."""

import json
import sys

from stintd import paths
from stintd.cli import onboarding, process
from stintd.cli.commands import roots, service, status
from stintd.cli.commands.repos import shown_path
from stintd.cli.options import Operand, Verb
from stintd.cli.text import bold, dim
from stintd.client.control import Control, DaemonDown

PATIENCE_FOR_SCAN = 5.0


def found_lines(folders, status_now):
    """What the daemon found, and where it is."""
    repos = list(Control().every("/api/repos"))
    checkouts = sum(len(repo.get("checkouts") or [repo]) for repo in repos)
    yield f"watching {', '.join(bold(shown_path(folder)) for folder in folders) or 'no folder yet'}"
    if not folders:
        yield dim("add one with `stint up FOLDER`")
    more = f" in {checkouts} checkouts" if checkouts != len(repos) else ""
    looking = "" if status_now.get("ready", True) else ", still looking"
    yield f"{len(repos)} {'repository' if len(repos) == 1 else 'repositories'}{more}{looking}"
    yield dim(f"control socket {shown_path(paths.control_socket())}")
    yield from status.warning_lines(status_now.get("warnings") or [])


def settled_status():
    """The status once the first look through the folders is done, or after some patience."""
    control = Control()
    for _ in range(int(PATIENCE_FOR_SCAN / process.STEP)):
        now = control.get("/api/status")
        if now.get("ready", True):
            return now
        process.pause(process.STEP)
    return now


def up(words):
    folders = roots.absolute(words.folder)
    is_first = onboarding.is_first()
    was_running = process.is_running()
    roots.add(folders)
    if not was_running:
        service.rise()
    now = settled_status()
    watched = roots.listed()
    if words.json:
        print(json.dumps({"started": not was_running, "folders": watched, "status": now}))
        return
    print("stintd was running already" if was_running else f"stintd is running{dim(' in the background')}")
    print("\n".join(found_lines(watched, now)))
    print(dim("`stint dash` opens the dashboard"))
    if is_first and sys.stdin.isatty() and sys.stdout.isatty():
        onboarding.offer()


def down(words):
    try:
        pid = process.pid_of_daemon()
        service.halt()
    except DaemonDown:
        print(json.dumps({"stopped": None}) if words.json else "stintd was not running")
        return
    print(json.dumps({"stopped": pid}) if words.json else "stopped; open timers go on at the next start if work does")


def restart(words):
    if process.is_running():
        service.halt()
    words.folder = []
    up(words)


VERBS = {
    "up": Verb(
        "up",
        up,
        "watch these folders and start the daemon in the background",
        (Operand("FOLDER", "*", complete="folders"),),
    ),
    "down": Verb("down", down, "stop the daemon"),
    "restart": Verb("restart", restart, "stop the daemon and start it again"),
}
