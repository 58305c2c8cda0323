"""Evidence from exports of other trackers: WakaTime's data dump and ActivityWatch's buckets, item by item.

What an item means is decided in `protocol`, which reads the same items from live clients: here the items are only extracted.
"""

from collections.abc import Iterable
from datetime import tzinfo

from stintd.errors import Invalid
from stintd.formats import jsonstream
from stintd.formats.jsonstream import Path
from stintd.formats.parsed import BadLine, ParsedItem, ParsedLines
from stintd.jsonvalue import JsonObject


def wakatime(pieces: Iterable[str], zone: tzinfo) -> ParsedLines:
    """Heartbeats of `{"days": [{"heartbeats": […]}]}`, of `{"data": […]}` (a day of the API), or of a plain list."""
    is_known = False
    for element in jsonstream.walk(pieces, _opens_days):
        if not _is_heartbeat(element.path):
            is_known = is_known or element.path[:1] in (("days",), ("data",))
            continue
        is_known = True
        if isinstance(element.value, dict):
            yield ParsedItem(element.line, "wakatime", element.value)
        else:
            yield BadLine(element.line, "a heartbeat must be an object")
    if not is_known:
        raise Invalid("there are no heartbeats in it", "use the file of WakaTime's data export that contains heartbeats")


def _opens_days(path: Path) -> bool:
    is_day = path[:1] == ("days",) and (len(path) < 3 or path[2:] == ("heartbeats",))
    return not path or path == ("data",) or is_day


def _is_heartbeat(path: Path) -> bool:
    is_plain_list = len(path) == 1 and isinstance(path[0], int)
    is_days = len(path) == 4 and path[0] == "days" and path[2] == "heartbeats"
    return is_plain_list or is_days or (len(path) == 2 and path[0] == "data")


def activitywatch(pieces: Iterable[str], zone: tzinfo) -> ParsedLines:
    """Events of `{"buckets": {ID: {"type", "client", …, "events": […]}}}`, each with what is known of its bucket."""
    buckets: dict[str, JsonObject] = {}
    is_known = False
    for element in jsonstream.walk(pieces, _opens_buckets):
        path = element.path
        is_known = is_known or path[:1] == ("buckets",)
        if len(path) == 3 and path[2] in ("type", "client", "hostname"):
            buckets.setdefault(str(path[1]), {})[str(path[2])] = element.value
        elif len(path) == 4 and path[2] == "events":
            bucket = buckets.get(str(path[1]), {})
            if "type" not in bucket:
                yield BadLine(element.line, "the bucket has no type before its events")
            else:
                yield ParsedItem(element.line, "activitywatch", {"id": path[1], "bucket": bucket, "event": element.value})
    if not is_known:
        raise Invalid("there are no buckets in it", "use the JSON file of ActivityWatch's export of its buckets")


def _opens_buckets(path: Path) -> bool:
    return not path or (path[0] == "buckets" and (len(path) < 3 or path[2:] == ("events",)))
