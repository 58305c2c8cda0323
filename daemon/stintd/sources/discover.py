"""Finds the checkouts below a watched folder. The walk is limited in depth and number, and follows no links.

A folder is a checkout when it holds `.git`. The walk goes on inside a checkout (never into `.git`, never into folders that
tools fill), so the same rule finds nested repositories, submodules and linked worktrees. A folder with HEAD, objects and
refs is *not* a repository: a clone can carry such a folder as ordinary content to get its config obeyed. A bare repository
counts only outside every checkout, when it is the root itself or is named `*.git`, and when its own config says bare.
"""

import os

from stintd.domain.mapping.projectfile import STINT_FILE
from stintd.frozen import frozen
from stintd.sources.gitfiles import EXHAUSTED, OddFile, locate_bare

HEAVY = frozenset({
    "node_modules", "bower_components", ".venv", "venv", "target", "build", "dist", "__pycache__", ".tox", ".nox",
    ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".cache", ".npm", ".yarn", ".pnpm-store", ".cargo",
    ".rustup", ".gradle", ".m2", ".nvm", ".pyenv", ".rbenv", ".local", ".Trash", ".terraform", ".next", ".nuxt",
    ".svelte-kit", ".parcel-cache", ".turbo", ".idea", ".vscode-server", ".cursor-server", "DerivedData", "Pods",
    "site-packages", ".eggs", ".direnv", ".dart_tool", ".stack-work", "_build", "deps", "elm-stuff",
})  # fmt: skip
"""Folders that tools fill. Inside a checkout they are never entered; outside, only when they are a checkout."""


@frozen
class WalkLimits:
    """How far a walk goes. The defaults suffice for a home folder with about 10,000 repositories."""

    depth: int = 6
    depth_inside: int = 8
    folders: int = 300_000
    checkouts: int = 10_000


@frozen
class Discovery:
    """What a walk found. `checkouts`: their top folders, outer before inner. `containers`: the folders above them and
    beside them that are in no checkout, where a new clone would appear. `marked`: containers with a `.stint.toml`. `is_cut`:
    a limit ended the walk early. `is_blind`: the system had no room to list some folders, so walk again later."""

    checkouts: tuple[str, ...]
    containers: tuple[str, ...]
    is_cut: bool = False
    is_blind: bool = False
    marked: tuple[str, ...] = ()


DEFAULT_LIMITS = WalkLimits()


def discover(root: str, is_inside: bool = False, limits: WalkLimits = DEFAULT_LIMITS) -> Discovery:
    """All checkouts at or below `root`. `is_inside`: it lies in a known checkout, so no container is reported.

    Unreadable folders are skipped; the caller checks whether the root itself is there.
    """
    if not is_inside and _is_bare(root):
        return Discovery((root,), ())
    walk = _CheckoutWalk(limits)
    is_cut = not walk.run(root, is_inside)
    return Discovery(tuple(walk.checkouts), tuple(walk.containers), is_cut, walk.is_blind, tuple(walk.marked))


class _CheckoutWalk:
    """One walk through folders, outer before inner."""

    def __init__(self, limits: WalkLimits) -> None:
        self._limits = limits
        self._ahead: list[tuple[str, int, bool]] = []  # (folder, levels left, whether it is inside a checkout)
        self.checkouts: list[str] = []
        self.containers: list[str] = []
        self.marked: list[str] = []
        self.is_blind = False

    def run(self, root: str, is_inside: bool) -> bool:
        """Visit all folders; False when a limit ended the walk early."""
        limits = self._limits
        self._ahead = [(root, limits.depth_inside if is_inside else limits.depth, is_inside)]
        visits = 0
        while self._ahead:
            visits += 1
            if visits > limits.folders or len(self.checkouts) >= limits.checkouts:
                return False
            self._visit(*self._ahead.pop())
        return True

    def _visit(self, folder: str, levels: int, is_inside: bool) -> None:
        """Note what a folder is, and put the folders in it next."""
        try:
            listing = _list(folder, is_inside)
        except OSError as error:
            self.is_blind = self.is_blind or error.errno in EXHAUSTED
            listing = _Listing()
        children = listing.children
        if listing.is_checkout:
            self.checkouts.append(folder)
            is_inside, levels = True, self._limits.depth_inside
        elif not is_inside and listing.looks_bare:
            return  # git's own folders, or what looks like them
        elif not is_inside:
            self.containers.append(folder)
            self.marked += [folder] if listing.is_marked else []
        if levels > 0:
            self.checkouts += [] if is_inside else [child for child in children if child.endswith(".git") and _is_bare(child)]
            self._ahead += [(child, levels - 1, is_inside) for child in reversed(children)]


@frozen
class _Listing:
    """What a folder holds: folders to enter, `.git`, what git's own folders hold, `.stint.toml`."""

    children: tuple[str, ...] = ()
    is_checkout: bool = False
    looks_bare: bool = False
    is_marked: bool = False


def _list(folder: str, is_inside: bool) -> _Listing:
    names: list[str] = []
    is_checkout = is_marked = False
    marks = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name == ".git":
                is_checkout = True
                continue
            marks += name in ("HEAD", "objects", "refs")
            is_marked = is_marked or name == STINT_FILE
            if entry.is_dir(follow_symlinks=False):
                names.append(name)
    inside = is_inside or is_checkout
    children = tuple(os.path.join(folder, name) for name in sorted(names) if _is_entered(folder, name, inside))
    return _Listing(children, is_checkout, marks == 3 and not is_checkout, is_marked)


def _is_entered(folder: str, name: str, is_inside: bool) -> bool:
    """Whether the walk goes into this folder."""
    if name not in HEAVY:
        return True
    return not is_inside and os.path.lexists(os.path.join(folder, name, ".git"))


def _is_bare(path: str) -> bool:
    try:
        return locate_bare(path) is not None
    except OddFile:
        return False
