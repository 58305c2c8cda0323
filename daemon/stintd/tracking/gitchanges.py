"""What a change in a git dir means: look at HEAD, watch more folders, find worktrees, read pushes, or nothing.

Nothing is the rule: `index` and `FETCH_HEAD` change when editors run status and fetch, which is not an act of a person.
"""

import os
from collections.abc import Iterable

from stintd.domain.model import CheckoutFacts
from stintd.tracking.model import CREATED, WatchNote
from stintd.tracking.roots import is_below

LOCKS = ("index.lock", "HEAD.lock")
MOVES_HEAD = frozenset({"HEAD", "HEAD.lock", "config", "logs", "tables.list", ".git"})
NEW_FOLDERS = frozenset({"logs", "reftable", "worktrees", "modules", "refs"})


def is_in_git(facts: CheckoutFacts, path: str) -> bool:
    """Whether a path belongs to the git data of a checkout. A worktree may lie inside its bare repository."""
    if not facts.git_dir or is_below(path, facts.git_dir):
        return bool(facts.git_dir)
    is_inside_bare = facts.kind == "worktree" and is_below(facts.path, facts.common_dir)
    return is_below(path, facts.common_dir) and not (is_inside_bare and is_below(path, facts.path))


def is_lock_taken(note: WatchNote) -> bool:
    """Whether git holds its lock, or held it since the last batch; a note of the release does not count."""
    return os.path.basename(note.path) in LOCKS and (bool(note.mask & CREATED) or os.path.lexists(note.path))


def is_locked(facts: CheckoutFacts) -> bool:
    """Whether git itself is writing now."""
    return bool(facts.git_dir) and any(os.path.lexists(os.path.join(facts.git_dir, name)) for name in LOCKS)


def jobs_for(facts: CheckoutFacts, paths: Iterable[str]) -> set[str]:
    """What to do about changed git files: any of `look`, `arm`, `linked`, `push`."""
    jobs: set[str] = set()
    places, logs = _places(facts), os.path.join(facts.common_dir, "logs", "refs")
    branch = os.path.join(facts.common_dir, "refs", "heads", facts.branch or "")
    for path in paths:
        folder, name = os.path.split(path)
        if facts.branch and is_below(branch, path) and folder not in places:
            jobs |= {"look"} if path == branch else {"look", "arm"}
        if folder in places:
            jobs |= {"look"} if name in MOVES_HEAD else set()
            jobs |= {"arm"} if name in NEW_FOLDERS else set()
        if os.path.basename(folder) in ("worktrees", "modules"):
            jobs.add("linked")
        if is_below(path, logs):
            jobs |= {"push", "arm"} if os.path.isdir(path) else {"push"}
    return jobs if os.path.isdir(facts.git_dir) else jobs | {"look"}


def _places(facts: CheckoutFacts) -> set[str]:
    """The folders of a git dir whose files say what HEAD does."""
    inside = {os.path.join(folder, name) for folder in (facts.git_dir, facts.common_dir) for name in ("logs", "reftable")}
    return {facts.git_dir, facts.common_dir, os.path.dirname(facts.git_dir)} | inside


def is_branch_elsewhere(before: CheckoutFacts, now: CheckoutFacts) -> bool:
    """Whether the file of the branch lies in another folder than before: another one is to be watched."""
    return os.path.dirname(before.branch or "") != os.path.dirname(now.branch or "") or not before.branch
