"""What moved HEAD: new lines of `logs/HEAD` since a cursor, and when they were really written.

The reflog is the best witness that git keeps: it needs no hook, and it also has what happened while nobody watched. Two
things in it cannot be trusted: positions (gc rewrites the file, so offsets are checked against an anchor line) and times (a
line has the committer date, which anybody can set). `gitacts` makes acts of the lines.

Reads bounded regular files only; starts nothing, writes nothing.
"""

import hashlib
import os
import re
from collections.abc import Set

from stintd.frozen import frozen
from stintd.sources.gitfiles import OddFile, failure_of, open_regular, text_of

TAIL_LIMIT = 4 * 1024 * 1024  # about 25,000 lines: more than anybody does between two looks
SHORT_TAIL = 16 * 1024
ELSEWHERE = -1  # the inode of a cursor for lines that were copied here
SUBJECT_LIMIT = 500
TRUSTED_SKEW_US = 5_000_000  # a committer date this near the file time is the act's own time

_LINE = re.compile(
    rb"([0-9a-f]{40}(?:[0-9a-f]{24})?) ([0-9a-f]{40}(?:[0-9a-f]{24})?) "
    rb"([^<\n]*)<([^>\n]*)> (\d{1,18}) [+-]\d{4}(?:\t(.*))?"
)


@frozen
class ReflogLine:
    """One line as git wrote it. `end` is the offset just behind it (0 where there is no file)."""

    old: str
    new: str
    email: str
    seconds: int
    message: str
    end: int = 0
    digest: str = ""


@frozen
class ReflogCursor:
    """How far a reflog has been read: file, offset, digest of the last line read, and the file's time then (without a file: when
    HEAD had moved). `head`: the commit that HEAD was on then, "" while unborn; None where an earlier version did not store it."""

    inode: int = 0
    offset: int = 0
    anchor: str = ""
    written_us: int = 0
    head: str | None = None

    def to_text(self) -> str:
        head = "" if self.head is None else f" {self.head or '-'}"
        return f"{self.inode} {self.offset} {self.anchor or '-'} {self.written_us}{head}"

    @classmethod
    def parse(cls, text: str) -> "ReflogCursor | None":
        """The cursor in a text; None when there is none (then reading starts at the beginning)."""
        try:
            inode, offset, anchor, written, *rest = text.split(" ")
            head = rest[0].strip("-") if rest else None
            return cls(int(inode), int(offset), "" if anchor == "-" else anchor, int(written), head)
        except ValueError:
            return None


@frozen
class ReflogNews:
    """Lines not read before, oldest first, and where to continue. `is_appended`: the file only grew, so its time is the
    time of the newest line. `written_us`: the time of the file."""

    lines: tuple[ReflogLine, ...]
    cursor: ReflogCursor
    is_appended: bool
    written_us: int

    def cursor_after(self, count: int, before: ReflogCursor) -> ReflogCursor:
        """The cursor after only the first `count` lines."""
        if count >= len(self.lines):
            return self.cursor
        if count == 0:
            return before
        line = self.lines[count - 1]
        return ReflogCursor(self.cursor.inode, line.end, line.digest, before.written_us)


NOTHING = ReflogNews((), ReflogCursor(), False, 0)


# ---------------------------------------------------------------- reading


def read_reflog(path: str, cursor: ReflogCursor | None) -> ReflogNews:
    """What was added to the reflog at `path` since `cursor` (None: everything still there, at most TAIL_LIMIT bytes).

    A missing file has no lines and keeps the cursor. `OddFile` for a pipe, a link or a device.
    """
    descriptor = open_regular(path)
    if descriptor is None:
        return ReflogNews((), cursor or ReflogCursor(), False, 0)
    try:
        status = os.fstat(descriptor)
        written_us = status.st_mtime_ns // 1000
        if cursor and cursor.inode == status.st_ino and cursor.offset == status.st_size and cursor.written_us == written_us:
            return ReflogNews((), cursor, True, written_us)
        start, lines = _lines_from(descriptor, status.st_size, cursor)
    except OSError as error:
        raise failure_of(path, error) from None
    finally:
        os.close(descriptor)
    is_appended = cursor is not None and cursor.inode in (0, status.st_ino) and start == cursor.offset
    last = lines[-1] if lines else None
    offset = last.end if last else start
    anchor = last.digest if last else (cursor.anchor if cursor else "")
    return ReflogNews(tuple(lines), ReflogCursor(status.st_ino, offset, anchor, written_us), is_appended, written_us)


