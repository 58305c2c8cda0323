"""Finds the project and task a request means: by id, by name, by a place. Names match exactly or normalised; near matches
count only if the request allows them (the timer routes that ClockMe's clients use).
"""

import shlex
from collections.abc import Mapping

from stintd.domain.mapping.naming import NameMatch, match_name, normal_name
from stintd.domain.model import Context, ProjectId, to_us
from stintd.domain.ticket import key_forms
from stintd.engine import wire
from stintd.engine.commands.words import EntryWords
from stintd.engine.queries.elsewhere import holds_repositories
from stintd.engine.queries.projects import find_project
from stintd.engine.resolver import project_aliases
from stintd.engine.sheet import projects
from stintd.engine.step import Step
from stintd.engine.wire_types import ProjectJson
from stintd.errors import Conflict, Forbidden, Invalid, NotFound
from stintd.frozen import frozen
from stintd.store import rowio
from stintd.store.row_types import NamedProjectRow, ProjectRow, TaskRow
from stintd.store.rowio import fetch_all, fetch_one, fetch_value

FORMER = """
SELECT p.* FROM project_alias a JOIN project p ON p.id = a.project_id AND p.deleted = 0 WHERE a.normal_name = ? AND p.id <> ?
"""


@frozen
class ProjectNames:
    """How a request names a project. `place` is the location of its `path`. `is_fuzzy`: a name close to that of exactly one
    active project means that project.
    """

    project_id: str | None = None
    project_name: str | None = None
    place: Context | None = None
    is_fuzzy: bool = False

    @property
    def is_empty(self) -> bool:
        return self.project_id is None and self.project_name is None and self.place is None


@frozen
class ProjectChoice:
    """An existing project. `task` comes from the place's branch or mapping; `is_new`: this request created it."""

    id: ProjectId
    task: str | None = None
    is_new: bool = False


def load_names(step: Step) -> list[tuple[ProjectId, str]]:
    """Every project within reach, with its name."""
    rows = fetch_all(step.conn, ProjectRow, "SELECT id, name FROM project WHERE deleted = 0")
    return [(row["id"], row["name"]) for row in rows if step.admits(row["id"])]


def load_aliases(step: Step) -> list[tuple[ProjectId, str]]:
    """The earlier names of every project within reach."""
    return [(project, name) for project, names in project_aliases(step.conn).items() for name in names if step.admits(project)]


def require_project(
    step: Step, names: ProjectNames, *, may_create: bool = False, fallback_id: str | None = None
) -> ProjectChoice:
    """The project a request means, created if allowed; else `not_found` with similar names."""
    if names.project_id is not None:
        return ProjectChoice(ProjectId(find_project(step, names.project_id)["id"]))
    if names.project_name is not None:
        return _project_by_name(step, names.project_name, names.is_fuzzy, may_create, fallback_id)
    if names.place is not None:
        return _project_at_place(step, names.place, fallback_id)
    raise Invalid("no project is named", "send projectId, projectName or path")


def match_project(step: Step, names: ProjectNames) -> ProjectChoice | None:
    """The project a request means, or None. Creates nothing."""
    if names.project_id is not None:
        row = fetch_one(step.conn, ProjectRow, "SELECT id FROM project WHERE id = ? AND deleted = 0", (names.project_id,))
        return ProjectChoice(row["id"]) if row and step.admits(row["id"]) else None
    if names.project_name is not None:
        project = _match(step, names.project_name, names.is_fuzzy).project
        return ProjectChoice(project) if project else None
    if names.place is not None:
        assignment = step.state.resolver(step.conn, step.policy).resolve(names.place)
        is_reachable = assignment.project is not None and step.admits(assignment.project)
        return ProjectChoice(ProjectId(assignment.project), assignment.task) if is_reachable and assignment.project else None
    return None


