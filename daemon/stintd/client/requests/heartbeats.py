"""Evidence: what editors, hooks and scripts say about work."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from stintd.client.request import Ask, Instant, Moment, given, paged, reader
from stintd.protocol.types import Heartbeat, Page, TakenHeartbeats


def send(
    project: str | None = None, *, path: str | None = None, time: Instant | None = None, branch: str | None = None,
    kind: str | None = None, source: str | None = None, actor: str | None = None, session_id: str | None = None,
    entity: str | None = None, pid: int | None = None, id: str | None = None,
) -> Ask[TakenHeartbeats]:  # fmt: skip
    """One heartbeat, of a project or of the project that `path` lies in; it happened now unless `time` says otherwise."""
    return send_all([locals()])


def send_all(heartbeats: Iterable[Mapping[str, Any]]) -> Ask[TakenHeartbeats]:
    """Many heartbeats at once, each with the arguments of `send`. What is sent twice counts once."""
    body = [_known_again(given(one)) for one in heartbeats]
    return Ask("POST", "/api/heartbeats", reader(TakenHeartbeats), body=body, is_repeatable=True)


def _known_again(heartbeat: dict[str, Any]) -> dict[str, Any]:
    """One that says neither what it is nor when would count twice if it had to be sent again."""
    return heartbeat if "id" in heartbeat or "time" in heartbeat else {**heartbeat, "id": str(uuid4())}


def list_(
    *, since: Moment | None = None, until: Moment | None = None, project: str | None = None, source: str | None = None,
    limit: int | None = None, cursor: str | None = None,
) -> Ask[Page[Heartbeat]]:  # fmt: skip
    """Stored evidence, the newest first."""
    return Ask("GET", "/api/heartbeats", paged(Heartbeat), query=given(locals()))
