"""Requests over asyncio streams, as `transport` does them for the blocking client. For one event loop, no threads."""

import asyncio
from contextlib import suppress

from stintd.client.place import DaemonAddress
from stintd.client.transport import connection_error, unreachable_error
from stintd.client.wire import BLOCK, Incoming, request_bytes


class AsyncResponse:
    """A response whose body is read by the caller: `status`, `headers`, `next_block()`, `read()`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._incoming = Incoming()
        self._first = b""

    @property
    def status(self) -> int:
        return self._incoming.status

    @property
    def headers(self) -> dict[str, str]:
        return self._incoming.headers

    async def begin(self) -> None:
        """Read the head."""
        while not self._incoming.has_head:
            self._first = await self._next()

    async def _next(self) -> bytes:
        try:
            data = await self._reader.read(BLOCK)
        except OSError as error:
            raise connection_error(error) from error
        return self._incoming.feed(data)

    async def next_block(self) -> bytes | None:
        """More of the body; None at its end."""
        block, self._first = self._first, b""
        while not block:
            if self._incoming.is_complete:
                return None
            block = await self._next()
        return block

    async def read(self) -> bytes:
        """The whole body."""
        body = bytearray()
        while (block := await self.next_block()) is not None:
            body += block
        return bytes(body)

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


async def send(
    place: DaemonAddress, method: str, target: str, body: bytes = b"", headers: list[tuple[str, str]] | None = None
) -> AsyncResponse:
    """Send one request; the response with its head read. The caller sets time limits."""
    raw = request_bytes(method, target, body, [*place.headers, *(headers or [])], place.host)
    answer = AsyncResponse(*await _connect(place))
    try:
        await _write(answer, raw)
        await answer.begin()
    except BaseException:
        await answer.close()
        raise
    return answer


async def _connect(place: DaemonAddress) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        if isinstance(place.address, str):
            return await asyncio.open_unix_connection(place.address)
        return await asyncio.open_connection(*place.address)
    except OSError as error:
        raise unreachable_error(error, place.address) from error


async def _write(answer: AsyncResponse, raw: bytes) -> None:
    """Send the request. One that was refused before it was read whole has its answer already; so a broken pipe is ignored."""
    with suppress(ConnectionError):
        answer._writer.write(raw)
        await answer._writer.drain()
