"""What is asked, without a connection: one request and how its answer is read, the same for both forms of the client.

A request that makes something carries an Idempotency-Key, so that it can be sent again after a broken connection and
still makes one thing. What carries none, and is no GET, is never sent twice.
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

from stintd.client.wire import Broken, Silent, garbage, query_text, quoted
from stintd.errors import Invalid, StintdError
from stintd.frozen import frozen
from stintd.protocol.errors import from_wire
from stintd.protocol.reading import camel, read
from stintd.protocol.types import Page

T = TypeVar("T")
S = TypeVar("S")
Instant = datetime | str
"""An aware instant, or RFC 3339 text with a zone."""
Moment = datetime | date | str
"""An instant, or a date: a whole day where the owner is."""
WIRE_NAMES = {"since": "from", "until": "to"}
PAGE_LIMIT = 500


class Clear:
    """The value of a field that shall be empty; None means that the field stays as it is."""

    def __repr__(self) -> str:
        return "CLEAR"


CLEAR = Clear()


@frozen
class Ask(Generic[T]):
    """One request. `read` makes the answer of the JSON; `key` is its Idempotency-Key; `is_repeatable` says that twice is
    as good as once.
    """

    method: str
    route: str
    read: Callable[[Any], T]
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
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
        found = [("Idempotency-Key", self.key)] if self.key else []
        return found + ([("If-Match", f'"{self.revision}"')] if self.revision is not None else [])

    def may_repeat(self, error: StintdError) -> bool:
        """Whether it can be sent again after this failure without being done twice."""
        return isinstance(error, Broken) and (self.method == "GET" or self.is_repeatable or self.key is not None)

    def failed(self, error: StintdError) -> StintdError:
        """The failure as the caller sees it: whether something was done is not known, and how to find out."""
        if not isinstance(error, Broken | Silent) or self.method == "GET":
            return error
        if self.key:
            error.details["idempotencyKey"] = self.key
            error.hint += "; the same call with idempotency_key=error.details['idempotencyKey'] is done once"
        elif not self.is_repeatable:
            error.hint += "; it may have been done: look before you call again"
        return error

    def answer(self, status: int, headers: Mapping[str, str], raw: bytes) -> T:
        """The answer, or the error that it tells."""
        return self.read(parsed(status, headers, raw))

    def then(self, more: Callable[[T], S]) -> "Ask[S]":
        """The same request, its answer taken further."""
        first = self.read
        return replace(self, read=lambda value: more(first(value)))  # type: ignore[arg-type, return-value]

    def page(self, cursor: str | None) -> "Ask[T]":
        """The page at a cursor, as long as pages may be."""
        return replace(self, query={"limit": PAGE_LIMIT, **self.query, "cursor": cursor})


def parsed(status: int, headers: Mapping[str, str], raw: bytes) -> Any:
    """The JSON of an answer; errors are raised, with the seconds to wait in `retry_after` where the daemon names them."""
    try:
        value = json.loads(raw) if raw else None
    except ValueError as error:
        raise garbage() from error
    if 200 <= status < 300:
        return value
    told = from_wire(status, value)
    pause = headers.get("retry-after", "")
    if pause.isascii() and pause.isdigit() and len(pause) < 10:
        told.details.setdefault("retryAfter", int(pause))
    raise told


# ---------------------------------------------------------------- making requests


def given(values: Mapping[str, Any], *but: str) -> dict[str, Any]:
    """The arguments that were given, as they are called and written on the wire; without those that travel elsewhere."""
    elsewhere = {*but, "idempotency_key"}
    sent = {name: value for name, value in values.items() if value is not None and name not in elsewhere}
    return {WIRE_NAMES.get(name) or camel(name): _wire(name, value) for name, value in sent.items()}


def _wire(name: str, value: Any) -> Any:
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
    """A path with its ids in place of `{}`."""
    for one in ids:
        if not isinstance(one, str) or not one:
            raise Invalid("an id must not be empty", "give the id of what is meant")
    return path.format(*map(quoted, ids))


def new_key(key: str | None = None) -> str:
    """The key the caller named, or a new one."""
    return key or str(uuid4())


def reader(kind: type[T]) -> Callable[[Any], T]:
    """Reads an answer that is a `kind`."""
    return lambda value: read(kind, value)


def part(name: str, kind: type[T]) -> Callable[[Any], T | None]:
    """Reads an answer whose field `name` is a `kind` or null."""
    return lambda value: None if _field(value, name) is None else read(kind, value[name])


def parts(name: str, kind: type[T]) -> Callable[[Any], tuple[T, ...]]:
    """Reads an answer whose field `name` is a list of `kind`."""
    return lambda value: tuple(read(kind, one) for one in _field(value, name) or ())


def _field(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise garbage()
    return value.get(name)


def paged(kind: type[T]) -> Callable[[Any], Page[T]]:
    """Reads a page of `kind`."""
    rows = parts("data", kind)
    return lambda value: Page(rows(value), value.get("nextCursor"))


def untyped(method: str, path: str, body: Any, query: Mapping[str, Any]) -> Ask[Any]:
    """A request of any route, answered as JSON."""
    return Ask(method.upper(), path, lambda value: value, query=given(query), body=body)


# ---------------------------------------------------------------- becoming methods


def dressed(method: Any, build: Callable[..., Any]) -> Any:
    """Give a method the name, words and arguments of the function that builds its request, for `help` and editors."""
    update_wrapper(method, build)
    del method.__wrapped__
    method.__name__ = build.__name__.rstrip("_")
    signature = inspect.signature(build)
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    answer = get_args(signature.return_annotation)[0]
    method.__signature__ = signature.replace(parameters=[own, *signature.parameters.values()], return_annotation=answer)
    return method
