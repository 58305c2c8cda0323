"""What was written while nobody watched: the files of a work tree whose own times lie in a stretch.

Watching is the accelerator, this is the truth: after an overflow, a suspend, downtime, a lost watch. Only times are
compared, nothing is read. A folder's own time tells nothing here: tools that fill ignored folders move it too.
"""

import os
import stat
from collections.abc import Callable, Iterable

from stintd.frozen import frozen

GRAIN_NS = 20_000_000
"""File times come from the kernel's last tick, up to 10 ms old; a file written just after `since` may bear less."""

AHEAD_NS = 2_000_000_000
"""A file time further ahead than this was set by somebody (an archive, another clock) and says nothing."""


@frozen
class WrittenFile:
    """One file written in the stretch; `path` relative to the top, as bytes."""

    path: bytes
    mtime_ns: int
    size: int


def files_written_since(
    visits: "Iterable[tuple[bytes, list[os.DirEntry[bytes]]]]", since_ns: int, now_ns: int,
    is_ignored: Callable[[bytes], bool],
) -> list[WrittenFile]:  # fmt: skip
    """Regular files of the visited folders (relative path, entries) written from `since_ns` to now, oldest first."""
    earliest, latest = since_ns - GRAIN_NS, now_ns + AHEAD_NS
    found: list[WrittenFile] = []
    for folder, entries in visits:
        for entry in entries:
            try:
                seen = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if earliest <= seen.st_mtime_ns <= latest and stat.S_ISREG(seen.st_mode):
                path = folder + b"/" + entry.name if folder else entry.name
                if not is_ignored(path):
                    found.append(WrittenFile(path, seen.st_mtime_ns, seen.st_size))
    found.sort(key=lambda written: written.mtime_ns)
    return found
