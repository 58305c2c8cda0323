"""HTTP/1.1 without a socket: bytes of a request out, bytes of an answer in, and the lines of an event stream.

Both clients pass what they receive to `feed` and parse nothing themselves. The fast path loads this module, so it does not import
`typing`.
"""

from __future__ import annotations

import json

from stintd.errors import Invalid, Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing costs the fast path more than the request
    from collections.abc import Iterable, Mapping
    from typing import Any

HEAD_LIMIT = 65536
BLOCK = 65536
SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
RETRY_SECONDS = 2.0
"""Seconds before a stream that ended is opened again, unless the daemon names another delay."""


class BrokenAnswer(Unavailable):
    """The connection ended before the whole answer arrived: it is not known whether the request was carried out."""


class AnswerTimeout(Unavailable):
    """No answer in time: it is not known whether the request was or will be carried out."""


def foreign_answer_error() -> Unavailable:
    """The error for an answer that is not HTTP or not JSON."""
    return Unavailable("what answers there is not stintd", "see `stint doctor`")


def query_text(query: Mapping[str, Any]) -> str:
    """`?a=1&b=2` of the fields that are not None; lists are joined with commas."""
    pairs = []
    for name, value in query.items():
        if value is None:
            continue
        text = ",".join(value) if isinstance(value, list | tuple) else str(value)
        pairs.append(f"{name.rstrip('_')}={quote(text if not isinstance(value, bool) else text.lower())}")
    return "?" + "&".join(pairs) if pairs else ""


def quote(text: str) -> str:
    """Percent-encoded for a path segment or a query value."""
    raw = text.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in SAFE else f"%{byte:02X}" for byte in raw)


def request_bytes(
    method: str, target: str, body: bytes = b"", headers: Iterable[tuple[str, str]] = (), host: str = "localhost"
) -> bytes:
    """A whole request. Each has its own connection: one kept open could break between two requests, and nobody would know
    whether the second was read.
    """
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", "Accept: application/json"]
    for name, value in headers:
        if not value.isascii() or not value.isprintable():
            raise Invalid(f"{name} must be one line of ASCII")
        lines.append(f"{name}: {value}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    elif method != "GET":
        lines.append("Content-Length: 0")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _is_number(text: str, longest: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= longest


class Incoming:
    """An answer as it arrives: pass what was received to `feed`, b"" at the end of the connection; it returns the body."""

    __slots__ = ("_is_chunked", "_left", "_needs_line_end", "_raw", "has_head", "headers", "is_complete", "status")

    def __init__(self) -> None:
        self.status, self.headers = 0, dict[str, str]()
        self.has_head = self.is_complete = False
        self._raw = bytearray()
        self._left, self._is_chunked, self._needs_line_end = -1, False, False

    def feed(self, data: bytes) -> bytes:
        """The new part of the body. Raises `Broken` if the answer ends too early, `unavailable` if it is not HTTP."""
        if not data:
            return self._end()
        self._raw += data
        if not self.has_head and not self._read_head():
            return b""
        return self._chunks() if self._is_chunked else self._plain_block()

    def _end(self) -> bytes:
        if not self.has_head and not self._may_be_http():
            raise foreign_answer_error()
        if not self.has_head:
            raise BrokenAnswer("the daemon closed the connection without an answer", "try again in a moment")
        if not self.is_complete and (self._is_chunked or self._left > 0):
            raise BrokenAnswer("the daemon stopped in the middle of its answer", "try again")
        self.is_complete = True
        return b""

    def _may_be_http(self) -> bool:
        return b"HTTP/1.".startswith(self._raw[:7])

    def _read_head(self) -> bool:
        end = self._raw.find(b"\r\n\r\n")
        if end < 0:
            if len(self._raw) > HEAD_LIMIT or not self._may_be_http():
                raise foreign_answer_error()
            return False
        first, *lines = self._raw[:end].decode("latin-1").split("\r\n")
        del self._raw[: end + 4]
        parts = first.split(None, 2)
        if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not _is_number(parts[1], 3):
            raise foreign_answer_error()
        for line in lines:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        self.status, self.has_head = int(parts[1]), True
        self._begin_body()
        return True

    def _begin_body(self) -> None:
        self._is_chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        length = self.headers.get("content-length")
        if self._is_chunked or self.status in (204, 304):
            self._left = 0
        elif length is not None:
            if not _is_number(length, 15):
                raise foreign_answer_error()
            self._left = int(length)
        self.is_complete = not self._is_chunked and self._left == 0

    def _plain_block(self) -> bytes:
        if self._left < 0:
            return self._take(len(self._raw))
        block = self._take(self._left)
        self._left -= len(block)
        self.is_complete = self._left == 0
        return block

    def _take(self, count: int) -> bytes:
        block = bytes(self._raw[:count])
        del self._raw[:count]
        return block

    def _chunks(self) -> bytes:
        body = bytearray()
        while not self.is_complete:
            if self._needs_line_end:
                if len(self._raw) < 2:
                    break
                del self._raw[:2]
                self._needs_line_end = False
            elif self._left:
                block = self._take(self._left)
                if not block:
                    break
                body += block
                self._left -= len(block)
                self._needs_line_end = self._left == 0
            elif not self._read_size():
                break
        return bytes(body)

    def _read_size(self) -> bool:
        end = self._raw.find(b"\r\n")
        if end < 0:
            if len(self._raw) > HEAD_LIMIT:
                raise foreign_answer_error()
            return False
        try:
            self._left = int(bytes(self._raw[:end]).split(b";")[0], 16)
        except ValueError as error:
            raise foreign_answer_error() from error
        del self._raw[: end + 2]
        self.is_complete = self._left == 0
        return True


class Events:
    """The lines of a stream as they arrive. `last_id` is where it can be resumed, `retry` the delay before that, in seconds.

    In a resumed stream, changes that were already returned are skipped.
    """

    __slots__ = ("_data", "_kind", "_mark", "_rest", "last_id", "retry")

    def __init__(self, last_id: str | None = None) -> None:
        self.last_id, self.retry = last_id, RETRY_SECONDS
        self.begin()

    def begin(self) -> None:
        """Prepare for a new connection, which sends again what the last one sent only in part."""
        self._rest = b""
        self._kind, self._mark, self._data = "message", None, list[str]()  # type: tuple[str, str | None, list[str]]

    def feed(self, block: bytes) -> list[tuple[str | None, str, Any]]:
        """The changes that are complete: (id, kind, payload). A change that the log does not keep has no id."""
        *lines, self._rest = (self._rest + block).split(b"\n")
        changes = []
        for line in lines:
            text = line.rstrip(b"\r").decode("utf-8", "replace")
            if text:
                self._read(text)
                continue
            if self._is_due():
                changes.append((self._mark, self._kind, _payload(self._data)))
            self.last_id = self.last_id if self._mark is None else self._mark
            self._kind, self._mark, self._data = "message", None, []
        return changes

    def _is_due(self) -> bool:
        if not self._data:
            return False
        is_numbered = _is_number(self._mark or "", 18) and _is_number(self.last_id or "", 18)
        return not is_numbered or int(self._mark or 0) > int(self.last_id or 0)

    def _read(self, text: str) -> None:
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._kind = value
        elif name == "id":
            self._mark = value
        elif name == "retry" and _is_number(value, 15):
            self.retry = min(int(value) / 1000, 60.0)


def _payload(lines: list[str]) -> Any:
    try:
        return json.loads("\n".join(lines))
    except ValueError as error:
        raise foreign_answer_error() from error
