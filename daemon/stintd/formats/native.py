"""Our own JSON: everything the timesheet is made of, one value on each line, so that another home can be built from it.

Names are those of `POST /api/import`. It does not contain running timers, the history of edits, keys, webhooks and settings;
`stint backup` keeps those.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from stintd.domain.model import from_us
from stintd.errors import Invalid
from stintd.formats import jsonstream
from stintd.formats.parsed import BadLine, ParsedItem, ParsedLines
from stintd.formats.work import instant
from stintd.jsonvalue import JsonBody

FORMAT, VERSION = "stint", 1


def _instant(us: int | None) -> str | None:
    return None if us is None else instant(from_us(us))


def _seconds(us: int) -> float:
    return us / 1_000_000


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _pauses(text: str) -> list[dict[str, str | None]]:
    return [{"start": _instant(start), "end": _instant(end)} for start, end in json.loads(text)]


def _copy(value: JsonBody) -> JsonBody:
    return value


def _set_text(value: str | None) -> str | None:
    """A text that is not set is stored empty, and left out of the file."""
    return value or None


Column = tuple[str, Callable[[Any], JsonBody]]
"""The name in the file, and what writes a value of the database."""
_DATED = {"revision": ("revision", _copy), "created_us": ("createdAt", _instant)}
SECTIONS: dict[str, dict[str, Column]] = {
    "clients": {"id": ("id", _copy), "name": ("name", _copy), "archived": ("archived", _flag), **_DATED},
    "projects": {
        "id": ("id", _copy), "name": ("name", _copy), "client_id": ("clientId", _copy), "hourly_rate": ("hourlyRate", _copy),
        "currency": ("currency", _copy), "budget_hours": ("budgetHours", _copy), "budget_amount": ("budgetAmount", _copy),
        "billable": ("billable", _flag), "bill_agent_time": ("billAgentTime", _flag),
        "bill_supervised": ("billSupervised", _flag), "default_task": ("defaultTask", _copy), "archived": ("archived", _flag),
        "deleted": ("deleted", _flag), "origin": ("origin", _copy), "folder": ("folder", _copy), **_DATED,
    },
    "tasks": {
        "id": ("id", _copy), "key": ("key", _copy), "name": ("name", _copy), "project_id": ("projectId", _copy),
        "status": ("status", _copy), "estimated_hours": ("estimatedHours", _copy), "hourly_rate": ("hourlyRate", _copy),
        **_DATED,
    },
    "people": {
        "id": ("id", _copy), "name": ("name", _copy), "email": ("email", _copy), "role": ("role", _copy),
        "status": ("status", _copy), **_DATED,
    },
    "repos": {
        "id": ("id", _copy), "identity": ("identity", _copy), "name": ("name", _copy), "remote": ("remote", _copy),
        "first_commit": ("firstCommit", _copy), "project_id": ("projectId", _copy), "created_us": ("createdAt", _instant),
        "last_active_us": ("lastActiveAt", _instant),
    },
    "commits": {
        "repo_id": ("repoId", _copy), "sha": ("sha", _copy), "time_us": ("time", _instant), "subject": ("subject", _copy),
        "branch": ("branch", _copy), "is_own": ("own", _flag),
    },
    "mappings": {
        "id": ("id", _copy), "position": ("position", _copy), "path": ("path", _copy), "remote": ("remote", _copy),
        "branch": ("branch", _copy), "project": ("project", _copy), "client": ("client", _copy), "task": ("task", _copy),
        "billable": ("billable", _flag), "tags": ("tags", json.loads), "since_us": ("since", _instant),
        "created_us": ("createdAt", _instant),
    },
    "merged": {"id": ("id", _copy), "merged_into": ("mergedInto", _copy), "at_us": ("at", _instant)},
    "taken": {
        "id": ("id", _copy), "start_us": ("start", _instant), "end_us": ("end", _instant), "actor": ("actor", _copy),
        "project_id": ("projectId", _copy),
    },
    "cuts": {"id": ("id", _copy), "at_us": ("at", _instant), "actor": ("actor", _copy), "project_id": ("projectId", _copy)},
    "sessions": {
        "id": ("id", _copy), "agent": ("agent", _set_text), "caller": ("caller", _set_text), "project_id": ("projectId", _copy),
        "folder": ("folder", _set_text), "started_us": ("start", _instant),
        "last_us": ("last", _instant), "ended_us": ("end", _instant),
        "end_reason": ("endReason", _set_text), "description": ("description", _set_text), "task": ("taskName", _copy),
        "tags": ("tags", json.loads), "billable": ("billable", _flag),
    },
    "absences": {
        "start_us": ("start", _instant), "end_us": ("end", _instant), "kind": ("kind", _copy), "device": ("device", _set_text),
    },
    "blind": {"start_us": ("start", _instant), "end_us": ("end", _instant), "reason": ("reason", _copy)},
    "heartbeats": {
        "id": ("id", _copy), "time_us": ("time", _instant), "kind": ("kind", _copy), "source": ("source", _copy),
        "source_text": ("sourceText", _set_text), "actor": ("actor", _copy), "repo_id": ("repoId", _set_text),
        "repo_path": ("repoPath", _set_text), "folder": ("folder", _set_text), "project": ("project", _set_text),
        "branch": ("branch", _set_text), "entity": ("entity", _set_text), "session": ("sessionId", _set_text),
        "device": ("device", _set_text), "witness": ("witness", _set_text),
    },
    "entries": {
        "id": ("id", _copy), "actor": ("actor", _copy), "origin": ("origin", _copy), "project_id": ("projectId", _copy),
        "project_name": ("projectName", _copy), "task": ("taskName", _copy), "start_us": ("start", _instant),
        "end_us": ("end", _instant), "description": ("description", _copy), "billable": ("billable", _flag),
        "tags": ("tags", json.loads), "pauses": ("pauses", _pauses), "hands_on_us": ("handsOnSeconds", _seconds),
        "supervised_us": ("supervisedSeconds", _seconds), "last_evidence_us": ("lastEvidenceAt", _instant),
        "repo_id": ("repoId", _copy), "branch": ("branch", _copy), "session": ("sessionId", _copy),
        "pinned": ("pinned", str.split), "is_confirmed": ("confirmed", _flag), "may_overlap": ("overlaps", _flag),
        "approved_us": ("approvedAt", _instant), "locked": ("locked", _flag), "zone": ("zone", _copy),
        "derived_project_id": ("derivedProjectId", _copy), "derived_task": ("derivedTask", _copy),
        "anchor_start_us": ("anchorStart", _instant), "anchor_end_us": ("anchorEnd", _instant),
        "is_estimated": ("estimated", _flag), "updated_us": ("updatedAt", _instant), **_DATED,
    },
}  # fmt: skip
"""For each section the columns of its rows. Sections are also read in this order."""


def write(sections: Iterable[tuple[str, Iterable[Mapping[str, object]]]], now: datetime, zone: str) -> Iterator[str]:
    """The file, from the rows of each section."""
    head: dict[str, JsonBody] = {"format": FORMAT, "version": VERSION, "exportedAt": instant(now), "zone": zone}
    yield "{\n" + ",\n".join(f"{json.dumps(name)}: {_json(value)}" for name, value in head.items())
    for name, rows in sections:
        opening = f",\n{json.dumps(name)}: [\n"
        end = f",\n{json.dumps(name)}: []"
        for row in rows:
            yield opening + _json(_wire_row(name, row))
            opening, end = ",\n", "\n]"
        yield end
    yield "\n}\n"


def _json(value: JsonBody) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _wire_row(section: str, row: Mapping[str, object]) -> dict[str, JsonBody]:
    """A row under the names of the file, without nulls."""
    values = {wire: write_as(row[column]) for column, (wire, write_as) in SECTIONS[section].items() if column in row}
    return {name: value for name, value in values.items() if value is not None}


def read(pieces: Iterable[str], zone: tzinfo) -> ParsedLines:
    """Everything in the file, in its order; the file must begin by saying what it is."""
    is_ours = False
    for element in jsonstream.walk(pieces, lambda path: not path or (len(path) == 1 and path[0] in SECTIONS)):
        name = element.path[0] if element.path else None
        if name == "format":
            is_ours = element.value == FORMAT
        elif not is_ours:
            raise Invalid(
                'this is not an export of stintd: it does not begin with "format": "stint"', "see `stint import --help`"
            )
        elif name == "version" and element.value != VERSION:
            raise Invalid(f"the file has version {str(element.value)[:20]}", "read it with a newer stintd")
        elif len(element.path) == 2 and isinstance(name, str):
            kind = "entry" if name == "entries" else name
            if isinstance(element.value, dict):
                yield ParsedItem(element.line, kind, element.value)
            else:
                yield BadLine(element.line, "it is not an object")
        elif len(element.path) == 1 and name in SECTIONS:
            yield BadLine(element.line, f"{name} is not a list")
    if not is_ours:
        raise Invalid("this is not an export of stintd", "see `stint import --help`")
