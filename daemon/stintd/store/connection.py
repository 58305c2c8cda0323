"""The writing connection, which knows whether an edit of the owner is being recorded."""

from sqlite3 import Connection
from typing import Any

Row = dict[str, Any]


class StoreConnection(Connection):
    """`before`: the rows an edit in progress has touched, as they were (None: not there); None when nothing is recorded.
    Filled by `table`, read and reset by `edits` and, on rollback, by the writer. Writer thread only."""

    edit_id: str = ""
    before: dict[tuple[str, str], Row | None] | None = None
