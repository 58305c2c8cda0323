"""Our own JSON: everything the sheet is made of, a value a line, so that another home can be made of it.

Names are those of `POST /api/import`. Not in it: running timers, the history of edits, keys, webhooks and settings;
`stint backup` keeps those.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from stintd.domain.model import from_us
from stintd.errors import Invalid
from stintd.formats import jsonstream
from stintd.formats.parsed import Bad, Found, Reading
from stintd.formats.work import instant

FORMAT, VERSION = "stint", 1


def _when(us: int | None) -> str | None:
    return None if us is None else instant(from_us(us))


def _seconds(us: int) -> float:
    return us / 1_000_000


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _pauses(text: str) -> list[dict[str, str | None]]:
    return [{"start": _when(start), "end": _when(end)} for start, end in json.loads(text)]


def _same(value: Any) -> Any:
    return value


def _given(value: str | None) -> str | None:
    """What is not set is stored empty, and left out of the file."""
    return value or None


Column = tuple[str, Callable[[Any], Any]]
_DATED = {"revision": ("revision", _same), "created_us": ("createdAt", _when)}
SECTIONS: dict[str, dict[str, Column]] = {
    "clients": {"id": ("id", _same), "name": ("name", _same), "archived": ("archived", _flag), **_DATED},
    "projects": {
        "id": ("id", _same), "name": ("name", _same), "client_id": ("clientId", _same), "hourly_rate": ("hourlyRate", _same),
        "currency": ("currency", _same), "budget_hours": ("budgetHours", _same), "budget_amount": ("budgetAmount", _same),
        "billable": ("billable", _flag), "bill_agent_time": ("billAgentTime", _flag),
        "bill_supervised": ("billSupervised", _flag), "default_task": ("defaultTask", _same), "archived": ("archived", _flag),
        "deleted": ("deleted", _flag), "origin": ("origin", _same), "folder": ("folder", _same), **_DATED,
    },
    "tasks": {
        "id": ("id", _same), "key": ("key", _same), "name": ("name", _same), "project_id": ("projectId", _same),
        "status": ("status", _same), "estimated_hours": ("estimatedHours", _same), "hourly_rate": ("hourlyRate", _same),
        **_DATED,
    },
    "people": {
        "id": ("id", _same), "name": ("name", _same), "email": ("email", _same), "role": ("role", _same),
        "status": ("status", _same), **_DATED,
    },
    "repos": {
        "id": ("id", _same), "identity": ("identity", _same), "name": ("name", _same), "remote": ("remote", _same),
        "first_commit": ("firstCommit", _same), "project_id": ("projectId", _same), "created_us": ("createdAt", _when),
        "last_active_us": ("lastActiveAt", _when),
    },
    "commits": {
        "repo_id": ("repoId", _same), "sha": ("sha", _same), "time_us": ("time", _when), "subject": ("subject", _same),
        "branch": ("branch", _same), "is_own": ("own", _flag),
    },
    "mappings": {
        "id": ("id", _same), "position": ("position", _same), "path": ("path", _same), "remote": ("remote", _same),
        "branch": ("branch", _same), "project": ("project", _same), "client": ("client", _same), "task": ("task", _same),
        "billable": ("billable", _flag), "tags": ("tags", json.loads), "since_us": ("since", _when),
        "created_us": ("createdAt", _when),
    },
    "merged": {"id": ("id", _same), "merged_into": ("mergedInto", _same), "at_us": ("at", _when)},
    "taken": {
        "id": ("id", _same), "start_us": ("start", _when), "end_us": ("end", _when), "actor": ("actor", _same),
        "project_id": ("projectId", _same),
    },
    "cuts": {"id": ("id", _same), "at_us": ("at", _when), "actor": ("actor", _same), "project_id": ("projectId", _same)},
    "sessions": {
        "id": ("id", _same), "agent": ("agent", _given), "caller": ("caller", _given), "project_id": ("projectId", _same),
        "folder": ("folder", _given), "started_us": ("start", _when), "last_us": ("last", _when), "ended_us": ("end", _when),
        "end_reason": ("endReason", _given), "description": ("description", _given), "task": ("taskName", _same),
        "tags": ("tags", json.loads), "billable": ("billable", _flag),
    },
    "absences": {
        "start_us": ("start", _when), "end_us": ("end", _when), "kind": ("kind", _same), "device": ("device", _given),
    },
    "blind": {"start_us": ("start", _when), "end_us": ("end", _when), "reason": ("reason", _same)},
    "heartbeats": {
        "id": ("id", _same), "time_us": ("time", _when), "kind": ("kind", _same), "source": ("source", _same),
        "source_text": ("sourceText", _given), "actor": ("actor", _same), "repo_id": ("repoId", _given),
        "repo_path": ("repoPath", _given), "folder": ("folder", _given), "project": ("project", _given),
        "branch": ("branch", _given), "entity": ("entity", _given), "session": ("sessionId", _given),
        "device": ("device", _given), "witness": ("witness", _given),
    },
    "entries": {
        "id": ("id", _same), "actor": ("actor", _same), "origin": ("origin", _same), "project_id": ("projectId", _same),
        "project_name": ("projectName", _same), "task": ("taskName", _same), "start_us": ("start", _when),
        "end_us": ("end", _when), "description": ("description", _same), "billable": ("billable", _flag),
        "tags": ("tags", json.loads), "pauses": ("pauses", _pauses), "hands_on_us": ("handsOnSeconds", _seconds),
        "supervised_us": ("supervisedSeconds", _seconds), "last_evidence_us": ("lastEvidenceAt", _when),
        "repo_id": ("repoId", _same), "branch": ("branch", _same), "session": ("sessionId", _same),
        "pinned": ("pinned", str.split), "is_confirmed": ("confirmed", _flag), "may_overlap": ("overlaps", _flag),
        "approved_us": ("approvedAt", _when), "locked": ("locked", _flag), "zone": ("zone", _same),
        "derived_project_id": ("derivedProjectId", _same), "derived_task": ("derivedTask", _same),
        "anchor_start_us": ("anchorStart", _when), "anchor_end_us": ("anchorEnd", _when),
        "is_estimated": ("estimated", _flag), "updated_us": ("updatedAt", _when), **_DATED,
    },
}  # fmt: skip
"""Of each section the columns of its rows: their name in the file, and how they are written. Read in this order too."""


def write(sections: Iterable[tuple[str, Iterable[Mapping[str, Any]]]], now: datetime, zone: str) -> Iterator[str]:
    """The file, of the rows of each section."""
    head = {"format": FORMAT, "version": VERSION, "exportedAt": instant(now), "zone": zone}
    yield "{\n" + ",\n".join(f"{json.dumps(name)}: {_dumped(value)}" for name, value in head.items())
    for name, rows in sections:
        before = f",\n{json.dumps(name)}: [\n"
        end = f",\n{json.dumps(name)}: []"
        for row in rows:
            yield before + _dumped(_told(name, row))
            before, end = ",\n", "\n]"
        yield end
    yield "\n}\n"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _told(section: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row by the names of the file; what is null is left out."""
    found = {wire: write_as(row[column]) for column, (wire, write_as) in SECTIONS[section].items() if column in row}
    return {name: value for name, value in found.items() if value is not None}


def read(pieces: Iterable[str], zone: tzinfo) -> Reading:
    """Everything of the file, in its order; it must begin by saying what it is."""
    is_ours = False
    for element in jsonstream.walk(pieces, lambda path: not path or (len(path) == 1 and path[0] in SECTIONS)):
        name = element.path[0] if element.path else None
        if name == "format":
            is_ours = element.value == FORMAT
        elif not is_ours:
            raise Invalid('this is no export of stintd: it does not begin with "format": "stint"', "see `stint import --help`")
        elif name == "version" and element.value != VERSION:
            raise Invalid(f"the file is of version {str(element.value)[:20]}", "a newer stintd reads it")
        elif len(element.path) == 2 and isinstance(name, str):
            kind = "entry" if name == "entries" else name
            is_object = isinstance(element.value, dict)
            yield Found(element.line, kind, element.value) if is_object else Bad(element.line, "it is no object")
        elif len(element.path) == 1 and name in SECTIONS:
            yield Bad(element.line, f"{name} is no list")
    if not is_ours:
        raise Invalid("this is no export of stintd", "see `stint import --help`")
