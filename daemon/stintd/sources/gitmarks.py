"""Reads what tells a repository that was moved from a copy of it (TRACKING, Project by folder name, 5).

A few cheap calls a repository; nothing is followed but directories that the caller trusts.
"""

import os
import stat
from zlib import crc32

from stintd.domain.mapping.folders import Presence
from stintd.domain.model import CheckoutFacts, FolderMarks

WRITTEN_ONCE = ("description", "info", "branches", "hooks")
LINE_LIMIT = 4096
TAIL = 256
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


def read_marks(path: str, git_dir: str, common_dir: str) -> FolderMarks:
    """The marks of the repository whose data lies in `common_dir`; `path` and `git_dir` are those of one of its checkouts."""
    git, begun_us = _git_mark(common_dir)
    return FolderMarks(git, _log_mark(os.path.join(git_dir, "logs", "HEAD")), mount_of(path), begun_us)


def _git_mark(common_dir: str) -> tuple[str, int]:
    """(the number of the directory and when git began it, when it came here). The number alone says little: it is given again
    once a directory was removed. A move keeps both times of a file that git writes once; a copy has at least a new change time.
    """
    try:
        number = os.lstat(common_dir).st_ino
    except OSError:
        return "", 0
    for name in WRITTEN_ONCE:
        try:
            status = os.lstat(os.path.join(common_dir, name))
        except OSError:
            continue
        return f"{number}:{status.st_mtime_ns}", status.st_ctime_ns // 1000
    return "", 0


def _log_mark(path: str) -> str:
    """The length and checksums of the first line and of the end of a reflog; "" when there is none."""
    descriptor = _open(path)
    if descriptor is None:
        return ""
    try:
        size = os.fstat(descriptor).st_size
        first = os.pread(descriptor, LINE_LIMIT, 0).split(b"\n", 1)[0]
        return f"{crc32(first):08x}:{size}:{_tail_sum(descriptor, size):08x}" if size else ""
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def _tail_sum(descriptor: int, size: int) -> int:
    start = max(0, size - TAIL)
    return crc32(os.pread(descriptor, size - start, start))


def _open(path: str) -> int | None:
    try:
        return os.open(path, _FLAGS) if stat.S_ISREG(os.lstat(path).st_mode) else None
    except OSError:
        return None


def continues_log(facts: CheckoutFacts, mark: str) -> bool:
    """Whether the reflog of a checkout begins with all of the reflog that had this mark."""
    parts = mark.split(":")
    if len(parts) != 3 or facts.marks.log.partition(":")[0] != parts[0]:
        return False
    descriptor = _open(os.path.join(facts.git_dir, "logs", "HEAD"))
    if descriptor is None:
        return False
    try:
        size = int(parts[1])
        return os.fstat(descriptor).st_size >= size and f"{_tail_sum(descriptor, size):08x}" == parts[2]
    except (OSError, ValueError):
        return False
    finally:
        os.close(descriptor)


def mount_of(path: str) -> str:
    """The mount point that a folder lies on; "" when it cannot be read."""
    try:
        device = os.lstat(path).st_dev
        while (above := os.path.dirname(path)) != path and os.lstat(above).st_dev == device:
            path = above
    except OSError:
        return ""
    return path


def presence(facts: CheckoutFacts, root: str) -> Presence:
    """Whether a folder below `root` is there, and with the git directory that it had. It is gone only if the nearest folder above
    it that is left lies on the same mount and can be read: a disk that is not mounted says nothing about what lies on it."""
    if os.path.lexists(facts.path):
        is_same = not os.path.lexists(facts.common_dir) or _git_mark(facts.common_dir)[0] == facts.marks.git
        return "there" if is_same else "replaced"
    above = os.path.dirname(facts.path)
    while not os.path.isdir(above):
        if above in (root, os.path.dirname(above)):
            return "out of reach"
        above = os.path.dirname(above)
    return "gone" if os.access(above, os.R_OK | os.X_OK) and mount_of(above) == facts.marks.mount else "out of reach"