def _match(step: Step, name: str, is_fuzzy: bool) -> NameMatch:
    """What a name matches. Near matches exclude archived projects: a new start does not mean a finished project."""
    match = match_name(name, load_names(step), aliases=load_aliases(step))
    if not is_fuzzy or not match.is_new:
        return match
    active_rows = fetch_all(step.conn, ProjectRow, "SELECT id, name FROM project WHERE deleted = 0 AND archived = 0")
    names = [(row["id"], row["name"]) for row in active_rows if step.admits(row["id"])]
    near_match = match_name(name, names, step.policy.fuzzy_threshold)
    return near_match if near_match.project is not None else match


def _project_by_name(step: Step, name: str, is_fuzzy: bool, may_create: bool, fallback_id: str | None) -> ProjectChoice:
    match = _match(step, name, is_fuzzy)
    if match.project is not None:
        return ProjectChoice(match.project)
    # Two near matches count as none: a hook that may create or fall back must not fail because of them (nobody would see it).
    if match.how == "several" and not (is_fuzzy and (may_create or fallback_id is not None)):
        raise Conflict(f"several projects have a name like {name}", "send the projectId: " + ", ".join(match.near))
    if may_create and match.how == "several":
        # A home of before may have two projects of nearly one name; a third would be refused, so it is the first that was made.
        return ProjectChoice(min(project for project, other in load_names(step) if normal_name(other) == normal_name(name)))
    if may_create:
        return ProjectChoice(ProjectId(insert_project(step, {"name": name})), is_new=True)
    if fallback_id is not None:
        return ProjectChoice(ProjectId(find_project(step, fallback_id)["id"]))
    hint = (
        f"did you mean {', '.join(match.near)}?"
        if match.near
        else "create it with autoCreate: true, or with `stint projects add`"
    )
    raise NotFound(f"there is no project {name}", hint, {"near": list(match.near)})


def _project_at_place(step: Step, place: Context, fallback_id: str | None) -> ProjectChoice:
    """The project of a place as evidence from there would resolve, so that a start and the work after it agree."""
    old_ids = {project for project, _ in load_names(step)}
    if step.reach is None:
        projects.ensure_projects(step, [place])
    assignment = step.state.resolver(step.conn, step.policy).resolve(place)
    if assignment.project is not None and step.admits(assignment.project):
        return ProjectChoice(assignment.project, assignment.task, assignment.project not in old_ids)
    if fallback_id is not None:
        return ProjectChoice(ProjectId(find_project(step, fallback_id)["id"]))
    where = place.repo_path or place.folder or "this place"
    if place.folder is not None and holds_repositories(step.conn, place.folder, step.state.roots):
        raise NotFound(f"{where} has no project", "name one, or start in the folder of a repository")
    raise NotFound(f"{where} has no project", "name one, or map the folder with `stint map`")


def insert_project(step: Step, values: Mapping[str, object]) -> str:
    """Insert a project that a person asked for; answers its id. `conflict` if the name is taken."""
    name = str(values["name"]).strip()
    values = _add_limiting_client(step, values)
    refuse_taken_name(step, name)
    project_id = step.new_id()
    row = {
        **values,
        "id": project_id,
        "name": name,
        "normal_name": normal_name(name),
        "origin": "manual",
        "created_us": to_us(step.now),
    }
    rowio.insert(step.conn, "project", row)
    if step.limit is not None and step.reach is not None:
        step.limit_to(step.limit, step.reach | {project_id})
    step.forget_places()
    step.publish("project.created", project_json(step, project_id))
    return project_id


