"""Remove secrets, and on request names, from texts that go to somebody else.

A secret of this machine is replaced wherever it appears; what looks like one is replaced as well, because a log may hold
one that was changed since. Names become `name-N`, the same name the same one.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

from stintd import paths, settings
from stintd.cli.answer import Answer

LEAST = 6
"""Characters below which a text cannot be told from an ordinary word; nothing shorter is a key."""
SECRET = "[secret]"  # noqa: S105  what stands there instead
_KEY = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b", re.IGNORECASE)
_WORDS = "api[_-]?key|token|secret|passw(?:or)?d|signature"
_LOOKS = (
    (re.compile(r"((?:https?|postgres\w*)://)[^/\s@\"']+@"), r"\1"),
    (re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']*"), r"\1?…"),
    (re.compile(r"(?i)\b(authorization\"?\s*[:=]\s*\"?(?:bearer|basic|token)?\s*)[^\s\",]+"), r"\1" + SECRET),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.+/=-]{6,}"), r"\1 " + SECRET),
    (re.compile(rf"(?i)\b([\w-]*(?:{_WORDS})\"?\s*[:=]\s*\"?)[^\s\",;]{{3,}}"), r"\1" + SECRET),
    (re.compile(r"\b(?:whsec|sk|pk|ghp|gho|glpat|xox[a-z])[_-][\w+/=-]{8,}"), SECRET),
)  # fmt: skip
_OPEN = re.compile(
    r"^(?:api_key_(?:env|file|keyring)|wakatime_key_(?:env|file)|kind|from|deliver|settle|rounding|description|map|live)$"
)
"""Settings of a target that tell where its secret is and how it is used, never what it is."""


def secrets() -> list[str]:
    """Every secret that this machine's files and our environment hold, the longest first."""
    layout = paths.home_layout()
    known, _ = settings.load_files(paths.config_file(), paths.settings_file())
    texts_of_files = {_read(os.path.join(layout.secrets, name)) for name in _names(layout.secrets)}
    tables = [table for table in known.targets.values() if isinstance(table, dict)]
    files = [table.get("api_key_file") for table in tables] + [known.text("emit.wakatime_key_file")]
    variables = [table.get("api_key_env") for table in tables] + [known.text("emit.wakatime_key_env")]
    texts_of_files |= {_read(os.path.expanduser(path)) for path in files if isinstance(path, str)}
    texts_of_files |= {os.environ.get(name, "") for name in variables if isinstance(name, str)}
    lines = {line for text in texts_of_files for line in _secret_texts(text)}
    urls = {row[0] for row in _rows("SELECT url FROM webhook")} | set(known.texts("calendar.addresses"))
    return sorted({text for text in (*lines, *urls) if len(text) >= LEAST}, key=len, reverse=True)


def _secret_texts(text: str) -> Iterator[str]:
    """What may be a secret in such a file: every value of JSON (secrets of webhooks), as it is and as it is written; else its
    lines."""
    try:
        known = json.loads(text)
    except ValueError:
        known = None
    is_json = isinstance(known, dict | list)  # a key of digits alone is none
    values = list(_values(known)) if is_json else [line.strip() for line in text.splitlines()]
    yield from values
    yield from (json.dumps(value)[1:-1] for value in values)


def _values(known: object) -> Iterator[str]:
    if isinstance(known, str):
        yield known
    elif isinstance(known, dict | list):
        for value in known.values() if isinstance(known, dict) else known:
            yield from _values(value)


def names() -> list[str]:
    """Your own names: projects, clients, tasks, people, folders, branches; the longest first."""
    known, _ = settings.load_files(paths.config_file(), paths.settings_file())
    words = {os.path.basename(os.path.expanduser("~")), *known.texts("owner.emails")}
    for table in ("project", "client", "task", "repo", "person"):
        words |= {row[0] for row in _rows(f"SELECT name FROM {table}")}  # noqa: S608  our own words
    words |= {row[0] for row in _rows("SELECT remote FROM repo")} | {row[0] for row in _rows("SELECT email FROM person")}
    places = [*known.folders, *(row[0] for row in _rows("SELECT path FROM checkout"))]
    home = os.path.expanduser("~")
    words |= {part for place in places for part in os.path.relpath(place, home).split(os.sep)}
    words |= {row[0] for row in _rows("SELECT DISTINCT branch FROM context")} | {
        row[0] for row in _rows("SELECT branch FROM checkout")
    }
    plain = {"", ".", "..", "tmp", "home", "code", "src", "main", "master", "root", "stintd"}
    return sorted({text for text in words if text and text not in plain and len(text) > 2}, key=len, reverse=True)


class Redactor:
    """Removes secrets from texts; with `hides_names` names too."""

    def __init__(self, hides_names: bool = False) -> None:
        self._secrets = secrets()
        self._names = {name: f"name-{number}" for number, name in enumerate(names(), 1)} if hides_names else {}
        words = "|".join(map(re.escape, self._names))
        self._named = re.compile(rf"(?<![A-Za-z0-9])(?:{words})(?![A-Za-z0-9])") if words else None

    def text(self, text: str) -> str:
        """Without secrets, and without names where they are hidden."""
        for secret in self._secrets:
            text = text.replace(secret, SECRET)
        text = _KEY.sub(SECRET, text)
        for looks, instead in _LOOKS:
            text = looks.sub(instead, text)
        return self._named.sub(lambda match: self._names[match[0]], text) if self._named else text

    def settings(self, values: Answer) -> Answer:
        """The settings in their shape; what may be a secret is only shown to be set."""
        shown: Answer = {}
        for name, value in values.items():
            if isinstance(value, dict):
                shown[name] = self._target(value) if "kind" in value else self.settings(value)
            elif isinstance(value, list):
                shown[name] = [self.settings(item) if isinstance(item, dict) else self.text(str(item)) for item in value]
            else:
                shown[name] = self.text(value) if isinstance(value, str) else value
        return shown

    def _target(self, table: Answer) -> Answer:
        """Of a target only what says how it works; an address may be the whole secret of a receiver, so its host alone."""
        shown: Answer = {}
        for name, value in table.items():
            if name == "base_url" and isinstance(value, str):
                shown[name] = re.sub(r"^(https?://[^/]+).*", r"\1/…", self.text(value))
            elif _OPEN.match(name):
                shown[name] = self.settings({name: value})[name]
            else:
                shown[name] = SECRET
        return shown


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(65536)
    except OSError:
        return ""


def _rows(sql: str) -> list[tuple[str, ...]]:
    """Rows of the database as it is; none if it cannot be read."""
    path = paths.home_layout().database
    if not os.path.isfile(path):
        return []
    quoted = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    extra = "" if os.path.exists(f"{path}-wal") else "&immutable=1"
    try:
        with closing(sqlite3.connect(f"file:{quoted}?mode=ro{extra}", uri=True, timeout=2.0)) as link:
            return [row for row in link.execute(sql) if row[0]]
    except sqlite3.Error:
        return []
