"""Creates, changes and deletes projects and mappings. A change that moves evidence derives again what it moved."""

from datetime import date, datetime
from decimal import Decimal
from typing import TypedDict, Unpack, cast

from stintd.domain.mapping.naming import normal_name
from stintd.domain.model import to_us
from stintd.domain.pattern import path_pattern
from stintd.engine.commands import resolve
from stintd.engine.commands.entry_rows import check_revision
from stintd.engine.commands.rebuild import compare_after
from stintd.engine.entry_texts import tags_text
from stintd.engine.period import midnight, zone_of
from stintd.engine.queries import repos
from stintd.engine.queries.catalog import find_client
from stintd.engine.queries.projects import find_project
from stintd.engine.reply import Reply
from stintd.engine.resolver import project_aliases
from stintd.engine.sheet import projects, reconcile
from stintd.engine.step import Step
from stintd.engine.wire_types import ChangedMappingJson, MappingJson, ProjectJson
from stintd.errors import Conflict, Invalid, NotFound
from stintd.store import rowio
from stintd.store.row_types import NamedMappingRow, ProjectAliasRow, SqlValue
from stintd.store.rowio import exists, fetch_all, fetch_one, fetch_value

_BILLING = frozenset({"billable", "bill_agent_time", "client_id"})

ALIASES = "SELECT normal_name, since_us FROM project_alias WHERE project_id = ?"
COMPARE_AGAIN = """
INSERT OR IGNORE INTO delivery_dirty SELECT id FROM entry
WHERE project_id = ? AND end_us IS NOT NULL AND EXISTS (SELECT 1 FROM delivery_target)
"""
"""Rules of targets may name an earlier name; for a new present name a trigger does the same."""


class ProjectValues(TypedDict, total=False):
    """The fields of a project that a request sets besides its name."""

    client_id: str | None
    client_name: str | None
    hourly_rate: Decimal | None
    currency: str | None
    budget_hours: float | None
    budget_amount: Decimal | None
    billable: bool | None
    bill_agent_time: bool
    bill_supervised: bool
    default_task: str | None
    archived: bool


class MappingValues(TypedDict, total=False):
    """The fields of a mapping that a request sets; `project` by name."""

    pattern: str | None
    remote: str | None
    branch: str | None
    project: str
    client: str | None
    task: str | None
    billable: bool | None
    tags: tuple[str, ...]


def _columns(step: Step, values: ProjectValues) -> dict[str, SqlValue]:
    """The columns for the fields that a request sets."""
    row: dict[str, SqlValue] = {
        name: _sql_value(value) for name, value in values.items() if name not in ("client_name", "client_id")
    }
    if "client_id" in values:
        client_id = values["client_id"]
        row["client_id"] = find_client(step, client_id)["id"] if client_id is not None else None
    elif "client_name" in values:
        name = values["client_name"]
        row["client_id"] = projects.ensure_client(step, name.strip()) if name is not None else None
    return row


def _sql_value(value: object) -> SqlValue:
    """Flags as numbers, amounts as exact text."""
    return int(value) if isinstance(value, bool) else str(value) if isinstance(value, Decimal) else cast("SqlValue", value)


def create(step: Step, name: str, **values: Unpack[ProjectValues]) -> Reply[ProjectJson]:
    """Create a project; `conflict` if the name is taken."""
    project_id = resolve.insert_project(step, {"name": name, **_columns(step, values)})
    return Reply(resolve.project_json(step, project_id))


def change(
    step: Step,
    project_id: str,
    name: str | None = None,
    aliases: tuple[str, ...] | None = None,
    revision: int | None = None,
    **values: Unpack[ProjectValues],
) -> ProjectJson:
    """Change a project. Under the name that it had it is still found; `aliases` replaces these earlier names. A change of
    `billable` applies to the past as well, except to entries where it was set or that are approved.
    """
    row = find_project(step, project_id)
    check_revision(row, revision)
    columns = _columns(step, values)
    former = project_aliases(step.conn).get(row["id"], ())
    for alias in aliases or ():
        if alias not in former:
            resolve.refuse_taken_name(step, alias.strip(), row["id"])
    if name is not None and name.strip() != row["name"]:
        resolve.refuse_taken_name(step, name.strip(), row["id"])
        if aliases is None:
            aliases = (*former, row["name"])
        columns |= {"name": name.strip(), "normal_name": normal_name(name), "origin": "manual"}
    if aliases is not None:
        _keep_aliases(step, row["id"], name.strip() if name is not None else row["name"], aliases)
    if columns or aliases is not None:
        rowio.update(step.conn, "project", row["id"], {**columns, "revision": row["revision"] + 1})
        step.forget_places()
        step.publish("project.updated", resolve.project_json(step, row["id"]))
        if columns.keys() & _BILLING:
            reconcile.bill_again(step, row["id"])
    return resolve.project_json(step, row["id"])


