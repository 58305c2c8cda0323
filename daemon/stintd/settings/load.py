"""Reads files and environment into `Settings` and the `Policy` of the rules."""

import os
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

from stintd import paths
from stintd.domain.policy import MapRule, Policy
from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.jsonvalue import Json
from stintd.settings.document import Document, Problem, Toml, read_document
from stintd.settings.keys import BY_NAME, FREE_TABLES, KEYS, RULE_CONDITIONS, RULE_KEYS, TABLES, RuleTable, Value, Wrong
from stintd.settings.targets import read_targets

T = TypeVar("T")


@frozen
class Settings:
    """All settings. `values` holds every key by its dotted name, and each method reads keys of one type; `origins` says where
    each key was set (`file:line` or the environment variable)."""

    folders: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cold_after: timedelta = timedelta(days=14)
    port: int = 7846
    rate_limit: int = 1000
    extension_origins: tuple[str, ...] = ()
    activitywatch_port: int | None = None
    policy: Policy = field(default_factory=Policy)
    targets: Mapping[str, Toml] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)

    def length(self, name: str) -> timedelta:
        """A key that is a length of time."""
        return self._value(name, timedelta)

    def number(self, name: str) -> int:
        """A key that is a whole number."""
        return self._value(name, int)

    def flag(self, name: str) -> bool:
        """A key that is true or false."""
        return self._value(name, bool)

    def text(self, name: str) -> str | None:
        """A key that is a text; None if it is not set."""
        return None if self.values[name] is None else self._value(name, str)

    def texts(self, name: str) -> tuple[str, ...]:
        """A key that is a list of texts."""
        return tuple(part for part in self._value(name, tuple) if isinstance(part, str))

    def tables(self, name: str) -> tuple[RuleTable, ...]:
        """A key that is a list of tables; empty if it is not set."""
        return () if self.values[name] is None else tuple(part for part in self._value(name, tuple) if isinstance(part, dict))

    def _value(self, name: str, kind: type[T]) -> T:
        value = self.values[name]
        if not isinstance(value, kind):
            raise TypeError(f"{name} is {value!r}, which is no {kind.__name__}")
        return value


def load(environ: Mapping[str, str] | None = None, zone: str | None = None) -> Settings:
    """The settings of this home; raises `invalid` with all problems if there are any. `zone` is the machine's time zone."""
    settings, problems = load_files(paths.config_file(), paths.settings_file(), environ, zone)
    if problems:
        raise settings_error(problems)
    return settings


def settings_error(problems: list[Problem]) -> Invalid:
    """The error that reports all problems at once, each with its remedy."""
    lines = [f"{problem}: {problem.remedy}" for problem in problems]
    count = "one problem" if len(lines) == 1 else f"{len(lines)} problems"
    details: dict[str, object] = {
        "problems": [{"file": p.file, "line": p.line, "text": p.text, "remedy": p.remedy} for p in problems]
    }
    return Invalid(f"the settings have {count}", "\n".join(lines), details)


def load_files(
    config: str, settings: str, environ: Mapping[str, str] | None = None, zone: str | None = None
) -> tuple[Settings, list[Problem]]:
    """The settings of these two files, and their problems; an invalid key keeps its value from the next source."""
    owner, problems = read_document(config)
    ours, more = read_document(settings)
    problems += more
    values: dict[str, Value] = {key.name: key.default for key in KEYS}
    origins: dict[str, str] = {}
    rules: list[MapRule] = []
    for document in (ours, owner):
        own, wrong = _values_of(document)
        problems += wrong
        for name, value in own.items():
            values[name] = _joined_texts(values[name], value) if name == "watch.folders" else value
            origins[name] = f"{document.path}:{document.line_of(name)}"
    for document in (owner, ours):
        read, wrong = _rules_of(document)
        rules += read
        problems += wrong
    problems += _environment(os.environ if environ is None else environ, values, origins)
    targets = {**_table(ours, "targets"), **_table(owner, "targets")}
    problems += [Problem(owner.path, 0, error.message, error.hint) for error in read_targets(targets)[1]]
    return _settings(values, origins, tuple(rules), targets, zone), problems


def _joined_texts(*lists: Value) -> tuple[str, ...]:
    """The texts of all these lists, each once."""
    texts = (text for values in lists if isinstance(values, tuple) for text in values if isinstance(text, str))
    return tuple(dict.fromkeys(texts))


