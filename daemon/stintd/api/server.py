"""The listener: connections with deadlines and a cap, and the one function every request goes through.

aiohttp's low-level server, without application, router and middlewares: they cost a heartbeat half of its time, and
importing `aiohttp.web` itself another 1.3 MiB. Every deadline is a timer of its own connection, so that nothing wakes up
while nobody is connected.
"""

import asyncio
import contextlib
import logging
import os
import socket
import struct
import sys
import uuid
from typing import Any

from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse
from aiohttp.web_server import Server

from stintd.api.answer import SECURITY_HEADERS, Answer, json_answer
from stintd.api.guard import OWNER, Caller, Guard, Refused, check_scope, read_json
from stintd.api.route import Call, Route, Table, read_body, read_query
from stintd.engine.reply import Reply
from stintd.errors import StintdError
from stintd.protocol.body import Malformed
from stintd.protocol.errors import http_status, to_wire

log = logging.getLogger(__name__)

CONNECTION_LIMIT = 128
BACKLOG = 1024
ACCEPT_RETRY_SECONDS = 1.0
FULL_RETRY_SECONDS = 0.2
"""With every connection in use one may fall idle without ending; nothing tells us, so we look."""
HEAD_SECONDS = 5.0
IDLE_SECONDS = 30.0
LINGER_SECONDS = 2.0
HEADER_LIMIT = 32
LINE_LIMIT = 8190
RETRY_SECONDS = 2


def peer_uid(channel: Any) -> int | None:
    """The user at the other end of a Unix socket; None for TCP, and where the platform does not tell."""
    if channel is None or channel.family != getattr(socket, "AF_UNIX", None):
        return None
    if hasattr(socket, "SO_PEERCRED"):
        raw = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", raw)[1])
    if sys.platform == "darwin":  # LOCAL_PEERCRED: struct xucred, the uid after a version number
        return int(struct.unpack_from("=II", channel.getsockopt(0, 1, 76))[1])
    return None


def error_answer(error: StintdError, close: bool = False) -> Answer:
    """The one error shape with its status."""
    status = getattr(error, "status", None) or (400 if isinstance(error, Malformed) else http_status(error.code))
    headers = dict(getattr(error, "headers", None) or {})
    if status in (429, 503):
        headers["Retry-After"] = str(error.details.get("retryAfter", RETRY_SECONDS))
    answer = json_answer(to_wire(error), status, headers)
    answer.keep_alive = not (close or status in (400, 408, 413))
    return answer


def internal_answer(error: BaseException, where: str) -> Answer:
    """Something we did not foresee: an id for the caller, the rest for the log."""
    mark = uuid.uuid4().hex[:12]
    log.error("internal error %s in %s", mark, where, exc_info=error)
    hint = f"look for {mark} in the log, and please report it"
    shape = {"error": "something went wrong inside stintd", "code": "INTERNAL", "details": {"id": mark, "hint": hint}}
    return json_answer(shape, 500)


