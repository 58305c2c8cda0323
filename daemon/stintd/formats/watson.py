"""Watson's frames: a JSON list of `[start, stop, project, id, tags, updated_at]`, times in seconds since 1970.

A run is a frame. The task is written as the tag `task:NAME`; a frame has no place for client, description, billable and pauses.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import tzinfo

from stintd.domain.model import to_us
from stintd.errors import Invalid
from stintd.formats import jsonstream
from stintd.formats.parsed import BadLine, ParsedLines, entry_item, parse_epoch
from stintd.formats.work import NO_PROJECT, Work, content_id, labels, split_labels, uuid_text, whole_runs
from stintd.jsonvalue import Json, texts_of

_HEX = re.compile(r"[0-9a-fA-F]{32}")


def write(work: Iterable[Work]) -> Iterator[str]:
    """The file `frames`."""
    opening = "[\n"
    for entry in work:
        for number, (start, end) in enumerate(whole_runs(entry)):
            identity = entry.id if not number else content_id(start, entry.id)
            tags = [tag for tag in labels(entry) if not tag.startswith("project:")]
            frame = [
                to_us(start) // 1_000_000,
                to_us(end) // 1_000_000,
                entry.project or NO_PROJECT,
                _digits(identity),
                tags,
                to_us(end) // 1_000_000,
            ]
            yield opening + json.dumps(frame, ensure_ascii=False)
            opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def _digits(identity: str) -> str:
    """The digits of a UUID, which Watson requires; any other id is turned into one."""
    digits = identity.replace("-", "")
    return digits.lower() if _HEX.fullmatch(digits) else content_id(parse_epoch(0), identity).replace("-", "")


def read(pieces: Iterable[str], zone: tzinfo) -> ParsedLines:
    """Frames as entries; their ids are kept."""
    for element in jsonstream.walk(pieces, lambda path: not path):
        if not element.path:
            raise Invalid("this is not a file of Watson's frames", "use the file `frames` in Watson's folder")
        try:
            yield entry_item(element.line, _work(element.value))
        except Invalid as error:
            yield BadLine(element.line, error.message)


def _work(frame: Json) -> Work:
    if not isinstance(frame, list) or len(frame) < 4:
        raise Invalid("a frame is a list of start, stop, project, id and tags")
    start, end, project, identity, *rest = frame
    tags = texts_of(rest[0] if rest and rest[0] is not None else [])
    if not isinstance(project, str) or tags is None:
        raise Invalid("project and tags of a frame must be text")
    project, task, other = split_labels([f"project:{project.strip() or NO_PROJECT}", *tags])
    own_id = uuid_text(identity.lower()) if isinstance(identity, str) and _HEX.fullmatch(identity) else ""
    return Work(parse_epoch(start), parse_epoch(end), project, own_id, task=task, tags=other)
