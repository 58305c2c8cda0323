"""One daemon per home: the lock, the file of the control socket, and the sockets that a service manager passes.

The lock is taken before the socket is bound, because binding would silently remove the socket of a running daemon (asyncio
unlinks an existing file). A file lock ends with its process, so there are no stale locks and no pid files.
"""

import contextlib
import fcntl
import os
import socket
import stat

from stintd.errors import Conflict, Unavailable

LISTEN_FDS_START = 3
LOOPBACK = "127.0.0.1"


class Lock:
    """An exclusive lock on a file, held until `release` or the end of the process.

    The modification time of the file is the instant that its holder noted last (`note`): it survives a kill and needs no content.
    `last_note` is the instant that the previous holder left, in epoch seconds; None if there was no previous holder.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.last_note: float | None = None
        self._fd = -1

    def acquire(self) -> None:
        """Take the lock. Raises `conflict` if another daemon runs for this home."""
        with contextlib.suppress(OSError):
            self.last_note = os.lstat(self.path).st_mtime
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(fd)
            raise Conflict(
                "another stintd already runs for this home", "use it with `stint status`, or stop it with `stint down`"
            ) from error
        if not _is_same_file(fd, self.path):
            os.close(fd)
            raise Unavailable("the lock file was replaced while stintd was locking it", "start stintd again")
        self._fd = fd

    @property
    def is_ours(self) -> bool:
        """Whether the file that we locked is still the one at the path (a cleanup job may have removed it)."""
        return self._fd >= 0 and _is_same_file(self._fd, self.path)

    def note(self, seconds: float) -> None:
        """Note an instant (epoch seconds) for the next holder of the lock."""
        os.utime(self._fd, (seconds, seconds))

    def release(self) -> None:
        """Release the lock. The file stays, so that nobody locks a file that is about to be removed."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _is_same_file(fd: int, path: str) -> bool:
    with contextlib.suppress(OSError):
        here, there = os.fstat(fd), os.stat(path, follow_symlinks=False)
        return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
    return False


def bind(path: str) -> socket.socket:
    """The listening control socket at `path`, mode 0600. Call with the lock held.

    Our own stale socket is replaced. A file, a folder, a symlink or the socket of another user is refused (`conflict`).
    """
    _remove_stale_socket(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    previous = os.umask(0o177)
    try:
        listener.bind(path)
    except OSError as error:
        listener.close()
        raise Unavailable(
            f"cannot listen on {path}: {error.strerror}", "make sure that its folder exists, is yours and is writable"
        ) from error
    finally:
        os.umask(previous)
    listener.listen(128)
    listener.setblocking(False)
    return listener


def bind_loopback(port: int) -> socket.socket:
    """A socket bound to this port of 127.0.0.1, or to a free port if it is taken. `unavailable` if there is none."""
    for wanted in dict.fromkeys((port, 0)):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, wanted))
        except OSError as error:
            listener.close()
            reason = error.strerror or str(error)
        else:
            return listener
    raise Unavailable(f"cannot listen on {LOOPBACK}: {reason}", "the control socket still works; run `stint doctor`")


def _remove_stale_socket(path: str) -> None:
    try:
        facts = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(facts.st_mode):
        kind = "a symlink" if stat.S_ISLNK(facts.st_mode) else "a folder" if stat.S_ISDIR(facts.st_mode) else "a file"
        raise Conflict(f"{kind} is where the control socket belongs: {path}", "move it away and start again")
    if facts.st_uid != os.getuid():
        raise Conflict(f"the socket {path} belongs to another user", "remove it as that user and start again")
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.settimeout(1.0)
        probe.connect(path)
    except OSError:
        os.unlink(path)
    else:
        raise Conflict(f"another program listens on {path}", "stop the other program, or set another STINTD_HOME")
    finally:
        probe.close()


def unbind(listener: socket.socket, path: str) -> None:
    """Close the socket, and remove its file if it is still ours."""
    with contextlib.suppress(OSError):
        if os.lstat(path).st_ino and listener.getsockname() == path:
            os.unlink(path)
    listener.close()


def take_sockets(environment: dict[str, str]) -> list[socket.socket]:
    """The listening sockets that a service manager passed to this process; removes the variables from `environment`."""
    pid, count = environment.pop("LISTEN_PID", ""), environment.pop("LISTEN_FDS", "")
    environment.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdigit():
        return []
    sockets = []
    for fd in range(LISTEN_FDS_START, LISTEN_FDS_START + int(count)):
        os.set_inheritable(fd, False)
        passed = socket.socket(fileno=fd)
        passed.setblocking(False)
        sockets.append(passed)
    return sockets


def notify_manager(environment: dict[str, str], state: str) -> None:
    """Send a state (`READY=1`, `STOPPING=1`, `STATUS=…`) to the service manager; does nothing without one."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(state.encode(), address)


def boot_id() -> str:
    """An id of this boot of the machine; "" if the system provides none."""
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()
    return ""
