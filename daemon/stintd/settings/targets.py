"""Reads `[targets.NAME]` into `Target`: checks the keys that every target has, and passes the others to its kind."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias, TypeVar

from stintd.domain.billing.rounding import DAY, ENTRY, MODES, NONE, Rounding
from stintd.domain.billing.target import APPROVED, AUTO, Target, TargetRule
from stintd.errors import Invalid
from stintd.settings.document import Toml
from stintd.settings.keys import Wrong, choice, parse_length

T = TypeVar("T")
Field: TypeAlias = str | bool | int | date | timedelta | Rounding | tuple[TargetRule, ...] | dict[str, str]
"""What a field of `Target` can be."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
KEY_SOURCES = ("api_key_env", "api_key_cmd", "api_key_keyring", "api_key_file")
CONDITIONS = ("project", "task", "client", "tag")
LEAST = {"settle": "0s", "retry_initial": "0.1s", "retry_max": "1s"}


def read_target(name: str, table: Toml) -> Target:
    """The settings of one target; raises `invalid` for the first problem, with the right notation."""
    if not NAME.fullmatch(name):
        raise Invalid(f"a target cannot be called {name!r}", "use lower-case letters, digits and dashes, at most 40")
    if not isinstance(table, dict):
        raise Invalid(f"targets.{name} is not a table", "write [targets.NAME]")
    if "kind" not in table:
        raise Invalid(f"targets.{name} has no kind", 'write which billing system it is, like kind = "clickup"')
    values: dict[str, Any] = {"name": name, "kind": _read_field(name, "kind", table["kind"], _text)}
    key, options = {}, {}
    for field, value in table.items():
        if field in KEY_SOURCES:
            key[field] = _read_field(name, field, value, _text)
        elif field in _READERS:
            into, read = _READERS[field]
            values[into] = _read_field(name, field, value, read)
        elif field == "api_key":
            raise Invalid(
                f"targets.{name}.api_key puts the key into a settings file", "use api_key_file, api_key_env or api_key_cmd"
            )
        elif field != "kind":
            options[field] = str(value)
    if len(key) > 1:
        raise Invalid(f"targets.{name} names several places for its key", f"keep one of {', '.join(key)}")
    return Target(**values, key=key, options=options)


def read_targets(tables: Mapping[str, Toml]) -> tuple[dict[str, Target], list[Invalid]]:
    """All targets that can be read, and the problems of the others."""
    targets: dict[str, Target] = {}
    problems: list[Invalid] = []
    for name, table in tables.items():
        try:
            targets[name] = read_target(name, table)
        except Invalid as error:
            problems.append(error)
    return targets, problems


def _read_field(name: str, field: str, value: Toml, read: Callable[[Toml], T]) -> T:
    try:
        return read(value)
    except Wrong as wrong:
        raise Invalid(f"targets.{name}.{field} {wrong.text}", wrong.remedy) from wrong


def _text(value: Toml) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise Wrong(f"is not text: {value!r}", "write a text in quotes")
    return value.strip()


def _address(value: Toml) -> str:
    text = _text(value).rstrip("/")
    if not re.fullmatch(r"https?://[^\s@?#]+", text):
        raise Wrong(f"is not an address: {text!r}", "write one like https://example.com/api, without user or query")
    return text


def _length(least: str) -> Callable[[Toml], timedelta]:
    def read(value: Toml) -> timedelta:
        length = parse_length(value)
        if length < parse_length(least):
            raise Wrong(f"is too short: {value!r}", f"write at least {least}")
        return length

    return read


def _day(value: Toml) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise Wrong(f"is not a date: {value!r}", "write one like 2026-11-01") from None


def _number(value: Toml) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 100_000:
        raise Wrong(f"is not a valid number of calls: {value!r}", "write a number from 1 to 100000")
    return value


def _flag(value: Toml) -> bool:
    if not isinstance(value, bool):
        raise Wrong(f"is not true or false: {value!r}", "write true or false, without quotes")
    return value


def _rounding(value: Toml) -> Rounding:
    known = {"mode", "minutes", "per", "minimum", "confirmed"}
    if not isinstance(value, dict) or not value.keys() <= known:
        raise Wrong(f"cannot be {value!r}", 'write { mode = "nearest", minutes = 6, per = "day" }')
    mode, per, minutes = str(value.get("mode", NONE)), str(value.get("per", DAY)), value.get("minutes", 0)
    if mode not in MODES or per not in (DAY, ENTRY):
        raise Wrong(f"cannot be {value!r}", f"mode is one of {', '.join(MODES)}; per is day or entry")
    if mode != NONE and (isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= 60):
        raise Wrong("needs minutes", "write minutes = 6, from 1 to 60")
    if per == ENTRY and value.get("confirmed") is not True:
        raise Wrong("rounds each entry, which can make many short entries much longer", "write confirmed = true if you mean it")
    minimum = parse_length(value["minimum"]) if "minimum" in value else None
    return Rounding(
        mode, minutes if isinstance(minutes, int) else 0, per, int(minimum.total_seconds()) if minimum is not None else 0
    )


def _rules(value: Toml) -> tuple[TargetRule, ...]:
    if not isinstance(value, list):
        raise Wrong("is not a list of tables", "write [[targets.NAME.map]], with two brackets")
    return tuple(_rule(table) for table in value)


def _rule(value: Toml) -> TargetRule:
    if not isinstance(value, dict) or not value.keys() <= {*CONDITIONS, "billable", "remote", "rounding"}:
        raise Wrong(f"cannot be {value!r}", 'write project, task, client, tag or billable, and remote = { project_id = "…" }')
    remote = value.get("remote")
    if not isinstance(remote, dict) or not all(
        isinstance(part, str | int) and not isinstance(part, bool) for part in remote.values()
    ):
        raise Wrong("has no remote", 'write remote = { project_id = "…" }, as the service names it')
    texts = {name: _text(value[name]) for name in CONDITIONS if name in value}
    billable = _flag(value["billable"]) if "billable" in value else None
    rounding = _rounding(value["rounding"]) if "rounding" in value else None
    return TargetRule({name: str(part) for name, part in remote.items()}, billable=billable, rounding=rounding, **texts)


def _tags(value: Toml) -> dict[str, str]:
    tags = {name: text for name, text in value.items() if isinstance(text, str)} if isinstance(value, dict) else {}
    if not isinstance(value, dict) or len(tags) != len(value) or not all(text.isprintable() for text in tags.values()):
        raise Wrong(f"cannot be {value!r}", 'write { night = "Overtime", private = "" }: the names of tags there')
    return {name: text.strip() for name, text in tags.items()}


_READERS: dict[str, tuple[str, Callable[[Toml], Field]]] = {
    "base_url": ("base_url", _address), "from": ("since", _day), "deliver": ("deliver", choice(APPROVED, AUTO)),
    "settle": ("settle", _length(LEAST["settle"])), "retry_initial": ("retry_initial", _length(LEAST["retry_initial"])),
    "retry_max": ("retry_max", _length(LEAST["retry_max"])), "calls_per_hour": ("calls_per_hour", _number),
    "rounding": ("rounding", _rounding), "description": ("description", _text), "live": ("live", _flag), "map": ("rules", _rules),
    "tags": ("tags", _tags),
}  # fmt: skip
"""By the name in the file: the field of `Target`, and its reader."""
