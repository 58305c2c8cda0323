"""What an import posts: batches of entries and of the other parts of a sheet, checked field by field.

The command line checks files with the same tables before it posts anything, so that it can name the number of a wrong line.
"""

from collections.abc import Mapping

from stintd.errors import Invalid
from stintd.jsonvalue import Json
from stintd.protocol.fields import (
    FLAG,
    ID,
    INSTANT,
    OPTIONAL_FLAG,
    Arguments,
    Field,
    Kind,
    choice,
    field,
    number,
    read_object,
    text,
    texts,
    whole,
)

BATCH = 500
NAME, NOTE, NULL_NAME, LONG = text(255), text(4000, blank=True), text(255, null=True), text(1024, blank=True)
OPTIONAL = text(1024, blank=True, null=True)
PLACE = text(8192, blank=True)
EVIDENCE = ("sessions", "absences", "blind", "heartbeats")
"""The parts that are the evidence of automatic entries."""
NULL_ID = text(100, null=True)
REVISION = whole(1, 2**31)
MONEY_TEXT = Kind(lambda value: _amount(value), {"type": ["string", "null"], "pattern": r"^[0-9]{1,10}(\.[0-9]{1,9})?$"})
ACTOR, ORIGIN = choice("human", "agent"), choice("auto", "manual", "backfill", "import")
HOURS, SECONDS = number(0, 1e6, null=True), number(0, 1e7)
_DIGITS = frozenset("0123456789")


def _amount(value: Json) -> str | None:
    if value is None:
        return None
    whole_part, dot, rest = value.partition(".") if isinstance(value, str) else ("", "", "")
    is_number = 0 < len(whole_part) <= 10 and set(whole_part + rest) <= _DIGITS and len(rest) <= 9 and bool(dot) == bool(rest)
    if not is_number:
        raise Invalid('must be an amount as text, like "95.50"')
    return str(value)


def objects(fields: Mapping[str, Field], limit: int = BATCH) -> Kind:
    """A list of objects with these fields; an error names the position of the wrong object."""

    def read(value: Json) -> list[Arguments]:
        if not isinstance(value, list) or len(value) > limit:
            raise Invalid(f"must be a list of at most {limit} objects")
        return [_read_item(place, item, fields) for place, item in enumerate(value)]

    required = [field.name for field in fields.values() if field.is_required]
    item = {
        "type": "object",
        "properties": {field.name: field.kind.schema for field in fields.values()},
        "required": required,
        "additionalProperties": False,
    }
    return Kind(read, {"type": "array", "maxItems": limit, "items": item})


def _read_item(place: int, value: Json, fields: Mapping[str, Field]) -> Arguments:
    if not isinstance(value, dict):
        raise Invalid(f"[{place}] must be an object")
    try:
        return read_object(value, fields)
    except Invalid as error:
        raise Invalid(f"[{place}]: {error.message}", error.hint) from error


def _fields_by_name(*members: Field) -> dict[str, Field]:
    return {field.name: field for field in members}


def _need(name: str, kind: Kind, into: str = "") -> Field:
    return field(name, kind, into, required=True)