def end_of_reflog(path: str) -> ReflogCursor:
    """The cursor behind everything there is now; reads only the last line. `OddFile` as `read_reflog`."""
    descriptor = open_regular(path)
    if descriptor is None:
        return ReflogCursor()
    try:
        status = os.fstat(descriptor)
        start = max(0, status.st_size - SHORT_TAIL)
        whole = _read(descriptor, start, status.st_size)
    finally:
        os.close(descriptor)
    anchor = _digest(whole[:-1].rpartition(b"\n")[2]) if whole else ""
    return ReflogCursor(status.st_ino, start + len(whole) if whole else 0, anchor, status.st_mtime_ns // 1000)


def end_of_known(path: str, digests: Set[str]) -> ReflogCursor | None:
    """The cursor behind the last line with one of these digests; None when there is none. `OddFile` as `read_reflog`."""
    news = read_reflog(path, None)
    known = [line for line in news.lines if line.digest in digests]
    return _cursor_elsewhere(known[-1]) if known else None


def end_of_shared(path: str, other: str) -> ReflogCursor | None:
    """The cursor behind the lines that two reflogs begin with alike, as after a copy; None when they share none. `OddFile` as
    `read_reflog`."""
    last = None
    for line, same in zip(read_reflog(path, None).lines, read_reflog(other, None).lines, strict=False):
        if (line.end, line.digest) != (same.end, same.digest):
            break
        last = line
    return _cursor_elsewhere(last) if last is not None else None


def _cursor_elsewhere(line: ReflogLine) -> ReflogCursor:
    """The cursor behind a line that was written in another file: the time of this file says nothing about its lines."""
    return ReflogCursor(ELSEWHERE, line.end, line.digest)


def _lines_from(descriptor: int, size: int, cursor: ReflogCursor | None) -> tuple[int, list[ReflogLine]]:
    """(offset where the new lines begin, the lines): by offset when the anchor still stands before it, else by the
    anchor wherever it now is, else by time."""
    if cursor and cursor.offset <= size and _is_anchored(descriptor, cursor):
        start = max(cursor.offset, size - TAIL_LIMIT)
        return cursor.offset, _parse(_read(descriptor, start, size), start)
    start = max(0, size - TAIL_LIMIT)
    lines = _parse(_read(descriptor, start, size), start)
    if cursor is None:
        return start, lines
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].digest == cursor.anchor:
            return lines[index].end, lines[index + 1 :]
    # Neither place nor anchor: the reflog was expired, or the repository was created again. Lines from before the last
    # look have been read, or belong to a backfill.
    return start, _lines_since(lines, cursor)


def _lines_since(lines: list[ReflogLine], cursor: ReflogCursor) -> list[ReflogLine]:
    """Lines of the second of the last look or later: lines have whole seconds only, and an act reported twice counts once."""
    return [line for line in lines if line.seconds >= cursor.written_us // 1_000_000]


def _is_anchored(descriptor: int, cursor: ReflogCursor) -> bool:
    """Whether the line that ends at the cursor's offset is the one read last."""
    if cursor.offset == 0:
        return not cursor.anchor
    before = os.pread(descriptor, min(cursor.offset, 16 * 1024), max(0, cursor.offset - 16 * 1024))
    if not before.endswith(b"\n"):
        return False
    return _digest(before[:-1].rpartition(b"\n")[2]) == cursor.anchor


def _read(descriptor: int, start: int, end: int) -> bytes:
    """The bytes up to the last newline; a line that is still being written is left for the next look."""
    data = os.pread(descriptor, end - start, start)
    return data[: data.rfind(b"\n") + 1]


def _parse(data: bytes, start: int) -> list[ReflogLine]:
    lines = []
    for raw in data.split(b"\n")[:-1]:
        start += len(raw) + 1
        line = parse_line(raw, start)
        if line is not None:
            lines.append(line)
    return lines


def parse_line(raw: bytes, end: int = 0) -> ReflogLine | None:
    """One reflog line of a SHA-1 or SHA-256 repository; None when it is not one."""
    match = _LINE.fullmatch(raw)
    if match is None:
        return None
    old, new, _, email, seconds, message = match.groups()
    text = text_of(message or b"", SUBJECT_LIMIT)
    return ReflogLine(old.decode(), new.decode(), text_of(email).lower(), int(seconds), text, end, _digest(raw))


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=8).hexdigest()


