"""Where the linked worktrees and the submodules of a repository lie, as its own files name them.

A walk through the work tree does not find all of them: they may lie outside it, or in a folder that no walk enters. What the
files name is only looked at as any other folder would be, so a hostile one gains nothing. Bounded; no link is followed.
"""

import os

from stintd.domain.model import CheckoutFacts
from stintd.frozen import frozen
from stintd.sources.gitfiles import OddFile, read_config, read_small

MOST = 1000
"""Most worktrees and most submodules of one repository that are looked at."""
DEEPEST = 6
"""Most slashes in the name of a submodule, which is usually its path."""


@frozen
class LinkedPlaces:
    """`paths`: their top folders, each with a `.git`. `is_half_made`: git names one that is not there (yet)."""

    paths: tuple[str, ...] = ()
    is_half_made: bool = False


def linked_checkouts(facts: CheckoutFacts) -> LinkedPlaces:
    """The linked worktrees and submodules of a repository. Blocking; none for a linked worktree, whose main checkout knows."""
    if not facts.git_dir or facts.kind == "worktree":
        return LinkedPlaces()
    named = [_worktree(entry) for entry in _folders(os.path.join(facts.common_dir, "worktrees"))]
    named += [_submodule(folder) for folder in _module_folders(os.path.join(facts.common_dir, "modules"))]
    made = [path for path in named if path and os.path.lexists(os.path.join(path, ".git"))]
    return LinkedPlaces(tuple(dict.fromkeys(made)), len(made) < len(named))


def _worktree(folder: str) -> str:
    """The top folder that `worktrees/NAME/gitdir` names; "" while it is not written."""
    try:
        text = (read_small(os.path.join(folder, "gitdir"), 8192) or b"").strip()
    except OddFile:
        return ""
    if not text.endswith(b"/.git") or b"\0" in text:
        return ""
    return os.path.normpath(os.path.join(folder, os.path.dirname(os.fsdecode(text))))


def _submodule(folder: str) -> str:
    """The top folder that the settings of a submodule name; "" while they are not written."""
    try:
        worktree = read_config(folder).worktree
    except OddFile:
        return ""
    return os.path.normpath(os.path.join(folder, worktree)) if worktree else ""


def _module_folders(top: str) -> list[str]:
    """The git directories below `modules`, those of submodules in submodules included. A submodule whose clone has just begun is
    a folder without anything in it."""
    found: list[str] = []
    ahead = [(folder, DEEPEST) for folder in _folders(top)]
    while ahead and len(found) < MOST:
        folder, levels = ahead.pop()
        inside = _folders(folder)
        if os.path.lexists(os.path.join(folder, "HEAD")) or not inside:
            found.append(folder)
            ahead += [(inner, DEEPEST) for inner in _folders(os.path.join(folder, "modules"))]
        elif levels > 0:
            ahead += [(inner, levels - 1) for inner in inside]
    return found


def _folders(top: str) -> list[str]:
    try:
        with os.scandir(top) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)][:MOST]
    except OSError:
        return []
