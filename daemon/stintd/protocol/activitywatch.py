"""Events as ActivityWatch's watchers send them, turned into what they are evidence of.

An editor's watcher speaks when its person does something in it: that is work. One that says which window is in front, or
that somebody is at the keyboard, is presence: it is kept and never work. One that says nobody is there says nothing:
silence is judged by its own rules, and only a suspend, a lock or a shutdown is an absence. A page a browser shows is read
where its repository is watched. Of everything else, titles above all, nothing is kept.
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
"""A long event was made of many acts, none of which came alone: it is told again at least so often."""
LONGEST = timedelta(hours=1)
TEXT_LIMIT = 1024


@frozen
class Bucket:
    """Who a watcher is: it names itself once."""

    id: str
    kind: str
    client: str

    @property
    def program(self) -> str:
        """The program it watches, by its name: `aw-watcher-vim` watches vim."""
        return self.client.removeprefix("aw-watcher-")[:40]


@frozen
class Event:
    """One event: since when, how long, and what."""

    time: datetime
    duration: timedelta
    data: Mapping[str, Json]

    @property
    def is_incognito(self) -> bool:
        return bool(self.data.get("incognito"))


def bucket_from_wire(identity: str, body: Json) -> Bucket:
    """A bucket as its watcher makes it, or `Invalid`."""
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
    """An event, or `Invalid` naming the field; what else is in it is passed over."""
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
        raise Invalid("timestamp is too far away to be meant", "", {"field": "timestamp"}) from error


def _length(value: Json) -> timedelta:
    """Seconds; what is negative is none."""
    seconds = 0 if value is None else value
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not isfinite(seconds):
        raise Invalid("duration must be a number of seconds", "", {"field": "duration"})
    return min(timedelta(seconds=max(0.0, min(float(seconds), 1e6))), LONGEST)


def signals_of(bucket: Bucket, event: Event) -> list[BeatSignal]:
    """The heartbeats an event is; none where it is evidence of nothing. Pages are placed by whoever knows places."""
    if bucket.kind == EDITOR:
        return [_edit_signal(bucket, event, at) for at in _instants(event)]
    if bucket.kind in PRESENT and event.data.get("status") != "afk":
        return [BeatSignal(event.time, "presence", "activitywatch", client=bucket.program)]
    return []


def page_of_event(bucket: Bucket, event: Event) -> str:
    """The address of a page a browser shows, "" for none."""
    return _text(event.data, "url") if bucket.kind == PAGE and not event.is_incognito else ""


def _instants(event: Event) -> list[datetime]:
    """When it is told of: at its start and end, and between."""
    count = -(-event.duration // STEP)
    return [event.time + event.duration * number / count for number in range(count + 1)] if count else [event.time]


def _edit_signal(bucket: Bucket, event: Event, at: datetime) -> BeatSignal:
    """An act in an editor. Whether the file was changed is not told, so it was read."""
    file, project = _text(event.data, "file"), _text(event.data, "project")
    path = file if file.startswith("/") else os.path.join(project, file) if project.startswith("/") else None
    branch = _text(event.data, "branch") or None
    return BeatSignal(at, "read", "editor", path=path, branch=branch, entity="" if path else file, client=bucket.program)


def _text(data: Mapping[str, Json], name: str) -> str:
    """A field as text; watchers send the word `unknown` for what they do not know."""
    value = data.get(name)
    if not isinstance(value, str) or value.strip().lower() in ("", "unknown"):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "").strip()[:TEXT_LIMIT]
