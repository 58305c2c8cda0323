"""Creates projects when evidence needs them: a project for each new place that has none. Writer thread only."""

from collections.abc import Iterable

from stintd.domain.mapping.resolver import (
    ProjectDraft,
    normal_name,
)
from stintd.domain.model import Context, ProjectId, RepoId, to_us
from stintd.engine import wire
from stintd.engine.step import Step
from stintd.engine.wire_types import ProjectJson
from stintd.store import rowio
from stintd.store.row_types import ClientRow, NamedProjectRow
from stintd.store.rowio import fetch_one


def ensure_projects(step: Step, contexts: Iterable[Context]) -> None:
    """Give each new place its project, and create the project if there is none."""
    for context in contexts:
        if context.kind == "presence":
            continue
        home = step.state.resolver(step.conn, step.policy).choose_project(context)
        project = _make_project(step, home.draft) if home.draft is not None else home.project
        if project is not None and home.is_kept and context.repo is not None:
            _keep_project(step, context.repo, project)


def _keep_project(step: Step, repo: RepoId, project: ProjectId) -> None:
    """Let a repository keep its project from now on, wherever its folder moves."""
    changed = step.conn.execute("UPDATE repo SET project_id = ? WHERE id = ? AND project_id IS NULL", (project, repo)).rowcount
    if changed:
        step.forget_places()


def _make_project(step: Step, draft: ProjectDraft) -> ProjectId:
    """Create a project, and rename others so that no two names can be confused."""
    for earlier, name in draft.renames:
        rowio.update(step.conn, "project", earlier, {"name": name, "normal_name": normal_name(name)})
        step.publish("project.updated", _project_json(step, earlier))
    now_us = to_us(step.now)
    client_id = ensure_client(step, draft.client) if draft.client else None
    project_id = ProjectId(step.new_id())
    row = {
        "id": project_id,
        "name": draft.name,
        "normal_name": normal_name(draft.name),
        "client_id": client_id,
        "billable": None if draft.billable is None else int(draft.billable),
        "bill_agent_time": int(bool(draft.bill_agent_time)),
        "origin": "auto" if draft.is_automatic else "manual",
        "bill_supervised": int(draft.bill_supervised is not False),
        "folder": draft.folder,
        "created_us": now_us,
    }
    rowio.insert(step.conn, "project", row)
    step.forget_places()
    step.publish("project.created", _project_json(step, project_id))
    return project_id


def ensure_client(step: Step, name: str) -> str:
    """The id of the client of this name, which is created if there is none."""
    row = fetch_one(step.conn, ClientRow, "SELECT id FROM client WHERE name = ?", (name,))
    if row is not None:
        return str(row["id"])
    client_id = step.new_id()
    rowio.insert(step.conn, "client", {"id": client_id, "name": name, "created_us": to_us(step.now)})
    return client_id


def _project_json(step: Step, project_id: str) -> ProjectJson:
    row = fetch_one(step.conn, NamedProjectRow, wire.PROJECT_SQL + " WHERE p.id = ?", (project_id,))
    assert row is not None
    return wire.project(step.conn, row)
