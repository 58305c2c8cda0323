"""The API of ActivityWatch's watchers: three requests on a port of their own, which is off unless the settings turn it on.

Watchers send no key, so every program on this machine may write here. Nothing stored can be read, the guard of every listener
applies (Host, Origin, sizes), and the port has no other routes.
"""

import socket
import zlib
from dataclasses import replace
from datetime import timedelta

from stintd.api.answer import Answer, json_answer
from stintd.api.daemon import Daemon, Shape
from stintd.api.route import Call, Request, Route, Table, read_query
from stintd.api.surface import Surface
from stintd.domain.model import BeatSignal
from stintd.engine.intake import webpages
from stintd.errors import Invalid, NotFound
from stintd.jsonvalue import Json
from stintd.protocol.activitywatch import Bucket, Event, bucket_from_wire, event_from_wire, page_of_event, signals_of
from stintd.protocol.body import dump
from stintd.protocol.fields import Kind, field
from stintd.protocol.schemas.words import ANY_OBJECT

EQUAL = timedelta(seconds=2)
"""Equal events of an editor within this time count as one, because how often a watcher sends events does not measure work."""
PRESENT = timedelta(minutes=1)
VERSION = "v0.14.0 (stintd)"


async def info(surface: Surface, call: Call, request: Request) -> Shape:
    """What a watcher asks first, to find out whether a server is there."""
    device = surface.daemon.device
    return {"hostname": socket.gethostname(), "version": VERSION, "testing": False, "device_id": device}


async def create(surface: Surface, call: Call, request: Request) -> Answer:
    """A watcher introduces itself; 304 if it is already known."""
    bucket = bucket_from_wire(call.arguments["bucket_id"], call.body)
    is_new = await surface.daemon.buckets.add(bucket.id, bucket.kind, bucket.client)
    return json_answer({}) if is_new else Answer(b"", 304)


async def heartbeat(surface: Surface, call: Call, request: Request) -> Answer:
    """An event of a watcher. It is answered, with the event itself, when it is in the journal or turns out to be no evidence."""
    daemon, identity = surface.daemon, call.arguments["bucket_id"]
    read_query(call.route, request.raw_path.partition("?")[2])
    bucket_row = daemon.buckets.find(identity)
    if bucket_row is None:
        raise NotFound("there is no such bucket", "create it first with POST /api/0/buckets/ID")
    bucket, event = Bucket(identity, *bucket_row), event_from_wire(call.body)
    signals = [*signals_of(bucket, event), *_read(daemon, bucket, event)]
    within = PRESENT if any(signal.kind == "presence" for signal in signals) else EQUAL
    if signals and not daemon.buckets.is_repeat(identity, dump(dict(event.data)).decode(), event.time + event.duration, within):
        real = await daemon.intake.links.follow([signal.path for signal in signals if signal.path])
        _, _, refused = daemon.take_beats([replace(signal, path=real.get(signal.path or "", signal.path)) for signal in signals])
        if len(refused) == len(signals):
            raise Invalid(refused[0][1])
    return json_answer(_event_to_wire(event))


def _event_to_wire(event: Event) -> Shape:
    """The event as a watcher expects it in the answer."""
    return {
        "id": zlib.crc32(str(event.time).encode()),
        "timestamp": event.time.isoformat(),
        "duration": event.duration.total_seconds(),
        "data": dict(event.data),
    }


def _read(daemon: Daemon, bucket: Bucket, event: Event) -> list[BeatSignal]:
    """The signal of a page, which counts as reading in its repository; none if the repository is not watched."""
    page = webpages.page_of(page_of_event(bucket, event), daemon.places)
    if page is None:
        return []
    title = event.data.get("title")
    branch = webpages.branch_of(page, None, title if isinstance(title, str) else "", daemon.engine.policy)
    path = page.checkouts[0].path
    return [BeatSignal(event.time, "read", "browser", path=path, branch=branch, entity=page.address, client=bucket.program)]


def _seconds(value: Json) -> float:
    """How far apart a watcher's events may be, in seconds. It is checked but not used: stintd itself decides whether a silence
    was work."""
    try:
        return float(value if isinstance(value, int | float | str) else "")
    except ValueError as error:
        raise Invalid("must be a number of seconds") from error


BUCKET = "/api/0/buckets/{bucket_id}"
PULSE = {"pulsetime": field("pulsetime", Kind(_seconds, {"type": "number"}, _seconds), required=True)}
ROUTES = [
    Route("GET", "/api/0/info", info, "about this server", "none", is_lenient=True, answer=ANY_OBJECT),
    Route("POST", BUCKET, create, "create a bucket (a watcher introduces itself)", "write", raw=True, answer=ANY_OBJECT),
    Route("POST", BUCKET + "/heartbeat", heartbeat, "an event from a watcher", "write", raw=True, query=PULSE,
          is_lenient=True, is_rated=False, answer=ANY_OBJECT),
]  # fmt: skip
TABLE = Table(ROUTES)
