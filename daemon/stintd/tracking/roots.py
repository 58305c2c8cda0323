"""The watched roots: are they there, and where would a new clone appear?

For a root that vanished, the nearest folder above it that still exists is watched. Loop's thread only.
"""

import os
import stat

from stintd.domain.model import Signal, TroubleSignal
from stintd.tracking.model import FolderContents, Watcher

CODES = ("root_missing", "root_not_folder", "root_unreadable", "root_too_large")


class Roots:
    """The state of each root. A warning is raised once and cleared once."""

    def __init__(self, paths: tuple[str, ...], watcher: Watcher) -> None:
        self.paths = paths
        self._watcher = watcher
        self._containers: dict[str, set[str]] = {}
        self._marked: set[str] = set()
        self._open: dict[tuple[str, str], str] = {}

    def replace_paths(self, paths: tuple[str, ...]) -> tuple[str, ...]:
        """Take these roots for those of before, which it returns. Each of those that is no root now is to be dropped."""
        before, self.paths = self.paths, paths
        return before

    def root_of(self, path: str) -> str | None:
        """The root that holds `path`."""
        return next((root for root in self.paths if is_below(path, root)), None)

    def drop(self, root: str) -> None:
        """Stop watching it."""
        self._containers.pop(root, None)
        self._watcher.uncover(root)

    def check(self, root: str) -> tuple[bool, list[Signal]]:
        """(whether it can be walked, warnings raised or cleared)."""
        code, text, hint = _trouble_of(root)
        signals = self._update_problem(root, code, text, hint, [c for c in CODES if c != "root_too_large"])
        if code and code != "root_unreadable":
            self._containers.pop(root, None)
            self._watcher.cover(root, [], [_nearest_folder(root)])
        return not code, signals

    def note_marked(self, folder: str, walk: FolderContents) -> bool:
        """Note which folders at and below `folder` have a project file; whether that changed."""
        before = self._marked
        self._marked = {path for path in before if not is_below(path, folder)} | set(walk.marked)
        return self._marked != before

    def marked(self) -> frozenset[str]:
        """The folders outside every checkout that have a project file."""
        return frozenset(path for path in self._marked if self.root_of(path) is not None)

    def is_missing(self, root: str) -> bool:
        """Whether the last check found that a root is not there, or is no folder."""
        return (root, "root_missing") in self._open or (root, "root_not_folder") in self._open

    def is_readable(self, root: str) -> bool:
        """Whether a root can be walked now."""
        return not _trouble_of(root)[0]

    def cover_containers(self, root: str, walk: FolderContents, is_growing: bool) -> tuple[list[Signal], list[str]]:
        """Watch the containers that a walk found. Returns (warnings, folders to walk again): while folders appear, walking
        the newly watched ones once more finds what came between the walk and the watch."""
        known = self._containers.get(root, set())
        fresh = [path for path in walk.containers if path not in known]
        containers = {path for path in known if os.path.isdir(path)} | set(fresh)
        if containers != known or root not in self._containers:
            self._containers[root] = containers
            self._watcher.cover(root, [], sorted(containers))
        text = f"{root} holds more folders than stintd searches; some repositories may be missing"
        code = "root_too_large" if walk.is_cut else ""
        signals = self._update_problem(root, code, text, "watch the folders of your projects instead", ["root_too_large"])
        return signals, fresh if is_growing else []

    def _update_problem(self, root: str, code: str, text: str, hint: str, codes: list[str]) -> list[Signal]:
        signals: list[Signal] = []
        for other in codes:
            if other != code and self._open.pop((root, other), None) is not None:
                signals.append(TroubleSignal(other, "", "", root, is_cleared=True))
        if code and (root, code) not in self._open:
            self._open[root, code] = text
            signals.append(TroubleSignal(code, text, hint, root))
        return signals


def is_below(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or inside it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _trouble_of(root: str) -> tuple[str, str, str]:
    """(code, text, hint) of what is wrong with a root; "" when nothing is."""
    try:
        is_folder = stat.S_ISDIR(os.stat(root).st_mode)
        if is_folder:
            os.scandir(root).close()
    except (FileNotFoundError, NotADirectoryError):
        return "root_missing", f"the watched folder {root} is missing", "restore it, or stop watching it: `stint watch remove`"
    except OSError as error:
        text = f"the watched folder {root} cannot be read: {error.strerror}"
        return "root_unreadable", text, "fix its permissions; it is tried again within a minute, and nothing there counts as gone"
    if not is_folder:
        return "root_not_folder", f"{root} is not a folder", "watch the folder of your projects instead: `stint watch add`"
    return "", "", ""


def _nearest_folder(path: str) -> str:
    """The nearest folder above `path` that exists."""
    while path != os.path.dirname(path):
        path = os.path.dirname(path)
        if os.path.isdir(path):
            return path
    return path