class Connection(RequestHandler):
    """aiohttp's connection, with a deadline for a head that was begun, our error shape, and the owner check."""

    __slots__ = ("_head_timer", "_surface")

    def __init__(self, surface: "Surface", manager: Server, **options: Any) -> None:
        super().__init__(manager, **options)
        self._surface = surface
        self._head_timer: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it was used and waits for its next request."""
        return self._request_count > 0 and self._waiter is not None and not self._waiter.done() and self._head_timer is None

    @property
    def idle_since(self) -> float:
        """When its last answer went out, on the loop's clock."""
        return self._next_keepalive_close_time

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_timer()
        self._surface.left()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            if self._head_timer is None:
                self._head_timer = self._loop.call_later(HEAD_SECONDS, self.force_close)
        elif self._head_timer is not None:
            self._stop_timer()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> StreamResponse:
        """Bytes that are not HTTP, or a defect below the handler."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer was already begun")
        if 400 <= status < 500:
            refusal = Refused(status, "this is not HTTP as we read it", "check the request line and headers")
            return error_answer(refusal, close=True)  # type: ignore[return-value]
        answer = internal_answer(exc or RuntimeError(message), "connection")
        answer.keep_alive = False
        return answer  # type: ignore[return-value]


class Manager(Server):
    """Makes our connections."""

    def __init__(self, surface: "Surface") -> None:
        super().__init__(surface.handle)  # type: ignore[arg-type]
        self._surface = surface

    def __call__(self) -> RequestHandler:
        return Connection(
            self._surface, self, loop=self._loop, access_log=None, keepalive_timeout=IDLE_SECONDS,
            lingering_time=LINGER_SECONDS, max_headers=HEADER_LIMIT, max_line_size=LINE_LIMIT,
            max_field_size=LINE_LIMIT, auto_decompress=False, tcp_keepalive=False,
        )  # fmt: skip


class Surface:
    """The routes on any number of listeners. `daemon` is what handlers are given to ask."""

    def __init__(self, daemon: Any, table: Table, guard: Guard | None = None, owner_uid: int | None = None) -> None:
        self.daemon, self.table, self.guard = daemon, table, guard or Guard()
        self.owner_uid = os.getuid() if owner_uid is None else owner_uid
        self.connections = 0
        self.streams: set[asyncio.Task[None]] = set()
        self._listeners: list[socket.socket] = []
        self._arriving: set[asyncio.Task[object]] = set()
        self._retry: asyncio.TimerHandle | None = None
        self._manager: Manager | None = None

    # ------------------------------------------------------------------ listening

    async def listen(self, channel: socket.socket) -> None:
        """Serve on a bound socket (or one that the service manager handed over); its owner closes it."""
        if self._manager is None:
            self._manager = Manager(self)
        channel.setblocking(False)
        channel.listen(BACKLOG)
        self._listeners.append(channel)
        asyncio.get_running_loop().add_reader(channel.fileno(), self._accept, channel)

    async def close(self, seconds: float = 2.0) -> None:
        """Accept no more, let answers that were begun go out, close what is left."""
        self._pause()
        if self._retry is not None:
            self._retry.cancel()
        self._listeners.clear()
        for stream in list(self.streams):
            stream.cancel()
        if self._manager is not None:
            self._manager.pre_shutdown()
            await self._manager.shutdown(seconds)

    def _accept(self, channel: socket.socket) -> None:
        """Take in who waits. At the limit the others wait in the kernel's queue instead of being refused: a refusal would
        lose a write whose sender does not try again.
        """
        for _ in range(BACKLOG):
            if self.connections >= CONNECTION_LIMIT and not self._made_room():
                self._pause(FULL_RETRY_SECONDS)
                return
            try:
                accepted, _ = channel.accept()
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
                accepted.send(_farewell(403, "FORBIDDEN", "this is the socket of another user"))
            accepted.close()
            return
        assert self._manager is not None
        self.connections += 1
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.connect_accepted_socket(self._manager, accepted))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    def _is_owner(self, accepted: socket.socket) -> bool:
        uid = peer_uid(accepted)
        if uid is None or uid == self.owner_uid:
            return True
        log.warning("refused a connection of user %s", uid)
        return False

    def _made_room(self) -> bool:
        """Close the connection that has been idle for longest; false when every one is in use."""
        assert self._manager is not None
        idle = [one for one in self._manager.connections if isinstance(one, Connection) and one.is_idle]
        if not idle:
            return False
        min(idle, key=lambda one: one.idle_since).force_close()
        return True

    def left(self) -> None:
        """A connection ended: whoever waits may come in."""
        self.connections -= 1
        if self._retry is not None:
            self._resume()

    def _pause(self, seconds: float | None = None) -> None:
        """Accept nobody; for `seconds`, or until a connection ends."""
        loop = asyncio.get_running_loop()
        for channel in self._listeners:
            loop.remove_reader(channel.fileno())
        if seconds is not None and self._retry is None:
            self._retry = loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        for channel in self._listeners:
            asyncio.get_running_loop().add_reader(channel.fileno(), self._accept, channel)

    # ------------------------------------------------------------------ requests

    async def handle(self, request: BaseRequest) -> Answer | StreamResponse:
        """One request from guard to answer; nothing but an answer leaves here."""
        where = "guard"
        try:
            target = request.raw_path
            self.guard.check_site(request.headers, target)
            path, _, query = target.partition("?")
            route, params = self.table.find(request.method, path)
            where = route.path
            check_scope(OWNER, route.scope)
            body = await read_json(request, route.limit)
            call = _call(route, params, query, body, request, OWNER)
            return _finished(route, await route.handle(self, call, request))
        except StintdError as error:
            if error.code == "internal" and "id" not in error.details:
                return internal_answer(error, where)
            return error_answer(error)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:
            return internal_answer(error, where)


def _call(route: Route, params: dict[str, str], query: str, body: Any, request: BaseRequest, caller: Caller) -> Call:
    if route.raw:
        return Call(route, params, body, caller, request.headers)
    arguments = {**read_query(route, query), **read_body(route, body), **params}
    return Call(route, arguments, body, caller, request.headers)


def _finished(route: Route, answer: Any) -> Answer | StreamResponse:
    if isinstance(answer, Answer | StreamResponse):
        return answer
    if isinstance(answer, Reply):
        return json_answer(answer.value, route.status if answer.is_new else 200, _etag(answer.value))
    return json_answer(answer, route.status, _etag(answer))


def _etag(value: Any) -> dict[str, str] | None:
    if type(value) is dict and "revision" in value:
        return {"ETag": f'"{value["revision"]}"'}
    return None


def _farewell(status: int, code: str, text: str) -> bytes:
    body = f'{{"error":"{text}","code":"{code}","details":{{}}}}'.encode()
    fixed = "".join(f"{name}: {value}\r\n" for name, value in SECURITY_HEADERS.items())
    retry = f"Retry-After: {RETRY_SECONDS}\r\n" if status == 503 else ""
    head = f"HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\n{fixed}{retry}"
    return f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
