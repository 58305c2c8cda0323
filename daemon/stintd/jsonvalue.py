"""What parsed JSON can be, and how to read JSON that others wrote: nothing in it is sure to have the shape its documentation
promises, so the functions here return nothing instead of failing.

Every room may import this module.
"""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
"""Any parsed value. mypy makes who uses it narrow it first, with `isinstance` or with the functions below."""
JsonObject: TypeAlias = dict[str, Json]
JsonBody: TypeAlias = bool | int | float | str | Sequence["JsonBody"] | Mapping[str, "JsonBody"] | None
"""What we write as JSON."""


def value_at(value: Json, *path: str) -> Json:
    """The value under these names, one inside the other; None where one of them is missing."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def object_at(value: Json, *path: str) -> JsonObject:
    """The object under these names; an empty one where there is none."""
    inner = value_at(value, *path)
    return inner if isinstance(inner, dict) else {}


def objects_at(value: Json, *path: str) -> list[JsonObject]:
    """The objects of the list under these names, without what else is in it; none where there is no list."""
    rows = value_at(value, *path)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def rows_at(value: Json, *path: str) -> list[JsonObject] | None:
    """The list under these names when all of it is objects, else None."""
    rows = value_at(value, *path)
    objects = objects_at(rows)
    return objects if isinstance(rows, list) and len(objects) == len(rows) else None


def text_of(value: Json) -> str:
    """A text or a number as text; "" for anything else."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def texts_of(value: Json) -> list[str] | None:
    """A list of texts; None when it is not a list, or anything in it is not text."""
    texts = [part for part in value if isinstance(part, str)] if isinstance(value, list) else []
    return texts if isinstance(value, list) and len(texts) == len(value) else None
