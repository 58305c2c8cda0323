"""Tasks and entries as clients of the ClickUp tools see them, and the search for a task among the local ones. The caller
looks for unknown tasks at the connected ClickUp (`engine/delivery/tasklookup.py`).
"""

from datetime import datetime
from typing import TypedDict, Unpack

from stintd.domain.mapping.naming import match_name
from stintd.domain.model import ProjectId, to_us
from stintd.domain.ticket import CLICKUP_PREFIX, key_forms, ticket_of
from stintd.engine import wire
from stintd.engine.entries import find_entries, overlap_clauses
from stintd.engine.queries import timers
from stintd.engine.resolver import project_aliases
from stintd.engine.view import Reader, View
from stintd.engine.wire_types import ClickUpEntryAnswerJson, ClickUpEntryJson, EntryJson, EntryTaskJson
from stintd.errors import Invalid, NotFound
from stintd.frozen import frozen
from stintd.store.row_types import ClickUpTaskRow, ProjectRow, TaskRow
from stintd.store.rowio import fetch_all, fetch_one

_TASKS = """
SELECT t.id, t.key, t.name, t.status, t.project_id, p.name AS project_name, p.archived FROM task t
JOIN project p ON p.id = t.project_id AND p.deleted = 0
"""
_ENTRY_TASKS = """
SELECT DISTINCT '' AS id, e.task AS key, e.task AS name, 'active' AS status, e.project_id, p.name AS project_name, p.archived
FROM entry e JOIN project p ON p.id = e.project_id AND p.deleted = 0 WHERE lower(e.task) = lower(?)
"""
NO_TASK = "Task not found. Please provide a valid taskId or taskName + listName combination."


class ClickUpTaskAnswer(TypedDict):
    """`{task}`."""

    task: "ClickUpTask"


class ClickUpTaskEntries(TypedDict):
    """The person's entries on a task; `isWhole` false where there are more."""

    task: "ClickUpTask"
    entries: list[ClickUpEntryJson]
    isWhole: bool


@frozen
class ClickUpTask:
    """A task of a project. `id` is the one by which these clients may name it."""

    id: str
    key: str
    name: str
    project_id: str
    project_name: str
    status: str


class TaskNames(TypedDict):
    """How a request names a task."""

    task_id: str | None
    task_name: str | None
    list_name: str | None


def find_task(reader: Reader, task_id: str | None, task_name: str | None, list_name: str | None) -> ClickUpTask:
    """The task a request means: by id, by external or custom id (the local key), or by name, within the list (the local
    project) if one is named. A missing name and a name of several tasks are `invalid`, an unknown one is `not_found`.
    """
    if not (task_id or task_name):
        raise Invalid(NO_TASK, "send taskId, or taskName with listName")
    rows = _find_by_id(reader, task_id) if task_id else _find_by_name(reader, task_name or "", list_name)
    rows = [row for row in rows if reader.admits(row["project_id"])]
    if list_name and len(rows) > 1:
        rows = [row for row in rows if row["project_id"] == _project_named(reader, list_name)]
    rows = _prefer_open(rows)
    if len(rows) > 1:
        lists = ", ".join(sorted({row["project_name"] for row in rows})[:5])
        raise Invalid(f"several tasks match, in the lists {lists}", "send taskId, or listName as well", {"field": "listName"})
    if not rows:
        what = f"ID '{task_id[:100]}'" if task_id else f"name '{(task_name or '')[:100]}'"
        raise NotFound(
            f"Task with {what} not found",
            "only tasks that stintd knows are found, and those of a connected ClickUp (`stint connect clickup`): create it with"
            " create_task or `stint tasks add`, or work on a branch whose name contains its id",
        )
    return _clickup_task(reader, rows[0])


def _find_by_id(reader: Reader, task_id: str) -> list[ClickUpTaskRow]:
    rows = fetch_all(reader.conn, ClickUpTaskRow, f"{_TASKS} WHERE t.id = ?", (task_id,))
    for sql in (f"{_TASKS} WHERE lower(t.key) = lower(?)", _ENTRY_TASKS):
        for key in key_forms(task_id):
            rows = rows or fetch_all(reader.conn, ClickUpTaskRow, sql, (key,))
    return rows


