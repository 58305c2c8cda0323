"""Secrets on disk: one file each, 0600, in a folder of 0700; never in the database, the log or a process list.

A new file is written beside the old one and moved over it, so that a kill leaves either the old or the new one. A file that
others may read, or that is not a regular file of ours, is refused. Any thread.
"""

import os
import re
import stat

from stintd.errors import Unavailable
from stintd.paths import private_folder

LARGEST = 65536
NOT_OURS_HINT = "replace it with a regular text file that belongs to you"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,100}", re.ASCII)


class SecretFolder:
    """The folder; created when the first secret is stored."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def keep(self, name: str, text: str) -> None:
        """Store `text` under `name`, replacing what was there. `unavailable` when the disk refuses."""
        path = self._path(name)
        fresh = f"{path}.new"
        try:
            private_folder(self.folder)
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_FOLLOW, 0o600), "w", encoding="utf-8") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, path)
            self._sync()
        except OSError as error:
            raise Unavailable(
                f"a secret cannot be stored in {self.folder}: {error.strerror}", "free some disk space, then try again"
            ) from error

    def read(self, name: str) -> str | None:
        """What is stored under `name`, None when nothing is. `unavailable` when it cannot be trusted."""
        path = self._path(name)
        try:
            with open(os.open(path, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT), encoding="utf-8") as file:
                _check_private(path, os.fstat(file.fileno()))
                return file.read(LARGEST)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"{path} cannot be read: {error}", NOT_OURS_HINT) from error

    def drop(self, name: str) -> None:
        """Delete it; does nothing when there is none."""
        for path in (self._path(name), self._path(name) + ".new"):
            try:
                os.unlink(path)
            except FileNotFoundError:
                continue

    def names(self) -> list[str]:
        """The names of the stored secrets."""
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        return sorted(name for name in names if _NAME.fullmatch(name) and not name.endswith(".new"))

    def _path(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("not a name of a secret")
        return os.path.join(self.folder, name)

    def _sync(self) -> None:
        """The folder too: after a power failure the new file must be the one its name leads to."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def secret_of_file(path: str) -> str:
    """The content of a file of the owner's, without blanks around it. `unavailable` when it cannot be trusted."""
    try:
        with open(os.open(path, os.O_RDONLY | _NO_WAIT), encoding="utf-8") as file:
            _check_private(path, os.fstat(file.fileno()))
            return file.read(LARGEST).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"{path} cannot be read: {error}", NOT_OURS_HINT) from error


_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def _check_private(path: str, facts: os.stat_result) -> None:
    """Raise `unavailable` unless this is a regular file of ours that nobody else may read."""
    if not stat.S_ISREG(facts.st_mode):
        raise Unavailable(f"{path} is not a regular file", NOT_OURS_HINT)
    if facts.st_uid != os.geteuid():
        raise Unavailable(f"{path} belongs to another user", NOT_OURS_HINT)
    if facts.st_mode & 0o077:
        raise Unavailable(f"{path} can be read by other users", f"make it readable by you alone: chmod 600 {path}")