_STORED = (field("revision", REVISION), field("createdAt", INSTANT, "created_us"))
_SPAN = (_need("start", INSTANT, "start_us"), _need("end", INSTANT, "end_us"))
PAUSES = objects(_fields_by_name(*_SPAN), 200)
IMPORT_FIELDS: dict[str, dict[str, Field]] = {
    "clients": _fields_by_name(_need("id", ID), _need("name", NAME), field("archived", FLAG), *_STORED),
    "projects": _fields_by_name(
        _need("id", ID), _need("name", NAME), field("clientId", NULL_ID), field("hourlyRate", MONEY_TEXT),
        field("currency", text(3, null=True)), field("budgetHours", HOURS), field("budgetAmount", MONEY_TEXT),
        field("billable", OPTIONAL_FLAG), field("billAgentTime", FLAG), field("billSupervised", FLAG),
        field("defaultTask", NULL_NAME), field("archived", FLAG), field("deleted", FLAG), field("origin", text(20)),
        field("folder", LONG), *_STORED,
    ),
    "tasks": _fields_by_name(
        _need("id", ID), _need("key", NAME), _need("name", NAME), _need("projectId", ID),
        field("status", choice("active", "complete")), field("estimatedHours", HOURS), field("hourlyRate", MONEY_TEXT), *_STORED,
    ),
    "people": _fields_by_name(
        _need("id", ID), _need("name", NAME), field("email", NULL_NAME), _need("role", text(20)), _need("status", text(20)),
        *_STORED,
    ),
    "repos": _fields_by_name(
        _need("id", ID), _need("identity", text(4096)), _need("name", LONG), field("remote", text(4096, blank=True)),
        field("firstCommit", LONG), field("projectId", NULL_ID), field("createdAt", INSTANT, "created_us"),
        field("lastActiveAt", INSTANT, "last_active_us"),
    ),
    "commits": _fields_by_name(
        _need("repoId", ID), _need("sha", text(100)), _need("time", INSTANT, "time_us"),
        _need("subject", text(100_000, blank=True)), field("branch", LONG), field("own", FLAG, "is_own"),
    ),
    "mappings": _fields_by_name(
        _need("id", ID), field("position", whole(-(2**31), 2**31)), field("path", OPTIONAL), field("remote", OPTIONAL),
        field("branch", OPTIONAL), field("project", NULL_NAME), field("client", NULL_NAME), field("task", NULL_NAME),
        field("billable", OPTIONAL_FLAG), field("tags", texts()), field("since", INSTANT, "since_us"),
        field("createdAt", INSTANT, "created_us"),
    ),
    "merged": _fields_by_name(_need("id", ID), _need("mergedInto", ID), _need("at", INSTANT, "at_us")),
    "taken": _fields_by_name(_need("id", ID), *_SPAN, _need("actor", ACTOR), field("projectId", NULL_ID)),
    "cuts": _fields_by_name(_need("id", ID), _need("at", INSTANT, "at_us"), _need("actor", ACTOR), field("projectId", NULL_ID)),
    "sessions": _fields_by_name(
        _need("id", ID), field("agent", LONG), field("caller", LONG), field("projectId", NULL_ID), field("folder", PLACE),
        _need("start", INSTANT, "started_us"), _need("last", INSTANT, "last_us"), _need("end", INSTANT, "ended_us"),
        field("endReason", LONG), field("description", NOTE), field("taskName", NULL_NAME, "task"), field("tags", texts()),
        field("billable", OPTIONAL_FLAG),
    ),
    "absences": _fields_by_name(*_SPAN, _need("kind", text(64)), field("device", LONG)),
    "blind": _fields_by_name(*_SPAN, _need("reason", LONG)),
    "heartbeats": _fields_by_name(
        _need("id", ID), _need("time", INSTANT, "time_us"), _need("kind", text(64)), _need("source", text(64)),
        field("sourceText", LONG), _need("actor", ACTOR), field("repoId", NULL_ID), field("repoPath", PLACE),
        field("folder", PLACE), field("project", LONG), field("branch", LONG), field("entity", PLACE),
        field("sessionId", LONG, "session"), field("device", LONG), field("witness", text(64, blank=True)),
    ),
    "entries": _fields_by_name(
        _need("id", ID), *_SPAN, field("actor", ACTOR), field("origin", ORIGIN), field("projectId", NULL_ID),
        field("projectName", NULL_NAME), field("clientName", NULL_NAME), field("taskName", NULL_NAME),
        field("description", NOTE), field("billable", OPTIONAL_FLAG), field("tags", texts()), field("pauses", PAUSES),
        field("handsOnSeconds", SECONDS), field("supervisedSeconds", SECONDS),
        field("lastEvidenceAt", INSTANT, "last_evidence_us"), field("repoId", NULL_ID), field("branch", OPTIONAL),
        field("sessionId", OPTIONAL, "session"), field("pinned", texts(3, 10)), field("confirmed", FLAG, "is_confirmed"),
        field("overlaps", FLAG, "may_overlap"), field("approvedAt", INSTANT, "approved_us"), field("locked", FLAG),
        field("derivedProjectId", NULL_ID), field("derivedTask", NULL_NAME), field("anchorStart", INSTANT, "anchor_start_us"),
        field("anchorEnd", INSTANT, "anchor_end_us"), field("estimated", FLAG, "is_estimated"),
        field("zone", text(64)), field("updatedAt", INSTANT, "updated_us"), *_STORED,
    ),
}  # fmt: skip
"""The parts of a batch, in the order in which they must come."""


def check(section: str, value: Mapping[str, Json]) -> None:
    """Refuse (`invalid`) an object that an import of this part would not accept."""
    read_object(value, IMPORT_FIELDS[section])
