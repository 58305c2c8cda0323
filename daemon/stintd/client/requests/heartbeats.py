"""Heartbeats: evidence of work that editors, hooks and scripts report."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from stintd.client.request import Instant, Moment, Request, page_reader, reader, wire_fields
from stintd.protocol.types import Heartbeat, Page, TakenHeartbeats


def send(
    project: str | None = None,
    *,
    path: str | None = None,
    time: Instant | None = None,
    branch: str | None = None,
    kind: str | None = None,
    source: str | None = None,
    actor: str | None = None,
    session_id: str | None = None,
    entity: str | None = None,
    pid: int | None = None,
    id: str | None = None,
) -> Request[TakenHeartbeats]:
    """Send one heartbeat, for `project` or for the project that `path` belongs to. Without `time`, it happened now."""
    return send_all([locals()])


def send_all(heartbeats: Iterable[Mapping[str, Any]]) -> Request[TakenHeartbeats]:
    """Send many heartbeats at once, each with the arguments of `send`. A heartbeat sent twice counts once."""
    body = [_add_id(wire_fields(heartbeat)) for heartbeat in heartbeats]
    return Request("POST", "/api/heartbeats", reader(TakenHeartbeats), body=body, is_repeatable=True)


def _add_id(heartbeat: dict[str, Any]) -> dict[str, Any]:
    """Add an id to a heartbeat that has neither id nor time: without one it would count twice if it had to be sent again."""
    return heartbeat if "id" in heartbeat or "time" in heartbeat else {**heartbeat, "id": str(uuid4())}


def list_(
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    project: str | None = None,
    source: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Request[Page[Heartbeat]]:
    """Stored heartbeats, the newest first."""
    return Request("GET", "/api/heartbeats", page_reader(Heartbeat), query=wire_fields(locals()))
