"""Whose a git directory is, and which links in it are followed.

A folder can name any directory as its git data: by a link, by a `.git` file, by `commondir`, by links inside (Google's `repo`,
shared stores). Whoever gets a folder onto this machine could thus have its hours booked on another project, or have files
outside the watched folders read. So a link is followed when it stays inside a watched folder and belongs to the owner, and a
directory elsewhere only when no other checkout has it.
"""

import os

READ = frozenset({"HEAD", "config", "objects", "info", "refs", "logs", "reftable", "worktrees", "modules"})
DEEPER = ("refs/heads", "logs/refs", "logs/refs/remotes")
"""What is read of a git directory and may be a link. A single file that is one is never read, except that `HEAD` and `config` may
lead to a store; links elsewhere (`hooks`) harm nobody."""


def is_within(path: str, folder: str) -> bool:
    """Whether a path without links is a folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def is_followed(target: str, roots: tuple[str, ...]) -> bool:
    """Whether a link to this path (without links) is followed: inside one of these folders, and the owner's."""
    if not any(is_within(target, root) for root in roots):
        return False
    try:
        return not hasattr(os, "getuid") or os.lstat(target).st_uid == os.getuid()
    except OSError:
        return False


def links_in(git_dir: str) -> dict[str, str]:
    """The links among what is read of a git directory, each with the path that it leads to. Asked at every look, so in one go."""
    try:
        with os.scandir(git_dir) as entries:
            names = [entry.name for entry in entries if entry.is_symlink() and entry.name in READ]
    except OSError:
        return {}
    names += [name for name in DEEPER if os.path.islink(f"{git_dir}/{name}")]
    return {name: os.path.realpath(f"{git_dir}/{name}") for name in names}


def stray_link(git_dir: str, roots: tuple[str, ...]) -> str:
    """The first link in a git directory that must not be followed, as a path; "" when there is none."""
    links = links_in(git_dir)
    if not links:
        return ""
    allowed = (*roots, os.path.realpath(git_dir))
    return next((os.path.join(git_dir, name) for name, target in links.items() if not is_followed(target, allowed)), "")


def is_listed_back(git_dir: str, common_dir: str, path: str, listed: str) -> bool:
    """Whether a repository lists this checkout as its worktree: `listed` is what `worktrees/NAME/gitdir` says.

    A worktree that was moved by hand is still listed where it was; that counts if it is gone from there and the folder above is
    not."""
    if os.path.dirname(git_dir) == f"{common_dir}{os.sep}worktrees" and listed == f"{path}{os.sep}.git":
        return True
    git_dir = os.path.realpath(git_dir)
    if os.path.dirname(git_dir) != os.path.join(os.path.realpath(common_dir), "worktrees") or not listed or "\0" in listed:
        return False
    named = os.path.normpath(os.path.join(git_dir, listed))
    top = os.path.dirname(named)
    if os.path.basename(named) == ".git" and os.path.realpath(top) == os.path.realpath(path):
        return True
    return not os.path.lexists(top) and os.path.isdir(os.path.dirname(top))
