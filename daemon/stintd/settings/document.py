"""One TOML file with the line of each key, which the standard reader does not report."""

import os
import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TypeAlias

from stintd.frozen import frozen

Toml: TypeAlias = bool | int | float | str | datetime | date | time | list["Toml"] | dict[str, "Toml"]
"""A value of a TOML file, as `tomllib` returns it."""
SIZE_LIMIT = 1 << 20
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_WHERE = re.compile(r"\s*\(at line (\d+), column \d+\)$")


@frozen
class Problem:
    """One problem in the settings. `line` 0 means the whole file (or the environment)."""

    file: str
    line: int
    text: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.text}"


@dataclass
class Document:
    """The content of a file. `lines` maps dotted names (`map.0.path` for the first `[[map]]`) to line numbers."""

    path: str
    values: dict[str, Toml] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def line_of(self, name: str) -> int:
        """The line of a key, or of its table."""
        while name and name not in self.lines:
            name = name.rpartition(".")[0]
        return self.lines.get(name, 0)


def read_document(path: str) -> tuple[Document, list[Problem]]:
    """The file at `path`; a missing file counts as empty."""
    document = Document(path)
    try:
        if os.path.exists(path) and not os.path.isfile(path):
            return document, [Problem(path, 0, "is not a file", "move it away")]
        with open(path, "rb") as file:
            raw = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        return document, []
    except OSError as error:
        return document, [Problem(path, 0, f"cannot be read: {error.strerror}", "make it readable for you")]
    if len(raw) > SIZE_LIMIT:
        return document, [Problem(path, 0, "is larger than 1 MiB", "settings are small: check what is in it")]
    return _parse(document, raw)


def _parse(document: Document, raw: bytes) -> tuple[Document, list[Problem]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return document, [Problem(document.path, line, "is not UTF-8", "save the file as UTF-8")]
    try:
        document.values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        match = _WHERE.search(str(error))
        line = int(match.group(1)) if match else text.count("\n") + 1
        reason = _WHERE.sub("", str(error)).removesuffix(" (at end of document)")
        return document, [
            Problem(document.path, line, f"is not valid TOML: {reason}", "correct the line; text values need quotes")
        ]
    document.lines = _lines(text)
    return document, []


def _lines(text: str) -> dict[str, int]:
    """The line of each key. A multi-line text that looks like settings can mislead it, so only messages use it."""
    lines: dict[str, int] = {}
    table = ""
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _dotted_name(header.group(2))
            if header.group(1) == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}.{counts[table]}"
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            name = _dotted_name(key.group(1))
            lines.setdefault(f"{table}.{name}" if table else name, number)
    return lines


def _dotted_name(text: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in text.split("."))
