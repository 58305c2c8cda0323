"""One bound socket: which connections are accepted, how many at once, and which one is closed when it is full.

Each listener has its own limit, so a flood on the loopback port leaves the control socket free. At the limit, further
connections wait in the kernel's queue instead of being refused: a refusal would lose a write whose sender does not try again.
"""

import asyncio
import contextlib
import logging
import select
import socket
import struct
import sys
from typing import Protocol

from stintd.api.answer import SECURITY_HEADERS
from stintd.api.guard import Guard
from stintd.api.route import Table

log = logging.getLogger(__name__)

CONNECTION_LIMIT = 128
LOOPBACK_LIMIT = 256
BACKLOG = 1024
ACCEPT_RETRY_SECONDS = 1.0
FULL_RETRY_SECONDS = 0.02
"""When every connection is in use, one may become idle or silent without ending. No event announces that, so we look again."""
PATIENCE_SECONDS = 0.02
"""How long a connection on which we wait for a request may be silent before it is closed to make room for another. An API client
sends its request as soon as it connects, so closing a silent connection loses no answer."""


def peer_uid(channel: socket.socket | None) -> int | None:
    """The user id at the other end of a Unix socket; None for TCP, and where the platform does not provide it."""
    if channel is None or channel.family != getattr(socket, "AF_UNIX", None):
        return None
    if hasattr(socket, "SO_PEERCRED"):
        raw = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", raw)[1])
    if sys.platform == "darwin":  # LOCAL_PEERCRED: struct xucred, the uid after a version number
        return int(struct.unpack_from("=II", channel.getsockopt(0, 1, 76))[1])
    return None


class Connection(Protocol):
    """An accepted connection: when it last sent something, and whether we wait for a request on it."""

    heard_at: float

    @property
    def is_waiting(self) -> bool: ...
    @property
    def transport(self) -> asyncio.Transport | None: ...
    def force_close(self) -> None: ...


class Acceptor(Protocol):
    """What a listener needs of the server: it makes connections, and `owner_uid` is the only user that it accepts."""

    owner_uid: int

    def connection(self, listener: "Listener") -> asyncio.Protocol: ...


class Listener:
    """Accepts connections on one socket. `needs_key`: every request must carry an API key; else the user id is enough.
    `table` contains the routes of this listener.
    """

    def __init__(self, server: Acceptor, channel: socket.socket, guard: Guard, needs_key: bool, table: Table) -> None:
        self.server, self.channel, self.guard, self.needs_key, self.table = server, channel, guard, needs_key, table
        self.count = 0
        self.connections: set[Connection] = set()
        self._arriving: set[asyncio.Task[object]] = set()
        self._retry: asyncio.TimerHandle | None = None
        self._is_closed = False

    def open(self) -> None:
        """Begin to listen."""
        self.channel.setblocking(False)
        self.channel.listen(BACKLOG)
        asyncio.get_running_loop().add_reader(self.channel.fileno(), self._accept)

    def close(self) -> None:
        """Accept no more connections; those already accepted stay open."""
        self._is_closed = True
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        asyncio.get_running_loop().remove_reader(self.channel.fileno())

    def release(self, connection: Connection) -> None:
        """A connection ended: accept the next one that waits."""
        self.connections.discard(connection)
        self.count -= 1
        if self._retry is not None:
            self._resume()

    @property
    def _limit(self) -> int:
        return LOOPBACK_LIMIT if self.needs_key else CONNECTION_LIMIT

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            if self.count >= self._limit and not self._make_room():
                self._pause(FULL_RETRY_SECONDS)
                return
            try:
                accepted, _ = self.channel.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                log.warning("a connection could not be accepted: %s", error)
                self._pause(ACCEPT_RETRY_SECONDS)
                return
            self._take_in(accepted)

    def _take_in(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        if not self._is_owner(accepted):
            with contextlib.suppress(OSError):
                accepted.send(_farewell("this socket belongs to another user"))
            accepted.close()
            return
        self.count += 1
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.connect_accepted_socket(lambda: self.server.connection(self), accepted))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    def _is_owner(self, accepted: socket.socket) -> bool:
        uid = peer_uid(accepted)
        if uid is None or uid == self.server.owner_uid:
            return True
        log.warning("refused a connection of user %s", uid)
        return False

    def _make_room(self) -> bool:
        """Close the connection on which we have waited longest for a request; false if all of them are in use."""
        latest = asyncio.get_running_loop().time() - PATIENCE_SECONDS
        silent = [connection for connection in self.connections if connection.is_waiting and connection.heard_at <= latest]
        for connection in sorted(silent, key=lambda connection: connection.heard_at):
            if not _has_sent(connection.transport):
                connection.force_close()
                return True
        return False

    def _pause(self, seconds: float) -> None:
        """Accept no connection for `seconds`, or until one ends."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self.channel.fileno())
        if self._retry is None:
            self._retry = loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if not self._is_closed:
            asyncio.get_running_loop().add_reader(self.channel.fileno(), self._accept)


def _has_sent(transport: asyncio.Transport | None) -> bool:
    """Whether the kernel has received bytes that we have not read yet."""
    if transport is None or transport.is_closing():
        return False
    poll = select.poll()
    poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _farewell(text: str) -> bytes:
    body = f'{{"error":"{text}","code":"FORBIDDEN","details":{{}}}}'.encode()
    fixed = "".join(f"{name}: {value}\r\n" for name, value in SECURITY_HEADERS.items())
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\n{fixed}"
    return f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
