"""Timewarrior: written as the lines of its data files, read from those or from the JSON that `timew export` prints.

A run is an interval; project and task are tags (`project:NAME`, `task:NAME`) before the entry's own, the description is
the annotation. It has no place for client, billable, ids and pauses.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from itertools import chain

from stintd.errors import Invalid
from stintd.formats import jsonstream
from stintd.formats.parsed import BadLine, ParsedLines, SkippedLine, entry_item, lines
from stintd.formats.work import Work, compact, labels, one_line, split_labels, whole_runs
from stintd.jsonvalue import Json, texts_of

_INTERVAL = re.compile(r"inc (\d{8}T\d{6}Z)(?: - (\d{8}T\d{6}Z))?(.*)", re.ASCII)
_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_BARE = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)


def write(work: Iterable[Work]) -> Iterator[str]:
    """Lines of `data/YYYY-MM.data`, in the order of their starts; each belongs in the file of the month it starts in."""
    for entry in work:
        tags = " ".join(_word(one_line(tag)) for tag in labels(entry))
        note = f" # {_text(one_line(entry.description))}" if one_line(entry.description) else ""
        for start, end in whole_runs(entry):
            yield f"inc {compact(start)} - {compact(end)} # {tags}{note}\n"


def _word(tag: str) -> str:
    return tag if _BARE.fullmatch(tag) else _text(tag)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(pieces: Iterable[str], zone: tzinfo) -> ParsedLines:
    """Intervals as entries, from either form."""
    rest = iter(pieces)
    first = next((piece for piece in rest if piece.strip()), "")
    whole = chain([first], rest)
    yield from _read_json(whole) if first.lstrip().startswith("[") else _read_lines(whole)


def _read_lines(pieces: Iterable[str]) -> ParsedLines:
    for number, text in lines(pieces):
        if not text.strip() or text.startswith("#"):
            continue
        match = _INTERVAL.fullmatch(text.strip())
        if match is None:
            yield BadLine(number, "this is not an interval of timewarrior")
        elif match[2] is None:
            yield SkippedLine(number, "it is still running")
        else:
            tags, note = _parts(match[3])
            yield from _item(number, match[1], match[2], tags, note)


def _parts(text: str) -> tuple[list[str], str]:
    """Tags and annotation of what follows the times: two lists of words, each after a `#`."""
    groups: list[list[str]] = []
    for quoted, bare in _WORD.findall(text):
        if bare == "#" and len(groups) < 2:
            groups.append([])
        elif groups:
            groups[-1].append(bare or re.sub(r"\\(.)", r"\1", quoted))
    groups += [[], []]
    return groups[0], " ".join(groups[1])


def _read_json(pieces: Iterable[str]) -> ParsedLines:
    for element in jsonstream.walk(pieces, lambda path: not path):
        value = element.value
        if not isinstance(value, dict):
            yield BadLine(element.line, "an interval must be an object")
            continue
        tags = texts_of(value.get("tags") or [])
        note = value.get("annotation") or ""
        if not isinstance(note, str) or tags is None:
            yield BadLine(element.line, "tags and annotation must be text")
        elif "end" not in value:
            yield SkippedLine(element.line, "it is still running")
        else:
            yield from _item(element.line, value.get("start"), value["end"], tags, note)


def _item(line: int, start: Json, end: Json, tags: list[str], note: str) -> ParsedLines:
    project, task, other_tags = split_labels(tags)
    try:
        yield entry_item(line, Work(_instant(start), _instant(end), project, task=task, description=note, tags=other_tags))
    except Invalid as error:
        yield BadLine(line, error.message)


def _instant(text: Json) -> datetime:
    try:
        return datetime.strptime(str(text), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise Invalid("a time is not like 20261120T083000Z") from error
