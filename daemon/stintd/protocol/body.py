"""Strict JSON: text that two readers could understand differently is refused.

Python's reader accepts NaN, infinities, repeated names, lone surrogates and numbers of any length, and fails on deep nesting with
an error of its own. Each of these would later break a store or another reader, so all of them raise `Malformed` here.
"""

import json
from math import isfinite
from typing import Any, NoReturn

from stintd.errors import Invalid
from stintd.jsonvalue import Json, JsonObject

DEPTH_LIMIT = 32
INTEGER_LIMIT = 2**63
_DIGITS = 19
"""2^63 has 19 digits; longer numbers are refused before they are converted, because a long conversion could block the daemon."""


class Malformed(Invalid):
    """The body is not valid JSON, or breaks one of the rules above; the API answers 400."""


def _pairs(pairs: list[tuple[str, Json]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Malformed(f"the field {repeated[:80]!r} is repeated", "send each field once")
    return value


def _integer(text: str) -> int:
    if len(text) <= _DIGITS + 1:
        number = int(text)
        if -INTEGER_LIMIT <= number < INTEGER_LIMIT:
            return number
    raise Malformed("a number is too large", "send whole numbers of at most 63 bits")


def _real(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise Malformed("a number is too large", "send finite numbers")
    return number


def _constant(text: str) -> NoReturn:
    raise Malformed(f"{text} is not JSON", "send finite numbers")


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
    """The value of a JSON text in UTF-8. Raises `Malformed`."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8", f"send UTF-8; byte {error.start} is not valid") from error
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
    """Refuse a NUL or half a surrogate pair written as an escape; raw ones have been refused before."""
    flat = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in flat.replace("\\\\", ""):
        raise Malformed("text must not contain NUL", "remove the \\u0000")
    try:
        flat.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Malformed("text contains half a surrogate pair", "send both halves of the pair, or neither") from error


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
    """Compact JSON in UTF-8. Folder names that are not UTF-8 are shown with replacement characters."""
    try:
        return _encoder.encode(value).encode("utf-8")
    except UnicodeEncodeError:
        return _encoder.encode(_whole_text(value)).encode("utf-8", "replace")
