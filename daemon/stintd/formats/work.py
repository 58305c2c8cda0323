"""One finished entry as every format sees it, and what formats share: runs, ids made from content, one line."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from stintd.domain.model import to_us
from stintd.frozen import frozen

NO_PROJECT = "(no project)"
"""Stands for time that belongs to no project, where a format must name one."""
LONGEST = timedelta(hours=24)
NAME_LIMIT, TAG_LIMIT, TEXT_LIMIT, TAGS = 255, 100, 4000, 100

Span = tuple[datetime, datetime]


@frozen
class Work:
    """A finished stretch of work. `id` "" where a file has none: then it is made from the content. `pauses` in order."""

    start: datetime
    end: datetime
    project: str = ""
    id: str = ""
    client: str = ""
    task: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    billable: bool | None = None
    pauses: tuple[Span, ...] = ()
    actor: str = "human"
    origin: str = ""
    branch: str = ""
    repo: str = ""
    approved: bool = False


def runs(work: Work) -> list[Span]:
    """What counts of an entry: its stretches between the pauses, in order."""
    edges = [work.start, *(edge for pause in work.pauses for edge in pause), work.end]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end > start]


def whole_runs(work: Work) -> list[Span]:
    """The runs in whole seconds. Both ends go down to the second, so that neighbours stay neighbours and never overlap."""
    rounded = [(start.replace(microsecond=0), end.replace(microsecond=0)) for start, end in runs(work)]
    return [(start, end) for start, end in rounded if end > start]


def content_id(start: datetime, *parts: str) -> str:
    """An id for an entry without one: the same content gives the same id, and ids sort by time as ours do."""
    text = "\x1f".join((str(to_us(start)), *parts))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    ms = max(0, to_us(start) // 1000)
    return uuid_text(f"{ms:012x}"[-12:] + "8" + digest[13:16] + "8" + digest[17:])


def uuid_text(digits: str) -> str:
    """Thirty-two hexadecimal digits as a UUID is written."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def one_line(text: str) -> str:
    """Text for a format of lines: whatever is not printable becomes a space, and spaces are single."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC; fractions only where there are any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def compact(moment: datetime) -> str:
    """`20261120T083000Z`, as iCalendar and timewarrior write instants."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%S}Z"


def labels(work: Work) -> Iterator[str]:
    """Everything that has no field of its own in a format that has only tags."""
    yield f"project:{work.project or NO_PROJECT}"
    if work.task:
        yield f"task:{work.task}"
    yield from work.tags


def split_labels(tags: list[str]) -> tuple[str, str, tuple[str, ...]]:
    """Project, task and tags of `labels`; without a `project:` the first tag is the project."""
    other_tags = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    project = _pop_label(other_tags, "project:")
    task = _pop_label(other_tags, "task:")
    if not project and other_tags:
        project = other_tags.pop(0)
    return project, task, tuple(other_tags)


def _pop_label(tags: list[str], prefix: str) -> str:
    """Remove the first tag with this prefix from the list; returns what follows the prefix."""
    for tag in tags:
        if tag.startswith(prefix) and len(tag) > len(prefix):
            tags.remove(tag)
            return tag[len(prefix) :].strip()
    return ""
