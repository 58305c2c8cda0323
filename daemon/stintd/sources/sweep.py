"""Finds what was written while nobody watched: the files of a work tree whose own times lie in a stretch.

A watch makes reports fast; a sweep makes them complete, after an overflow, a suspend, downtime or a lost watch. Only times
are compared, nothing is read. The time of a folder says nothing here: tools that fill ignored folders change it too. A file
that was moved here, or whose time something set, was not saved then: its two times lie apart (`domain.noise.arrival`).
"""

import os
import stat
from collections.abc import Callable, Iterable

from stintd.domain.noise.arrival import is_saved
from stintd.frozen import frozen

IS_CTIME_CHANGE = os.name == "posix"
GRAIN_NS = 20_000_000
"""File times come from the kernel's last tick, up to 10 ms ago; a file written just after `since` may have an earlier time."""

AHEAD_NS = 2_000_000_000
"""A file time that is further in the future was set by something (an archive, another clock) and says nothing."""


@frozen
class WrittenFile:
    """A file written in the stretch; `path` relative to the top, as bytes."""

    path: bytes
    mtime_ns: int
    size: int


def files_written_since(
    visits: "Iterable[tuple[bytes, list[os.DirEntry[bytes]]]]",
    since_ns: int,
    now_ns: int,
    is_ignored: Callable[[bytes], bool],
) -> list[WrittenFile]:
    """Regular files of the visited folders (relative path, entries) written from `since_ns` to now, oldest first."""
    earliest, latest = since_ns - GRAIN_NS, now_ns + AHEAD_NS
    files: list[WrittenFile] = []
    for folder, entries in visits:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if not earliest <= status.st_mtime_ns <= latest or not stat.S_ISREG(status.st_mode):
                continue
            if is_saved(status.st_mtime_ns, status.st_ctime_ns, IS_CTIME_CHANGE):
                path = folder + b"/" + entry.name if folder else entry.name
                if not is_ignored(path):
                    files.append(WrittenFile(path, status.st_mtime_ns, status.st_size))
    files.sort(key=lambda file: file.mtime_ns)
    return files
