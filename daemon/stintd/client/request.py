"""One request and how its answer is read, without a connection; both clients use it.

A request that creates something has an Idempotency-Key. So it can be sent again after a broken connection, and still creates
only one thing. A request that has no key and is not a GET is not sent twice, unless sending it twice does no harm.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import update_wrapper
from typing import Any, Generic, TypeVar, get_args
from uuid import uuid4

from stintd.client.wire import AnswerTimeout, BrokenAnswer, foreign_answer_error, query_text, quote
from stintd.errors import Invalid, StintdError
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonBody, text_of
from stintd.protocol.errors import from_wire
from stintd.protocol.reading import camel_case, read
from stintd.protocol.types import Page

T = TypeVar("T")
S = TypeVar("S")
Instant = datetime | str
"""An aware instant, or RFC 3339 text with a zone."""
Moment = datetime | date | str
"""An instant, or a date: a whole day in your time zone."""
WIRE_NAMES = {"since": "from", "until": "to"}
PAGE_LIMIT = 500


class Clear:
    """The value that empties a field; None leaves the field as it is."""

    def __repr__(self) -> str:
        return "CLEAR"


CLEAR = Clear()


@frozen
class Request(Generic[T]):
    """One request. `read` turns the JSON into the answer; `key` is its Idempotency-Key; `is_repeatable`: sending it twice
    does no harm.
    """

    method: str
    route: str
    read: Callable[[Json], T]
    query: Mapping[str, Any] = field(default_factory=dict)
    body: JsonBody = None
    key: str | None = None
    is_repeatable: bool = False
    revision: int | None = None

    @property
    def target(self) -> str:
        return self.route + query_text(self.query)

    @property
    def raw_body(self) -> bytes:
        return b"" if self.body is None else json.dumps(self.body).encode()

    @property
    def headers(self) -> list[tuple[str, str]]:
        idempotency = [("Idempotency-Key", self.key)] if self.key else []
        return idempotency + ([("If-Match", f'"{self.revision}"')] if self.revision is not None else [])

    def may_repeat(self, error: StintdError) -> bool:
        """Whether it can be sent again after this failure without being carried out twice."""
        return isinstance(error, BrokenAnswer) and (self.method == "GET" or self.is_repeatable or self.key is not None)

    def explain(self, error: StintdError) -> StintdError:
        """The failure as the caller sees it, with a hint if it is unknown whether the request was carried out."""
        if not isinstance(error, BrokenAnswer | AnswerTimeout) or self.method == "GET":
            return error
        if self.key:
            error.details["idempotencyKey"] = self.key
            error.hint += (
                "; repeat the call with idempotency_key=error.details['idempotencyKey']: it is then carried out only once"
            )
        elif not self.is_repeatable:
            error.hint += "; the request may have been carried out: check before you repeat it"
        return error

    def answer(self, status: int, headers: Mapping[str, str], raw: bytes) -> T:
        """The answer; raises the error that it reports."""
        return self.read(parse_answer(status, headers, raw))

    def convert(self, more: Callable[[T], S]) -> "Request[S]":
        """The same request, its answer converted by `more`."""
        first = self.read
        return replace(self, read=lambda value: more(first(value)))  # type: ignore[arg-type, return-value]

    def page(self, cursor: str | None) -> "Request[T]":
        """The page at a cursor, as large as pages may be."""
        return replace(self, query={"limit": PAGE_LIMIT, **self.query, "cursor": cursor})


def parse_answer(status: int, headers: Mapping[str, str], raw: bytes) -> Json:
    """The JSON of an answer. Raises the error that it reports, with the seconds to wait in `retry_after` if the daemon names
    them."""
    try:
        value: Json = json.loads(raw) if raw else None
    except ValueError as error:
        raise foreign_answer_error() from error
    if 200 <= status < 300:
        return value
    error_of_daemon = from_wire(status, value)
    pause = headers.get("retry-after", "")
    if pause.isascii() and pause.isdigit() and len(pause) < 10:
        error_of_daemon.details.setdefault("retryAfter", int(pause))
    raise error_of_daemon


# ---------------------------------------------------------------- building requests


def wire_fields(values: Mapping[str, Any], *but: str) -> dict[str, JsonBody]:
    """The arguments that are not None, with the names and formats of the API; without those that are sent elsewhere."""
    elsewhere = {*but, "idempotency_key"}
    sent = {name: value for name, value in values.items() if value is not None and name not in elsewhere}
    return {WIRE_NAMES.get(name) or camel_case(name): _wire(name, value) for name, value in sent.items()}


def _wire(name: str, value: Any) -> JsonBody:
    if isinstance(value, Clear):
        return None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Invalid(f"{name} has no time zone", "use datetime.now(UTC), or add tzinfo")
        return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple | set | frozenset) else value


def route(path: str, *ids: str) -> str:
    """A path with the ids in place of `{}`."""
    for identifier in ids:
        if not isinstance(identifier, str) or not identifier:
            raise Invalid("an id must not be empty", "pass the id of the object you mean")
    return path.format(*map(quote, ids))


def new_key(key: str | None = None) -> str:
    """The key the caller passed, or a new one."""
    return key or str(uuid4())


def reader(kind: type[T]) -> Callable[[Json], T]:
    """Reads an answer that is a `kind`."""
    return lambda value: read(kind, value)


def field_reader(name: str, kind: type[T]) -> Callable[[Json], T | None]:
    """Reads an answer whose field `name` is a `kind` or null."""
    return lambda value: None if _field(value, name) is None else read(kind, _field(value, name))


def list_reader(name: str, kind: type[T]) -> Callable[[Json], tuple[T, ...]]:
    """Reads an answer whose field `name` is a list of `kind`."""
    return lambda value: tuple(read(kind, row) for row in _rows(_field(value, name)))


def _field(value: Json, name: str) -> Json:
    if not isinstance(value, dict):
        raise foreign_answer_error()
    return value.get(name)


def _rows(value: Json) -> list[Json]:
    if value is not None and not isinstance(value, list):
        raise foreign_answer_error()
    return value or []


def page_reader(kind: type[T]) -> Callable[[Json], Page[T]]:
    """Reads a page of `kind`."""
    rows = list_reader("data", kind)
    return lambda value: Page(rows(value), text_of(_field(value, "nextCursor")) or None)


def json_request(method: str, path: str, body: Any, query: Mapping[str, Any]) -> Request[Any]:
    """A request to any route, answered as JSON."""
    return Request(method.upper(), path, lambda value: value, query=wire_fields(query), body=body)


# ---------------------------------------------------------------- methods


def with_signature_of(method: Any, build: Callable[..., Any]) -> Any:
    """Give a method the name, docstring and arguments of the function that builds its request: `help()` and editors show them."""
    update_wrapper(method, build)
    del method.__wrapped__
    method.__name__ = build.__name__.rstrip("_")
    signature = inspect.signature(build)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    answer = get_args(signature.return_annotation)[0]
    method.__signature__ = signature.replace(parameters=[own, *signature.parameters.values()], return_annotation=answer)
    return method
