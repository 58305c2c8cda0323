"""Timewarrior: written as the lines of its data files, read from those or from the JSON that `timew export` prints.

A run is an interval; project and task are tags (`project:NAME`, `task:NAME`) before the entry's own, the description is
the annotation. Client, billable, ids and pauses have no place there.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from itertools import chain
from typing import Any

from stintd.errors import Invalid
from stintd.formats import jsonstream
from stintd.formats.parsed import Bad, Passed, Reading, entry, lines
from stintd.formats.work import Work, compact, from_labels, labels, one_line, whole_runs

_INTERVAL = re.compile(r"inc (\d{8}T\d{6}Z)(?: - (\d{8}T\d{6}Z))?(.*)", re.ASCII)
_WORD = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
_BARE = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)


def write(work: Iterable[Work]) -> Iterator[str]:
    """Lines of `data/YYYY-MM.data`, in the order of their starts; each belongs into the file of the month it starts in."""
    for one in work:
        tags = " ".join(_quoted(one_line(tag)) for tag in labels(one))
        note = f" # {_text(one_line(one.description))}" if one_line(one.description) else ""
        for start, end in whole_runs(one):
            yield f"inc {compact(start)} - {compact(end)} # {tags}{note}\n"


def _quoted(tag: str) -> str:
    return tag if _BARE.fullmatch(tag) else _text(tag)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read(pieces: Iterable[str], zone: tzinfo) -> Reading:
    """Intervals as entries, of either form."""
    rest = iter(pieces)
    first = next((piece for piece in rest if piece.strip()), "")
    whole = chain([first], rest)
    yield from _from_json(whole) if first.lstrip().startswith("[") else _from_lines(whole)


def _from_lines(pieces: Iterable[str]) -> Reading:
    for number, text in lines(pieces):
        if not text.strip() or text.startswith("#"):
            continue
        matched = _INTERVAL.fullmatch(text.strip())
        if matched is None:
            yield Bad(number, "this is no interval of timewarrior")
        elif matched[2] is None:
            yield Passed(number, "it is still running")
        else:
            tags, note = _parts(matched[3])
            yield from _entry(number, matched[1], matched[2], tags, note)


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


def _from_json(pieces: Iterable[str]) -> Reading:
    for element in jsonstream.walk(pieces, lambda path: not path):
        value = element.value
        if not isinstance(value, dict):
            yield Bad(element.line, "an interval is an object")
            continue
        tags = value.get("tags") or []
        note = value.get("annotation") or ""
        if not isinstance(note, str) or not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            yield Bad(element.line, "tags and annotation are text")
        elif "end" not in value:
            yield Passed(element.line, "it is still running")
        else:
            yield from _entry(element.line, value.get("start"), value["end"], tags, note)


def _entry(line: int, start: Any, end: Any, tags: list[str], note: str) -> Reading:
    project, task, left = from_labels(tags)
    try:
        yield entry(line, Work(_instant(start), _instant(end), project, task=task, description=note, tags=left))
    except Invalid as error:
        yield Bad(line, error.message)


def _instant(text: Any) -> datetime:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (ValueError, TypeError) as error:
        raise Invalid("a time is not like 20261120T083000Z") from error
