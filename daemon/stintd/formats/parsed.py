"""What readers yield: parsed items, each with the line it began on, and lines that are not imported, with the reason."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from stintd.errors import Invalid
from stintd.formats import work as shared
from stintd.formats.work import NO_PROJECT, Work, content_id, instant
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject

LINE_LIMIT = 1 << 20
_VISIBLE = re.compile(r"\S")


@frozen
class ParsedItem:
    """One item of a file. `kind`: entry, heartbeat, or a section of our own JSON; `value` as `POST /api/import` accepts it."""

    line: int
    kind: str
    value: JsonObject


@frozen
class BadLine:
    """A line that is not imported, and why."""

    line: int
    reason: str


@frozen
class SkippedLine:
    """Something that is left out on purpose, and why: it is counted and reported, and stops nothing."""

    line: int
    reason: str


ParsedLines = Iterator[ParsedItem | BadLine | SkippedLine]


def lines(pieces: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines of a text in pieces, numbered from 1, without their ends; one longer than a mebibyte is refused."""
    number, rest = 0, ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        for text in whole:
            number += 1
            yield number, text.removesuffix("\r")
        if len(rest) > LINE_LIMIT:
            raise Invalid(f"line {number + 1} is longer than {LINE_LIMIT} characters", "is this the right format?")
    if rest:
        yield number + 1, rest.removesuffix("\r")


def entry_item(line: int, work: Work, mark: str = "") -> ParsedItem | BadLine:
    """The entry on a line, or why it cannot be one. `mark` keeps ids apart that are made from the content of equal entries."""
    reason = _problem(work)
    if reason:
        return BadLine(line, reason)
    project = "" if work.project == NO_PROJECT else work.project.strip()
    identity = work.id or content_id(work.start, instant(work.end), project, work.task, mark)
    words = {"projectName": project, "clientName": work.client.strip(), "taskName": work.task.strip()}
    value: JsonObject = {
        "id": identity,
        "start": instant(work.start),
        "end": instant(work.end),
        **{k: v for k, v in words.items() if v},
    }
    if work.description:
        value["description"] = work.description
    if work.tags:
        value["tags"] = list(work.tags)
    if work.pauses:
        value["pauses"] = [{"start": instant(start), "end": instant(end)} for start, end in work.pauses]
    if work.billable is not None:
        value["billable"] = work.billable
    if work.actor != "human":
        value["actor"] = work.actor
    return ParsedItem(line, "entry", value)


def _problem(work: Work) -> str:
    """Why this cannot be an entry; "" when it can."""
    texts = (work.project, work.client, work.task, work.description, *work.tags)
    if work.end <= work.start:
        return "the end is not after the start"
    if work.end - work.start > shared.LONGEST:
        return "it is longer than a day"
    if any("\0" in text for text in texts) or any("\ud800" <= c <= "\udfff" for text in texts for c in text):
        return "it contains characters that are not text"
    if any(len(text) > shared.NAME_LIMIT for text in (work.project, work.client, work.task)):
        return f"a name is longer than {shared.NAME_LIMIT} characters"
    if len(work.description) > shared.TEXT_LIMIT:
        return f"the description is longer than {shared.TEXT_LIMIT} characters"
    if len(work.tags) > shared.TAGS or any(len(tag) > shared.TAG_LIMIT or not _VISIBLE.search(tag) for tag in work.tags):
        return f"a tag is empty or longer than {shared.TAG_LIMIT} characters, or there are more than {shared.TAGS}"
    if work.actor not in ("human", "agent"):
        return "the actor must be human or agent"
    return _pause_problem(work)


def _pause_problem(work: Work) -> str:
    earliest = work.start
    for start, end in work.pauses:
        if not earliest <= start <= end <= work.end:
            return "its pauses are not in order inside it"
        earliest = end
    return ""


def parse_instant(text: str, zone: tzinfo) -> datetime:
    """The instant of ISO text; without an offset it is local time in `zone`. `invalid` when it is not a time."""
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{text.strip()[:40]!r} is not a time") from error
    if not 1970 <= moment.year < 9000:
        raise Invalid(f"{text.strip()[:40]!r} is too far from now")
    return moment


def parse_epoch(seconds: Json) -> datetime:
    """The instant of seconds since 1970; `invalid` when it is not a number of them."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 2**33:
        raise Invalid("a time is not a number of seconds since 1970")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(seconds * 1_000_000))
