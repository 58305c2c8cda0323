"""Imports entries from files: one batch a step; all batches of one import are one edit, so that one undo removes it. An entry
that exists already adds nothing: it is recognised by its id, or (if the file has no ids) by its content. Entries that the
owner deleted or merged do not come back. The owner's own time in the way is reported, and the import is refused unless the
request says otherwise; automatic time gives way, as for every manual entry.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import cast

from stintd.domain.edits import LONGEST
from stintd.domain.mapping.naming import normal_name
from stintd.domain.model import ProjectId, to_us
from stintd.engine import wire
from stintd.engine.commands import entries, resolve, restore_evidence
from stintd.engine.commands.resolve import ProjectNames
from stintd.engine.entries import project_names
from stintd.engine.entry_texts import ALL_PINS
from stintd.engine.rows import LONGEST_US, Row
from stintd.engine.sheet import reconcile, rollup
from stintd.engine.sheet.settle import settle
from stintd.engine.step import DryRun, Step
from stintd.engine.wire_types import ImportedJson, ImportOutcome, OverlapJson, OverlappedEntryJson
from stintd.errors import Conflict, Invalid, NotFound
from stintd.frozen import frozen
from stintd.store import heartbeats, rowio
from stintd.store.row_types import ClientRow, EditRow, EntryRow, NearRow, ProjectRow, RepoRow, SqlValue
from stintd.store.rowio import fetch_all, fetch_one

SECOND = 1_000_000
_INSTANTS = ("last_evidence_us", "approved_us", "created_us", "updated_us", "anchor_start_us", "anchor_end_us")
_DELETED = """SELECT 1 FROM edit_row r JOIN edit e ON e.id = r.edit_id WHERE r.row_id = ? AND r.table_name = 'entry'
AND r.after IS NULL AND e.undone_us IS NULL AND e.verb <> 'undo' LIMIT 1"""


@frozen
class ImportRequest:
    """One batch of a file. `import_id`: the id in the answer to the first batch. `create`: missing projects are created.
    `overlap`: where the owner's own time is in the way, `refuse` the batch, `skip` the entry, or `keep` both. `match`: an
    entry that exists already is recognised by its `id`, or by its `content`. `source`: the name of the file. `parts`: its
    other rows, by section.
    """

    entries: Sequence[Row] = ()
    import_id: str | None = None
    dry_run: bool = False
    create: bool = False
    overlap: str = "refuse"
    match: str = "id"
    source: str = "a file"
    parts: Mapping[str, Sequence[Row]] = field(default_factory=dict)


@dataclass(slots=True)
class _Batch:
    """A batch and its results. `outcomes`: for each entry `added`, `known` or `overlaps`."""

    step: Step
    request: ImportRequest
    import_id: str
    outcomes: list[ImportOutcome] = field(default_factory=list)
    overlaps: list[OverlapJson] = field(default_factory=list)
    created_names: list[str] = field(default_factory=list)
    unknown_names: list[str] = field(default_factory=list)
    longest_us: int = LONGEST_US
    new_ids: set[str] = field(default_factory=set)
    added_us: int = 0
    taken_us: int = 0
    skipped_beats: int = 0


def import_batch(step: Step, request: ImportRequest) -> ImportedJson:
    """Import a batch. Answers what was added; with `dry_run`, what would be added, and changes nothing."""
    batch, parts = _Batch(step, request, request.import_id or step.new_id()), request.parts
    _check_edit(step, batch.import_id)
    batch.longest_us = _longest_us(step)
    counts = {name: sum(_ADD[name](step, dict(row)) for row in parts.get(name) or []) for name in _CATALOG}
    # Projects and tasks are created outside the edit: undoing an import must not remove a project that has been used since.
    rows = [row for record in request.entries if (row := _row_to_add(batch, dict(record))) is not None]
    with step.edit("import", f"import from {request.source}", batch.import_id):
        for name in ("taken", "cuts", *restore_evidence.ADD):
            counts[name] = sum(_ADD[name](step, dict(row)) for row in parts.get(name) or [])
        counts["heartbeats"], batch.skipped_beats = restore_evidence.add(step, batch.import_id, parts.get("heartbeats") or [])
        span = restore_evidence.bounds(step, batch.import_id)
        for row in rows:
            _insert(step, row, span)
    if batch.overlaps and request.overlap == "refuse" and not request.dry_run:
        raise Conflict(
            "entries of your own are in the way",
            "import with --skip-overlaps or --overlap, or change them first",
            {"overlaps": batch.overlaps[:20]},
        )
    answer = _answer(batch, counts)
    if request.dry_run:
        raise DryRun(answer)
    settle(step)
    return answer


def _answer(batch: _Batch, counts: dict[str, int]) -> ImportedJson:
    return {
        "importId": batch.import_id,
        "dryRun": batch.request.dry_run,
        "outcomes": batch.outcomes,
        "overlaps": batch.overlaps,
        "addedSeconds": wire.seconds(batch.added_us),
        "takenSeconds": wire.seconds(batch.taken_us),
        "projectsCreated": batch.created_names,
        "unknownProjects": batch.unknown_names,
        "others": counts,
        "heartbeatsPassed": batch.skipped_beats,
    }


def _longest_us(step: Step) -> int:
    """The length of the longest entry: read once a batch, so that each entry need not search the month before it."""
    sql = "SELECT max(coalesce(end_us, ?) - start_us) FROM entry"
    return int(step.conn.execute(sql, (to_us(step.now),)).fetchone()[0] or 0)


def _check_edit(step: Step, import_id: str) -> None:
    """An import may continue only its own edit."""
    edit = fetch_one(step.conn, EditRow, "SELECT verb, who, undone_us FROM edit WHERE id = ?", (import_id,))
    if edit is not None and (edit["verb"] != "import" or edit["who"] != step.who or edit["undone_us"] is not None):
        raise Conflict(
            "this importId belongs to another edit", "start an import without importId, and continue with the one in the answer"
        )


# ---------------------------------------------------------------- entries


def _row_to_add(batch: _Batch, record: Row) -> EntryRow | None:
    """The row of an entry to add; None if it exists already or something is in its way."""
    step = batch.step
    row = _file_columns(step, record)
    _check_span(step, row)
    if row["id"] in batch.new_ids or _is_known(step, row["id"]):
        batch.outcomes.append("known")
        return None
    project = _resolve_project(batch, record)
    row["project_id"], row["task"] = project, _resolve_task(step, project, record)
    if batch.request.match == "content" and _is_covered(batch, row):
        batch.outcomes.append("known")
        return None
    if row["actor"] == "human" and not row["may_overlap"]:
        overlaps = _find_overlaps(batch, row)
        if overlaps and batch.request.overlap != "keep":
            batch.overlaps.append({"index": len(batch.outcomes), "id": row["id"], "with": _overlaps_json(step, overlaps)})
            batch.outcomes.append("overlaps")
            return None
        row["may_overlap"] = int(bool(overlaps))
    row["billable"] = int(record["billable"] if record.get("billable") is not None else entries.is_billed(step, project))
    end_us = _end_us(row)
    batch.added_us += wire.length_us(row, end_us)
    batch.taken_us += entries.automatic_us(step, row["start_us"], end_us, batch.longest_us) if row["actor"] == "human" else 0
    batch.new_ids.add(row["id"])
    batch.outcomes.append("added")
    return row


def _file_columns(step: Step, record: Row) -> EntryRow:
    """The columns that come from the file."""
    pauses = [[to_us(pause["start_us"]), to_us(pause["end_us"])] for pause in record.get("pauses") or []]
    columns: Row = {
        "id": record["id"],
        "actor": record.get("actor", "human"),
        "origin": record.get("origin", "import"),
        "start_us": to_us(record["start_us"]),
        "end_us": to_us(record["end_us"]),
        "description": record.get("description") or "",
        "tags": json.dumps(list(record.get("tags") or ()), ensure_ascii=False),
        "pauses": json.dumps(pauses),
        "branch": record.get("branch"),
        "session": record.get("session"),
        "zone": record.get("zone") or step.state.zone,
        "is_confirmed": int(record.get("is_confirmed", True)),
        "may_overlap": int(record.get("may_overlap", False)),
        "locked": int(record.get("locked", False)),
        "revision": record.get("revision", 1),
        "repo_id": _find_repo(step, record),
        **{name: to_us(record[name]) for name in _INSTANTS if name in record},
        "is_estimated": int(record.get("is_estimated", False)),
        "derived_project_id": record.get("derived_project_id"),
        "derived_task": record.get("derived_task"),
        "pinned": " ".join(sorted(record.get("pinned") or ())),
    }
    row = cast("EntryRow", columns)  # `_insert` adds the other columns
    length = wire.length_us(row, _end_us(row))
    supervised = min(length, round((record.get("supervised_seconds") or 0) * SECOND))
    hands_on = record.get("hands_on_seconds")
    row["supervised_us"] = supervised
    row["hands_on_us"] = round(hands_on * SECOND) if hands_on is not None else length if row["actor"] == "human" else 0
    return row


def _end_us(row: EntryRow) -> int:
    """The end of an entry in a file: each must have one."""
    assert row["end_us"] is not None
    return row["end_us"]


def _find_repo(step: Step, record: Row) -> str | None:
    if not record.get("repo_id"):
        return None
    row = fetch_one(step.conn, RepoRow, "SELECT id FROM repo WHERE id = ?", (record["repo_id"],))
    return str(row["id"]) if row else None


def _check_span(step: Step, row: EntryRow) -> None:
    """Refuse an entry with impossible times."""
    start, end, pauses = row["start_us"], _end_us(row), json.loads(row["pauses"])
    edges = [start, *(edge for pause in pauses for edge in pause), end]
    if end <= start or edges != sorted(edges):
        raise Invalid(f"entry {row['id'][:40]} does not begin before it ends, with its pauses inside in order")
    if end - start > LONGEST / timedelta(microseconds=1):
        raise Invalid(f"entry {row['id'][:40]} is longer than a day")
    if end > to_us(step.now + step.policy.max_future):
        raise Invalid(f"entry {row['id'][:40]} is in the future")


def _is_known(step: Step, entry_id: str) -> bool:
    """Whether an entry of this id exists or existed: one that the owner deleted or merged does not come back."""
    for sql in ("SELECT 1 FROM entry WHERE id = ?", "SELECT 1 FROM merged_entry WHERE id = ?", _DELETED):
        if step.conn.execute(sql, (entry_id,)).fetchone():
            return True
    return False


def _is_covered(batch: _Batch, row: EntryRow) -> bool:
    """Whether an entry of the same project has this time already, to the second (files have whole seconds only)."""
    candidates = _overlapping_rows(batch, row, "project_id IS ? AND actor = ?", (row["project_id"], row["actor"]))
    lo, hi = row["start_us"] + SECOND, _end_us(row)
    return any(
        start <= row["start_us"] + SECOND - 1
        and hi <= end
        and not any(min(stop, hi) - max(begin, lo) > 0 for begin, stop in wire.pauses(other["pauses"]) if stop is not None)
        for other in candidates
        for start, end in [(other["start_us"], other["end_us"])]
    )


def _find_overlaps(batch: _Batch, row: EntryRow) -> list[NearRow]:
    """The owner's own entries that overlap the counted time of this one."""
    candidates = _overlapping_rows(batch, row, f"actor = 'human' AND {entries.HAS_OWN_TIME} AND may_overlap = 0", ())
    stretches = _counted_stretches(cast("NearRow", row))
    return [
        other
        for other in candidates
        if any(lo < stop and begin < hi for lo, hi in stretches for begin, stop in _counted_stretches(other))
    ]


