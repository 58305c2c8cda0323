"""Pages of a query's rows, and the cursors that lead from one page to the next."""

import base64
import json
from collections.abc import Sequence
from typing import TypeVar, overload

from stintd.errors import Invalid
from stintd.store.connection import Row
from stintd.store.rowio import RowType, select

__all__ = ["DEFAULT_LIMIT", "LONGEST_US", "Row", "decode_cursor", "encode_cursor", "page", "select"]

DEFAULT_LIMIT = 100
LONGEST_US = 32 * 86_400_000_000
"""No finished entry is longer, so a query about a day need not look at everything that began before it."""
A = TypeVar("A", str, int)
B = TypeVar("B", str, int)


def encode_cursor(place: Sequence[object]) -> str:
    """The end of a page, as text that clients send back."""
    raw = json.dumps(list(place), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@overload
def decode_cursor(text: str, kinds: tuple[type[A]]) -> tuple[A]: ...
@overload
def decode_cursor(text: str, kinds: tuple[type[A], type[B]]) -> tuple[A, B]: ...
@overload
def decode_cursor(text: str, kinds: tuple[type[A], ...]) -> tuple[A, ...]: ...
def decode_cursor(text: str, kinds: tuple[type, ...]) -> tuple[object, ...]:
    """The position that a cursor holds; any other text is `invalid`."""
    try:
        place = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except ValueError as error:
        raise _cursor_error() from error
    if not isinstance(place, list) or len(place) != len(kinds):
        raise _cursor_error()
    for value, kind in zip(place, kinds, strict=True):
        if type(value) is not kind or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            raise _cursor_error()
    return tuple(place)


def _cursor_error() -> Invalid:
    return Invalid("this cursor did not come from stintd", "send the nextCursor of the previous page", {"field": "cursor"})


def page(rows: list[RowType], limit: int, place: tuple[str, ...]) -> tuple[list[RowType], str | None]:
    """At most `limit` of `rows` (the query read one more), and the cursor of the next page: those columns of the last row."""
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_cursor([last[name] for name in place])
