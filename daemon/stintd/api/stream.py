"""The stream of changes: server-sent events in the order of the change log, which a reader can resume with `Last-Event-ID`.

Every committed change after the named one is sent once, in order. If the log no longer reaches back that far, the first event
says so. A slow reader delays only itself: changes that overflow its queue are read again from the log. Without an open stream
nothing wakes up. The first line contains the position in the log, so that a reader whose connection breaks before the first
change can resume there too.
"""

import asyncio
import json
from collections.abc import Mapping
from functools import partial

from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse
from multidict import CIMultiDict

from stintd.api.answer import SECURITY_HEADERS, writer_of
from stintd.api.route import Call, Request
from stintd.api.surface import Surface
from stintd.engine.hub import LoggedEvent, Subscription
from stintd.engine.queries import changes
from stintd.errors import Invalid, Unavailable

KEEP_ALIVE_SECONDS = 15.0
STALL_SECONDS = 30.0
STREAM_LIMIT = 64
RETRY_MS = 2000
GAP = "gap"
"""The first event for a reader whose position is older than the log: what it knows may be out of date, so it must load again."""


class Stream(StreamResponse):
    """A response that does not end. `keep_alive` is false: after a stream the connection is closed."""

    def __init__(self, surface: Surface, last_seq: int | None, key_id: str = "") -> None:
        super().__init__()
        self._surface, self._last_seq, self._key_id = surface, last_seq, key_id
        self._more_headers: dict[str, str] = {}
        self.force_close()

    def add(self, headers: Mapping[str, str]) -> None:
        """Add headers."""
        self._more_headers |= headers

    async def prepare(self, request: BaseRequest) -> None:
        """Send until the reader leaves or the daemon stops."""
        listener = self._surface.daemon.engine.hub.listen()
        task = asyncio.current_task()
        assert task is not None
        self._surface.streams[task] = self._key_id
        try:
            await _begin(request, self._more_headers)
            await self._send_all(request, listener)
        finally:
            self._surface.streams.pop(task, None)
            self._surface.daemon.engine.hub.leave(listener)

    async def write_eof(self, data: bytes = b"") -> None:
        """The connection is closed instead."""

    async def _send_all(self, request: BaseRequest, listener: Subscription) -> None:
        oldest, newest = await self._surface.daemon.engine.read(changes.seq_bounds)
        sent = newest if self._last_seq is None else _resume_point(self._last_seq, oldest, newest)
        await _write(request, f"id: {sent}\n\n".encode())
        if self._last_seq not in (None, sent):
            await _write(request, line(LoggedEvent(sent, GAP, {"after": self._last_seq, "resumedAfter": sent})))
        listener.has_gap = self._last_seq is not None
        while True:
            if listener.has_gap:
                listener.has_gap = False
                sent = await self._catch_up(request, sent)
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    batch = [await listener.next()]
            except TimeoutError:
                await _write(request, b": still here\n\n")
                continue
            while not listener.queue.empty():
                batch.append(listener.queue.get_nowait())
            fresh = [change for change in batch if change.seq == 0 or change.seq > sent]
            await _write(request, b"".join(line(change) for change in fresh))
            sent = max([sent, *(change.seq for change in fresh)])

    async def _catch_up(self, request: BaseRequest, sent: int) -> int:
        """Send changes from the log until there is nothing newer; returns the last `seq` sent."""
        while True:
            missed: list[LoggedEvent] = await self._surface.daemon.engine.read(partial(changes.changes_after, seq=sent))
            lines = [line(change) for change in missed]
            if not lines:
                return sent
            await _write(request, b"".join(lines))
            sent = max(change.seq for change in missed)


def _resume_point(last_seq: int, oldest: int, newest: int) -> int:
    """The change after which a reader continues. A position before the start of the log cannot be resumed completely; nor can one
    beyond its end, which means that the database was replaced: such a reader would wait for ever.
    """
    if last_seq > newest:
        return newest
    return max(last_seq, oldest - 1)


async def events(surface: Surface, call: Call, request: Request) -> Stream:
    """Open a stream of the changes from now on, or of those after `Last-Event-ID`."""
    if len(surface.streams) >= STREAM_LIMIT:
        raise Unavailable(f"{STREAM_LIMIT} streams are open already", "close one of them first")
    text = request.headers.get("Last-Event-ID") or call.arguments.get("last_event_id")
    if text is None:
        return Stream(surface, None, call.caller.key_id)
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("Last-Event-ID is not valid", "send the id of the last event you received")
    return Stream(surface, int(text), call.caller.key_id)


def line(change: LoggedEvent) -> bytes:
    """One change in the format of server-sent events. An event that is not in the log has no id."""
    mark = f"id: {change.seq}\n" if change.seq else ""
    body = json.dumps(change.payload, separators=(",", ":"))
    return f"{mark}event: {change.kind}\ndata: {body}\n\n".encode()


async def _begin(request: BaseRequest, more: Mapping[str, str]) -> None:
    headers = {**SECURITY_HEADERS, **more, "Content-Type": "text/event-stream; charset=utf-8", "Connection": "close"}
    headers["Transfer-Encoding"] = "chunked"
    writer = request.writer
    writer.enable_chunking()
    await writer.write_headers("HTTP/1.1 200 OK", CIMultiDict(headers))
    await _write(request, f"retry: {RETRY_MS}\n\n".encode())


async def _write(request: BaseRequest, text: bytes) -> None:
    """Write to a reader; one that reads nothing for `STALL_SECONDS` counts as gone."""
    if not text:
        return
    if request.transport is None or request.transport.is_closing():
        raise ConnectionResetError("the reader is gone")
    try:
        async with asyncio.timeout(STALL_SECONDS):
            await writer_of(request).write(text, drain=True)
    except TimeoutError as error:
        raise ConnectionResetError("the reader does not read") from error
