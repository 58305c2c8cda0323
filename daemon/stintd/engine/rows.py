"""Rows of a query as dicts, whatever the connection's own row factory; and pages of them."""

import base64
import json
from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any

from stintd.errors import Invalid
from stintd.store.connection import Row
from stintd.store.rowio import select

__all__ = ["DEFAULT_LIMIT", "LONGEST_US", "Row", "decode_cursor", "encode_cursor", "first", "page", "select"]

DEFAULT_LIMIT = 100
LONGEST_US = 32 * 86_400_000_000
"""No finished entry is longer, so that a look at a day need not go through all that began before it."""


def first(conn: Connection, sql: str, arguments: Sequence[Any] = ()) -> Row | None:
    """The first row of a query, or None."""
    found = select(conn, sql, arguments)
    return found[0] if found else None


def encode_cursor(place: Sequence[Any]) -> str:
    """Where a page ended, as text that callers hand back."""
    raw = json.dumps(list(place), separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(text: str, kinds: tuple[type, ...]) -> list[Any]:
    """The place in a cursor; anything but one of ours is `invalid`."""
    try:
        place = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except ValueError as error:
        raise _odd_cursor() from error
    if not isinstance(place, list) or len(place) != len(kinds):
        raise _odd_cursor()
    for value, kind in zip(place, kinds, strict=True):
        if type(value) is not kind or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            raise _odd_cursor()
    return place


def _odd_cursor() -> Invalid:
    return Invalid("cursor is not one of ours", "send the nextCursor of the page before", {"field": "cursor"})


def page(found: list[Row], limit: int, place: tuple[str, ...]) -> tuple[list[Row], str | None]:
    """At most `limit` of `found` (which was asked for one more), and the cursor of the next page."""
    if len(found) <= limit:
        return found, None
    kept = found[:limit]
    return kept, encode_cursor([kept[-1][name] for name in place])
