"""A file that reserves some disk space. It is deleted when the disk is full, so that even then the database can be opened,
timers can be stopped and the write-ahead log can be written into the file.
"""

import contextlib
import os

from stintd.store.sqlite_errors import free_bytes

SIZE = 4 * 1024 * 1024
COMFORT = 64 * 1024 * 1024
"""Free space from which on the file is created (again)."""


class DiskReserve:
    """The reserve file beside the database. Writer thread only."""

    def __init__(self, path: str, size: int = SIZE, comfort: int = COMFORT) -> None:
        self.path, self.size, self.comfort = path, size, comfort

    @property
    def is_held(self) -> bool:
        return os.path.exists(self.path)

    def lay(self) -> bool:
        """Reserve the space if there is plenty; whether it is reserved now."""
        free = free_bytes(os.path.dirname(self.path) or ".")
        if self.is_held:
            return True
        if free is None or free < self.comfort:
            return False
        try:
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            return False
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(fd, 0, self.size)
            else:
                os.write(fd, bytes(self.size))
        except OSError:
            self.release()
            return False
        finally:
            os.close(fd)
        return True

    def release(self) -> bool:
        """Free the space; whether there was any."""
        with contextlib.suppress(OSError):
            os.unlink(self.path)
            return True
        return False
