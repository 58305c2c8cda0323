"""The part of D-Bus that following another program needs: calls with strings, their answers, and signals. Its only I/O is
one connection, all on the event loop.

Written by hand because the smallest library (jeepney) keeps two mebibytes resident, and the daemon may have 48. Messages
from the bus are not trusted: their size is limited, and every value is checked against its length and signature.
"""

import asyncio
import contextlib
import os
import struct
from collections import deque
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import unquote

from stintd.frozen import frozen

CALL, ANSWER, ERROR, SIGNAL = 1, 2, 3, 4
NO_AUTO_START = 2
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_TO, DESTINATION, SIGNATURE = 1, 2, 3, 4, 5, 6, 8
LARGEST = 1024 * 1024
"""Bytes of a message; a desktop's list of sessions is a few hundred."""
DEEPEST = 16
ANSWER_SECONDS = 20.0
BusValue: TypeAlias = "bool | int | float | str | list[BusValue] | tuple[BusValue, ...] | dict[BusValue, BusValue]"
"""A value of any D-Bus type."""
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
_FIXED = {"n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "h": "I", "b": "I"}
_ALIGNED = {"y": 1, "g": 1, "v": 1, "n": 2, "q": 2, "s": 4, "o": 4, "a": 4, "b": 4, "i": 4, "u": 4, "h": 4}


class BusError(Exception):
    """The bus, or the program that was called, answered with an error or with something that cannot be understood."""


@frozen
class BusMessage:
    """A message that arrived. `fields` by their numbers; `body`: its values."""

    kind: int
    serial: int
    fields: dict[BusValue, BusValue]
    body: tuple[BusValue, ...]

    @property
    def path(self) -> str:
        return str(self.fields.get(PATH, ""))

    @property
    def member(self) -> str:
        return str(self.fields.get(MEMBER, ""))


# ---------------------------------------------------------------- writing


def _pad(data: bytes, alignment: int) -> bytes:
    return data + bytes(-len(data) % alignment)


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<I", len(raw)) + raw + b"\0"


def call(serial: int, target: tuple[str, str, str], member: str, arguments: tuple[str, ...], flags: int = NO_AUTO_START) -> bytes:
    """A call of `member` at (destination, path, interface) with strings."""
    destination, path, interface = target
    body = b""
    for argument in arguments:
        body = _pad(body, 4) + _text(argument)
    fields = b""
    texts = ((PATH, "o", path), (INTERFACE, "s", interface), (MEMBER, "s", member), (DESTINATION, "s", destination))
    for number, signature, value in texts:
        fields = _pad(fields, 8) + bytes((number, 1)) + signature.encode() + b"\0" + _text(value)
    if arguments:
        signature = "s" * len(arguments)
        fields = _pad(fields, 8) + bytes((SIGNATURE, 1)) + b"g\0" + bytes((len(signature),)) + signature.encode() + b"\0"
    head = struct.pack("<cBBBIII", b"l", CALL, flags, 1, len(body), serial, len(fields)) + fields
    return _pad(head, 8) + body


# ---------------------------------------------------------------- reading


class ValueReader:
    """Reads values from bytes, by their signature. Raises `BusError` or `struct.error` for what does not fit."""

    def __init__(self, data: bytes, order: str, position: int = 0) -> None:
        self._data, self._order, self._position = data, order, position

    def values(self, signature: str) -> tuple[BusValue, ...]:
        """All values of a signature."""
        values, at = [], 0
        while at < len(signature):
            value, at = self._value(signature, at, 0)
            values.append(value)
        return tuple(values)

    def _value(self, signature: str, at: int, depth: int) -> tuple[BusValue, int]:
        """(the value of the complete type at `at` of the signature, where the next type begins)."""
        code = signature[at]
        if depth > DEEPEST:
            raise BusError("nested too deeply")
        self._align(_ALIGNED.get(code, 8))
        if code == "y":
            return self._byte(), at + 1
        if code in _FIXED:
            value = self._take(_FIXED[code], struct.calcsize("=" + _FIXED[code]))
            return bool(value) if code == "b" else value, at + 1
        if code in "sog":
            return self._string(self._byte() if code == "g" else self._length()), at + 1
        if code == "v":
            inner = self._string(self._byte())
            return self._value(inner, 0, depth + 1)[0], at + 1
        if code == "a":
            return self._array(signature, at + 1, depth + 1)
        return self._struct(signature, at, depth + 1)

    def _array(self, signature: str, at: int, depth: int) -> tuple[BusValue, int]:
        length, after = self._length(), _type_end(signature, at)
        self._align(_ALIGNED.get(signature[at], 8))
        end = self._position + length
        if end > len(self._data):
            raise BusError("an array is longer than its message")
        values = []
        while self._position < end:
            values.append(self._value(signature, at, depth)[0])
        return _as_dict(values) if signature[at] == "{" else values, after

    def _struct(self, signature: str, at: int, depth: int) -> tuple[BusValue, int]:
        end, inner, values = _type_end(signature, at), at + 1, []
        while inner < end - 1:
            value, inner = self._value(signature, inner, depth)
            values.append(value)
        return tuple(values), end

    def _string(self, length: int) -> str:
        raw = self._data[self._position : self._position + length]
        if len(raw) != length or self._position + length >= len(self._data):
            raise BusError("a string is longer than its message")
        self._position += length + 1
        return raw.decode(errors="replace")

    def _byte(self) -> int:
        return int(self._take("B", 1))

    def _length(self) -> int:
        return int(self._take("I", 4))

    def _take(self, code: str, size: int) -> int | float:
        value: int | float
        (value,) = struct.unpack_from(self._order + code, self._data, self._position)
        self._position += size
        return value

    def _align(self, alignment: int) -> None:
        self._position += -self._position % alignment


def _as_dict(values: list[BusValue]) -> dict[BusValue, BusValue]:
    """The entries of a dictionary; entries whose key cannot be one do not fit."""
    entries: dict[BusValue, BusValue] = {}
    for value in values:
        if not isinstance(value, tuple) or len(value) != 2 or isinstance(value[0], list | dict):
            raise BusError("a dictionary that cannot be understood")
        entries[value[0]] = value[1]
    return entries


def _type_end(signature: str, at: int) -> int:
    """Where the complete type at `at` of a signature ends."""
    if signature[at] == "a":
        return _type_end(signature, at + 1)
    if signature[at] not in "({":
        return at + 1
    depth = 0
    for index in range(at, len(signature)):
        depth += (signature[index] in "({") - (signature[index] in ")}")
        if not depth:
            return index + 1
    raise BusError("a signature that does not end")


def parse(data: bytes) -> BusMessage:
    """A whole message; raises `BusError` for anything else."""
    order = {b"l": "<", b"B": ">"}.get(data[:1])
    if order is None:
        raise BusError("not a message")
    try:
        _, kind, _, _, length, serial, entries = ValueReader(data, order).values("yyyyuua(yv)")
        if not (isinstance(kind, int) and isinstance(length, int) and isinstance(serial, int) and isinstance(entries, list)):
            raise TypeError  # cannot be, by the signature
        fields = _as_dict(entries)
        body = ValueReader(data[len(data) - length :], order).values(str(fields.get(SIGNATURE, ""))) if length else ()
    except (struct.error, IndexError, ValueError, TypeError) as error:
        raise BusError("a message that cannot be understood") from error
    return BusMessage(kind, serial, fields, body)


# ---------------------------------------------------------------- the connection


def socket_path(address: str) -> str:
    """The path of the first Unix socket in a bus address (an abstract one begins with a NUL); "" when it names none."""
    for transport in address.split(";"):
        kind, _, rest = transport.partition(":")
        options = dict(part.partition("=")[::2] for part in rest.split(","))
        if kind == "unix" and options.get("path"):
            return unquote(options["path"])
        if kind == "unix" and options.get("abstract"):
            return "\0" + unquote(options["abstract"])
    return ""


class Bus:
    """One connection. Either call or wait for a signal, never both at once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._serial = 0
        self._waiting: deque[BusMessage] = deque()

    @classmethod
    async def open(cls, address: str) -> "Bus":
        """Connect as this user; OSError or `BusError` when that fails."""
        path = socket_path(address)
        if not path:
            raise BusError("not the address of a Unix socket")
        reader, writer = await asyncio.open_unix_connection(path)
        bus = cls(reader, writer)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                writer.write(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
                if not (await reader.readline()).startswith(b"OK "):
                    raise BusError("the bus does not know this user")
                writer.write(b"BEGIN\r\n")
            await bus.call(BUS, "Hello")
        except BaseException:
            bus.close()
            raise
        return bus

    async def call(self, target: tuple[str, str, str], member: str, *arguments: str) -> tuple[BusValue, ...]:
        """The values of the answer. Signals that arrive meanwhile wait for `signal`."""
        self._serial += 1
        self._writer.write(call(self._serial, target, member, arguments))
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                message = await self._next()
                if message.kind == SIGNAL:
                    self._waiting.append(message)
                elif message.fields.get(REPLY_TO) == self._serial:
                    break
        if message.kind == ERROR:
            raise BusError(f"{member}: {message.fields.get(ERROR_NAME, 'failed')}")
        return message.body

    async def signal(self, is_wanted: Callable[[BusMessage], bool]) -> BusMessage:
        """Wait for the next signal that is wanted, however long that takes."""
        while True:
            message = self._waiting.popleft() if self._waiting else await self._next()
            if message.kind == SIGNAL and is_wanted(message):
                return message

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError, RuntimeError):
            self._writer.close()

    async def _next(self) -> BusMessage:
        """One whole message. `EOFError` when the bus closes the connection."""
        head = await self._reader.readexactly(16)
        if head[:1] not in (b"l", b"B"):
            raise ConnectionError("not a message")
        order = ">" if head[:1] == b"B" else "<"
        body, _, fields = struct.unpack(order + "III", head[4:16])
        length = fields + -fields % 8 + body
        if length > LARGEST:
            raise ConnectionError("a message that is too large")
        return parse(head + await self._reader.readexactly(length))
