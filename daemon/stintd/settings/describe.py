"""The example file and the JSON Schema of `config.toml`, generated from the table of keys (a test compares the files)."""

import json
from datetime import timedelta

from stintd.jsonvalue import JsonBody
from stintd.settings.keys import KEYS, RULE_KEYS, Key, Value, length_text
from stintd.settings.load import Settings

_TABLE_NOTES = {
    "watch": "Which folders are watched.",
    "time": "How evidence becomes time. Write lengths like \"15m\", \"1h30m\", \"90s\" or \"14d\".",
    "agents": "When an AI agent's work counts as supervised by you.",
    "timer": "Manual timers: those that you start yourself.",
    "project": "How projects and tasks get their names.",
    "owner": "Who you are in git.",
    "http": "The HTTP port on this machine.",
    "webhooks": "Notifying other programs of changes.",
    "log": "The daemon's log, in `log/`. Changes take effect at its next start.",
    "backup": "Backups of the database, in `backups/`.",
    "retention": "How long evidence is kept.",
    "privacy": "Which names are never stored, and which never appear on screens and other machines.",
    "activitywatch": "A port for ActivityWatch watchers.",
    "calendar": "Calendars whose meetings are proposed, but never entered automatically.",
    "emit": "Copies of your heartbeats for other time trackers.",
}  # fmt: skip
_RULE_EXAMPLE = """\
# [[map]]                              # as many as you like; the first that matches wins
# path = "~/clients/acme/**"           # a glob on folders, and/or
# remote = "github.com/acme/*"         # a glob on the repository's remote, and/or
# branch = "release/*"                 # a glob on the branch
# project = "acme"
# client = "Acme Ltd"
# task = "SUPPORT-1"
# billable = true
# tags = ["retainer"]
# bill_agent_time = false              # whether agents' autonomous time is billed
# bill_supervised = true               # whether your time supervising agents is billed
"""
_TARGET_EXAMPLE = """\
# [targets.acme]                       # a billing system; `stint connect` writes these for you
# kind = "clickup"
"""


def example_text() -> str:
    """`config.example.toml`: every key with its meaning and default, all commented out."""
    parts = [
        "# Settings of stintd. Copy the lines you change to config.toml (`stint config path` says where it is).\n"
        "# stintd never rewrites config.toml; what it sets itself is in settings.toml beside it.\n"
    ]
    table = ""
    for key in KEYS:
        here, name = key.name.split(".")
        if here != table:
            table = here
            parts.append(f"\n# {_TABLE_NOTES[here]}\n[{here}]\n")
        lines = "\n".join(f"# {line}" for line in _wrap(key.meaning))
        parts.append(f"{lines}\n# {name} = {_toml(_example(key))}\n")
    parts.append(f"\n# Which folder, remote or branch belongs to which project.\n{_RULE_EXAMPLE}")
    parts.append(f"\n# Where approved hours are delivered.\n{_TARGET_EXAMPLE}")
    return "".join(parts)


def _example(key: Key) -> JsonBody:
    """The default, or an example if there is none."""
    examples = key.schema.get("examples")
    return plain_value(key.default) if key.default is not None else examples[0] if isinstance(examples, list) else None


def schema() -> dict[str, JsonBody]:
    """The JSON Schema of `config.toml`, for editors."""
    keys: dict[str, dict[str, JsonBody]] = {}
    for key in KEYS:
        here, name = key.name.split(".")
        default: dict[str, JsonBody] = {} if key.default is None else {"default": plain_value(key.default)}
        keys.setdefault(here, {})[name] = {**key.schema, "description": key.meaning, **default}
    tables: dict[str, JsonBody] = {
        table: {"type": "object", "additionalProperties": False, "properties": properties} for table, properties in keys.items()
    }
    tables["map"] = {"type": "array", "items": _rule_schema()}
    tables["targets"] = {"type": "object", "additionalProperties": {"type": "object"}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "stintd config.toml",
        "type": "object",
        "additionalProperties": False,
        "properties": tables,
    }


def schema_text() -> str:
    """The schema as text, as in the shipped file."""
    return json.dumps(schema(), indent=2) + "\n"


def _rule_schema() -> dict[str, JsonBody]:
    kinds: dict[str, JsonBody] = {name: {"type": "string", "minLength": 1} for name in RULE_KEYS}
    kinds["tags"] = {"type": "array", "items": {"type": "string"}}
    for flag in ("billable", "bill_agent_time", "bill_supervised"):
        kinds[flag] = {"type": "boolean"}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": kinds,
        "anyOf": [{"required": [name]} for name in ("path", "remote", "branch")],
    }


def plain_value(value: Value) -> JsonBody:
    """A value in the types of TOML and JSON."""
    if isinstance(value, timedelta):
        return length_text(value)
    return list(value) if isinstance(value, tuple) else value


def nested_values(chosen: Settings) -> dict[str, dict[str, JsonBody]]:
    """All settings in force, nested like in the files, in plain values."""
    tables: dict[str, dict[str, JsonBody]] = {}
    for name, value in chosen.values.items():
        table, key = name.split(".")
        tables.setdefault(table, {})[key] = plain_value(value)
    return tables


def _toml(value: JsonBody) -> str:
    if value is None:
        return '"…"'
    tables = [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
    return "[" + ", ".join(map(_inline, tables)) + "]" if tables else json.dumps(value)


def _inline(table: dict[str, JsonBody]) -> str:
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in table.items()) + " }"


def _wrap(text: str, room: int = 100) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= room:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