def _keep_aliases(step: Step, project_id: str, name: str, aliases: tuple[str, ...]) -> None:
    """Let a project be found by these earlier names and no others, beside its present one."""
    earlier = {row["normal_name"]: row["since_us"] for row in fetch_all(step.conn, ProjectAliasRow, ALIASES, (project_id,))}
    step.conn.execute("DELETE FROM project_alias WHERE project_id = ?", (project_id,))
    step.conn.execute(COMPARE_AGAIN, (project_id,))
    for alias in dict.fromkeys(text.strip() for text in aliases):
        key = normal_name(alias)
        if key not in ("", normal_name(name)):
            row = (key, alias, project_id, earlier.get(key, to_us(step.now)))
            step.conn.execute("INSERT OR REPLACE INTO project_alias VALUES (?, ?, ?, ?)", row)


def delete(step: Step, project_id: str, revision: int | None = None) -> ProjectJson:
    """Delete a project without hours; one with hours is refused and can be archived instead."""
    row = find_project(step, project_id)
    check_revision(row, revision)
    if exists(step.conn, "SELECT 1 FROM entry WHERE project_id = ? LIMIT 1", (row["id"],)):
        raise Conflict("this project has hours", "archive it: PATCH archived, or `stint projects archive`")
    answer = resolve.project_json(step, row["id"])
    rowio.update(step.conn, "project", row["id"], {"deleted": 1, "revision": row["revision"] + 1})
    step.conn.execute("DELETE FROM project_alias WHERE project_id = ?", (row["id"],))
    step.conn.execute("DELETE FROM mapping WHERE project = ?", (row["id"],))  # else it would create a project named by an id
    step.forget_places()
    step.publish("project.deleted", {"id": row["id"], "name": row["name"]})
    return answer


# ---------------------------------------------------------------- mappings


def add_mapping(
    step: Step,
    since: date | datetime | None = None,
    dry_run: bool = False,
    auto_create: bool = False,
    **values: Unpack[MappingValues],
) -> Reply[ChangedMappingJson]:
    """Map a folder, remote or branch to a project: from now on and, unless `since` says otherwise, for the past too. The
    first mapping that matches wins, and the newest is tried first. A dry run only answers the difference.
    """
    _check_mapping(values)
    project = resolve.require_project(step, resolve.ProjectNames(project_name=values["project"]), may_create=auto_create)
    mapping_id = step.new_id()
    row = {
        "id": mapping_id,
        "position": _first_position(step),
        "created_us": to_us(step.now),
        "since_us": _mapping_start_us(step, since),
        **_mapping_columns(values),
        "project": project.id,
    }

    def insert() -> None:
        rowio.insert(step.conn, "mapping", row)
        step.forget_places()

    difference = compare_after(step, insert, _mapping_start_us(step, since), None, is_dry=dry_run)
    return Reply({**_mapping_json(step, mapping_id), "difference": difference})


def _check_mapping(values: MappingValues) -> None:
    if "project" not in values:
        raise Invalid("project is missing", "name the project it belongs to", {"field": "project"})
    if not (values.get("pattern") or values.get("remote") or values.get("branch")):
        raise Invalid("a mapping needs path, remote or branch", "send at least one of them")
    pattern = values.get("pattern")
    if pattern:
        path_pattern(pattern)


def _mapping_columns(values: MappingValues) -> dict[str, object]:
    billable = values.get("billable")
    return {
        "path": values.get("pattern"),
        "remote": values.get("remote"),
        "branch": values.get("branch"),
        "client": values.get("client"),
        "task": values.get("task"),
        "billable": None if billable is None else int(billable),
        "tags": tags_text(values.get("tags", ())),
    }


def _first_position(step: Step) -> int:
    return fetch_value(step.conn, int, "SELECT coalesce(min(position), 1) - 1 FROM mapping") or 0


def _mapping_start_us(step: Step, since: date | datetime | None) -> int | None:
    if since is None or isinstance(since, datetime):
        return to_us(since) if since else None
    return to_us(midnight(since, zone_of(step.policy.zone)))


def _mapping_json(step: Step, mapping_id: str) -> MappingJson:
    row = fetch_one(step.conn, NamedMappingRow, repos.MAPPING_SQL + " WHERE m.id = ?", (mapping_id,))
    assert row is not None
    return repos.mapping_json(row)


def remove_mapping(step: Step, mapping_id: str) -> ChangedMappingJson:
    """Delete a mapping; entries it moved go back, unless their project is pinned (set by hand or approved)."""
    row = fetch_one(step.conn, NamedMappingRow, repos.MAPPING_SQL + " WHERE m.id = ?", (mapping_id,))
    if row is None:
        raise NotFound(f"there is no mapping {mapping_id[:40]}", "`stint map --list` lists them")

    def drop() -> None:
        rowio.delete(step.conn, "mapping", mapping_id)
        step.forget_places()

    difference = compare_after(step, drop, row["since_us"], None, is_dry=False)
    return {**repos.mapping_json(row), "difference": difference}
