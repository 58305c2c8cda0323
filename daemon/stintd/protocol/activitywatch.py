"""Events as ActivityWatch's watchers send them, turned into heartbeats.

The watcher of an editor sends an event when the person does something in it: that is work. An event that names the window in
front, or says that somebody is at the keyboard, is presence: it is stored but never counts as work. An event that says nobody is
there is ignored: silence is judged by its own rules, and only a suspend, a lock or a shutdown is an absence. A page shown in a
browser counts as read if its repository is watched. Nothing else is stored, in particular no titles.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import isfinite

from stintd.domain.model import BeatSignal
from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject

EDITOR, PAGE, PRESENT = "app.editor.activity", "web.tab.current", frozenset({"currentwindow", "afkstatus"})
STEP = timedelta(seconds=60)
"""A long event stands for many actions that were not sent separately, so it becomes heartbeats at least this often."""
LONGEST = timedelta(hours=1)
TEXT_LIMIT = 1024


@frozen
class Bucket:
    """A watcher, as it introduces itself once."""

    id: str
    kind: str
    client: str

    @property
    def program(self) -> str:
        """The program that it watches, taken from its name: `aw-watcher-vim` watches vim."""
        return self.client.removeprefix("aw-watcher-")[:40]


@frozen
class Event:
    """One event: its start, its duration, and its data."""

    time: datetime
    duration: timedelta
    data: Mapping[str, Json]

    @property
    def is_incognito(self) -> bool:
        return bool(self.data.get("incognito"))


def bucket_from_wire(identity: str, body: Json) -> Bucket:
    """The bucket that a watcher creates. Raises `Invalid` for a wrong body."""
    if not isinstance(body, dict):
        raise Invalid("the body must be an object", 'like {"client": …, "type": …, "hostname": …}')
    client, kind, _ = (_text_field(body, name) for name in ("client", "type", "hostname"))
    return Bucket(identity[:255], kind[:64], client[:64])


def _text_field(body: JsonObject, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise Invalid(f"{name} must be text", "", {"field": name})
    return value


def event_from_wire(body: Json) -> Event:
    """An event. Raises `Invalid` with the name of a wrong field; unknown fields are ignored."""
    if not isinstance(body, dict):
        raise Invalid("the body must be an event", 'like {"timestamp": …, "duration": 0, "data": {}}')
    data = body.get("data", {})
    if not isinstance(data, dict):
        raise Invalid("data must be an object", "", {"field": "data"})
    return Event(_time(body.get("timestamp")), _length(body.get("duration", 0)), data)


def _time(value: Json) -> datetime:
    try:
        time = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise Invalid("timestamp is not a time", "send ISO 8601 text", {"field": "timestamp"}) from error
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise Invalid("timestamp is out of range", "send a time between the years 1 and 9999", {"field": "timestamp"}) from error


def _length(value: Json) -> timedelta:
    """A duration in seconds; a negative one counts as 0."""
    seconds = 0 if value is None else value
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not isfinite(seconds):
        raise Invalid("duration must be a number of seconds", "", {"field": "duration"})
    return min(timedelta(seconds=max(0.0, min(float(seconds), 1e6))), LONGEST)


def signals_of(bucket: Bucket, event: Event) -> list[BeatSignal]:
    """The heartbeats of an event; none if it is evidence of nothing. Pages are not included: the caller finds their
    repositories."""
    if bucket.kind == EDITOR:
        return [_edit_signal(bucket, event, at) for at in _instants(event)]
    if bucket.kind in PRESENT and event.data.get("status") != "afk":
        return [BeatSignal(event.time, "presence", "activitywatch", client=bucket.program)]
    return []


def page_of_event(bucket: Bucket, event: Event) -> str:
    """The address of the page that a browser shows; "" if the event is not of a page."""
    return _text(event.data, "url") if bucket.kind == PAGE and not event.is_incognito else ""


def _instants(event: Event) -> list[datetime]:
    """The instants of an event's heartbeats: its start, its end, and instants between."""
    count = -(-event.duration // STEP)
    return [event.time + event.duration * number / count for number in range(count + 1)] if count else [event.time]


def _edit_signal(bucket: Bucket, event: Event, at: datetime) -> BeatSignal:
    """An act in an editor. The event does not say whether the file was changed, so it counts as reading."""
    file, project = _text(event.data, "file"), _text(event.data, "project")
    path = file if file.startswith("/") else os.path.join(project, file) if project.startswith("/") else None
    branch = _text(event.data, "branch") or None
    return BeatSignal(at, "read", "editor", path=path, branch=branch, entity="" if path else file, client=bucket.program)


def _text(data: Mapping[str, Json], name: str) -> str:
    """A field as text; "" for the word `unknown`, which watchers send for what they do not know."""
    value = data.get(name)
    if not isinstance(value, str) or value.strip().lower() in ("", "unknown"):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "").strip()[:TEXT_LIMIT]
