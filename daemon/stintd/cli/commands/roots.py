"""The watched folders: through the daemon while it runs, in `settings.toml` while it does not."""

import os

from stintd import settings
from stintd.client.control import Control, DaemonDown
from stintd.errors import Invalid


def absolute(folders, must_exist=True):
    """Folders as the daemon knows them; `invalid` names the one that is none."""
    found = []
    for folder in folders:
        path = os.path.realpath(os.path.expanduser(folder))
        if must_exist and not os.path.isdir(path):
            is_there = os.path.lexists(path)
            hint = "give the folder it is in" if is_there else "check its spelling, or make it first"
            raise Invalid(f"{folder} {'is not a folder' if is_there else 'does not exist'}", hint)
        found.append(path)
    return found


def add(folders):
    """Watch these; the ones that are new."""
    try:
        control = Control()
        known = _paths(control.get("/api/roots"))
        new = [folder for folder in folders if folder not in known]
        for folder in new:
            control.post("/api/roots", {"path": folder})
        return new
    except DaemonDown:
        settings.load()
        return settings.add_folders(folders)


def remove(folders):
    """Watch these no longer; returns them."""
    try:
        control = Control()
        for folder in folders:
            control.delete("/api/roots", {"path": folder})
    except DaemonDown:
        settings.remove_folders(folders)
    return folders


def listed():
    """What is watched."""
    try:
        return _paths(Control().get("/api/roots"))
    except DaemonDown:
        return list(settings.load().folders)


def _paths(answer):
    found = answer["data"] if isinstance(answer, dict) else answer
    return [root["path"] if isinstance(root, dict) else root for root in found]