def _overlapping_rows(batch: _Batch, row: EntryRow, condition: str, values: tuple[object, ...]) -> list[NearRow]:
    """Entries that overlap a row's span and did not come with this import."""
    now = to_us(batch.step.now)
    others = fetch_all(
        batch.step.conn,
        NearRow,
        "SELECT id, project_id, start_us, coalesce(end_us, ?) AS end_us, pauses FROM entry"  # noqa: S608
        f" WHERE {condition} AND start_us BETWEEN ? AND ? AND coalesce(end_us, ?) > ? AND NOT EXISTS"
        " (SELECT 1 FROM edit_row WHERE row_id = entry.id AND edit_id = ? AND table_name = 'entry') ORDER BY start_us",
        (now, *values, row["start_us"] - batch.longest_us, row["end_us"], now, row["start_us"], batch.import_id),
    )
    return [other for other in others if other["id"] not in batch.new_ids]


def _counted_stretches(row: NearRow) -> list[tuple[int, int]]:
    edges = [row["start_us"], *(edge for pause in wire.pauses(row["pauses"]) for edge in pause if edge), row["end_us"]]
    return list(zip(edges[::2], edges[1::2], strict=False))


def _overlaps_json(step: Step, rows: list[NearRow]) -> list[OverlappedEntryJson]:
    names = project_names(step.conn)
    return [
        {
            "id": row["id"],
            "projectName": names.get(row["project_id"] or ""),
            "start": wire.instant(row["start_us"]),
            "end": wire.instant(row["end_us"]),
        }
        for row in rows[:5]
    ]


