"""Tells a file that was written here from one that arrived: a sync, an archive and `cp -p` bring a file with the time of its
writing elsewhere. What arrives is nobody's typing (TRACKING, "Machine noise is not work").

An editor that writes a temporary file and renames it is quick: the rename changes the inode's own time (ctime), so both lie
within two seconds. The times of one file are compared with each other first, because a server may have another clock, and
because whoever looks may look late.
"""

SAME_MOMENT_NS = 2_000_000_000
COARSE_NS = 2_000_000_000
"""How much more a file time in whole seconds may be off: FAT rounds to two seconds, other old file systems to one."""
_SECOND_NS = 1_000_000_000


def has_arrived(mtime_ns: int, ctime_ns: int, seen_ns: int) -> bool:
    """Whether a change noticed at `seen_ns` brought a file that had been written before, or that claims to be written later.

    A ctime that lies before mtime decides nothing: on Windows, and on FAT, it is the time when the file was created.
    """
    slack = _slack(mtime_ns)
    return min(ctime_ns, seen_ns) - mtime_ns > slack or mtime_ns - max(ctime_ns, seen_ns) > slack


def is_saved(mtime_ns: int, ctime_ns: int, is_ctime_change: bool) -> bool:
    """Whether a file that a sweep finds was saved at its mtime: nothing set that time, and nothing moved the file since.

    `is_ctime_change`: on this system ctime is the time of the inode's last change, not of its creation.
    """
    if ctime_ns - mtime_ns > _slack(mtime_ns):
        return False
    return not is_ctime_change or mtime_ns % _SECOND_NS == 0 or mtime_ns - ctime_ns <= SAME_MOMENT_NS


def _slack(mtime_ns: int) -> int:
    return SAME_MOMENT_NS if mtime_ns % _SECOND_NS else SAME_MOMENT_NS + COARSE_NS
