"""The server: connections with deadlines, and the one function that every request goes through.

It uses aiohttp's low-level server without application, router and middlewares: those take half of the time that a heartbeat
needs, and importing `aiohttp.web` costs another 1.3 MiB. Each connection has its own timer for its deadline, so nothing wakes
up while nobody is connected.
"""

import asyncio
import logging
import os
import socket
import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import StreamResponse
from aiohttp.web_server import Server as AiohttpServer

from stintd.api.answer import Answer, json_answer
from stintd.api.credential import read_keys
from stintd.api.dashboard import pages, signin
from stintd.api.guard import OWNER, Caller, Guard, HttpRefusal, check_scope, read_bytes, read_json
from stintd.api.listener import Listener
from stintd.api.route import Answered, Call, Route, Table, read_body, read_query
from stintd.api.surface import Surface
from stintd.engine.reply import Reply
from stintd.errors import Forbidden, StintdError, Unauthorized
from stintd.jsonvalue import Json
from stintd.protocol.body import Malformed
from stintd.protocol.errors import http_status, to_wire

log = logging.getLogger(__name__)

HEAD_SECONDS = 5.0
IDLE_SECONDS = 30.0
LINGER_SECONDS = 2.0
HEADER_LIMIT = 32
LINE_LIMIT = 8190
RETRY_SECONDS = 2


def error_answer(error: StintdError, close: bool = False) -> Answer:
    """An error as JSON in the shape that all errors have, with its HTTP status."""
    status = getattr(error, "status", None) or (400 if isinstance(error, Malformed) else http_status(error.code))
    headers = dict(getattr(error, "headers", None) or {})
    if status in (429, 503):
        headers["Retry-After"] = str(error.details.get("retryAfter", RETRY_SECONDS))
    answer = json_answer(to_wire(error), status, headers)
    answer.keep_alive = not (close or status in (400, 408, 413))
    return answer


def internal_answer(error: BaseException, where: str) -> Answer:
    """The answer to an unexpected error: the API client gets an id, the log gets the rest."""
    mark = uuid.uuid4().hex[:12]
    log.error("internal error %s in %s", mark, where, exc_info=error)
    hint = f"look for {mark} in the log (`stint log`), and please report it"
    shape = {"error": "something went wrong inside stintd", "code": "INTERNAL", "details": {"id": mark, "hint": hint}}
    return json_answer(shape, 500)


