"""Kinds of fields: how a value in a request is read, and its JSON Schema.

A reader raises `Invalid` with a text that completes the sentence "NAME …"; `read_object` puts the field's name in front. One
table serves bodies, query strings and the OpenAPI document, so they cannot differ."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.jsonvalue import Json
from stintd.protocol.jsonschema import Schema

Arguments = dict[str, Any]
"""Checked values by the argument names of commands and queries; the field of each says its type."""
Reader = Callable[[Json], Any]
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
DAY_PATTERN = "(19[7-9][0-9]|[2-8][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME_PATTERN = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])"
_AMOUNT = re.compile(r"1000000000(\.0{1,9})?|[0-9]{1,9}(\.[0-9]{1,9})?")
_KEY = re.compile("[ -~]*[!-~][ -~]*")
_SHOWN = re.compile(r"[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]")
"""A visible character. The invisible ones are listed one by one, because `\\s` differs between the regex dialects of schema
readers."""
NO_NUL, _NOT_BLANK = r"^[^\u0000]*$", rf"^[^\u0000]*{_SHOWN.pattern}[^\u0000]*$"
_ADDRESS = r"[^@\u0000-\u0020\u007f-\u00a0]+@[^@\u0000-\u0020\u007f-\u00a0]+"


@frozen
class Kind:
    """How one kind of value is read: from JSON, and from the text of a query.

    `schema` allows exactly what `read` accepts, as far as JSON Schema can express it (it cannot say that February has no 30th).
    tests/api/test_fields.py tests both directions.
    """

    read: Reader
    schema: Schema
    from_text: Callable[[str], Any] | None = None


@frozen
class Field:
    """One field: its JSON name, its kind, and the argument that it becomes."""

    name: str
    kind: Kind
    into: str
    is_required: bool = False


def field(name: str, kind: Kind, into: str = "", required: bool = False) -> Field:
    """A field. Its argument has the same name in snake_case, unless `into` says otherwise."""
    return Field(name, kind, into or re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower(), required)


def parse_instant(value: Json) -> datetime:
    """An aware instant in UTC from RFC 3339 text; text without a zone is refused."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise Invalid("is not a time", "send RFC 3339 text, like 2026-11-20T10:30:00Z")
    try:
        instant = datetime.fromisoformat(value.upper())
        if instant.tzinfo is None:
            raise Invalid("has no zone", "add Z or an offset, like 2026-11-20T10:30:00Z")
        instant = instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("is not a time", "send RFC 3339 text, like 2026-11-20T10:30:00Z") from error
    if not EARLIEST <= instant < LATEST:
        raise Invalid("is out of range", "send a time between the years 1970 and 9000")
    return instant


def parse_day(value: Json) -> date:
    """A date, YYYY-MM-DD: a local day of the user."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise Invalid("is not a date", "send YYYY-MM-DD")
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise Invalid("is not a date", "send YYYY-MM-DD") from error
    if not 1970 <= day.year < 9000:
        raise Invalid("is out of range", "send a time between the years 1970 and 9000")
    return day


def parse_day_or_instant(value: Json) -> date | datetime:
    """A date (a local day of the user) or an aware instant."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        return parse_day(value)
    return parse_instant(value)


def format_instant(instant: datetime) -> str:
    """RFC 3339 text in UTC with Z; with a fraction only if there is one."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def text(limit: int = 255, *, blank: bool = False, null: bool = False) -> Kind:
    """Text of at most `limit` characters. `blank` allows empty text, `null` reads null as None."""

    def read(value: Json) -> str | None:
        if value is None and null:
            return None
        if not isinstance(value, str):
            raise Invalid("must be text")
        if "\0" in value:
            raise Invalid("must not contain NUL")
        if len(value) > limit:
            raise Invalid(f"is longer than {limit} characters")
        if not blank and _SHOWN.search(value) is None:
            raise Invalid("must not be empty")
        return value

    kinds = ["string", "null"] if null else "string"
    return Kind(read, {"type": kinds, "maxLength": limit, "pattern": NO_NUL if blank else _NOT_BLANK}, read)


def _flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise Invalid("must be true or false")
    return value


def _flag_text(value: str) -> bool:
    if value not in ("true", "false", "1", "0"):
        raise Invalid("must be true or false")
    return value in ("true", "1")


def whole(least: int, most: int) -> Kind:
    """A whole number between two limits."""

    def read(value: Json) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON has one kind of number: 1.0 is whole
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise Invalid(f"must be a whole number from {least} to {most}")
        return value

    def from_text(value: str) -> int:
        return read(int(value) if re.fullmatch(r"-?\d{1,18}", value, re.ASCII) else value)

    return Kind(read, {"type": "integer", "minimum": least, "maximum": most}, from_text)


def number(least: float, most: float, *, null: bool = False) -> Kind:
    """A number between two limits."""

    def read(value: Json) -> float | None:
        if value is None and null:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise Invalid(f"must be a number from {least:g} to {most:g}")
        return float(value)

    return Kind(read, {"type": ["number", "null"] if null else "number", "minimum": least, "maximum": most})


def _money(value: Json) -> Decimal | None:
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and _AMOUNT.fullmatch(value)):
        raise Invalid("must be an amount between 0 and 1000000000", "send a number like 95.50, or the same as text")
    amount = Decimal(str(value))
    if not amount.is_finite() or not 0 <= amount <= 1_000_000_000:
        raise Invalid("must be an amount between 0 and 1000000000")
    return amount


def choice(*words: str) -> Kind:
    """One of a few words."""

    def read(value: Json) -> str:
        if value not in words or not isinstance(value, str):
            raise Invalid("must be one of " + ", ".join(words))
        return value

    return Kind(read, {"enum": list(words)}, read)


def choices(*words: str) -> Kind:
    """A list of some of these words, at least one, each once."""
    word = choice(*words)

    def read(value: Json) -> tuple[str, ...]:
        if not isinstance(value, list) or not 0 < len(value) <= len(words):
            raise Invalid(f"must be a list of 1 to {len(words)} words", "choose from " + ", ".join(words))
        return tuple(dict.fromkeys(word.read(inner) for inner in value))

    schema = {"type": "array", "minItems": 1, "maxItems": len(words), "items": word.schema}
    return Kind(read, schema, lambda text: read([*text.split(",")]))


def texts(limit: int = 100, length: int = 100, least: int = 0) -> Kind:
    """A list of short texts, each once."""
    kind = text(length)

    def read(value: Json) -> tuple[str, ...]:
        if not isinstance(value, list) or not least <= len(value) <= limit:
            raise Invalid(f"must be a list of {f'{least} to' if least else 'at most'} {limit} texts")
        return tuple(dict.fromkeys(str(kind.read(inner)).strip() for inner in value))

    schema = {"type": "array", "minItems": least, "maxItems": limit, "items": kind.schema}
    return Kind(read, schema, lambda text: read([*text.split(",")]))


def _absolute(value: Json) -> str:
    path: str = _PATH_TEXT.read(value)
    if not path.startswith("/") and not re.match(r"[A-Za-z]:[\\/]", path):
        raise Invalid("must be an absolute path")
    return path


def _currency(value: Json) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{3}", value, re.ASCII):
        raise Invalid("must be a currency code like EUR")
    return value


def _key(value: Json) -> str:
    if not isinstance(value, str) or len(value) > 255 or not _KEY.fullmatch(value):
        raise Invalid("must be 1 to 255 printable ASCII characters", "for example, use a new UUID for each new request")
    return value


def _email(value: Json) -> str | None:
    """A mail address. Only its form is checked; whether it exists, only a mail sent there can show."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > 254 or not re.fullmatch(_ADDRESS, value):
        raise Invalid("must be an email address", "like mona@example.com")
    return value


