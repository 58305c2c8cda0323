"""Tasks and entries as callers of ClickUp's tools know them. How a task is found among those known
here; what is not is looked for at the connected ClickUp (`engine/delivery/tasklookup.py`) by whoever asks.
"""

from datetime import datetime
from typing import Any

from stintd.domain.mapping.resolver import normal_name
from stintd.domain.model import to_us
from stintd.domain.ticket import ticket_of
from stintd.engine import wire
from stintd.engine.entries import find as select_entries
from stintd.engine.entries import overlapping
from stintd.engine.queries import timers
from stintd.engine.rows import Row, select
from stintd.engine.view import Reading, View
from stintd.errors import Invalid, NotFound
from stintd.frozen import frozen

_TASKS = """
SELECT t.id, t.key, t.name, t.status, t.project_id, p.name AS project_name, p.archived FROM task t
JOIN project p ON p.id = t.project_id AND p.deleted = 0
"""
_SEEN = """
SELECT DISTINCT '' AS id, e.task AS key, e.task AS name, 'active' AS status, e.project_id, p.name AS project_name, p.archived
FROM entry e JOIN project p ON p.id = e.project_id AND p.deleted = 0 WHERE e.task IN (?, ?)
"""
_PREFIX = "CU-"
"""What stands before ClickUp's own ids in the names of branches, and so in keys that come from there."""
NO_TASK = "Task not found. Please provide a valid taskId or taskName + listName combination."


@frozen
class FoundTask:
    """A task of a project. `id` is what these callers may name it by."""

    id: str
    key: str
    name: str
    project_id: str
    project_name: str
    status: str


def find(reading: Reading, task_id: str | None, task_name: str | None, list_name: str | None) -> FoundTask:
    """The task a caller means: by id, by external or custom id (our key), or by name, within the list (our project) where
    one is named. Refuses (`invalid`) no name at all and names that several tasks have, and (`not_found`) unknown ones."""
    if not (task_id or task_name):
        raise Invalid(NO_TASK, "send taskId, or taskName with listName")
    found = _by_id(reading, task_id) if task_id else _by_name(reading, task_name or "", list_name)
    found = [row for row in found if reading.admits(row["project_id"])]
    if list_name and len(found) > 1:
        found = [row for row in found if normal_name(row["project_name"]) == normal_name(list_name)]
    found = _preferred(found)
    if len(found) > 1:
        lists = ", ".join(sorted({row["project_name"] for row in found})[:5])
        raise Invalid(f"several tasks match, in the lists {lists}", "send taskId, or listName as well", {"field": "listName"})
    if not found:
        what = f"ID '{task_id[:100]}'" if task_id else f"name '{(task_name or '')[:100]}'"
        raise NotFound(
            f"Task with {what} not found",
            "tasks that stintd knows are found, and those of a ClickUp that is connected (`stint connect clickup`): make it with"
            " create_task or `stint tasks add`, or work on a branch that carries its id",
        )
    return _shape(reading, found[0])


def _by_id(reading: Reading, task_id: str) -> list[Row]:
    names = task_id, _PREFIX + task_id
    by_id = select(reading.conn, f"{_TASKS} WHERE t.id = ?", (task_id,))
    by_key = by_id or select(reading.conn, f"{_TASKS} WHERE lower(t.key) IN (lower(?), lower(?))", names)
    return by_key or select(reading.conn, _SEEN, names)


def _by_name(reading: Reading, name: str, list_name: str | None) -> list[Row]:
    rows = select(reading.conn, f"{_TASKS} WHERE lower(t.name) = lower(?) OR t.key = ?", (name.strip(), name.strip()))
    rows = rows or select(reading.conn, _SEEN, (name.strip(), name.strip()))
    wanted = normal_name(list_name) if list_name else None
    return [row for row in rows if wanted in (None, normal_name(row["project_name"]))]


def _preferred(rows: list[Row]) -> list[Row]:
    """Of several the open ones, of active projects, where that leaves any."""
    for is_liked in (lambda row: not row["archived"], lambda row: row["status"] == "active"):
        liked = [row for row in rows if is_liked(row)]
        rows = liked or rows
    return rows


def _shape(reading: Reading, row: Row) -> FoundTask:
    return FoundTask(
        _shown_id(reading, row["id"], row["key"], row["name"]), row["key"], row["name"], row["project_id"],
        row["project_name"], row["status"],
    )  # fmt: skip


def _shown_id(reading: Reading, task_id: str | None, key: str, name: str) -> str:
    """The external or custom id where the task has one; a key that is only its name is not unique, so our id then."""
    is_external = key != name or ticket_of(key, reading.policy) == key
    return key.removeprefix(_PREFIX) if is_external or not task_id else task_id


def task_of(reading: Reading, shown: dict[str, Any]) -> dict[str, str]:
    """The task of an entry of ours; one without a task shows its project's name, so that callers can print it."""
    if not shown["taskName"]:
        return {"id": "", "name": shown["projectName"] or ""}
    rows = select(reading.conn, "SELECT id, key, name FROM task WHERE id = ?", (shown["taskId"],))
    if not rows:
        return {"id": shown["taskName"].removeprefix(_PREFIX), "name": shown["taskName"]}
    return {"id": _shown_id(reading, rows[0]["id"], rows[0]["key"], rows[0]["name"]), "name": rows[0]["name"]}


def with_task(reading: Reading, shown: dict[str, Any]) -> dict[str, Any]:
    """An entry of ours with the task as these callers know it."""
    return {**shown, "task": task_of(reading, shown)}


def current(view: View) -> dict[str, Any]:
    """`{entry}`: the person's timer that runs, else the one that is paused, else null."""
    shown = [one for one in timers.timers(view) if one["actor"] == "human" and not one.get("provisional")]
    found = timers.first_running(shown) or next((one for one in shown if one["state"] == "paused"), None)
    return {"entry": with_task(view, found) if found else None}


def task(view: View, **which: Any) -> dict[str, Any]:
    """One task."""
    return {"task": find(view, **which)}


def of_task(view: View, since: datetime | None, until: datetime | None, limit: int, **which: Any) -> dict[str, Any]:
    """The person's entries on a task, the latest start first, and how long they are together; `isWhole` false where there
    are more than `limit`."""
    found = find(view, **which)
    clauses, values = overlapping(to_us(since) if since else None, to_us(until) if until else None)
    clauses += ["e.project_id = ?", "e.task = ?", "e.actor = 'human'"]
    rows = select_entries(view, clauses, [*values, found.project_id, found.key, limit + 1], " ORDER BY e.start_us DESC LIMIT ?")
    shown = [with_task(view, wire.entry(view, row)) for row in rows[:limit]]
    return {"task": found, "entries": shown, "isWhole": len(rows) <= limit}
