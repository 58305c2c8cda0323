"""Projects as evidence needs them: how places resolve now, and a project for a place that has none. Writer thread only."""

import json
from collections.abc import Iterable
from sqlite3 import Connection
from typing import TYPE_CHECKING

from stintd.domain.mapping.resolver import (
    DatedRule,
    Home,
    KnownCheckout,
    KnownProject,
    KnownRepo,
    ProjectDraft,
    ProjectFile,
    Resolver,
    normal_name,
)
from stintd.domain.model import Context, ProjectId, RepoId, to_us
from stintd.domain.policy import MapRule, Policy
from stintd.engine import wire
from stintd.engine.rows import first, select
from stintd.store import rowio

if TYPE_CHECKING:
    from stintd.engine.step import Step


def load_resolver(conn: Connection, policy: Policy, roots: Iterable[str] = (), files: Iterable[ProjectFile] = ()) -> Resolver:
    """How contexts resolve to projects, from the rows as they are now."""
    projects = [
        KnownProject(ProjectId(row["id"]), row["name"], row["origin"] == "auto", row["folder"])
        for row in select(conn, "SELECT id, name, origin, folder FROM project WHERE deleted = 0")
    ]
    repos = [
        KnownRepo(RepoId(row["id"]), row["identity"] if "/" in row["identity"] else "", row["project_id"])
        for row in select(conn, "SELECT id, identity, project_id FROM repo")
    ]
    checkouts = [
        KnownCheckout(row["path"], RepoId(row["repo_id"]), row["kind"], row["parent"])
        for row in select(conn, "SELECT path, repo_id, kind, parent FROM checkout")
    ]
    return Resolver(projects, repos, checkouts, rules(conn, policy), policy, roots=roots, files=files)


def rules(conn: Connection, policy: Policy) -> list[DatedRule]:
    """The owner's mappings in the order that holds: those made by command, then those of the settings."""
    found = []
    for row in select(conn, "SELECT * FROM mapping ORDER BY position, id"):
        billable = None if row["billable"] is None else bool(row["billable"])
        rule = MapRule(
            row["path"], row["remote"], row["branch"], row["project"], row["client"], row["task"], billable,
            tuple(json.loads(row["tags"])),
        )  # fmt: skip
        found.append(DatedRule(rule, row["since_us"]))
    return [*found, *(DatedRule(rule) for rule in policy.mappings)]


def is_mapped(conn: Connection, policy: Policy, folder: str) -> bool:
    """Whether a mapping of the owner's says where a folder outside every repository belongs."""
    return Resolver([], [], [], rules(conn, policy), policy).placement(Context("shell", "read", folder=folder)).rule is not None


def ensure_projects(step: "Step", contexts: Iterable[Context]) -> None:
    """Give each place that was seen for the first time its project, made if there is none."""
    for context in contexts:
        if context.kind == "presence":
            continue
        home = step.state.resolver(step.conn, step.policy).home(context)
        project = _made(step, home.draft) if home.draft is not None else home.project
        if project is not None and home.is_kept and context.repo is not None:
            _keep(step, context.repo, project)


def _keep(step: "Step", repo: RepoId, project: ProjectId) -> None:
    """A repository keeps its project from now on, wherever its folder moves."""
    changed = step.conn.execute("UPDATE repo SET project_id = ? WHERE id = ? AND project_id IS NULL", (project, repo)).rowcount
    if changed:
        step.forget_places()


def _made(step: "Step", draft: ProjectDraft) -> ProjectId:
    """A new project, and the renames that keep names apart."""
    for earlier, name in draft.renames:
        rowio.update(step.conn, "project", earlier, {"name": name, "normal_name": normal_name(name)})
        step.publish("project.updated", _shape(step, earlier))
    now_us = to_us(step.now)
    client_id = client_of(step, draft.client) if draft.client else None
    project_id = ProjectId(step.new_id())
    row = {
        "id": project_id, "name": draft.name, "normal_name": normal_name(draft.name), "client_id": client_id,
        "billable": None if draft.billable is None else int(draft.billable),
        "bill_agent_time": int(bool(draft.bill_agent_time)), "origin": "auto" if draft.is_automatic else "manual",
        "bill_supervised": int(draft.bill_supervised is not False), "folder": draft.folder, "created_us": now_us,
    }  # fmt: skip
    rowio.insert(step.conn, "project", row)
    step.forget_places()
    step.publish("project.created", _shape(step, project_id))
    return project_id


def client_of(step: "Step", name: str) -> str:
    """The client of this name, made if there is none."""
    found = first(step.conn, "SELECT id FROM client WHERE name = ?", (name,))
    if found is not None:
        return str(found["id"])
    client_id = step.new_id()
    rowio.insert(step.conn, "client", {"id": client_id, "name": name, "created_us": to_us(step.now)})
    return client_id


def _shape(step: "Step", project_id: str) -> dict[str, object]:
    row = first(step.conn, wire.PROJECT_SQL + " WHERE p.id = ?", (project_id,))
    assert row is not None
    return wire.project(step.conn, row)


__all__ = ["Home", "client_of", "ensure_projects", "is_mapped", "load_resolver"]