class Connection(RequestHandler):
    """aiohttp's connection, with a deadline for a request head that has begun, and with our error shape.

    `_waiter` is private to aiohttp: it is pending while the connection waits for a request. aiohttp has no public name for that
    (tests/contracts/test_aiohttp_contract.py checks it).
    """

    __slots__ = ("_head_timer", "heard_at", "listener")

    def __init__(self, listener: Listener, manager: AiohttpServer, **options: Any) -> None:
        super().__init__(manager, **options)
        self.listener = listener
        self.heard_at = 0.0
        self._head_timer: asyncio.TimerHandle | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether we wait for a request on it, which means that none is being answered."""
        return self._waiter is not None and not self._waiter.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.heard_at = asyncio.get_running_loop().time()
        self.listener.connections.add(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_timer()
        self.listener.release(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            if self._head_timer is None:
                loop = asyncio.get_running_loop()
                self.heard_at = loop.time()
                self._head_timer = loop.call_later(HEAD_SECONDS, self.force_close)
        else:
            self.heard_at = asyncio.get_running_loop().time()
            if self._head_timer is not None:
                self._stop_timer()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> StreamResponse:
        """Answer bytes that are not HTTP, or an error raised below our handler."""
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has already begun")
        if 400 <= status < 500:
            refusal = HttpRefusal(status, "the request is not valid HTTP/1.1", "check the request line and headers")
            return error_answer(refusal, close=True)  # type: ignore[return-value]
        answer = internal_answer(exc or RuntimeError(message), "connection")
        answer.keep_alive = False
        return answer  # type: ignore[return-value]


class Server:
    """Serves the routes of `table` on any number of listeners."""

    def __init__(self, surface: Surface, table: Table, owner_uid: int | None = None) -> None:
        self.surface, self.table = surface, table
        self.owner_uid = os.getuid() if owner_uid is None else owner_uid
        self._listeners: list[Listener] = []
        self._manager: AiohttpServer | None = None

    # ------------------------------------------------------------------ listening

    async def listen(
        self, channel: socket.socket, guard: Guard | None = None, needs_key: bool = False, table: Table | None = None
    ) -> Listener:
        """Serve on a bound socket, or on one that the service manager handed over; whoever opened the socket closes it. `table`
        replaces the usual routes on this listener.
        """
        if self._manager is None:
            self._manager = AiohttpServer(self.handle)  # type: ignore[arg-type]
        listener = Listener(self, channel, guard or Guard(), needs_key, table or self.table)
        listener.open()
        self._listeners.append(listener)
        return listener

    def stop_listening(self, listener: Listener) -> None:
        """Stop serving on a listener; answers that have begun are finished."""
        listener.close()
        self._listeners.remove(listener)

    async def close(self, seconds: float = 2.0) -> None:
        """Accept no more connections, finish answers that have begun (for up to `seconds`), then close the rest."""
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
        for stream in list(self.surface.streams):
            stream.cancel()
        if self._manager is not None:
            self._manager.pre_shutdown()
            await self._manager.shutdown(seconds)

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return sum(listener.count for listener in self._listeners)

    def connection(self, listener: Listener) -> Connection:
        """A new connection of this listener."""
        assert self._manager is not None
        return Connection(
            listener,
            self._manager,
            loop=asyncio.get_running_loop(),
            access_log=None,
            keepalive_timeout=IDLE_SECONDS,
            lingering_time=LINGER_SECONDS,
            max_headers=HEADER_LIMIT,
            max_line_size=LINE_LIMIT,
            max_field_size=LINE_LIMIT,
            auto_decompress=False,
            tcp_keepalive=False,
        )

    # ------------------------------------------------------------------ requests

    async def handle(self, request: BaseRequest) -> Answer | StreamResponse:
        """Take one request from the guard to its answer. Every error becomes an answer."""
        caller = None
        where, more = "guard", {}
        try:
            listener: Listener = request.protocol.listener  # type: ignore[attr-defined]
            target, headers = request.raw_path, request.headers
            path, _, query = target.partition("?")
            is_open = listener.table.is_for_extensions(request.method, path)
            origins = self.surface.limits().extension_origins if is_open else frozenset()
            listener.guard.check_site(headers, target, origins)
            if headers.get("Origin") in origins:
                more = {"Access-Control-Allow-Origin": headers["Origin"], "Vary": "Origin"}
            if pages.is_ours(path) and listener.table is self.table:
                return await pages.answer(self.surface, listener, request.method, path, headers)
            caller = await self._caller(listener, headers, query if is_open else "") if listener.needs_key else OWNER
            route, params = self._route(listener.table, request.method, path, caller)
            where = route.path
            check_scope(caller, route.scope)
            check_limit(caller, route)
            body = await _read(route, request, is_open)
            call = _call(route, listener.table, params, query, body, request, caller)
            answer = _to_answer(route, await route.handle(self.surface, call, request))
        except StintdError as error:
            if error.code == "internal" and "id" not in error.details:
                answer = internal_answer(error, where)
            else:
                answer = error_answer(error)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:
            answer = internal_answer(error, where)
        if caller is not None and caller.key_id:
            more |= self.surface.quotas.headers(caller.key_id)
        if more:
            answer.add(more)  # type: ignore[union-attr]
        return answer

    async def _caller(self, listener: Listener, headers: Mapping[str, str], query: str = "") -> Caller:
        """The caller that a key or a signed-in browser identifies; else raise `unauthorized`. `query` may contain the key too, on
        the routes that allow that.
        """
        keys = read_keys(headers, query)
        is_page = not keys and signin.PROOF in headers
        holder = (
            signin.browser_of(self.surface, headers, listener.guard.port) if is_page else self.surface.daemon.apikeys.find(keys)
        )
        if holder is None:
            if keys or is_page:
                await self.surface.slow_guesses()
            if is_page:
                raise Unauthorized("this browser is not signed in, or its sign-in has expired", signin.AWAY)
            text = "this API key is not valid" if keys else "an API key is required"
            raise Unauthorized(text, "create one with `stint keys create` and send it as Authorization: Bearer KEY")
        return Caller(f"key:{holder.id}", holder.scope, holder.id, holder.limit)

    def _route(self, table: Table, method: str, path: str, caller: Caller) -> tuple[Route, dict[str, str]]:
        """The route of a request. Counts the request against the key's quota, unless the route is exempt from the quota."""
        try:
            route, params = table.find(method, path)
        except StintdError:
            self.surface.count(caller)
            raise
        if route.is_rated:
            self.surface.count(caller)
        return route, params


async def _read(route: Route, request: BaseRequest, is_open: bool) -> tuple[Json, bytes]:
    """The parsed body, or its bytes if the route reads them itself."""
    if is_open or route.is_unparsed:
        return None, await read_bytes(request, route.limit, is_open)
    return await read_json(request, route.limit), b""


def check_limit(caller: Caller, route: Route) -> None:
    """Refuse (`forbidden`) a key that is limited to one client or project, on a route that would show or change more."""
    if caller.limit is not None and not route.is_for_limited:
        raise Forbidden("this key is limited to one client or project", "use a key without that limit")


def _call(
    route: Route, table: Table, params: dict[str, str], query: str, body: tuple[Json, bytes], request: BaseRequest, caller: Caller
) -> Call:
    parsed, raw = body
    arguments = {**params} if route.raw else {**read_query(route, query), **read_body(route, parsed), **params}
    return Call(route, table, arguments, parsed, raw, caller, request.headers)


def _to_answer(route: Route, answer: Answered) -> Answer | StreamResponse:
    if isinstance(answer, Answer | StreamResponse):
        return answer
    if isinstance(answer, Reply):
        value = {**answer.value, **answer.secret} if answer.secret else answer.value
        return json_answer(value, route.status if answer.is_new else 200, _etag(answer.value))
    return json_answer(answer, route.status, _etag(answer))


def _etag(value: Mapping[str, object]) -> dict[str, str] | None:
    if "revision" in value:
        return {"ETag": f'"{value["revision"]}"'}
    return None
