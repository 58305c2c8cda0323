"""Turns JSON answers into typed ones: frozen dataclasses with the JSON field names in snake_case.

Client and daemon may be of different versions: a field that a later daemon adds is ignored, and a field that an earlier daemon
lacks gets its default (if it has none: None for an optional field, an empty tuple for a list). Each value that is present must
have the declared type.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from stintd.errors import Unavailable

T = TypeVar("T")
Reader = Callable[[object], object]
WIRE = "wire"
"""The key in a field's metadata for its JSON name, if that is not its own name in camelCase."""


def camel_case(name: str) -> str:
    """`project_id` → `projectId`."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), name)


def wire_name(field: "dataclasses.Field[object]") -> str:
    """The JSON name of a field."""
    return str(field.metadata.get(WIRE) or camel_case(field.name))


def read(kind: type[T], value: object) -> T:
    """`value` as a `kind`. Raises `unavailable` if it does not fit."""
    try:
        return cast(T, _object_reader(cast(Any, kind))(value))  # the reader of a class makes objects of that class
    except (TypeError, ValueError, KeyError) as error:
        text = f"the daemon's answer is not a valid {kind.__name__}: {error}"
        raise Unavailable(text, "client and daemon may have different versions: update both, then `stint restart`") from error


@cache
def _object_reader(kind: type[Any]) -> Reader:
    """The reader of a dataclass; made once for each class."""
    hints = get_type_hints(kind)
    parts = [
        (field.name, wire_name(field), _reader(hints[field.name]), _default(field, hints)) for field in dataclasses.fields(kind)
    ]

    def read_object(value: object) -> object:
        if not isinstance(value, Mapping):
            raise TypeError(f"{type(value).__name__} where an object was expected")
        values: dict[str, object] = {}
        for name, wire, reader, default in parts:
            if wire in value:
                values[name] = _read_field(wire, reader, value[wire])
            elif default is not dataclasses.MISSING:
                values[name] = default
            else:
                raise KeyError(wire)
        return kind(**values)

    return read_object


def _read_field(name: str, reader: Reader, value: object) -> object:
    try:
        return reader(value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: {error}") from error


def _default(field: "dataclasses.Field[object]", hints: Mapping[str, object]) -> object:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    hint = hints[field.name]
    if NoneType in get_args(hint):
        return None
    return () if get_origin(hint) is tuple else dataclasses.MISSING


def _reader(hint: object) -> Reader:
    """The reader for values of this annotation."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        reader = _reader(next(part for part in inner if part is not NoneType))
        return lambda value: None if value is None else reader(value)
    if origin is tuple:
        return _tuple_reader(_reader(inner[0]))
    if hint is Any:
        return lambda value: value
    if dataclasses.is_dataclass(hint):
        return _object_reader(hint) if isinstance(hint, type) else lambda value: value
    if hint in (datetime, date):
        return _when_reader(hint)
    return _plain_reader(origin or hint)


def _tuple_reader(reader: Reader) -> Reader:
    def read_tuple(value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise TypeError(f"{type(value).__name__} where a list was expected")
        return tuple(reader(item) for item in value)

    return read_tuple


def _when_reader(kind: type[date]) -> Reader:
    def read_when(value: object) -> date:
        if not isinstance(value, str):
            raise TypeError(f"{type(value).__name__} where a time was expected")
        moment = kind.fromisoformat(value)
        if isinstance(moment, datetime) and moment.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        return moment

    return read_when


def _plain_reader(kind: Any) -> Reader:
    """The reader for text, numbers, flags and maps. A float field also accepts a whole number."""
    allowed: tuple[Any, ...] = (int, float) if kind is float else (kind,)

    def read_plain(value: object) -> object:
        if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"{type(value).__name__} where {kind.__name__} was expected")
        return float(value) if kind is float else value

    return read_plain