def _find_by_name(reader: Reader, name: str, list_name: str | None) -> list[ClickUpTaskRow]:
    rows = fetch_all(
        reader.conn, ClickUpTaskRow, f"{_TASKS} WHERE lower(t.name) = lower(?) OR t.key = ?", (name.strip(), name.strip())
    )
    rows = rows or fetch_all(reader.conn, ClickUpTaskRow, _ENTRY_TASKS, (name.strip(),))
    project = _project_named(reader, list_name) if list_name else None
    return [row for row in rows if not list_name or row["project_id"] == project]


def _project_named(reader: Reader, list_name: str) -> ProjectId | None:
    """The project that a list's name means, by its present or an earlier name."""
    rows = fetch_all(reader.conn, ProjectRow, "SELECT id, name FROM project WHERE deleted = 0")
    names = [(row["id"], row["name"]) for row in rows if reader.admits(row["id"])]
    aliases = [(project, name) for project, earlier in project_aliases(reader.conn).items() for name in earlier]
    return match_name(list_name, names, aliases=aliases).project


def _prefer_open(rows: list[ClickUpTaskRow]) -> list[ClickUpTaskRow]:
    """Of several tasks the open ones of active projects, if there are any."""
    for is_preferred in (lambda row: not row["archived"], lambda row: row["status"] == "active"):
        preferred = [row for row in rows if is_preferred(row)]
        rows = preferred or rows
    return rows


def _clickup_task(reader: Reader, row: ClickUpTaskRow) -> ClickUpTask:
    return ClickUpTask(
        _clickup_id(reader, row["id"], row["key"], row["name"]),
        row["key"],
        row["name"],
        row["project_id"],
        row["project_name"],
        row["status"],
    )


def _clickup_id(reader: Reader, task_id: str | None, key: str, name: str) -> str:
    """The external or custom id if the task has one; a key that is only the name is not unique, so then the local id."""
    is_external = key != name or ticket_of(key, reader.policy) == key
    return key.removeprefix(CLICKUP_PREFIX) if is_external or not task_id else task_id


def entry_task(reader: Reader, entry: EntryJson) -> EntryTaskJson:
    """The task of a local entry; an entry without a task shows its project's name, so that clients can print it."""
    if not entry["taskName"]:
        return {"id": "", "name": entry["projectName"] or ""}
    row = fetch_one(reader.conn, TaskRow, "SELECT id, key, name FROM task WHERE id = ?", (entry["taskId"],))
    if row is None:
        return {"id": entry["taskName"].removeprefix(CLICKUP_PREFIX), "name": entry["taskName"]}
    return {"id": _clickup_id(reader, row["id"], row["key"], row["name"]), "name": row["name"]}


def entry_with_task(reader: Reader, entry: EntryJson) -> ClickUpEntryJson:
    """A local entry with its task as these clients see it."""
    return {**entry, "task": entry_task(reader, entry)}


def current_entry(view: View) -> ClickUpEntryAnswerJson:
    """`{entry}`: the person's running timer, else the paused one, else null."""
    human_timers = [timer for timer in timers.timers(view) if timer["actor"] == "human" and not timer.get("provisional")]
    current = timers.first_running_timer(human_timers) or next(
        (timer for timer in human_timers if timer["state"] == "paused"), None
    )
    return {"entry": entry_with_task(view, current) if current else None}


def task(view: View, **which: Unpack[TaskNames]) -> ClickUpTaskAnswer:
    """One task."""
    return {"task": find_task(view, **which)}


def task_entries(
    view: View, since: datetime | None, until: datetime | None, limit: int, **which: Unpack[TaskNames]
) -> ClickUpTaskEntries:
    """The person's entries on a task, the latest start first, and their total length; `isWhole` is false if there are more
    than `limit`.
    """
    task = find_task(view, **which)
    clauses, values = overlap_clauses(to_us(since) if since else None, to_us(until) if until else None)
    clauses += ["e.project_id = ?", "e.task = ?", "e.actor = 'human'"]
    rows = find_entries(view, clauses, [*values, task.project_id, task.key, limit + 1], " ORDER BY e.start_us DESC LIMIT ?")
    entries = [entry_with_task(view, wire.entry(view, row)) for row in rows[:limit]]
    return {"task": task, "entries": entries, "isWhole": len(rows) <= limit}
