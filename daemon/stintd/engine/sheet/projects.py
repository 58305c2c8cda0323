"""Creates projects when evidence needs them: a project for each new place that has none. Writer thread only."""

from collections.abc import Iterable

from stintd.domain.mapping.naming import normal_name
from stintd.domain.mapping.placement import ProjectDraft
from stintd.domain.model import Context, ProjectId, RepoId, to_us
from stintd.engine import wire
from stintd.engine.step import Step
from stintd.engine.wire_types import ProjectJson
from stintd.store import rowio
from stintd.store.row_types import ClientRow, NamedProjectRow
from stintd.store.rowio import fetch_one, fetch_value


def ensure_projects(step: Step, contexts: Iterable[Context]) -> None:
    """Give each new place its project, and create the project if there is none."""
    for context in contexts:
        if context.kind == "presence":
            continue
        choice = step.state.resolver(step.conn, step.policy).choose_project(context)
        if choice.first is not None:
            ensure_projects(step, [choice.first])
            choice = step.state.resolver(step.conn, step.policy).choose_project(context)
        project = _make_project(step, choice.draft) if choice.draft is not None else choice.project
        if project is not None and choice.is_kept and context.repo is not None:
            _keep_project(step, context.repo, project, choice.guest_of)


def _keep_project(step: Step, repo: RepoId, project: ProjectId, guest_of: str) -> None:
    """Let a repository keep its project from now on, wherever its folder moves; a guest only while it has that remote."""
    sql = "UPDATE repo SET project_id = ?, guest_of = ? WHERE id = ? AND project_id IS NULL"
    if step.conn.execute(sql, (project, guest_of, repo)).rowcount:
        step.forget_places()


def own_project(step: Step, folder: str, repo: RepoId) -> ProjectId:
    """The project of a repository's folder alone: the one that it keeps, or that was made for it, else a new one."""
    kept = """
SELECT p.id FROM repo r JOIN project p ON p.id = r.project_id AND p.deleted = 0 WHERE r.id = ? AND r.guest_of = ''
AND NOT EXISTS (SELECT 1 FROM repo other WHERE other.project_id = p.id AND other.id <> r.id AND other.guest_of = '')
"""
    made = """
SELECT p.id FROM project p WHERE p.folder = ? AND p.deleted = 0 AND NOT EXISTS (
SELECT 1 FROM repo r LEFT JOIN folder_answer a ON a.id = r.id WHERE r.id <> ? AND p.id IN (r.project_id, a.project_id)
) ORDER BY p.created_us, p.id
"""
    project = fetch_value(step.conn, str, kept, (repo,)) or fetch_value(step.conn, str, made, (folder, repo))
    return ProjectId(project) if project is not None else _make_project(step, step.resolver().own_draft(folder))


def _make_project(step: Step, draft: ProjectDraft) -> ProjectId:
    """Create a project."""
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