def _insert(step: Step, row: EntryRow, span: tuple[int, int] | None) -> None:
    """Write an entry with its totals, and notify listeners; derive again only where there is evidence. `span`: the period of
    the evidence that came with the file.
    """
    now_us, state = to_us(step.now), step.state
    end_us = _end_us(row)
    is_explained = span is not None and span[0] <= (row.get("last_evidence_us") or end_us) <= span[1]
    entry = cast(
        "EntryRow",
        {
            "state": "finished",
            "last_evidence_us": None,
            "approved_us": None,
            "user_id": state.user_id,
            "device_id": state.device_id,
            "workspace_id": state.workspace_id,
            "created_us": now_us,
            "updated_us": now_us,
            **row,
            **({} if is_explained else _OWN_COLUMNS),
            "origin": _stored_origin(row, is_explained),
        },
    )
    rowio.insert(step.conn, "entry", entry)
    rollup.add(step, entry)
    evidence = None if is_explained else heartbeats.bounds(step.conn)
    if evidence is not None and row["start_us"] <= evidence[1] + LONGEST_US and end_us >= evidence[0] - LONGEST_US:
        step.touch(row["start_us"], end_us)
    reconcile.announce(step, "time_entry.created", entry["id"])


_OWN_COLUMNS = {
    "pinned": ALL_PINS, "is_estimated": 0, "derived_project_id": None, "derived_task": None, "anchor_start_us": None,
    "anchor_end_us": None,
}  # fmt: skip
"""For an entry that came without evidence, so that it is the owner's from now on."""


