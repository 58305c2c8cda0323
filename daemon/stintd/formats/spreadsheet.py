"""CSV: one row for each entry, for spreadsheets; reads our own files, and the columns that Clockify and Toggl write.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, which is removed again when read.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo

from stintd.errors import Invalid
from stintd.formats.parsed import LINE_LIMIT, BadLine, ParsedItem, ParsedLines, SkippedLine, entry_item, parse_instant
from stintd.formats.work import Span, Work, instant, runs

COLUMNS = (
    "id", "date", "start", "end", "seconds", "client", "project", "task", "description", "tags", "billable", "actor", "origin",
    "branch", "repo", "pauses", "approved",
)  # fmt: skip
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
_GUARDED = re.compile(r"''*[=+\-@\t\r\n]")
_ALIASES = {
    "start": ("start", "begin", "start time and date"), "end": ("end", "stop", "finish"), "start date": ("start date",),
    "start time": ("start time",), "end date": ("end date", "stop date"), "end time": ("end time", "stop time"),
    "project": ("project", "project name"), "client": ("client", "client name"), "task": ("task", "task name"),
    "description": ("description", "note", "notes", "comment"), "tags": ("tags", "labels"), "billable": ("billable",),
    "id": ("id",), "pauses": ("pauses",), "actor": ("actor",),
}  # fmt: skip
_YES, _NO = frozenset({"true", "yes", "1", "y"}), frozenset({"false", "no", "0", "n"})


class _Line:
    """Collects what the csv module writes."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def write(work: Iterable[Work], zone: tzinfo) -> Iterator[str]:
    """A heading and one row for each entry, with the line ends of RFC 4180."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    yield line.text
    for entry in work:
        writer.writerow([guard_formula(cell) for cell in _cells(entry, zone)])
        yield line.text


def _cells(work: Work, zone: tzinfo) -> list[str]:
    length = sum((end - start for start, end in runs(work)), timedelta())
    begin, end = work.start.astimezone(zone), work.end.astimezone(zone)
    pauses = ";".join(f"{instant(start)}/{instant(stop)}" for start, stop in work.pauses)
    billable = "" if work.billable is None else "true" if work.billable else "false"
    return [
        work.id,
        begin.date().isoformat(),
        begin.isoformat(),
        end.isoformat(),
        str(round(length.total_seconds())),
        work.client,
        work.project,
        work.task,
        work.description,
        ";".join(map(_escape, work.tags)),
        billable,
        work.actor,
        work.origin,
        work.branch,
        work.repo,
        pauses,
        "true" if work.approved else "false",
    ]


def guard_formula(cell: str) -> str:
    """The cell, written so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unguard(cell: str) -> str:
    return cell[1:] if _GUARDED.match(cell) else cell


def _escape(tag: str) -> str:
    return tag.replace("\\", "\\\\").replace(";", "\\;")


def _tags(text: str, is_ours: bool) -> tuple[str, ...]:
    if not is_ours:
        return tuple(dict.fromkeys(tag.strip() for tag in text.split(",") if tag.strip()))
    tags = [re.sub(r"\\(.)", r"\1", tag, flags=re.DOTALL) for tag in re.findall(r"(?:[^;\\]|\\.)+", text, re.DOTALL)]
    return tuple(dict.fromkeys(tags))


# ---------------------------------------------------------------- reading


def read(pieces: Iterable[str], zone: tzinfo) -> ParsedLines:
    """Rows as entries, by the names in the first row; a time without an offset is local time in `zone`."""
    rows = csv.reader(_whole_lines(pieces), strict=True)
    try:
        heading = next(rows, None)
        columns = _columns(heading or [])
        is_ours = heading is not None and tuple(heading) == COLUMNS
        yield from _rows(rows, columns, is_ours, zone)
    except csv.Error as error:
        raise Invalid(f"line {rows.line_num}: this is not CSV: {error}", "save it as CSV with commas, in UTF-8") from error


def _rows(rows: Iterator[list[str]], columns: dict[str, int], is_ours: bool, zone: tzinfo) -> ParsedLines:
    number = rows.line_num + 1  # type: ignore[attr-defined]  # of the csv module's reader
    for row in rows:
        if any(row):
            yield _item(number, row, columns, is_ours, zone)
        number = rows.line_num + 1  # type: ignore[attr-defined]


def _item(
    number: int, row: list[str], columns: dict[str, int], is_ours: bool, zone: tzinfo
) -> ParsedItem | BadLine | SkippedLine:
    cells = {name: _unguard(row[place]) if place < len(row) else "" for name, place in columns.items()}
    if is_ours and len(row) != len(COLUMNS):
        return BadLine(number, f"it has {len(row)} cells, not {len(COLUMNS)}")
    try:
        return _entry(number, cells, is_ours, zone)
    except Invalid as error:
        return BadLine(number, error.message)


def _whole_lines(pieces: Iterable[str]) -> Iterator[str]:
    """Lines with their ends, so that cells may hold line breaks."""
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from (text + "\n" for text in whole)
        if len(rest) > LINE_LIMIT:
            raise Invalid(f"a line is longer than {LINE_LIMIT} characters", "is this a CSV file?")
    if rest:
        yield rest


def _columns(heading: list[str]) -> dict[str, int]:
    """The number of the column of each field."""
    names = [name.strip().lower().removeprefix("\ufeff") for name in heading]
    columns = {field: names.index(alias) for field, aliases in _ALIASES.items() for alias in aliases if alias in names}
    has_times = {"start", "end"} <= columns.keys() or {"start date", "start time", "end date", "end time"} <= columns.keys()
    if not has_times:
        raise Invalid(
            "the first line has no columns for start and end",
            "name the columns as `stint export csv` does: start, end, project, …; or Start date, Start time, End date, End time",
        )
    return columns


def _entry(number: int, cells: dict[str, str], is_ours: bool, zone: tzinfo) -> ParsedItem | BadLine | SkippedLine:
    start, end = _moment(cells, "start", zone), _moment(cells, "end", zone)
    if end is None and start is not None:
        return SkippedLine(number, "it is still running")
    if start is None or end is None:
        return BadLine(number, "it has no start")
    text = cells.get
    identity = text("id") or ""
    work = Work(
        start,
        end,
        text("project") or "",
        identity if is_ours and 0 < len(identity) <= 100 else "",
        text("client") or "",
        text("task") or "",
        text("description") or "",
        _tags(text("tags") or "", is_ours),
        _billable(text("billable") or ""),
        _pauses(text("pauses") or "", zone),
        text("actor") or "human",
    )
    return entry_item(number, work)


def _moment(cells: dict[str, str], which: str, zone: tzinfo) -> datetime | None:
    text = cells.get(which) or f"{cells.get(which + ' date', '')} {cells.get(which + ' time', '')}".strip()
    if not text:
        return None
    return parse_instant(text, zone)


def _billable(text: str) -> bool | None:
    word = text.strip().lower()
    if word in _YES | _NO:
        return word in _YES
    if word:
        raise Invalid(f"billable is {text.strip()[:20]!r}, not true or false")
    return None


def _pauses(text: str, zone: tzinfo) -> tuple[Span, ...]:
    pauses = []
    for pause in filter(None, text.split(";")):
        start, slash, end = pause.partition("/")
        if not slash:
            raise Invalid("pauses are written start/end;start/end")
        pauses.append((parse_instant(start, zone), parse_instant(end, zone)))
    return tuple(pauses)
