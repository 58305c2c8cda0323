"""HTTP/1.1 over the control socket, spoken by hand: one request a connection, answers with a length or in chunks.

Blocking, for one thread. Raises `DaemonDown` when nobody listens and `Unavailable` when the daemon stops in the middle.
"""

from __future__ import annotations

import os
import socket

from stintd.errors import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing costs the fast path more than the request
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

HEAD_LIMIT = 65536
BLOCK = 65536


class DaemonDown(Unavailable):
    """Nobody answers on the control socket: the daemon is not running (exit code 4)."""

    is_down = True


class Answer:
    """A response whose body is read by the caller: `status`, `headers` (lower-case names), `read()`, `lines()`."""

    def __init__(self, channel: socket.socket) -> None:
        self._stream = channel.makefile("rb")
        self._channel = channel
        self.status, self.headers = _head(self._stream)
        self._is_chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()

    def blocks(self) -> Iterator[bytes]:
        """The body as it arrives."""
        if self._is_chunked:
            yield from _chunks(self._stream)
            return
        left = int(self.headers.get("content-length") or -1)
        while left:
            block = self._stream.read1(BLOCK if left < 0 else min(left, BLOCK))
            if not block:
                if left > 0:
                    raise Unavailable("the daemon stopped in the middle of its answer", "try again")
                return
            left -= len(block) if left > 0 else 0
            yield block

    def read(self) -> bytes:
        """The whole body."""
        if self.status == 204 or self.headers.get("content-length") == "0":
            return b""
        return b"".join(self.blocks())

    def lines(self) -> Iterator[bytes]:
        """The body line by line, without line ends, as they arrive."""
        rest = b""
        for block in self.blocks():
            *whole, rest = (rest + block).split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r")

    def close(self) -> None:
        self._stream.close()
        self._channel.close()


def send(
    path: str, method: str, target: str, body: bytes = b"", headers: Iterable[tuple[str, str]] = (),
    timeout: float | None = 30.0,
) -> Answer:  # fmt: skip
    """Send one request to the socket at `path`; the `Answer` with its head read. `timeout` in seconds of silence."""
    channel = _connect(path, timeout)
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", "Accept: application/json"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    elif method != "GET":
        lines.append("Content-Length: 0")
    try:
        channel.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return Answer(channel)
    except OSError as error:
        channel.close()
        raise _broken(error) from error
    except BaseException:
        channel.close()
        raise


def _connect(path: str, timeout: float | None) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    channel.settimeout(timeout)
    try:
        channel.connect(path)
    except (FileNotFoundError, ConnectionRefusedError) as error:
        channel.close()
        raise DaemonDown("stintd is not running", "start it with `stint up`") from error
    except OSError as error:
        channel.close()
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise Unavailable(f"cannot use the control socket {path}: {reason}", "see `stint doctor`") from error
    return channel


def _broken(error: OSError) -> Unavailable:
    if isinstance(error, TimeoutError):
        return Unavailable("the daemon does not answer", "see `stint doctor`; `stint restart` starts it anew")
    return Unavailable("the daemon closed the connection", "it may be stopping: try again in a moment")


def _head(stream: BinaryIO) -> tuple[int, dict[str, str]]:
    first = stream.readline(HEAD_LIMIT)
    if not first:
        raise Unavailable("the daemon closed the connection without an answer", "try again in a moment")
    parts = first.decode("latin-1").split(None, 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not parts[1].isdigit():
        raise Unavailable("what answers on the control socket is not stintd", "see `stint doctor`")
    headers = {}
    while (line := stream.readline(HEAD_LIMIT).decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(parts[1]), headers


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while True:
        size = _size(stream.readline(HEAD_LIMIT))
        if size == 0:
            return
        block = stream.read(size)
        if len(block) < size:
            raise Unavailable("the daemon stopped in the middle of its answer", "try again")
        stream.readline(HEAD_LIMIT)
        yield block


def _size(line: bytes) -> int:
    """The length of the next chunk; 0 at the end, also where the daemon ended without saying so."""
    try:
        return int(line.split(b";")[0].strip() or b"0", 16)
    except ValueError as error:
        raise Unavailable("what answers on the control socket is not stintd", "see `stint doctor`") from error
