"""The watched folders: through the daemon while it runs, in `settings.toml` while it does not."""

import os
from collections.abc import Iterable

from stintd import settings
from stintd.cli import process
from stintd.cli.answer import Answer, Rows
from stintd.client.control import Control, DaemonDown
from stintd.errors import Invalid

PATIENCE_FOR_SCAN = 5.0


def absolute_folders(folders: Iterable[str], must_exist: bool = True) -> list[str]:
    """Folders with the paths that the daemon uses; `invalid` for one that is not a folder."""
    paths = []
    for folder in folders:
        path = os.path.realpath(os.path.expanduser(folder))
        if must_exist and not os.path.isdir(path):
            is_there = os.path.lexists(path)
            hint = "use the folder that contains it" if is_there else "check the spelling, or create it first"
            raise Invalid(f"{folder} {'is not a folder' if is_there else 'does not exist'}", hint)
        paths.append(path)
    return paths


def add(folders: list[str]) -> list[str]:
    """Watch these folders; returns those that are new."""
    try:
        control = Control()
        watched = _paths(control.get("/api/roots"))
        new = [folder for folder in folders if folder not in watched]
        for folder in new:
            control.post("/api/roots", {"path": folder})
        return new
    except DaemonDown:
        settings.load()
        return settings.add_folders(folders)


def remove(folders: list[str]) -> list[str]:
    """Stop watching these folders; returns them."""
    try:
        control = Control()
        for folder in folders:
            control.delete("/api/roots", {"path": folder})
    except DaemonDown:
        settings.remove_folders(folders)
    return folders


def watched_folders() -> list[str]:
    """The watched folders."""
    try:
        return _paths(Control().get("/api/roots"))
    except DaemonDown:
        return list(settings.load().folders)


def _paths(answer: Answer) -> list[str]:
    return [root["path"] for root in answer["data"]]


def folders_without_repository(folders: Iterable[str], repos: Rows) -> list[str]:
    """The watched folders that hold no repository and lie in none."""
    checkouts = [checkout["path"] for repo in repos for checkout in repo.get("checkouts") or [] if not checkout.get("gone")]
    return [folder for folder in folders if not any(_is_below(path, folder) or _is_below(folder, path) for path in checkouts)]


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def wait_for_search() -> Answer:
    """The status once the folders have been searched for the first time, or after PATIENCE_FOR_SCAN seconds."""
    control = Control()
    now: Answer = control.get("/api/status")
    for _ in range(int(PATIENCE_FOR_SCAN / process.STEP)):
        if now.get("ready", True):
            break
        process.pause(process.STEP)
        now = control.get("/api/status")
    return now
