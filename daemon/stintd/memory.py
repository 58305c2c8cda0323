"""Keeps the daemon's resident memory small on glibc: it limits malloc arenas and returns memory that only the start needed.

Measured with 100 repositories: 51 MiB without it, 45 MiB with it. On other systems these functions do nothing.
"""

import ctypes
import gc

ARENAS = -8
"""glibc's M_ARENA_MAX: without a limit, each thread that allocates keeps its own arena."""

LARGE, LARGE_BYTES = -3, 1 << 18
"""glibc's M_MMAP_THRESHOLD: a block of at least this size is returned to the system when it is freed. If unset, the threshold
grows with the largest block so far, and a body of 8 MiB would leave 16 MiB of free memory in the process for good."""


def _libc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None)
        return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
    except OSError:
        return None


def keep_small() -> None:
    """Limit arenas and large blocks. Call this before the first thread starts."""
    library = _libc()
    if library is not None:
        library.mallopt(ARENAS, 1)
        library.mallopt(LARGE, LARGE_BYTES)


def give_back() -> None:
    """Collect the garbage of the start and return free pages to the system; takes some 20 ms. The remaining objects are frozen:
    the collector need not traverse them again, which would occasionally delay an answer by some milliseconds."""
    gc.collect()
    gc.freeze()
    library = _libc()
    if library is not None:
        library.malloc_trim(0)
