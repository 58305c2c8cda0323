"""Creates, changes and deletes clients and tasks."""

from decimal import Decimal
from typing import TypedDict, Unpack

from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.commands import resolve
from stintd.engine.commands.entry_rows import check_revision
from stintd.engine.queries.catalog import find_client, find_task
from stintd.engine.reply import Reply
from stintd.engine.step import Step
from stintd.engine.wire_types import ClientJson, TaskJson
from stintd.errors import Conflict
from stintd.store import rowio
from stintd.store.row_types import ClientRow, SqlValue, TaskRow
from stintd.store.rowio import exists, fetch_one


def money_text(amount: Decimal | None) -> str | None:
    """An amount as it is stored: exact text."""
    return None if amount is None else str(amount)


# ---------------------------------------------------------------- clients


def create_client(step: Step, name: str) -> Reply[ClientJson]:
    """Create a client; `conflict` if the name is taken."""
    _refuse_taken_name(step, name)
    row = {"id": step.new_id(), "name": name.strip(), "created_us": to_us(step.now)}
    rowio.insert(step.conn, "client", row)
    return Reply(wire.client(find_client(step, str(row["id"]))))


def _refuse_taken_name(step: Step, name: str, except_id: str = "") -> None:
    other = fetch_one(step.conn, ClientRow, "SELECT id FROM client WHERE name = ? AND id <> ?", (name.strip(), except_id))
    if other is not None:
        raise Conflict(f"a client {name} exists already", "choose another name", {"clientId": other["id"]})


def change_client(
    step: Step, client_id: str, name: str | None = None, archived: bool | None = None, revision: int | None = None
) -> ClientJson:
    """Rename or archive a client."""
    row = find_client(step, client_id)
    check_revision(row, revision)
    values: dict[str, SqlValue] = {}
    if name is not None:
        _refuse_taken_name(step, name, client_id)
        values["name"] = name.strip()
    if archived is not None:
        values["archived"] = int(archived)
    if values:
        rowio.update(step.conn, "client", client_id, {**values, "revision": row["revision"] + 1})
    return wire.client(find_client(step, client_id))


def delete_client(step: Step, client_id: str, revision: int | None = None) -> ClientJson:
    """Delete a client without projects."""
    row = find_client(step, client_id)
    check_revision(row, revision)
    if exists(step.conn, "SELECT 1 FROM project WHERE client_id = ? AND deleted = 0", (client_id,)):
        raise Conflict("projects belong to this client", "archive it, or move its projects to another client")
    rowio.delete(step.conn, "client", client_id)
    return wire.client(row)


# ---------------------------------------------------------------- tasks


class TaskFigures(TypedDict, total=False):
    """The fields of a task that a request sets besides its name."""

    estimated_hours: float | None
    hourly_rate: Decimal | None


def create_task(
    step: Step,
    name: str,
    project_id: str | None = None,
    project_name: str | None = None,
    key: str | None = None,
    estimated_hours: float | None = None,
    hourly_rate: Decimal | None = None,
) -> Reply[TaskJson]:
    """Create a task in a project."""
    project = resolve.require_project(step, resolve.ProjectNames(project_id, project_name))
    row = resolve.insert_task(step, project.id, name, key)
    row |= {"estimated_hours": estimated_hours, "hourly_rate": money_text(hourly_rate)}
    rowio.update(step.conn, "task", row["id"], {"estimated_hours": estimated_hours, "hourly_rate": row["hourly_rate"]})
    return Reply(wire.task(row))


def change_task(
    step: Step,
    task_id: str,
    name: str | None = None,
    status: str | None = None,
    key: str | None = None,
    revision: int | None = None,
    **values: Unpack[TaskFigures],
) -> TaskJson:
    """Change a task. The key can change only while no entry has it."""
    row = find_task(step, task_id)
    check_revision(row, revision)
    if key is not None and key != row["key"]:
        _move_key(step, row, key)
    columns: dict[str, SqlValue] = {
        column: value for column, value in (("name", name), ("status", status), ("key", key)) if value is not None
    }
    if "estimated_hours" in values:
        columns["estimated_hours"] = values["estimated_hours"]
    if "hourly_rate" in values:
        columns["hourly_rate"] = money_text(values["hourly_rate"])
    if columns:
        rowio.update(step.conn, "task", task_id, {**columns, "revision": row["revision"] + 1})
    return wire.task(find_task(step, task_id))


def _move_key(step: Step, row: TaskRow, key: str) -> None:
    if exists(step.conn, "SELECT 1 FROM task WHERE project_id = ? AND key = ?", (row["project_id"], key)):
        raise Conflict(f"a task {key} exists already", "choose another key")
    is_used = exists(step.conn, "SELECT 1 FROM entry WHERE project_id = ? AND task = ?", (row["project_id"], row["key"]))
    if is_used:
        raise Conflict("entries have this task's key", "create a task with the new key instead")


def delete_task(step: Step, task_id: str, revision: int | None = None) -> TaskJson:
    """Delete a task that no entry has."""
    row = find_task(step, task_id)
    check_revision(row, revision)
    if exists(step.conn, "SELECT 1 FROM entry WHERE project_id = ? AND task = ?", (row["project_id"], row["key"])):
        raise Conflict("entries have this task", "mark it complete instead")
    rowio.delete(step.conn, "task", task_id)
    return wire.task(row)


def complete_task(step: Step, task_id: str) -> TaskJson:
    """Mark a task complete; repeating it changes nothing."""
    row = find_task(step, task_id)
    if row["status"] != "complete":
        rowio.update(step.conn, "task", task_id, {"status": "complete", "revision": row["revision"] + 1})
    return wire.task(find_task(step, task_id))
