"""The hooks folders in which we installed, so that everything can be uninstalled, also in folders no longer watched."""

import json
import os

from stintd.errors import StintdError
from stintd.install.change import read_text, replace_file


def recall(folder: str) -> dict[str, bool]:
    """By hooks folder: whether we created it. Empty when nothing is recorded."""
    try:
        known = json.loads(read_text(_file(folder)) or b"{}")
    except (StintdError, ValueError):
        return {}
    return {str(path): bool(created) for path, created in known.items()} if isinstance(known, dict) else {}


def remember(folder: str, hooks: str, is_created: bool) -> None:
    """Record a folder before the first hook is written, so that an interrupted installation can be undone too."""
    known = recall(folder)
    _store(folder, {hooks: is_created, **known})


def forget(folder: str, hooks: str) -> None:
    known = recall(folder)
    if hooks in known:
        del known[hooks]
        _store(folder, known)


def _store(folder: str, known: dict[str, bool]) -> None:
    os.makedirs(folder, mode=0o700, exist_ok=True)
    replace_file(_file(folder), json.dumps(known, indent=1).encode(), 0o600)


def _file(folder: str) -> str:
    return os.path.join(folder, "git-folders.json")
