"""Limits an API client to the folder it works in, at its own request: an agent must not read another client's names."""

from stintd.domain.model import Context
from stintd.engine.commands import resolve
from stintd.engine.step import Step
from stintd.errors import NotFound
from stintd.store.row_types import ProjectRow
from stintd.store.rowio import fetch_one
from stintd.store.scope import ReadLimit


def find_limit(step: Step, place: Context, limit: ReadLimit | None) -> ReadLimit:
    """The client of the project that a place belongs to, or the project itself if it has no client; `not_found` if the place
    has no project. An existing limit of the API client stays: this never widens it.
    """
    project = resolve.match_project(step, resolve.ProjectNames(place=place))
    if project is None:
        raise NotFound(
            "this folder belongs to no project yet, and nothing outside it is shown from here",
            "work in it, or map it with `stint map FOLDER PROJECT`; `stint mcp --all` shows every project",
        )
    if limit is not None:
        return limit
    row = fetch_one(step.conn, ProjectRow, "SELECT client_id FROM project WHERE id = ?", (project.id,))
    client_id = row["client_id"] if row else None
    return ReadLimit(client_id=client_id) if client_id else ReadLimit(project_id=project.id)
