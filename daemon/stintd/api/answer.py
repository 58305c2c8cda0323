"""Answers that are written to the connection in one piece.

aiohttp's own `Response` takes a third of the time that a heartbeat needs (header maps, a writer, a second write for the body).
`Answer` has what `RequestHandler.finish_response` requires of a response (`prepare`, `write_eof`, `keep_alive`) and writes one
buffer. tests/contracts/test_aiohttp_contract.py checks that aiohttp requires no more. Large bodies and streams use aiohttp's
own classes.
"""

import time
from collections.abc import Mapping
from email.utils import formatdate
from http import HTTPStatus

from aiohttp.http_writer import StreamWriter
from aiohttp.web_request import BaseRequest

from stintd.protocol.body import dump

PHRASES = {status.value: status.phrase for status in HTTPStatus}
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FIXED = "".join(f"{name}: {value}\r\n" for name, value in SECURITY_HEADERS.items())
_HEADS = {
    status: f"HTTP/1.1 {status} {phrase}\r\nContent-Type: application/json; charset=utf-8\r\n{_FIXED}".encode()
    for status, phrase in PHRASES.items()
}


def head_of(status: int, kind: str, fixed: Mapping[str, str]) -> bytes:
    """The head of an answer that is not JSON: status, type, and `fixed` headers instead of those that JSON answers have."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in fixed.items())
    return f"HTTP/1.1 {status} {PHRASES[status]}\r\nContent-Type: {kind}\r\n{lines}".encode()


class _DateLine:
    """The Date header: made at most once a second, and only when it is needed."""

    second = 0
    line = b""


def _date(now: float) -> bytes:
    second = int(now)
    if second != _DateLine.second:
        _DateLine.second, _DateLine.line = second, b"Date: " + formatdate(second, usegmt=True).encode() + b"\r\n"
    return _DateLine.line


class Answer:
    """A complete answer: JSON bytes, status, and headers beyond those that every answer has."""

    __slots__ = ("_body", "_headers", "keep_alive", "status")

    def __init__(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None, close: bool = False):
        self._body, self.status, self._headers = body, status, headers
        self.keep_alive = not close

    @property
    def body(self) -> bytes:
        return self._body

    @property
    def body_length(self) -> int:
        return len(self._body)

    def head(self) -> bytes:
        """Status line, type and the headers that every answer has."""
        return _HEADS[self.status]

    def add(self, headers: Mapping[str, str]) -> None:
        """Add headers."""
        self._headers = {**self._headers, **headers} if self._headers else headers

    async def prepare(self, request: BaseRequest) -> None:
        """Write everything at once. If the client does not read, aiohttp closes the connection."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client is gone")
        self.keep_alive = self.keep_alive and request.keep_alive
        parts = [self.head(), _date(time.time())]
        if self._headers:
            parts += [f"{name}: {value}\r\n".encode("latin-1", "replace") for name, value in self._headers.items()]
        if not self.keep_alive:
            parts.append(b"Connection: close\r\n")
        elif request.version.minor == 0:
            parts.append(b"Connection: keep-alive\r\n")
        parts.append(b"Content-Length: %d\r\n\r\n" % len(self._body))
        if request.method != "HEAD":
            parts.append(self._body)
        transport.write(b"".join(parts))

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""


def writer_of(request: BaseRequest) -> StreamWriter:
    """aiohttp's own writer, which can wait for a slow reader; the type that aiohttp declares for it cannot."""
    writer = request.writer
    assert isinstance(writer, StreamWriter)
    return writer


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer of one JSON value."""
    return Answer(dump(value), status, headers)
