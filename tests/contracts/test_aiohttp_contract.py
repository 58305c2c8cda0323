"""What `api/` needs of aiohttp's server below its documented surface. Each test says what would stop working."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from aiohttp.http_writer import StreamWriter
from aiohttp.web_protocol import RequestHandler, RequestPayloadError
from aiohttp.web_request import BaseRequest
from aiohttp.web_server import Server
from multidict import CIMultiDict

from stintd.api.answer import Answer, json_answer
from tests.support import PATIENCE

pytestmark = pytest.mark.smoke

REQUEST = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
Handle = Callable[[BaseRequest], Awaitable[Answer]]


class Served:
    """A server of aiohttp's on a socket, and the connection of one client."""

    def __init__(self, path: Path) -> None:
        self.path = str(path / "sock")
        self.is_open, self.is_answering, self.may_answer = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.errors: list[int] = []
        self.protocol: RequestHandler

    async def handle(self, request: BaseRequest) -> Answer:
        self.is_answering.set()
        await self.may_answer.wait()
        return json_answer({"path": request.raw_path, "is_same": request.protocol is self.protocol})

    async def open(self) -> None:
        served = self

        class Handler(RequestHandler):
            __slots__ = ()

            def handle_error(self, request, status=500, exc=None, message=None):  # type: ignore[no-untyped-def,override]
                served.errors.append(status)
                return json_answer({"error": status}, status)

        self.manager = Server(self.handle)  # type: ignore[arg-type]

        def connect() -> RequestHandler:
            self.protocol = Handler(
                self.manager,
                loop=asyncio.get_running_loop(),
                access_log=None,
                keepalive_timeout=30.0,
                lingering_time=2.0,
                max_headers=32,
                max_line_size=8190,
                max_field_size=8190,
                auto_decompress=False,
                tcp_keepalive=False,
            )
            self.is_open.set()
            return self.protocol

        self.listening = await asyncio.get_running_loop().create_unix_server(connect, self.path)
        self.reader, self.writer = await asyncio.open_unix_connection(self.path)
        await asyncio.wait_for(self.is_open.wait(), PATIENCE)

    async def answer(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(b"}"), PATIENCE)

    async def close(self) -> None:
        self.writer.close()
        self.manager.pre_shutdown()
        await self.manager.shutdown(1.0)
        self.listening.close()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    one = Served(tmp_path)
    await one.open()
    yield one
    one.may_answer.set()
    await one.close()


def is_waiting(protocol: RequestHandler) -> bool:
    """As `api.server.Connection` has it."""
    waiter = protocol._waiter
    return waiter is not None and not waiter.done()


async def until_waiting(served: Served) -> None:
    for _ in range(1000):
        if is_waiting(served.protocol):
            return
        await asyncio.sleep(0)
    raise AssertionError("the connection does not wait for a request")


async def test_a_connection_waits_for_a_request_exactly_while_none_is_answered(served: Served) -> None:
    """Without `_waiter` half a head is never cut off, and idle connections no longer make room for new ones."""
    assert "_waiter" in RequestHandler.__slots__
    for number in (1, 2):
        served.writer.write(b"GET /")
        await served.writer.drain()
        served.writer.write((REQUEST % number)[5:])
        await asyncio.wait_for(served.is_answering.wait(), PATIENCE)
        assert not is_waiting(served.protocol), "a request is being answered"
        served.may_answer.set()
        assert b'"is_same":true' in await served.answer()
        await until_waiting(served)
        served.is_answering.clear()
        served.may_answer.clear()


async def test_half_a_head_leaves_the_connection_waiting(served: Served) -> None:
    served.writer.write(b"GET / HTTP/1.1\r\nHo")
    await served.writer.drain()
    await until_waiting(served)
    assert not served.is_answering.is_set()


async def test_whatever_has_prepare_write_eof_and_keep_alive_is_an_answer(served: Served) -> None:
    """Without that `api.answer.Answer`, a third of a heartbeat's time cheaper, could not stand in for a response."""
    served.may_answer.set()
    for number in (1, 2):
        served.writer.write(REQUEST % number)
        raw = await served.answer()
        assert raw.startswith(b"HTTP/1.1 200 OK\r\n")
        assert raw.endswith(b'{"path":"/%d","is_same":true}' % number)


async def test_what_is_not_http_comes_to_handle_error(served: Served) -> None:
    """Without that it would be answered in aiohttp's words instead of our error shape."""
    served.writer.write(b"\x00 nonsense\r\n\r\n")
    assert (await served.answer()).startswith(b"HTTP/1.1 400 ")
    assert served.errors == [400]


def test_files_and_streams_can_be_written_in_parts() -> None:
    """Exports (`api/files.py`) and the stream of changes (`api/stream.py`) write through these."""
    assert list(inspect.signature(StreamWriter.write_headers).parameters) == ["self", "status_line", "headers"]
    assert "drain" in inspect.signature(StreamWriter.write).parameters
    assert inspect.iscoroutinefunction(StreamWriter.write_eof)
    assert isinstance(CIMultiDict({"A": "b"}), CIMultiDict)
    assert StreamWriter.output_size == 0
    assert issubclass(RequestPayloadError, Exception), "a body that breaks off is told from a defect (api/guard.py)"


def test_python_names_its_openssl_as_the_stand_in_does() -> None:
    """Otherwise the daemon's process loads OpenSSL again (cli/standin.py): 5 to 7 MiB."""
    for name in ("_ssl", "_hashlib"):
        assert find_spec(name) is not None, name
