"""What a route is, and how the route of a request is found. The routes themselves are in `routes.py`.

Routing, the check for unknown and wrong fields, scopes, statuses and the OpenAPI document all come from this one table.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

from aiohttp.web_response import StreamResponse

from stintd.api.answer import Answer
from stintd.api.guard import BODY_LIMIT, OWNER, Caller, HttpRefusal
from stintd.api.surface import Surface
from stintd.engine.reply import Reply
from stintd.errors import Invalid, NotFound, StintdError
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject
from stintd.protocol.fields import Arguments, Field, read_object
from stintd.protocol.jsonschema import Schema

QUERY_FIELDS = 50
PARAM_LIMIT = 255


@dataclass(slots=True)
class Call:
    """One request as a handler sees it: its route and the table that contains it, checked arguments, the caller, and headers.
    `body` is the parsed body; if the route takes its body unparsed, `raw` contains the bytes instead."""

    route: "Route"
    table: "Table"
    arguments: Arguments
    body: Json = None
    raw: bytes = b""
    caller: Caller = OWNER
    headers: Mapping[str, str] = field(default_factory=dict)


class Request(Protocol):
    """What a handler may read of the HTTP request itself, beside its `Call`."""

    @property
    def raw_path(self) -> str:
        """The target as it was sent."""

    @property
    def headers(self) -> Mapping[str, str]:
        """All headers."""


Created = Reply[Any]
"""The answer of a command that creates something. The answer to a repeated request is only known to be JSON."""
Answered = Mapping[str, object] | Created | Answer | StreamResponse
"""What a handler answers: a JSON object, the reply of a command, a complete answer, or a stream."""
Handler = Callable[[Surface, Call, Request], Awaitable[Answered]]


@frozen
class Route:
    """One method on one path. `handle` answers it.

    `path` has its parameters in braces; they become arguments of that name. If `body` is None, the route reads no body.
    `raw`: the handler reads the parsed JSON itself; with `is_unparsed` it reads the bytes, so that it can refuse them in the
    words of its own protocol. `creates`: the route answers 201 and honours an Idempotency-Key.
    `is_for_limited`: a key that is limited to one client or project may call it; its answer contains nothing of others.
    `answer` is the JSON Schema of a successful answer's body, `accepts` that of the body of a `raw` route. `is_lenient`: unknown
    fields are ignored, as in the API that this route is compatible with. If `is_rated` is false, requests do not count against
    the key's rate limit. `success` is the status of success if it is neither 201 (a route that creates) nor 200. `media` is the
    type of a successful answer that is not JSON; several are separated by `, `, and an answer has one of them.
    `needs` are schemas that the whole body must also meet: they say how fields depend on each other.
    `is_for_extensions`: the browser extensions listed in the settings may call it, with the key in the query (`api_key`) and a
    body of type `text/plain`; the handler gets the bytes of the body.
    `reads_if_match`: the route changes one object, and the revision it expects may be sent as If-Match.
    `others` are, by status, the schemas of answers other than success and the one error shape; None means an empty body.
    """

    method: str
    path: str
    handle: Handler
    summary: str
    scope: str = "read"
    body: Mapping[str, Field] | None = None
    query: Mapping[str, Field] = field(default_factory=dict)
    creates: bool = False
    raw: bool = False
    limit: int = BODY_LIMIT
    answer: Schema | None = None
    is_lenient: bool = False
    is_rated: bool = True
    is_for_limited: bool = False
    accepts: Schema | None = None
    success: int = 0
    media: str = "application/json"
    needs: tuple[Schema, ...] = ()
    is_for_extensions: bool = False
    is_unparsed: bool = False
    reads_if_match: bool = False
    others: Mapping[int, Schema | None] = field(default_factory=dict)

    @property
    def medias(self) -> tuple[str, ...]:
        return tuple(self.media.split(", "))

    @property
    def status(self) -> int:
        return self.success or (201 if self.creates else 200)

    @property
    def params(self) -> tuple[str, ...]:
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))


def fields(*members: Field) -> dict[str, Field]:
    """The fields of a body or query, by their JSON names."""
    return {field.name: field for field in members}


def _key(path: str) -> tuple[str, ...]:
    return tuple("*" if part.startswith("{") else part for part in path.split("/"))


class Table:
    """Finds the route of a request: an exact path takes one look-up, a path with a parameter takes a few."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._exact: dict[str, dict[str, Route]] = {}
        self._shapes: dict[tuple[str, ...], dict[str, Route]] = {}
        for route in self.routes:
            if len(route.params) > 1:
                raise ValueError(f"{route.path} has more than one parameter")
            methods = self._shapes.setdefault(_key(route.path), {}) if route.params else self._exact.setdefault(route.path, {})
            if route.method in methods:
                raise ValueError(f"{route.method} {route.path} is defined twice")
            methods[route.method] = route
        with_parameter = {route.path.partition("{")[0] for route in self.routes if route.is_for_extensions and route.params}
        self._open_to_extensions = tuple(sorted(with_parameter))

    def is_for_extensions(self, method: str, path: str) -> bool:
        """Whether the browser extensions listed in the settings may call this route."""
        route = self._exact.get(path, {}).get(method)
        if route is None and path.startswith(self._open_to_extensions):
            try:
                route = self.find(method, path)[0]
            except StintdError:
                return False
        return route is not None and route.is_for_extensions

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The route and its path parameters. Raises 404, or 405 with the methods that are allowed."""
        exact = self._exact.get(path)
        if exact is not None and method in exact:
            return exact[method], {}
        allowed = set(exact or ())
        parts = path.split("/")
        for place in range(2, min(len(parts), 8)):
            methods = self._shapes.get((*parts[:place], "*", *parts[place + 1 :]))
            if methods is None or not parts[place]:
                continue
            if method in methods:
                return methods[method], _params(methods[method], parts[place])
            allowed |= set(methods)
        if allowed:
            names = ", ".join(sorted(allowed))
            raise HttpRefusal(405, f"{method[:20]} is not allowed on this path", f"use {names}", {"Allow": names})
        raise NotFound("there is no such path", "GET /api/openapi lists all paths")


def _params(route: Route, text: str) -> dict[str, str]:
    try:
        value = unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise HttpRefusal(400, "the path is not UTF-8", "percent-encode UTF-8") from error
    if len(value) > PARAM_LIMIT or "\0" in value:
        raise NotFound("nothing has that id", "list the objects first to get their ids")
    return {route.params[0]: value}


def read_query(route: Route, text: str) -> Arguments:
    """The arguments in the query string."""
    if not text:
        return read_object({}, route.query, is_query=True) if route.query else {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=False, errors="strict", max_num_fields=QUERY_FIELDS)
    except (ValueError, UnicodeDecodeError) as error:
        raise HttpRefusal(400, "the query string cannot be read", "percent-encode UTF-8, at most 50 fields") from error
    values: JsonObject = dict(pairs)
    if len(values) != len(pairs):
        raise HttpRefusal(400, "a query field is repeated", "send each field once; join lists with commas")
    return read_object(_drop_unknown(route, values, route.query), route.query, is_query=True)


def read_body(route: Route, body: Json) -> Arguments:
    """The arguments in the body; no body counts as an empty one."""
    if route.body is None:
        if body not in (None, {}) and not route.is_lenient:
            raise HttpRefusal(400, "this request takes no body", "send its fields in the query string")
        return {}
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise Invalid("the body must be an object", "send {…}")
    return read_object(_drop_unknown(route, body, route.body), route.body)


def _drop_unknown(route: Route, values: JsonObject, fields: Mapping[str, Field]) -> JsonObject:
    """The fields that are read: on a compatible surface, API clients may send fields that stintd does not know."""
    return {name: value for name, value in values.items() if name in fields} if route.is_lenient else values