def _settings(
    values: dict[str, Value],
    origins: dict[str, str],
    rules: tuple[MapRule, ...],
    targets: dict[str, Toml],
    zone: str | None,
) -> Settings:
    policy: dict[str, Any] = {key.policy: values[key.name] for key in KEYS if key.policy}  # each of its field's own type
    chosen = Settings(
        policy=Policy(**policy, mappings=rules, zone=zone or Policy().zone), targets=targets, values=values, origins=origins
    )
    return replace(
        chosen,
        folders=chosen.texts("watch.folders"),
        exclude=chosen.texts("watch.exclude"),
        cold_after=chosen.length("watch.cold_after"),
        port=chosen.number("http.port"),
        rate_limit=chosen.number("http.rate_limit"),
        extension_origins=chosen.texts("http.extension_origins"),
        activitywatch_port=chosen.number("activitywatch.port") if chosen.flag("activitywatch.enabled") else None,
    )


def _values_of(document: Document) -> tuple[dict[str, Value], list[Problem]]:
    """The values of the keys that a file sets, and the problems in its tables."""
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for table, content in document.values.items():
        if table in FREE_TABLES or table == "map":
            continue
        if not isinstance(content, dict):
            problems.append(_unknown_key(document, table, list(TABLES), "is outside every table"))
            continue
        for name, value in content.items():
            dotted = f"{table}.{name}"
            key = BY_NAME.get(dotted)
            if key is None:
                problems.append(_unknown_key(document, dotted, list(BY_NAME), "is not a setting"))
                continue
            try:
                values[dotted] = key.read(value)
            except Wrong as wrong:
                problems.append(_problem(document, dotted, wrong))
        if table not in TABLES and not content:
            problems.append(_unknown_key(document, table, sorted(TABLES), "is not a table"))
    return values, problems


def _rules_of(document: Document) -> tuple[list[MapRule], list[Problem]]:
    rules, problems = [], []
    content = document.values.get("map", [])
    if not isinstance(content, list):
        line = document.line_of("map")
        return [], [Problem(document.path, line, "map is not a list of tables", "write [[map]], with two brackets")]
    for number, table in enumerate(content):
        rule, wrong = _rule(document, f"map.{number}", table)
        problems += wrong
        if rule is not None:
            rules.append(rule)
    return rules, problems


def _rule(document: Document, place: str, table: Toml) -> tuple[MapRule | None, list[Problem]]:
    problems: list[Problem] = []
    fields: dict[str, Any] = {}
    for name, value in table.items() if isinstance(table, dict) else ():
        if name not in RULE_KEYS:
            problems.append(_unknown_key(document, f"{place}.{name}", list(RULE_KEYS), "is not a key of [[map]]", name))
            continue
        try:
            fields[name] = RULE_KEYS[name](value)
        except Wrong as wrong:
            problems.append(_problem(document, f"{place}.{name}", wrong, f"{name} of [[map]]"))
    if not problems and not any(name in fields for name in RULE_CONDITIONS):
        line = document.line_of(place)
        problems.append(Problem(document.path, line, "a [[map]] matches nothing", "give it a path, remote or branch"))
    if "path" in fields:
        fields["path"] = os.path.expanduser(fields["path"])
    return (None if problems else MapRule(**fields)), problems


def _environment(environ: Mapping[str, str], values: dict[str, Value], origins: dict[str, str]) -> list[Problem]:
    problems = []
    for key in KEYS:
        text = environ.get(key.variable)
        if text is None:
            continue
        try:
            values[key.name] = key.read(_from_variable(text, key.schema.get("type")))
            origins[key.name] = key.variable
        except Wrong as wrong:
            problems.append(Problem(key.variable, 0, f"{key.name} {wrong.text}", wrong.remedy))
    return problems


def _from_variable(text: str, kind: Json) -> Toml:
    if kind == "array":
        return [part for part in text.split(os.pathsep if "/" in text else ",") if part]
    if kind == "integer":
        return int(text) if text.strip().isdigit() else text
    if kind == "boolean":
        return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower(), text)
    return text


def _table(document: Document, name: str) -> dict[str, Toml]:
    content = document.values.get(name, {})
    return content if isinstance(content, dict) else {}


def _problem(document: Document, dotted: str, wrong: Wrong, name: str = "") -> Problem:
    return Problem(document.path, document.line_of(dotted), f"{name or dotted} {wrong.text}", wrong.remedy)


def _unknown_key(document: Document, dotted: str, known: list[str], text: str, name: str = "") -> Problem:
    close = get_close_matches(name or dotted, known, n=1)
    remedy = f"did you mean {close[0]}?" if close else "remove it, or see config.example.toml for every setting"
    return Problem(document.path, document.line_of(dotted), f"{name or dotted} {text}", remedy)
