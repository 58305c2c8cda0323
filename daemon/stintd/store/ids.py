"""Ids: those that people see, which sort by time, and keys that distinguish heartbeats.

The key of a heartbeat is an integer. Below 2**32 it is derived from content: such a heartbeat can only equal one of the very
same time, so 32 bits suffice and no global table is needed. From 2**32 on it is the hash of an id that the sender chose,
which must be recognised at any time: 63 bits, because with them a million ids collide once in ten million lifetimes.
"""

import hashlib
import os
import re
import threading
from datetime import datetime
from typing import NewType
from uuid import UUID

from stintd.domain.model import Context, Heartbeat, to_us

BeatKey = NewType("BeatKey", int)

EXPLICIT = 1 << 32
"""Keys from here on stand for ids that the senders chose."""
_DERIVED_ID = re.compile(r"~[0-9a-f]{24}\Z")
_LISTED_ID = re.compile(r"#[0-9a-f]{16}\Z")
_MASK = (1 << 63) - 1

_lock = threading.Lock()
_last = 0


def new_id(now: datetime) -> str:
    """A UUID of version 7 whose text sorts by `now`, to the microsecond; those of one instant sort by creation."""
    global _last
    millis, micros = divmod(to_us(now), 1000)
    random = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    high = (millis & ((1 << 48) - 1)) << 80 | 0x7 << 76 | (micros * 4096 // 1000) << 64 | 0x2 << 62
    with _lock:
        value = high | random >> 1  # the halved random part leaves room to count up within one instant
        if value >> 62 == _last >> 62 and value <= _last:
            value = _last + 1
        _last = value
    return str(UUID(int=value))


def content_id(time: datetime, context: Context, entity: str) -> str:
    """The id of a heartbeat that has none of its sender's; equal content gives an equal id."""
    place = context.repo_path or context.folder or ""
    parts = (
        str(to_us(time)),
        place,
        context.project or "",
        context.source_text or context.source,
        context.kind,
        context.actor,
        context.session or "",
        entity,
    )
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogateescape"), digest_size=12)
    return "~" + digest.hexdigest()


def key_of(beat_id: str) -> BeatKey:
    """The key of an id. An id as this store lists it gives the key of the heartbeat it was listed for."""
    first = beat_id[:1]
    if first == "~" and _DERIVED_ID.match(beat_id):
        return BeatKey(int(beat_id[1:9], 16))
    if first == "#" and _LISTED_ID.match(beat_id):
        return BeatKey(int(beat_id[1:], 16) & _MASK | EXPLICIT)
    digest = hashlib.blake2b(beat_id.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return BeatKey(int.from_bytes(digest, "big") & _MASK | EXPLICIT)


def beat_key(beat: Heartbeat) -> BeatKey:
    """The key of a heartbeat, from its id, or from its content when it has none."""
    return key_of(beat.id or content_id(beat.time, beat.context, beat.entity))


def stored_beat_id(key: int, time_us: int) -> str:
    """The id a stored heartbeat is listed with; sending it again is recognised as the same heartbeat."""
    return f"#{key:016x}" if key >= EXPLICIT else f"~{key:08x}{time_us & (1 << 64) - 1:016x}"