def _stored_origin(row: EntryRow, is_explained: bool) -> str:
    return "import" if row["origin"] == "auto" and not is_explained else str(row["origin"])


def _resolve_project(batch: _Batch, record: Row) -> ProjectId | None:
    """The project an entry names: by its id, else by its name; created if the request allows it."""
    step, name = batch.step, record.get("project_name")
    if record.get("project_id"):
        row = fetch_one(step.conn, ProjectRow, "SELECT id FROM project WHERE id = ?", (record["project_id"],))
        if row is not None:
            return row["id"]
    if not name:
        return None
    try:
        project = resolve.require_project(step, ProjectNames(project_name=name), may_create=batch.request.create)
    except NotFound:
        if not batch.request.dry_run:
            raise
        project = resolve.require_project(step, ProjectNames(project_name=name), may_create=True)
        batch.unknown_names.append(name)
    if project.is_new:
        batch.created_names.append(name)
        _give_client(step, project.id, record.get("client_name"))
    return project.id


def _give_client(step: Step, project_id: str, name: str | None) -> None:
    """Give a project that the import created the client that the file names with it."""
    if not name:
        return
    row = fetch_one(step.conn, ClientRow, "SELECT id FROM client WHERE name = ?", (name,))
    client_id = row["id"] if row else step.new_id()
    if row is None:
        rowio.insert(step.conn, "client", {"id": client_id, "name": name, "created_us": to_us(step.now)})
    rowio.update(step.conn, "project", project_id, {"client_id": client_id})
    step.forget_places()


def _resolve_task(step: Step, project_id: str | None, record: Row) -> str | None:
    """The key of its task, which is created if missing; the branch of an automatic entry may name something that is no task."""
    if not record.get("task_name"):
        return None
    if project_id is None or record.get("origin") == "auto":
        return str(record["task_name"])
    return resolve.task_key(step, project_id, None, record["task_name"])


# ---------------------------------------------------------------- what entries refer to


def _sql_row(row: Row) -> Row:
    """The stored form of a row: instants as microseconds, flags as numbers, lists as JSON."""
    return {name: _sql_value(value) for name, value in row.items()}


def _sql_value(value: object) -> SqlValue:
    if isinstance(value, datetime):
        return to_us(value)
    if isinstance(value, bool):
        return int(value)
    return json.dumps(list(value), ensure_ascii=False) if isinstance(value, tuple | list) else cast("SqlValue", value)


