"""Requests to the control socket: JSON in, JSON out.

A failed request raises a `StintdError` with the daemon's own message, or `DaemonDown` if the daemon is not running.
"""

from __future__ import annotations

import json
import os

from stintd import paths
from stintd.client.transport import DaemonDown, send
from stintd.client.wire import BrokenAnswer, Events, foreign_answer_error, query_text, quote
from stintd.errors import Unavailable
from stintd.protocol.errors import from_wire

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing typing costs the fast path more than the request
    from collections.abc import Iterator
    from typing import Any

__all__ = ["Control", "DaemonDown", "query_text", "quote"]


class Control:
    """The daemon's control socket. `path` is used instead of its usual place."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path or socket_of_this_home()

    def get(self, route: str, **query: Any) -> Any:
        """GET, with the query fields that are not None."""
        return self.send("GET", route + query_text(query))

    def post(self, route: str, body: Any = None, timeout: float = 30.0) -> Any:
        return self.send("POST", route, body, timeout=timeout)

    def patch(self, route: str, body: Any) -> Any:
        return self.send("PATCH", route, body)

    def delete(self, route: str, body: Any = None) -> Any:
        return self.send("DELETE", route, body)

    def every(self, route: str, **query: Any) -> Iterator[Any]:
        """All rows of a paged list; requests the next page as long as there is one."""
        cursor = None
        while True:
            page = self.get(route, **{"limit": 500, **query, "cursor": cursor})
            yield from page["data"]
            cursor = page.get("nextCursor")
            if not cursor:
                return

    def send(self, method: str, route: str, body: Any = None, timeout: float = 30.0) -> Any:
        """Send one request. Returns the parsed answer; None if it is empty."""
        raw = b"" if body is None else json.dumps(body).encode()
        answer = send(self.path, method, route, raw, timeout=timeout)
        try:
            return _parse(answer.status, answer.read())
        finally:
            answer.close()

    def changes(self, last_id: str | None = None) -> Iterator[tuple[str | None, str, Any]]:
        """The stream of changes as they happen: (id, kind, payload). Waits for each; ends when the daemon stops."""
        headers = [("Last-Event-ID", last_id)] if last_id else []
        answer = send(self.path, "GET", "/api/events", headers=headers, timeout=None)
        try:
            if answer.status != 200:
                _parse(answer.status, answer.read())
            events = Events(last_id)
            for block in answer.blocks():
                yield from events.feed(block)
        except BrokenAnswer:
            return
        finally:
            answer.close()


def socket_of_this_home() -> str:
    """The control socket's path. Raises `unavailable` if somebody else could have put a socket there."""
    path = paths.control_socket()
    folder = path.rpartition("/")[0]
    if path.startswith(paths.SHORT_ROOT + "/") and os.path.lexists(folder) and paths.folder_problem(folder):
        raise Unavailable(f"{folder} {paths.folder_problem(folder)}", "move it away, or set STINTD_HOME to a short path")
    return path


def _parse(status: int, raw: bytes) -> Any:
    try:
        value = json.loads(raw) if raw else None
    except ValueError as error:
        raise foreign_answer_error() from error
    if status >= 400:
        raise from_wire(status, value)
    return value
