"""Heartbeats in the form of other time trackers: events with a length for ActivityWatch, items for WakaTime's servers.

Both depend on the heartbeats only, so sending a stretch again sends the same; a receiver that recognises a moment by its time
and content keeps it once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from stintd.domain.language import language_of
from stintd.domain.model import Actor

MICRO = 1_000_000
LONE_US = 60 * MICRO
"""The length of the last heartbeat before a silence."""
EDITOR = "app.editor.activity"


class OutgoingBeat(NamedTuple):
    """A heartbeat to send to another program. `path`: the full path of a file. `place`: the folder that it belongs to."""

    time_us: int
    actor: Actor
    device: str
    kind: str
    project: str
    branch: str
    path: str
    place: str
    client: str


class AwEvent(NamedTuple):
    """An event of ActivityWatch: the bucket it goes to, when it begins and ends, and what it says."""

    bucket: str
    start_us: int
    end_us: int
    data: tuple[tuple[str, str], ...]


def bucket_of(beat: OutgoingBeat) -> str:
    """The bucket of a heartbeat: one for each device and actor, because they may work at the same time."""
    return f"stintd-{'agents' if beat.actor == 'agent' else 'editor'}_{beat.device or 'here'}"


def events(beats: Iterable[OutgoingBeat], idle_us: int, until_us: int) -> list[AwEvent]:
    """The events of heartbeats. Each heartbeat lasts until the next one of its bucket, unless a silence follows; equal
    neighbours are one event. The length of the last one is known only when a silence has followed it; `until_us` is now.
    """
    return [event for bucket, lane in lanes(beats).items() for event in _lane(bucket, lane, idle_us, until_us)]


def first_open_us(beats: Iterable[OutgoingBeat], idle_us: int, until_us: int) -> int | None:
    """The earliest heartbeat whose length is not known yet; None when all are."""
    lasts = [lane[-1].time_us for lane in lanes(beats).values()]
    return min((last for last in lasts if until_us - last <= idle_us), default=None)


def lanes(beats: Iterable[OutgoingBeat]) -> dict[str, list[OutgoingBeat]]:
    """Heartbeats by bucket, in order."""
    by_bucket: dict[str, list[OutgoingBeat]] = defaultdict(list)
    for beat in sorted(beats):
        by_bucket[bucket_of(beat)].append(beat)
    return dict(sorted(by_bucket.items()))


def _lane(bucket: str, beats: Sequence[OutgoingBeat], idle_us: int, until_us: int) -> list[AwEvent]:
    events: list[AwEvent] = []
    last_us = beats[-1].time_us
    ends = [after.time_us for _, after in pairwise(beats)]
    ends.append(last_us + LONE_US if until_us - last_us > idle_us else last_us)
    for beat, after_us in zip(beats, ends, strict=True):
        end_us = after_us if after_us - beat.time_us <= idle_us else beat.time_us + LONE_US
        event = AwEvent(bucket, beat.time_us, end_us, _data(beat))
        last = events[-1] if events else None
        if last is not None and last.data == event.data and last.end_us >= event.start_us:
            events[-1] = last._replace(end_us=end_us)
        else:
            events.append(event)
    return [event for event in events if event.end_us > event.start_us]


def _data(beat: OutgoingBeat) -> tuple[tuple[str, str], ...]:
    texts = {
        "file": beat.path or beat.place,
        "project": beat.project,
        "branch": beat.branch,
        "language": language_of(beat.path),
        "editor": beat.client,
        "actor": beat.actor,
    }
    return tuple((name, text or "unknown") for name, text in texts.items())


def wakatime_item(beat: OutgoingBeat, agent: str) -> dict[str, Any]:
    """An item of `heartbeats.bulk`."""
    return {
        "entity": beat.path or beat.place or beat.project,
        "type": "file" if beat.path else "app",
        "time": beat.time_us / MICRO,
        "category": "ai coding" if beat.actor == "agent" else "coding",
        "project": beat.project or None,
        "branch": beat.branch or None,
        "language": language_of(beat.path) or None,
        "is_write": beat.kind == "edit",
        "user_agent": agent,
    }