def _is_there(step: Step, name: str, condition: str, *values: object) -> bool:
    return step.conn.execute(f"SELECT 1 FROM {name} WHERE {condition}", values).fetchone() is not None  # noqa: S608


def _stamp_row(step: Step, row: Row) -> Row:
    return {"created_us": to_us(step.now), **_sql_row(row)}


def _add_client(step: Step, row: Row) -> bool:
    if _is_there(step, "client", "id = ? OR name = ?", row["id"], row["name"]):
        return False
    rowio.insert(step.conn, "client", _stamp_row(step, row))
    return True


def _add_project(step: Step, row: Row) -> bool:
    if _is_there(
        step, "project", "id = ? OR (name = ? AND deleted = 0 AND ? = 0)", row["id"], row["name"], row.get("deleted", 0)
    ):
        return False
    if row.get("client_id") and not _is_there(step, "client", "id = ?", row["client_id"]):
        row["client_id"] = None
    rowio.insert(step.conn, "project", {"origin": "manual", **_stamp_row(step, row), "normal_name": normal_name(row["name"])})
    step.forget_places()
    if not row.get("deleted"):
        step.publish("project.created", resolve.project_json(step, row["id"]))
    return True


def _add_task(step: Step, row: Row) -> bool:
    is_known = _is_there(step, "task", "id = ? OR (project_id = ? AND key = ?)", row["id"], row["project_id"], row["key"])
    if is_known or not _is_there(step, "project", "id = ?", row["project_id"]):
        return False
    rowio.insert(step.conn, "task", _stamp_row(step, row))
    return True


def _add_person(step: Step, row: Row) -> bool:
    if _is_there(step, "person", "id = ? OR (email IS NOT NULL AND lower(email) = lower(?))", row["id"], row.get("email")):
        return False
    rowio.insert(step.conn, "person", _stamp_row(step, row))
    return True


def _add_repo(step: Step, row: Row) -> bool:
    if _is_there(step, "repo", "id = ? OR identity = ?", row["id"], row["identity"]):
        return False
    rowio.insert(step.conn, "repo", _stamp_row(step, row))
    step.forget_places()
    return True


def _add_commit(step: Step, row: Row) -> bool:
    is_known = _is_there(step, "repo_commit", "repo_id = ? AND sha = ?", row["repo_id"], row["sha"])
    if is_known or not _is_there(step, "repo", "id = ?", row["repo_id"]):
        return False
    rowio.insert(step.conn, "repo_commit", _sql_row(row))
    return True


def _add_mapping(step: Step, row: Row) -> bool:
    if _is_there(step, "mapping", "id = ?", row["id"]):
        return False
    rowio.insert(step.conn, "mapping", {"position": 0, **_stamp_row(step, row)})
    step.forget_places()
    return True


def _add_merged_entry(step: Step, row: Row) -> bool:
    if _is_there(step, "merged_entry", "id = ?", row["id"]):
        return False
    rowio.insert(step.conn, "merged_entry", _sql_row(row))
    return True


def _add_taken_stretch(step: Step, row: Row) -> bool:
    if _is_there(step, "taken", "id = ?", row["id"]):
        return False
    row = _sql_row(row)
    rowio.insert(step.conn, "taken", row)
    step.touch(row["start_us"], row["end_us"])
    return True


def _add_cut(step: Step, row: Row) -> bool:
    if _is_there(step, "cut", "id = ?", row["id"]):
        return False
    row = _sql_row(row)
    rowio.insert(step.conn, "cut", row)
    step.touch(row["at_us"], row["at_us"])
    return True


def _add_evidence_row(add: Callable[[Step, Row], bool], step: Step, row: Row) -> bool:
    return add(step, _sql_row(row))


_ADD: dict[str, Callable[[Step, Row], bool]] = {
    "clients": _add_client, "projects": _add_project, "tasks": _add_task, "people": _add_person, "repos": _add_repo,
    "commits": _add_commit, "mappings": _add_mapping, "merged": _add_merged_entry, "taken": _add_taken_stretch, "cuts": _add_cut,
    **{name: partial(_add_evidence_row, add) for name, add in restore_evidence.ADD.items()},
}  # fmt: skip
_CATALOG = ("clients", "projects", "tasks", "people", "repos", "commits", "mappings", "merged")
