"""Heartbeats as API clients send them. This is a hot path: a few comparisons per field, and a pattern only for unusual times."""

from collections.abc import Mapping
from datetime import UTC, datetime

from stintd.domain.model import BeatSignal
from stintd.errors import Invalid
from stintd.jsonvalue import Json
from stintd.protocol.fields import Arguments, parse_instant, unknown_fields

LIMITS = {
    "id": 255, "project": 255, "path": 1024, "branch": 1024, "kind": 32, "source": 64, "actor": 32, "sessionId": 255,
    "entity": 1024,
}  # fmt: skip
KNOWN = ("id", "time", "project", "path", "branch", "kind", "source", "actor", "sessionId", "entity", "pid")
DEFAULT_KIND = "edit"
"""A heartbeat without a kind counts as an act of its sender; `presence` would count no time."""


def _check_text(name: str, value: Json) -> None:
    if not isinstance(value, str):
        raise Invalid(f"{name} must be text", "", {"field": name})
    if len(value) > LIMITS[name]:
        raise Invalid(f"{name} is longer than {LIMITS[name]} characters", "", {"field": name})
    if "\0" in value:
        raise Invalid(f"{name} must not contain NUL", "", {"field": name})


def _time(value: Json) -> datetime:
    if type(value) is str and len(value) >= 20 and value[10] == "T" and value[4] == "-" and value[-1] == "Z":
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    try:
        return parse_instant(value)
    except Invalid as error:
        raise Invalid(f"time {error.message}", error.hint, {"field": "time"}) from error


def _pid(value: Json) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31):
        raise Invalid("pid must be a process id", "", {"field": "pid"})
    return value


def signal_from_wire(body: Json, now: datetime) -> BeatSignal:
    """One heartbeat of `POST /api/heartbeats`. Without `time` it happened `now`. Raises `Invalid` with the name of a wrong
    field."""
    if type(body) is not dict:
        raise Invalid("a heartbeat must be an object", 'like {"project": "acme", "kind": "edit"}')
    values: Arguments = {}
    time: datetime | None = None
    pid: int | None = None
    for name, value in body.items():
        if value is None and name in KNOWN:
            continue
        if name in LIMITS:
            _check_text(name, value)
            values[name] = value
        elif name == "time":
            time = _time(value)
        elif name == "pid":
            pid = _pid(value)
        else:
            raise unknown_fields(body, dict.fromkeys(KNOWN))
    _check_place(values)
    get = values.get
    return BeatSignal(
        time if time is not None else now,
        get("kind") or DEFAULT_KIND,
        get("source") or "api",
        get("actor") or "human",
        get("path"),
        get("project"),
        get("branch"),
        get("sessionId"),
        get("entity") or "",
        get("id") or "",
        pid,
    )


def signal_to_wire(signal: BeatSignal) -> dict[str, str]:
    """A heartbeat as `POST /api/heartbeats` accepts it, without empty fields. It includes the id that was made from its
    content."""
    values = {
        "id": signal.origin_id,
        "time": signal.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "path": signal.path,
        "project": signal.project,
        "branch": signal.branch,
        "kind": signal.kind,
        "source": signal.source,
        "actor": signal.actor,
        "sessionId": signal.session,
        "entity": signal.entity,
    }
    return {name: value for name, value in values.items() if value}


def _check_place(values: Mapping[str, str]) -> None:
    path = values.get("path")
    if path is not None and not path.startswith("/") and path[1:2] != ":":
        raise Invalid("path must be absolute", "send the path from the root, like /home/mona/src/acme", {"field": "path"})
    project = values.get("project")
    if project is not None and not project.strip():
        raise Invalid("project must not be empty", "leave it out, or name a project", {"field": "project"})
