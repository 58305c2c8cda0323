"""`stint up`, `down`, `restart`: the daemon in the background."""

import json
import sys
from collections.abc import Iterator, Sequence

from stintd import paths
from stintd.cli import onboarding, process
from stintd.cli.answer import Answer
from stintd.cli.commands import roots, service, status
from stintd.cli.commands.repos import display_path
from stintd.cli.options import Operand, Verb, Words
from stintd.cli.text import bold, dim, warn
from stintd.client.control import Control, DaemonDown


def watch_lines(folders: Sequence[str], status_now: Answer) -> Iterator[str]:
    """What is watched, what the daemon found there, and where the daemon listens."""
    repos = list(Control().every("/api/repos"))
    checkouts = sum(len(repo.get("checkouts") or [repo]) for repo in repos)
    yield f"watching {', '.join(bold(display_path(folder)) for folder in folders) or 'no folder yet'}"
    if not folders:
        yield dim("add one with `stint up FOLDER`")
    more = f" in {checkouts} checkouts" if checkouts != len(repos) else ""
    is_ready = status_now.get("ready", True)
    looking = "" if is_ready else ", still searching"
    yield f"{len(repos)} {'repository' if len(repos) == 1 else 'repositories'}{more}{looking}"
    for folder in roots.folders_without_repository(folders, repos) if is_ready else ():
        yield warn(f"no git repository below {display_path(folder)}")
    yield dim(f"control socket {display_path(paths.control_socket())}")
    yield from status.warning_lines(status_now.get("warnings") or [])


def up(words: Words) -> None:
    _watch(roots.absolute_folders(words.folder), words)


def _watch(folders: list[str], words: Words) -> None:
    """Watch these folders too; start the daemon if it is not running."""
    is_first = onboarding.is_first_run()
    was_running = process.is_running()
    roots.add(folders)
    if not was_running:
        service.start_daemon()
    now = roots.wait_for_search()
    watched = roots.watched_folders()
    if words.json:
        print(json.dumps({"started": not was_running, "folders": watched, "status": now}))
        return
    print("stintd is already running" if was_running else f"stintd is running{dim(' in the background')}")
    print("\n".join(watch_lines(watched, now)))
    print(dim("`stint dash` opens the dashboard"))
    if is_first and sys.stdin.isatty() and sys.stdout.isatty():
        onboarding.offer()


def down(words: Words) -> None:
    try:
        pid = process.pid_of_daemon()
        service.stop_daemon()
    except DaemonDown:
        print(json.dumps({"stopped": None}) if words.json else "stintd was not running")
        return
    print(
        json.dumps({"stopped": pid}) if words.json else "stopped; a running timer resumes at the next start if you keep working"
    )


def restart(words: Words) -> None:
    if process.is_running():
        service.stop_daemon()
    _watch([], words)


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
