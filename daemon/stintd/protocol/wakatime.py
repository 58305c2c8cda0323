"""Heartbeats as WakaTime's clients send them: read leniently, one by one.

After a 400, these clients give an item up; after any other error, they send the whole body again, for ever. So nothing
here refuses a body: a part that cannot be read is one unreadable item. Every type is accepted (a line number or a time may be
text, a category may be null), and unknown fields are ignored. Contract: `POST …/heartbeats.bulk`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from math import isfinite
from uuid import UUID

from stintd.domain.model import BeatSignal, from_us
from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.jsonvalue import Json

ITEM = '"entity"'
"""Every heartbeat has this field, so counting it tells how many are in text that cannot be read."""
ENTITY_LIMIT = 1024
TEXT_LIMIT = 255
NAME_LIMIT = 40
LATEST_SECONDS = 2**33
BROWSER = re.compile(r"\b(?:chrome|chromium|firefox|edge|opera|brave|vivaldi|safari|arc)-wakatime/", re.ASCII | re.IGNORECASE)
_PLUGIN = re.compile(r"([A-Za-z0-9_.+-]+)-wakatime/")
_SYSTEM = re.compile(r"wakatime/\S+ +\(([A-Za-z]+)", re.ASCII)
_DECODER = json.JSONDecoder(parse_constant=lambda text: None)
_GAP = re.compile(r"[\s,]*")


class Unreadable:
    """Stands for an item that is not JSON."""


@frozen
class WakaTimeBeat:
    """One heartbeat: its evidence of work, or the page that a browser showed. `id` is the id in the answer to its sender."""

    signal: BeatSignal
    id: str
    page: str = ""
    title: str = ""
    agent: str = ""


# ---------------------------------------------------------------- a body


def items_of(raw: bytes) -> list[Json | Unreadable]:
    """The items of a body, in order; an item that cannot be read is `Unreadable`. A single object counts as one item."""
    text = raw.decode("utf-8", "replace").strip()
    try:
        value = _DECODER.decode(text)
        if isinstance(value, str):  # VS Code in a browser encodes its JSON twice
            value = _DECODER.decode(value)
    except (ValueError, RecursionError):
        return _salvage(text)
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else [Unreadable()]


def is_single(raw: bytes) -> bool:
    """Whether a body is one object: its sender expects an answer that is not a list."""
    return raw.lstrip()[:1] == b"{"


def _salvage(text: str) -> list[Json | Unreadable]:
    """The readable items of a list that is damaged: everything up to the place where it breaks."""
    items: list[Json | Unreadable] = []
    place = _GAP.match(text, 1).end() if text.startswith("[") else 0  # type: ignore[union-attr]
    try:
        while text.startswith("{", place):
            item, place = _DECODER.raw_decode(text, place)
            items.append(item)
            place = _GAP.match(text, place).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        pass
    rest = max(text.count(ITEM, place), 1)
    return items + [Unreadable() for _ in range(rest)]


# ---------------------------------------------------------------- an item


def beat_from_wire(item: Json | Unreadable, now: datetime, agent: str = "") -> WakaTimeBeat:
    """One item. Raises `Invalid` with the name of a wrong field. `agent` is the User-Agent of the request; the item's own one
    takes precedence."""
    if isinstance(item, Unreadable):
        raise Invalid("it is not JSON", "", {"field": "body"})
    if not isinstance(item, dict):
        raise Invalid("a heartbeat must be an object", "", {"field": "body"})
    entity = _text(item, "entity", ENTITY_LIMIT)
    time = _time(item.get("time"))
    agent = _text(item, "user_agent") or _text(item, "userAgent") or agent
    is_write = item.get("is_write") in (True, "true", 1, "1")
    kind_of = _text(item, "type") or "file"
    page = _page(item, entity, kind_of, agent)
    if not entity and not page:
        raise Invalid("entity is missing", "", {"field": "entity"})
    mark = hashlib.blake2b("\x1f".join((str(time), kind_of, entity or page, str(is_write))).encode(), digest_size=16)
    # The same moment sent again is a duplicate, even if its project, branch or category has changed since.
    identity = "~" + mark.hexdigest()[:24]
    signal = _page_signal(item, time, identity) if page else _signal(item, entity, time, is_write, agent, identity)
    return WakaTimeBeat(signal, str(UUID(bytes=mark.digest())), page, _text(item, "title"), agent)


def _signal(item: Mapping[str, Json], entity: str, time: datetime, is_write: bool, agent: str, identity: str) -> BeatSignal:
    is_by_agent = _is_by_agent(item)
    category = _text(item, "category").lower()
    project = _text(item, "project") or _text(item, "alternate_project")
    return BeatSignal(
        time,
        _kind(item, category, is_write, is_by_agent),
        "agent" if is_by_agent else "editor",
        "agent" if is_by_agent else "human",
        _path(item, entity),
        project or None,
        _text(item, "branch") or None,
        _text(item, "ai_session") or None,
        "" if entity.startswith("/") else entity,
        identity,
        client=editor_of(agent),
    )


def _is_by_agent(item: Mapping[str, Json]) -> bool:
    """Whether an AI agent did this: by its category, session or lines, unless a person changed lines there as well."""
    if _number(item.get("human_line_changes")) > 0:
        return False
    is_marked = _text(item, "category").lower() in ("ai coding", "ai-coding", "ai_coding")
    return is_marked or bool(_text(item, "ai_session")) or _number(item.get("ai_line_changes")) > 0


def _kind(item: Mapping[str, Json], category: str, is_write: bool, is_by_agent: bool) -> str:
    """A saved file or changed lines are an edit; browsing, debugging and reviewing are a read; an indexing editor is presence
    only."""
    if category == "indexing":
        return "presence"
    if is_by_agent:
        return "edit" if is_write else "tool"
    changed = sum(_number(item.get(name)) for name in ("line_additions", "line_deletions", "human_line_changes"))
    return "edit" if is_write or changed > 0 else "read"


def _path(item: Mapping[str, Json], entity: str) -> str | None:
    """The place on this machine: the file, or the project's folder if the entity is no file (a hidden name, an app, a
    session)."""
    for candidate in (entity, _text(item, "project_folder", ENTITY_LIMIT)):
        if candidate.startswith("/") and not candidate.startswith("//"):
            return candidate
    return None


def _page_signal(item: Mapping[str, Json], time: datetime, identity: str) -> BeatSignal:
    """A page that was read; the caller finds its repository by its address."""
    return BeatSignal(time, "read", "browser", branch=_text(item, "branch") or None, origin_id=identity)


def _page(item: Mapping[str, Json], entity: str, kind: str, agent: str) -> str:
    """The address that a browser showed; "" if the item is not from a browser. A host alone matches no repository."""
    address = _text(item, "url", ENTITY_LIMIT) or entity
    is_address = entity.startswith(("http://", "https://"))
    return address if kind in ("url", "domain") or is_address or BROWSER.search(agent) else ""


def _time(value: Json) -> datetime:
    """Seconds since the epoch, as a number or as text."""
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except (TypeError, ValueError, OverflowError):
        seconds = None
    if seconds is None or not isfinite(seconds) or not 0 < seconds < LATEST_SECONDS:
        raise Invalid("time must be seconds since 1970", "", {"field": "time"})
    return from_us(round(seconds * 1_000_000))


def _text(item: Mapping[str, Json], name: str, limit: int = TEXT_LIMIT) -> str:
    """A field as text; "" for null, for another type, and for the placeholders that mean "as last sent"."""
    value = item.get(name)
    if not value or not isinstance(value, str) or (value.startswith("<<") and value.endswith(">>")):
        return ""
    cleaned = value.strip() if value.isascii() else value.encode("utf-8", "replace").decode().strip()
    if "\0" in cleaned:
        cleaned = cleaned.replace("\0", "").strip()
    if name == "entity" and len(cleaned) > limit:
        raise Invalid(f"entity is longer than {limit} characters", "", {"field": "entity"})
    return cleaned[:limit]


def _number(value: Json) -> float:
    if not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return number if isfinite(number) else 0.0


# ---------------------------------------------------------------- who sent it


@lru_cache(maxsize=32)
def editor_of(agent: str) -> str:
    """The editor in a User-Agent like `wakatime/1.90 (linux-6.1) go1.22 vim/9.0 vim-wakatime/12.0.0`, in lower case.

    If a plugin is named, its name decides, because newer clients put the name of a language model before the editor.
    """
    plugins = _PLUGIN.findall(agent)
    names = plugins or [word.partition("/")[0] for word in agent.rpartition(")")[2].split() if "/" in word]
    name = str(names[-1]).lower()[:NAME_LIMIT] if names else ""
    return "" if name == "unknown" else name


def system_of(agent: str) -> str:
    """The operating system in a User-Agent."""
    match = _SYSTEM.match(agent)
    return match[1] if match else ""