def refuse_taken_name(step: Step, name: str, except_id: str = "") -> None:
    """Refuse a name that another project has or had, or that differs from it only in case, separators or Unicode form."""
    sql = "SELECT id, name FROM project WHERE deleted = 0 AND id <> ? AND (name = ? OR (normal_name = ? AND normal_name <> ''))"
    other = fetch_one(step.conn, ProjectRow, sql + " ORDER BY name <> ?, id", (except_id, name, normal_name(name), name))
    if other is not None:
        alike = "" if other["name"] == name else f", and {name} is the same but for case, separators or accents' form"
        raise Conflict(f"a project {other['name']} exists already{alike}", "choose another name", {"projectId": other["id"]})
    owner = fetch_one(step.conn, NamedProjectRow, FORMER, (normal_name(name), except_id))
    if owner is not None:
        hint = f"`stint projects free {shlex.quote(name)}` gives it up there: rules that name it then mean the new project"
        raise Conflict(f"{name} is an earlier name of the project {owner['name']}", hint, {"projectId": owner["id"]})


def _add_limiting_client(step: Step, values: Mapping[str, object]) -> Mapping[str, object]:
    """Give a new project of a limited API client the client that limits it."""
    if step.limit is None:
        return values
    client = step.limit.client_id
    if client is None or step.limit.project_id is not None or values.get("client_id", client) != client:
        raise Forbidden("this key can use only projects that exist", "ask the user to create the project")
    return {**values, "client_id": client}


def project_json(step: Step, project_id: str) -> ProjectJson:
    """A project as it is shown."""
    row = fetch_one(step.conn, NamedProjectRow, wire.PROJECT_SQL + " WHERE p.id = ?", (project_id,))
    assert row is not None
    return wire.project(step.conn, row)


def task_key(step: Step, project_id: str, task_id: str | None, task_name: str | None) -> str | None:
    """The key of a task, by its id, key or name; a new name creates a task."""
    if task_id is not None:
        row = fetch_one(step.conn, TaskRow, "SELECT key, project_id FROM task WHERE id = ?", (task_id,))
        for key in key_forms(task_id):
            sql = "SELECT key, project_id FROM task WHERE key = ? AND project_id = ?"
            row = row or fetch_one(step.conn, TaskRow, sql, (key, project_id))
        if row is None:
            raise NotFound(f"there is no task {task_id[:40]}", "`stint tasks` lists them")
        if row["project_id"] != project_id:
            raise Invalid("the task belongs to another project", "name a task of this project", {"field": "taskId"})
        return str(row["key"])
    if task_name is None:
        return None
    other_key = key_forms(task_name)[1]
    task = fetch_one(
        step.conn,
        TaskRow,
        "SELECT key FROM task WHERE project_id = ? AND (key = ? OR lower(name) = lower(?) OR lower(key) = lower(?))"
        " ORDER BY key <> ?, lower(name) <> lower(?), key LIMIT 1",
        (project_id, task_name, task_name, other_key, task_name, task_name),
    )
    return str(task["key"]) if task else str(insert_task(step, project_id, task_name)["key"])


def task_of(step: Step, project: ProjectChoice, words: EntryWords) -> str | None:
    """The key of the task that a request names (null for none); if it names none, that of the place, else the project's
    default.
    """
    if "task_id" in words or "task_name" in words:
        return task_key(step, project.id, words.get("task_id"), words.get("task_name"))
    return project.task or fetch_value(step.conn, str, "SELECT default_task FROM project WHERE id = ?", (project.id,))


def insert_task(step: Step, project_id: str, name: str, key: str | None = None) -> TaskRow:
    """Insert a task; `conflict` if its key is taken in the project."""
    key = key or name.strip()
    other = fetch_one(step.conn, TaskRow, "SELECT id FROM task WHERE project_id = ? AND key = ?", (project_id, key))
    if other is not None:
        raise Conflict(f"a task {key} exists already", "choose another key", {"taskId": other["id"]})
    row: TaskRow = {
        "id": step.new_id(),
        "key": key,
        "name": name.strip(),
        "project_id": ProjectId(project_id),
        "status": "active",
        "estimated_hours": None,
        "hourly_rate": None,
        "revision": 1,
        "created_us": to_us(step.now),
    }
    rowio.insert(step.conn, "task", row)
    return row
