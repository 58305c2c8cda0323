"""Strict JSON: what two readers could understand differently is refused.

Python's reader accepts NaN, infinities, repeated names, lone surrogates and numbers without end, and fails on deep
nesting with an error of its own; each of them later broke a store or another reader. All raise `Malformed` here.
"""

import json
from math import isfinite
from typing import Any, NoReturn

from stintd.errors import Invalid
from stintd.jsonvalue import Json, JsonObject

DEPTH_LIMIT = 32
INTEGER_LIMIT = 2**63
_DIGITS = 19
"""2^63 has 19 digits; longer ones are refused before they are converted (a long conversion is a way to stall us)."""


class Malformed(Invalid):
    """Not JSON as we read it; the surface answers 400."""


def _pairs(pairs: list[tuple[str, Json]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Malformed(f"the field {twice[:80]!r} is there twice", "send each field once")
    return value


def _integer(text: str) -> int:
    if len(text) <= _DIGITS + 1:
        number = int(text)
        if -INTEGER_LIMIT <= number < INTEGER_LIMIT:
            return number
    raise Malformed("a number is too large", "whole numbers have at most 63 bits")


def _real(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise Malformed("a number is too large", "numbers must be finite")
    return number


def _constant(text: str) -> NoReturn:
    raise Malformed(f"{text} is not JSON", "numbers must be finite")


_decoder = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=_real, parse_constant=_constant)


def _inside(value: list[Json] | JsonObject) -> list[list[Json] | JsonObject]:
    return [inner for inner in (value.values() if isinstance(value, dict) else value) if isinstance(inner, dict | list)]


def _check_depth(value: Json) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH_LIMIT):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise Malformed(f"nested more than {DEPTH_LIMIT} deep", "send a flat object")


def parse(raw: bytes) -> Json:
    """The value of a JSON text in UTF-8, or `Malformed`."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8", f"byte {error.start} cannot be read") from error
    try:
        value: Json = _decoder.decode(text)
        if isinstance(value, dict | list) and text.count("[") + text.count("{") > DEPTH_LIMIT:
            _check_depth(value)
    except RecursionError as error:
        raise Malformed(f"nested more than {DEPTH_LIMIT} deep", "send a flat object") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Malformed(f"the body is not JSON: {error.msg}", f"look at {where}") from error
    if "\\u" in text:
        _check_escapes(value)
    return value


def _check_escapes(value: Json) -> None:
    """Only escapes can smuggle in a NUL or half a surrogate pair: raw ones were refused above."""
    flat = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in flat.replace("\\\\", ""):
        raise Malformed("text must not contain NUL", "remove the \\u0000")
    try:
        flat.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed("half a surrogate pair is not text", "send whole characters") from error


def _whole_text(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {_whole_text(name): _whole_text(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_whole_text(inner) for inner in value]
    return value


_encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def dump(value: Any) -> bytes:
    """Compact JSON in UTF-8. Folder names that are not UTF-8 get the replacement character: a display form."""
    try:
        return _encoder.encode(value).encode("utf-8")
    except UnicodeEncodeError:
        return _encoder.encode(_whole_text(value)).encode("utf-8", "replace")
