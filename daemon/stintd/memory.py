"""Keeps the daemon's resident memory small on glibc: few malloc arenas, and what the start left over given back.

Measured with 100 repositories: 51 MiB without, 45 with. Elsewhere these do nothing.
"""

import ctypes
import gc

ARENAS = -8
"""glibc's M_ARENA_MAX: each thread that allocates would otherwise keep an arena of its own."""

LARGE, LARGE_BYTES = -3, 1 << 18
"""glibc's M_MMAP_THRESHOLD: a block this large is returned when it is freed. Left to itself the limit grows with the largest
block seen, and a body of 8 MiB would leave 16 of free memory behind for good."""


def _libc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
    except OSError:
        return None


def keep_small() -> None:
    """Call before the first thread starts."""
    library = _libc()
    if library is not None:
        library.mallopt(ARENAS, 1)
        library.mallopt(LARGE, LARGE_BYTES)


def give_back() -> None:
    """Collect what the start left behind and return free pages to the system; takes some 20 ms. What is left stays for
    good: the collector need not walk through it again, which costs an answer some milliseconds now and then.
    """
    gc.collect()
    gc.freeze()
    library = _libc()
    if library is not None:
        library.malloc_trim(0)
