"""One request per connection, over the control socket or loopback TCP; blocking, for one thread.

Raises `DaemonDown` if nothing listens, `Broken` if the connection ends too early, and `Silent` if no answer comes in time.
"""

from __future__ import annotations

import os
import socket
from time import monotonic

from stintd.client.wire import BLOCK, AnswerTimeout, BrokenAnswer, Incoming, request_bytes
from stintd.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing costs the fast path more than the request
    from collections.abc import Iterable, Iterator

Address = str | tuple[str, int]
"""A socket's path, or a loopback host and port."""


class DaemonDown(Unavailable):
    """Nothing listens on the control socket: the daemon is not running (exit code 4)."""

    is_down = True


class Response:
    """A response whose body is read by the caller: `status`, `headers` (lower-case names), `blocks()`, `read()`."""

    def __init__(self, channel: socket.socket, until: float | None = None) -> None:
        self._channel, self._until = channel, until
        self._incoming = Incoming()
        self._first = b""
        while not self._incoming.has_head:
            self._first = self._next()
        self.status, self.headers = self._incoming.status, self._incoming.headers

    def _next(self) -> bytes:
        try:
            if self._until is not None:
                self._channel.settimeout(max(0.001, self._until - monotonic()))
            data = self._channel.recv(BLOCK)
        except OSError as error:
            raise connection_error(error) from error
        return self._incoming.feed(data)

    def blocks(self) -> Iterator[bytes]:
        """The body as it arrives."""
        block, self._first = self._first, b""
        while True:
            if block:
                yield block
            if self._incoming.is_complete:
                return
            block = self._next()

    def read(self) -> bytes:
        """The whole body."""
        return b"".join(self.blocks())

    def close(self) -> None:
        self._channel.close()


def send(
    address: Address,
    method: str,
    target: str,
    body: bytes = b"",
    headers: Iterable[tuple[str, str]] = (),
    timeout: float | None = 30.0,
    host: str = "localhost",
    limit: float | None = None,
) -> Response:
    """Send one request to a socket path, or to a host and port; the `Response` with its head read.

    `timeout`: seconds of silence; `limit`: seconds until the whole answer must have arrived.
    """
    until = None if limit is None else monotonic() + limit
    raw = request_bytes(method, target, body, headers, host)
    channel = _connect(address, limit if limit is not None else timeout)
    try:
        try:  # noqa: SIM105  the fast path does not load contextlib
            channel.sendall(raw)
        except ConnectionError:
            pass  # refused before it was read whole: the answer that says why is there already
        return Response(channel, until)
    except OSError as error:
        channel.close()
        raise connection_error(error) from error
    except BaseException:
        channel.close()
        raise


def _connect(address: Address, timeout: float | None) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX if isinstance(address, str) else family(address), socket.SOCK_STREAM)
    channel.settimeout(timeout)
    try:
        channel.connect(address)
    except OSError as error:
        channel.close()
        raise unreachable_error(error, address) from error
    return channel


def family(address: tuple[str, int]) -> int:
    """The address family of a loopback host."""
    return socket.AF_INET6 if ":" in address[0] else socket.AF_INET


def unreachable_error(error: OSError, address: Address) -> Unavailable:
    """The error for a connection that could not be made."""
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return DaemonDown("stintd is not running", "start it with `stint up`")
    if isinstance(error, TimeoutError):
        return connection_error(error)
    reason = os.strerror(error.errno) if error.errno else str(error)
    place = f"the control socket {address}" if isinstance(address, str) else f"{address[0]} port {address[1]}"
    return Unavailable(f"cannot use {place}: {reason}", "see `stint doctor`")


def connection_error(error: OSError) -> Unavailable:
    """The error for a connection that failed."""
    if isinstance(error, TimeoutError):
        return AnswerTimeout("the daemon does not answer", "see `stint doctor`; `stint restart` restarts it")
    return BrokenAnswer("the daemon closed the connection", "it may be stopping: try again in a moment")
