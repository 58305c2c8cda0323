"""Watson's frames: a JSON list of `[start, stop, project, id, tags, updated_at]`, times in seconds since 1970.

A run is a frame. The task goes in as the tag `task:NAME`; client, description, billable and pauses have no place there.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import tzinfo

from stintd.domain.model import to_us
from stintd.errors import Invalid
from stintd.formats import jsonstream
from stintd.formats.parsed import Bad, Reading, entry, epoch
from stintd.formats.work import NO_PROJECT, Work, content_id, from_labels, hyphened, labels, whole_runs

_HEX = re.compile(r"[0-9a-fA-F]{32}")


def write(work: Iterable[Work]) -> Iterator[str]:
    """The file `frames`."""
    before = "[\n"
    for one in work:
        for number, (start, end) in enumerate(whole_runs(one)):
            identity = one.id if not number else content_id(start, one.id)
            tags = [tag for tag in labels(one) if not tag.startswith("project:")]
            frame = [to_us(start) // 1_000_000, to_us(end) // 1_000_000, one.project or NO_PROJECT, _digits(identity), tags,
                     to_us(end) // 1_000_000]  # fmt: skip
            yield before + json.dumps(frame, ensure_ascii=False)
            before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _digits(identity: str) -> str:
    """Watson wants a UUID's digits; any other id is made into one."""
    digits = identity.replace("-", "")
    return digits.lower() if _HEX.fullmatch(digits) else content_id(epoch(0), identity).replace("-", "")


def read(pieces: Iterable[str], zone: tzinfo) -> Reading:
    """Frames as entries; their ids are kept."""
    for element in jsonstream.walk(pieces, lambda path: not path):
        if not element.path:
            raise Invalid("this is no file of Watson's frames", "it is the file `frames` in Watson's folder")
        try:
            yield entry(element.line, _work(element.value))
        except Invalid as error:
            yield Bad(element.line, error.message)


def _work(frame: object) -> Work:
    if not isinstance(frame, list) or len(frame) < 4:
        raise Invalid("a frame is a list of start, stop, project, id and tags")
    start, end, project, identity, *rest = frame
    tags = rest[0] if rest and rest[0] is not None else []
    if not isinstance(project, str) or not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise Invalid("project and tags of a frame are text")
    named = from_labels([f"project:{project.strip() or NO_PROJECT}", *tags])
    known = hyphened(identity.lower()) if isinstance(identity, str) and _HEX.fullmatch(identity) else ""
    return Work(epoch(start), epoch(end), named[0], known, task=named[1], tags=named[2])
