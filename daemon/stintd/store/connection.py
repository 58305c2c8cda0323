"""The writing connection, which knows whether an edit of the user is being recorded."""

from sqlite3 import Connection
from typing import Any

Row = dict[str, Any]


class StoreConnection(Connection):
    """`before`: the rows that an edit in progress has touched, as they were (None: not there); None when nothing is
    recorded. `rowio` fills it, `edits` reads and resets it, and the writer resets it on rollback. Writer thread only."""

    edit_id: str = ""
    before: dict[tuple[str, str], Row | None] | None = None
