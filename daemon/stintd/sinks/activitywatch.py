"""Heartbeats to an ActivityWatch server: a bucket for each device and actor, kept equal to what the heartbeats say.

Its own heartbeat call is not used: a late one damages what is there (aw-core 0.5). Instead the events of a stretch are
read back; those that differ are corrected by their id, missing ones are added, and surplus ones are removed. So sending again
changes nothing.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from stintd.domain.emitting import EDITOR, AwEvent, OutgoingBeat, events
from stintd.domain.model import from_us
from stintd.ports import Carrier, Failure, HttpRequest, HttpResponse

ANSWER_LIMIT = 4 * 1024 * 1024
BATCH = 200
MARGIN = timedelta(seconds=1)


class ActivityWatchServer:
    """One server. `idle_us`: how long a silence may be and still be the same work."""

    def __init__(self, carrier: Carrier, url: str, hostname: str, idle_us: int) -> None:
        self._carrier, self._base, self._hostname, self._idle_us = carrier, f"{url.rstrip('/')}/api/0", hostname, idle_us
        self._made: set[str] = set()

    async def deliver(self, beats: Sequence[OutgoingBeat], now_us: int) -> HttpResponse | Failure | None:
        """None when its buckets say what these heartbeats say."""
        lanes: dict[str, list[AwEvent]] = defaultdict(list)
        for event in events(beats, self._idle_us, now_us):
            lanes[event.bucket].append(event)
        for bucket, wanted in lanes.items():
            trouble = await self._make(bucket) or await self._mirror(bucket, wanted)
            if trouble is not None:
                self._made.discard(bucket)
                return trouble
        return None

    async def _make(self, bucket: str) -> HttpResponse | Failure | None:
        if bucket in self._made:
            return None
        body = {"client": "stintd", "type": EDITOR, "hostname": self._hostname}
        answer = await self._ask("POST", f"/buckets/{quote(bucket, safe='')}", body)
        if isinstance(answer, HttpResponse) and answer.status in (200, 201, 304):
            self._made.add(bucket)
            return None
        return answer

    async def _mirror(self, bucket: str, wanted: Sequence[AwEvent]) -> HttpResponse | Failure | None:
        place = f"/buckets/{quote(bucket, safe='')}/events"
        first, last = from_us(wanted[0].start_us), from_us(wanted[-1].end_us)
        span = urlencode({"start": (first - MARGIN).isoformat(), "end": (last + MARGIN).isoformat(), "limit": -1})
        answer = await self._ask("GET", f"{place}?{span}")
        stored_events = _read_events(answer)
        if stored_events is None:
            return answer
        fresh: list[dict[str, Any]] = []
        for event in wanted:
            body = _to_wire(event)
            stored_event = stored_events.pop((_millis(event.start_us), _content(dict(event.data))), None)
            if stored_event is None:
                fresh.append(body)
            elif abs(float(stored_event.get("duration", 0)) - (event.end_us - event.start_us) / 1e6) > 0.01:
                fresh.append({**body, "id": stored_event["id"]})
        for start in range(0, len(fresh), BATCH):
            answer = await self._ask("POST", place, fresh[start : start + BATCH])
            if isinstance(answer, Failure) or answer.status >= 300:
                return answer
        for (at, _), stale in stored_events.items():
            if _millis(wanted[0].start_us) <= at < _millis(wanted[-1].end_us):
                await self._ask("DELETE", f"{place}/{int(stale['id'])}")
        return None

    async def _ask(self, method: str, path: str, body: Any = None) -> HttpResponse | Failure:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        raw = json.dumps(body).encode() if body is not None else b""
        return await self._carrier.send(
            HttpRequest(
                method,
                self._base + path,
                headers,
                raw,
                may_be_private=True,
                total_seconds=30.0,
                answer_bytes=ANSWER_LIMIT,
            )
        )


def _read_events(answer: HttpResponse | Failure) -> dict[tuple[int, str], Mapping[str, Any]] | None:
    """Events that are there, by start and content; None when they could not be read."""
    if isinstance(answer, Failure) or answer.status != 200 or answer.is_cut:
        return None
    try:
        rows = json.loads(answer.body)
        return {(_millis_of(event["timestamp"]), _content(event["data"])): event for event in rows}
    except (ValueError, KeyError, TypeError):
        return None


def _to_wire(event: AwEvent) -> dict[str, Any]:
    start = from_us(event.start_us - event.start_us % 1000)  # it keeps milliseconds
    return {"timestamp": start.isoformat(), "duration": (event.end_us - event.start_us) / 1e6, "data": dict(event.data)}


def _content(data: Mapping[str, Any]) -> str:
    return json.dumps(data, sort_keys=True)


def _millis(us: int) -> int:
    return us // 1000


def _millis_of(text: str) -> int:
    time = datetime.fromisoformat(text)
    time = time if time.tzinfo else time.replace(tzinfo=UTC)
    return round(time.timestamp() * 1000)