def parse_walk(output: bytes) -> list[ReflogLine]:
    """The lines, oldest first, of `git log -g -z --date=raw --format=WALK_FORMAT HEAD` (reftable has no file)."""
    rows = [row.split(b"\x1f") for row in output.split(b"\0") if row.count(b"\x1f") == 3]
    lines = []
    for (new, email, selector, message), older in zip(rows, [*rows[1:], None], strict=True):
        seconds = re.search(rb"@\{(\d{1,18}) ", selector)
        old = older[0] if older else b"0" * len(new)
        if seconds:
            raw = b"\x1f".join((old, new, email, seconds.group(1), message))
            text = text_of(message, SUBJECT_LIMIT)
            lines.append(
                ReflogLine(old.decode(), new.decode(), text_of(email).lower(), int(seconds.group(1)), text, 0, _digest(raw))
            )
    return lines[::-1]


WALK_FORMAT = "%H%x1f%ge%x1f%gd%x1f%gs"


def walk_news(lines: list[ReflogLine], cursor: ReflogCursor | None, written_us: int) -> ReflogNews:
    """The new lines of a reflog that `git log` walked: those behind the anchor, else those younger than the last look."""
    fresh = lines
    if cursor is not None:
        places = [index for index, line in enumerate(lines) if line.digest == cursor.anchor]
        fresh = lines[places[-1] + 1 :] if places else _lines_since(lines, cursor)
    anchor = lines[-1].digest if lines else (cursor.anchor if cursor else "")
    return ReflogNews(tuple(fresh), ReflogCursor(0, 0, anchor, written_us), cursor is not None, written_us)


# ---------------------------------------------------------------- when


def act_times(news: ReflogNews, after_us: int | None) -> list[int]:
    """When each line was really written, in microseconds.

    A line has the committer date, which `GIT_COMMITTER_DATE` or a wrong clock may place in 2001. Certain is only that
    it was written after the last look (`after_us`) and not after its successor, and that a file that only grew has the
    time of its newest line. A date within a few seconds of that stays, because it is the same in every clone and hook.
    """
    times: list[int] = []
    latest = news.written_us
    for index, line in enumerate(reversed(news.lines)):
        claim_us = line.seconds * 1_000_000
        is_newest_of_grown = index == 0 and news.is_appended
        too_late = claim_us > latest + TRUSTED_SKEW_US
        too_early = after_us is not None and claim_us < after_us - TRUSTED_SKEW_US
        is_off = is_newest_of_grown and abs(claim_us - latest) > TRUSTED_SKEW_US
        latest = latest if too_late or too_early or is_off else claim_us
        times.append(latest)
    return times[::-1]


def read_tail(path: str, limit: int = SHORT_TAIL) -> tuple[list[ReflogLine], int]:
    """(the last lines of a reflog, the file's time in microseconds); nothing when it is missing or odd."""
    try:
        descriptor = open_regular(path)
    except OddFile:
        return [], 0
    if descriptor is None:
        return [], 0
    try:
        status = os.fstat(descriptor)
        start = max(0, status.st_size - limit)
        return _parse(_read(descriptor, start, status.st_size), start), status.st_mtime_ns // 1000
    finally:
        os.close(descriptor)
