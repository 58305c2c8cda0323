"""The timeclock form that hledger and ledger read: `i TIME ACCOUNT  DESCRIPTION` and `o TIME`, one pair a run.

Times are local times of the zone, with its offset; programs that ignore the offset still count right, because a run over a
change of the clock is written as two. The account is `project` or `project:task`. There is no place for client, tags,
billable, ids and pauses.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from stintd.errors import Invalid
from stintd.formats.parsed import BadLine, ParsedLines, SkippedLine, entry_item, lines
from stintd.formats.work import NO_PROJECT, Span, Work, one_line, whole_runs

COLON = "꞉"
"""Stands for a colon in a name: in an account, a plain colon separates project and task."""
_MARK = re.compile(
    r"([iohbO]) +(\d{4})[-/.](\d\d?)[-/.](\d\d?) +(\d\d?):(\d\d)(?::(\d\d))?(?: ?([+-]\d{4}))?(?: (.*))?", re.ASCII
)


def write(work: Iterable[Work], zone: tzinfo) -> Iterator[str]:
    """The file, in the order of starts."""
    for entry in work:
        account = _name(entry.project or NO_PROJECT) + (f":{_name(entry.task)}" if one_line(entry.task) else "")
        text = one_line(entry.description).replace(";", ",")
        for run in whole_runs(entry):
            for start, end, clock in _split_at_change(run, zone):
                yield f"i {_clock(start, clock)} {account}{'  ' + text if text else ''}\no {_clock(end, clock)}\n"


def _name(text: str) -> str:
    """A name as part of an account, in which a colon separates accounts and a semicolon begins a comment."""
    return one_line(text).replace(":", COLON).replace(";", ",") or "?"


def _clock(instant: datetime, zone: tzinfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S%z}"[:24]


def _split_at_change(run: Span, zone: tzinfo) -> list[tuple[datetime, datetime, tzinfo]]:
    """A run, split where the clock is changed; each part with the clock that its times are written in. Unsplit, a program that
    ignores offsets would count an hour too few or too many."""
    start, end = run
    clocks = [timezone(at.astimezone(zone).utcoffset() or timedelta()) for at in run]
    if clocks[0] == clocks[1]:
        return [(start, end, clocks[0])]
    before, after = start, end
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        is_old = middle.astimezone(zone).utcoffset() == start.astimezone(zone).utcoffset()
        before, after = (middle, after) if is_old else (before, middle)
    parts = ((start, after, clocks[0]), (after, end, clocks[1]))
    return [(first, last, clock) for first, last, clock in parts if last > first]


def read(pieces: Iterable[str], zone: tzinfo) -> ParsedLines:
    """Pairs as entries; a time without an offset is local time in `zone`."""
    open_line: tuple[int, datetime, str] | None = None
    for number, text in lines(pieces):
        if not text.strip() or text[0] in "#;*":
            continue
        try:
            letter, at, words = _parse(text, zone, open_line)
            if letter in "hbO":
                continue
            if letter == "i" and open_line is None:
                open_line = number, at, words
            elif letter == "o" and open_line is not None:
                (line, start, account), open_line = open_line, None
                yield entry_item(line, _work(start, at, account))
            else:
                yield BadLine(number, "i and o do not alternate")
        except Invalid as error:
            yield BadLine(number, error.message)
    if open_line is not None:
        yield SkippedLine(open_line[0], "it is still running")


def _parse(text: str, zone: tzinfo, begun: tuple[int, datetime, str] | None) -> tuple[str, datetime, str]:
    match = _MARK.fullmatch(text.rstrip())
    if match is None:
        raise Invalid("this is not a line of a timeclock file")
    letter, *numbers = match.groups()[:7]
    try:
        naive = datetime(*(int(number or 0) for number in numbers))  # type: ignore[arg-type]
    except ValueError as error:
        raise Invalid("this is not a time") from error
    if match[8]:
        at = datetime.fromisoformat(f"{naive.isoformat()}{match[8]}").astimezone(UTC)
    else:
        at = naive.replace(tzinfo=zone).astimezone(UTC)
        if letter == "o" and begun is not None and at <= begun[1]:
            at = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)  # the hour that the clock shows twice
    if not 1970 <= at.year < 9000:
        raise Invalid("this time is too far from now")
    return letter, at, match[9] or ""


def _work(start: datetime, end: datetime, words: str) -> Work:
    account, _, text = words.strip().partition("  ")
    project, _, task = account.partition(":")
    names = (project.replace(COLON, ":").strip() or NO_PROJECT, task.replace(COLON, ":").strip())
    return Work(start, end, names[0], task=names[1], description=text.strip().removeprefix(";").strip())
