"""What SQLite's failures mean to a person, distinguished by SQLite's own names, never by text."""

import errno
import os
import sqlite3

from stintd.errors import StintdError, StorageFull, Unavailable

FULL_BYTES = 256 * 1024
"""With less free space than this, an I/O error means a full disk: SQLite says IOERR when its shared memory cannot grow."""


def name_of(error: sqlite3.Error) -> str:
    """SQLite's extended name, like SQLITE_IOERR_WRITE; "" for what Python itself raised."""
    return getattr(error, "sqlite_errorname", None) or ""


def is_io(error: sqlite3.Error) -> bool:
    """Whether the connection must not be used again: the kernel may have dropped pages that it could not write."""
    return name_of(error).startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_PROTOCOL"))


def is_read_only(error: sqlite3.Error) -> bool:
    """Whether the connection cannot write, and never will: SQLite decides that when it opens the file."""
    return name_of(error).startswith(("SQLITE_READONLY", "SQLITE_PERM"))


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is not, or no longer, a sound database."""
    return name_of(error).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def free_bytes(folder: str) -> int | None:
    """How much an ordinary user can still write there; None when the system does not say."""
    try:
        status = os.statvfs(folder)
    except OSError:
        return None
    return status.f_bavail * status.f_frsize


def storage_full_error(path: str) -> StorageFull:
    return StorageFull(
        f"the disk that holds {path} is full",
        "free some disk space; stintd then continues automatically, and what was not stored can be sent again",
    )


def read_only_error(path: str) -> Unavailable:
    return Unavailable(f"{path} cannot be written: it is read-only", "make the file and its folder writable")


def translate_os_error(error: OSError, path: str) -> StintdError:
    """The error for what the operating system refused outside SQLite."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return storage_full_error(path)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return read_only_error(path)
    return Unavailable(f"{path} could not be opened: {error.strerror}", "check the folder and the disk")


def translate(error: sqlite3.Error, path: str) -> StintdError | None:
    """The error for people, or None when it is a defect of ours (a constraint, a wrong statement) to be raised as it is."""
    name = name_of(error)
    if name == "SQLITE_FULL":
        return storage_full_error(path)
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Unavailable(f"another program holds {path} locked", "close the program that has the database open, then try again")
    if is_read_only(error):
        return read_only_error(path)
    if is_damage(error):
        return Unavailable(
            f"{path} is damaged",
            "run `stint restart`: it restores the newest good backup and keeps the damaged file",
            {"reason": "damaged"},
        )
    if is_io(error):
        free = free_bytes(os.path.dirname(path) or ".")
        if free is not None and free < FULL_BYTES:
            return storage_full_error(path)
        if not os.access(os.path.dirname(path) or ".", os.W_OK):
            return read_only_error(path)
        return Unavailable(f"{path} could not be read or written ({name})", "check the disk; see `stint doctor`")
    if name in ("SQLITE_NOMEM", "SQLITE_INTERRUPT"):
        return Unavailable(f"SQLite gave up ({name})", "try again")
    return None
