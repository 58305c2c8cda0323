"""Keeps the daemon's resident memory small on glibc: few malloc arenas, and what the start left over given back.

Measured with 100 repositories: 51 MiB without, 45 with. Elsewhere these do nothing.
"""

import ctypes
import gc

ARENAS = -8
"""glibc's M_ARENA_MAX: each thread that allocates would otherwise keep an arena of its own."""


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


def give_back() -> None:
    """Collect what the start left behind and return free pages to the system; takes some 20 ms."""
    gc.collect()
    library = _libc()
    if library is not None:
        library.malloc_trim(0)
