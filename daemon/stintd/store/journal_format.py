"""The bytes of a journal file: frames of marks. Pure; see `journal` for what they are for."""

import json
import zlib
from collections.abc import Iterator, Sequence

from stintd.domain.model import Context, Heartbeat, RepoId, from_us, to_us
from stintd.store.ids import EXPLICIT, beat_key, stored_beat_id

MAGIC = b"stintd journal 1\n"
_CONTEXT, _ENTITY, _STORED, _BEAT = 0, 1, 2, 3
_FIELDS = tuple(Context.__dataclass_fields__)


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def frame(body: bytes) -> bytes:
    """A body after its length and its CRC-32."""
    return varint(len(body)) + zlib.crc32(body).to_bytes(4, "little") + body


def stored_mark(size: int) -> bytes:
    """The body that says: everything up to this byte of this file is in SQLite."""
    return varint(_STORED) + varint(size)


class Encoder:
    """Encodes frames, and remembers what was defined in the current file so far."""

    def __init__(self) -> None:
        self._contexts: dict[Context, int] = {}
        self._entities: dict[str, int] = {}
        self._last_us = 0

    def size(self) -> tuple[int, int, int]:
        """The state to go back to when the frame is not written after all."""
        return len(self._contexts), len(self._entities), self._last_us

    def forget_after(self, size: tuple[int, int, int]) -> None:
        """Go back to an earlier state."""
        while len(self._contexts) > size[0]:
            self._contexts.popitem()
        while len(self._entities) > size[1]:
            self._entities.popitem()
        self._last_us = size[2]

    def encode(self, beats: Sequence[Heartbeat]) -> bytes:
        """The body of one frame; remembers what it defines."""
        out = []
        for beat in beats:
            context = self._contexts.get(beat.context)
            if context is None:
                context = self._contexts[beat.context] = len(self._contexts)
                out.append(_text(_CONTEXT, json.dumps([getattr(beat.context, name) for name in _FIELDS])))
            entity = self._entities.get(beat.entity)
            if entity is None:
                entity = self._entities[beat.entity] = len(self._entities)
                out.append(_text(_ENTITY, beat.entity))
            time_us, key = to_us(beat.time), beat_key(beat)
            step, self._last_us = time_us - self._last_us, time_us
            is_explicit = key >= EXPLICIT
            out.append(varint(_BEAT + (context << 1 | is_explicit)))
            out.append(varint(entity))
            out.append(varint(step << 1 if step >= 0 else ~step << 1 | 1))
            out.append(key.to_bytes(8 if is_explicit else 4, "little"))
        return b"".join(out)


def _text(mark: int, text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    return varint(mark) + varint(len(data)) + data


class _Cursor:
    """Reads one buffer from the front. IndexError at its end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def take(self, count: int) -> bytes:
        piece = self.data[self.at : self.at + count]
        if len(piece) < count:
            raise IndexError
        self.at += count
        return piece


def _frames(data: bytes) -> Iterator[tuple[bytes, int]]:
    """(body, end) of every complete frame, up to the first that is not complete."""
    cursor = _Cursor(data, len(MAGIC))
    while cursor.at < len(data):
        try:
            length = cursor.varint()
            crc = int.from_bytes(cursor.take(4), "little")
            body = cursor.take(length)
        except IndexError:
            return
        if zlib.crc32(body) != crc:
            return
        yield body, cursor.at


def decode(data: bytes) -> tuple[list[Heartbeat], int]:
    """The heartbeats of a file that are not noted as stored, and how many of its bytes are sound."""
    if not data.startswith(MAGIC):
        return [], 0
    contexts: list[Context] = []
    entities: list[str] = []
    beats: list[tuple[int, Heartbeat]] = []
    last_us, stored_size, good = 0, 0, len(MAGIC)
    for body, end in _frames(data):
        cursor = _Cursor(body)
        while cursor.at < len(body):
            mark = cursor.varint()
            if mark == _CONTEXT:
                values = json.loads(cursor.take(cursor.varint()))
                contexts.append(_context(values))
            elif mark == _ENTITY:
                entities.append(cursor.take(cursor.varint()).decode("utf-8", "surrogateescape"))
            elif mark == _STORED:
                stored_size = cursor.varint()
            else:
                context, entity, step = contexts[(mark - _BEAT) >> 1], entities[cursor.varint()], cursor.varint()
                last_us += ~(step >> 1) if step & 1 else step >> 1
                key = int.from_bytes(cursor.take(8 if (mark - _BEAT) & 1 else 4), "little")
                beats.append((end, Heartbeat(stored_beat_id(key, last_us), from_us(last_us), context, entity)))
        good = end
    return [beat for end, beat in beats if end > stored_size], good


def _context(values: list[str | None]) -> Context:
    fields = dict(zip(_FIELDS, values, strict=True))
    fields["repo"] = RepoId(fields["repo"]) if fields["repo"] else None
    return Context(**fields)  # type: ignore[arg-type]
