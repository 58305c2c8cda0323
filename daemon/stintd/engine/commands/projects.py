"""Projects and mappings: made, changed, deleted. A change that moves evidence derives what it moves."""

import json
from datetime import date, datetime
from typing import Any

from stintd.domain.mapping.resolver import normal_name
from stintd.domain.model import to_us
from stintd.domain.pattern import path_pattern
from stintd.engine.commands import resolve, revision
from stintd.engine.commands.catalog import money
from stintd.engine.commands.rebuild import compared
from stintd.engine.period import midnight, zone_of
from stintd.engine.queries import repos
from stintd.engine.queries.catalog import client_row
from stintd.engine.queries.projects import row_of
from stintd.engine.reply import Reply
from stintd.engine.rows import Row, first
from stintd.engine.sheet import projects, reconcile
from stintd.engine.step import Step
from stintd.errors import Conflict, Invalid, NotFound
from stintd.store import rowio

_MONEY = ("hourly_rate", "budget_amount")
_BILLING = frozenset({"billable", "bill_agent_time", "client_id"})
_FLAGS = ("billable", "bill_agent_time", "bill_supervised", "archived")


def _columns(step: Step, values: Row) -> Row:
    """The columns of what a request sets."""
    row = {name: value for name, value in values.items() if name not in ("client_name", "client_id")}
    row |= {name: money(row[name]) for name in _MONEY if name in row}
    row |= {name: None if row[name] is None else int(row[name]) for name in _FLAGS if name in row}
    if "client_id" in values and values["client_id"] is not None:
        row["client_id"] = client_row(step, values["client_id"])["id"]
    elif "client_id" in values:
        row["client_id"] = None
    elif "client_name" in values:
        name = values["client_name"]
        row["client_id"] = projects.client_of(step, name.strip()) if name is not None else None
    return row


def create(step: Step, name: str, **values: Any) -> Reply:
    """A new project; `conflict` when the name is taken."""
    row = resolve.new_project(step, {"name": name, **_columns(step, values)})
    return Reply(resolve.project_shape(step, row["id"]))


def change(step: Step, project_id: str, name: str | None = None, revision: int | None = None, **values: Any) -> dict[str, Any]:
    """Change a project. What is billable applies to the past as well, except where it was set or approved."""
    row = row_of(step, project_id)
    _check(row, revision)
    columns = _columns(step, values)
    if name is not None and name.strip() != row["name"]:
        taken = first(step.conn, "SELECT id FROM project WHERE name = ? AND deleted = 0", (name.strip(),))
        if taken is not None:
            raise Conflict(f"there is a project {name} already", "choose another name", {"projectId": taken["id"]})
        columns |= {"name": name.strip(), "normal_name": normal_name(name), "origin": "manual"}
    if columns:
        rowio.update(step.conn, "project", row["id"], {**columns, "revision": row["revision"] + 1})
        step.forget_places()
        step.publish("project.updated", resolve.project_shape(step, row["id"]))
        if columns.keys() & _BILLING:
            reconcile.bill_again(step, row["id"])
    return resolve.project_shape(step, row["id"])


def delete(step: Step, project_id: str, revision: int | None = None) -> dict[str, Any]:
    """Delete a project without hours; one with hours is archived instead."""
    row = row_of(step, project_id)
    _check(row, revision)
    if first(step.conn, "SELECT 1 FROM entry WHERE project_id = ? LIMIT 1", (row["id"],)):
        raise Conflict("this project has hours", "archive it: PATCH archived, or `stint projects archive`")
    shown = resolve.project_shape(step, row["id"])
    rowio.update(step.conn, "project", row["id"], {"deleted": 1, "revision": row["revision"] + 1})
    step.forget_places()
    step.publish("project.deleted", {"id": row["id"], "name": row["name"]})
    return shown


def _check(row: Row, expected: int | None) -> None:
    revision.check(row, expected)


# ---------------------------------------------------------------- mappings


def add_mapping(
    step: Step, since: date | datetime | None = None, dry_run: bool = False, auto_create: bool = False, **values: Any
) -> Any:
    """Map a folder, remote or branch to a project: from now on and, unless `since` says otherwise, backwards too.

    The first mapping that matches wins, and a new one is asked first. A dry run answers the difference alone.
    """
    _check_mapping(values)
    project = resolve.target(step, resolve.Wanted(project_name=values["project"]), may_create=auto_create)
    row = {
        "id": step.new_id(), "position": _first_position(step), "created_us": to_us(step.now),
        "since_us": _since_us(step, since), **_mapping_columns(values), "project": project.id,
    }  # fmt: skip

    def insert() -> None:
        rowio.insert(step.conn, "mapping", row)
        step.forget_places()

    difference = compared(step, insert, _since_us(step, since), None, is_dry=dry_run)
    return Reply({**_mapping_shape(step, row["id"]), "difference": difference})


def _check_mapping(values: Row) -> None:
    if "project" not in values:
        raise Invalid("project is missing", "name the project it belongs to", {"field": "project"})
    if not any(values.get(name) for name in ("pattern", "remote", "branch")):
        raise Invalid("a mapping needs path, remote or branch", "say what it is about")
    if values.get("pattern"):
        path_pattern(values["pattern"])


def _mapping_columns(values: Row) -> Row:
    names = ("remote", "branch", "client", "task")
    billable = values.get("billable")
    return {
        **{name: values.get(name) for name in names},
        "path": values.get("pattern"),
        "billable": None if billable is None else int(billable),
        "tags": json.dumps(list(values.get("tags", ())), ensure_ascii=False),
    }


def _first_position(step: Step) -> int:
    row = first(step.conn, "SELECT coalesce(min(position), 1) - 1 AS place FROM mapping")
    return int(row["place"]) if row else 0


def _since_us(step: Step, since: date | datetime | None) -> int | None:
    if since is None or isinstance(since, datetime):
        return to_us(since) if since else None
    return to_us(midnight(since, zone_of(step.policy.zone)))


def _mapping_shape(step: Step, mapping_id: str) -> dict[str, Any]:
    row = first(step.conn, repos.MAPPING_SQL + " WHERE m.id = ?", (mapping_id,))
    assert row is not None
    return repos.mapping(row)


def remove_mapping(step: Step, mapping_id: str) -> dict[str, Any]:
    """Drop a mapping; what it moved goes back, unless it is pinned."""
    row = first(step.conn, repos.MAPPING_SQL + " WHERE m.id = ?", (mapping_id,))
    if row is None:
        raise NotFound(f"there is no mapping {mapping_id[:40]}", "`stint map --list` lists them")

    def drop() -> None:
        rowio.delete(step.conn, "mapping", mapping_id)
        step.forget_places()

    difference = compared(step, drop, row["since_us"], None, is_dry=False)
    return {**repos.mapping(row), "difference": difference}