def _anything(value: Json) -> Json:
    return value


_PATH_TEXT = text(4096)
_DATE_SCHEMA = {"type": "string", "format": "date", "pattern": f"^{DAY_PATTERN}$"}
DATE = Kind(parse_day, _DATE_SCHEMA, parse_day)
EMAIL = Kind(_email, {"type": ["string", "null"], "maxLength": 254, "pattern": f"^{_ADDRESS}$"}, _email)
FLAG = Kind(_flag, {"type": "boolean"}, _flag_text)
OPTIONAL_FLAG = Kind(lambda value: None if value is None else _flag(value), {"type": ["boolean", "null"]})
_INSTANT_SCHEMA = {"type": "string", "format": "date-time", "pattern": f"^{DAY_PATTERN}[Tt ]{_TIME_PATTERN}$"}
INSTANT = Kind(parse_instant, _INSTANT_SCHEMA, parse_instant)
LOCAL_DAY = Kind(parse_day, _DATE_SCHEMA, parse_day)
DAY_OR_INSTANT = Kind(parse_day_or_instant, {"anyOf": [_DATE_SCHEMA, _INSTANT_SCHEMA]}, parse_day_or_instant)
MONEY = Kind(
    _money, {
        "type": ["number", "string", "null"], "minimum": 0, "maximum": 1_000_000_000, "pattern": f"^({_AMOUNT.pattern})$",
    },
)  # fmt: skip
CURRENCY = Kind(_currency, {"type": ["string", "null"], "pattern": "^[A-Z]{3}$"})
PATH = Kind(_absolute, {"type": "string", "maxLength": 4096, "pattern": r"^(/|[A-Za-z]:[\\/])[^\u0000]*$"}, _absolute)
ID = text(100)
PID = whole(1, 2**31 - 1)
CURSOR = text(400)
IDEMPOTENCY_KEY = Kind(_key, {"type": "string", "maxLength": 255, "pattern": f"^{_KEY.pattern}$"})
ANYTHING = Kind(_anything, {})


def unknown_fields(names: Iterable[str], known: Collection[str]) -> Invalid:
    """The error that names the unknown fields; its hint names the known ones."""
    unknown = sorted(set(names) - set(known))
    word = "field" if len(unknown) == 1 else "fields"
    first = [name[:80] for name in unknown[:10]]
    hint = "the known fields are " + ", ".join(known) if known else "no fields are expected here"
    return Invalid(f"unknown {word}: {', '.join(first)}", hint, {"fields": first})


def read_object(values: Mapping[str, Json], fields: Mapping[str, Field], *, is_query: bool = False) -> Arguments:
    """The arguments of a body or query. Unknown, missing and wrong fields are refused with their names."""
    if len(values) > 0 and not values.keys() <= fields.keys():
        raise unknown_fields(values, fields)
    arguments = {}
    for name, value in values.items():
        spec = fields[name]
        from_text = spec.kind.from_text if is_query else None
        try:
            arguments[spec.into] = from_text(str(value)) if from_text is not None else spec.kind.read(value)
        except Invalid as error:
            raise Invalid(f"{name} {error.message}", error.hint, {"field": name}) from error
    for spec in fields.values():
        if spec.is_required and spec.into not in arguments:
            raise Invalid(f"{spec.name} is missing", "", {"field": spec.name})
    return arguments
