"""Finds the checkouts below a watched folder, bounded in depth and number, following no links and reading no config.

A folder is a checkout when it holds `.git`. Nested repositories, submodules and linked worktrees are found by the same
rule, because the walk goes on inside a checkout (never into `.git`, never into folders that tools fill). A folder with
HEAD, objects and refs is *not* a repository: a clone can carry one as ordinary content to have its config obeyed. Bare
repositories count only outside every checkout, when they are the root itself or are named `*.git`, and when their own
config says bare.
"""

import os

from stintd.frozen import frozen
from stintd.sources.gitfiles import OddFile, locate_bare

HEAVY = frozenset({
    "node_modules", "bower_components", ".venv", "venv", "target", "build", "dist", "__pycache__", ".tox", ".nox",
    ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".cache", ".npm", ".yarn", ".pnpm-store", ".cargo",
    ".rustup", ".gradle", ".m2", ".nvm", ".pyenv", ".rbenv", ".local", ".Trash", ".terraform", ".next", ".nuxt",
    ".svelte-kit", ".parcel-cache", ".turbo", ".idea", ".vscode-server", ".cursor-server", "DerivedData", "Pods",
    "site-packages", ".eggs", ".direnv", ".dart_tool", ".stack-work", "_build", "deps", "elm-stuff",
})  # fmt: skip
"""Folders that tools fill. Inside a checkout they are never entered; outside, only if they are a checkout."""


@frozen
class WalkLimits:
    """How far a walk goes. The defaults hold a home folder of some 10,000 repositories."""

    depth: int = 6
    depth_inside: int = 8
    folders: int = 300_000
    checkouts: int = 10_000


@frozen
class Discovery:
    """`checkouts`: top folders, outer before inner. `containers`: folders above them and beside them that are in no
    checkout, where a new clone would appear. `is_cut`: a limit ended the walk early."""

    checkouts: tuple[str, ...]
    containers: tuple[str, ...]
    is_cut: bool = False


DEFAULT_LIMITS = WalkLimits()


def discover(root: str, is_inside: bool = False, limits: WalkLimits = DEFAULT_LIMITS) -> Discovery:
    """All checkouts at or below `root`. `is_inside`: it lies in a checkout already known, so no container is told.

    Unreadable folders are passed over; whether the root itself is there is the caller's question.
    """
    if not is_inside and _is_bare(root):
        return Discovery((root,), ())
    checkouts: list[str] = []
    containers: list[str] = []
    # (folder, levels left, whether inside a checkout)
    ahead = [(root, limits.depth_inside if is_inside else limits.depth, is_inside)]
    visited = 0
    while ahead:
        folder, left, inside = ahead.pop()
        visited += 1
        if visited > limits.folders or len(checkouts) >= limits.checkouts:
            return Discovery(tuple(checkouts), tuple(containers), True)
        children, is_checkout, is_odd = _children(folder, inside)
        if is_checkout:
            checkouts.append(folder)
            inside, left = True, limits.depth_inside
        elif is_odd and not inside:
            continue  # git's own folders, or what looks like them
        elif not inside:
            containers.append(folder)
        if left > 0:
            checkouts += [child for child in children if not inside and child.endswith(".git") and _is_bare(child)]
            ahead += [(child, left - 1, inside) for child in reversed(children)]
    return Discovery(tuple(checkouts), tuple(containers))


def _children(folder: str, is_inside: bool) -> tuple[list[str], bool, bool]:
    """(folders to enter, whether this is a checkout, whether it looks like a bare git dir)."""
    names: list[str] = []
    is_checkout = False
    looks = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name == ".git":
                    is_checkout = True
                elif name in ("HEAD", "objects", "refs"):
                    looks += 1
                    if entry.is_dir(follow_symlinks=False):
                        names.append(name)
                elif entry.is_dir(follow_symlinks=False):
                    names.append(name)
    except OSError:
        return [], False, False
    inside = is_inside or is_checkout
    kept = [os.path.join(folder, name) for name in sorted(names) if _is_entered(folder, name, inside)]
    return kept, is_checkout, looks == 3 and not is_checkout


def _is_entered(folder: str, name: str, is_inside: bool) -> bool:
    if name not in HEAVY:
        return True
    return not is_inside and os.path.lexists(os.path.join(folder, name, ".git"))


def _is_bare(path: str) -> bool:
    try:
        return locate_bare(path) is not None
    except OddFile:
        return False
