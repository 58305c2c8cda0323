"""Workspaces: the personal one, and those of teams."""

from stintd.client.request import Moment, Request, page_reader, reader, route, wire_fields
from stintd.protocol.types import Page, Workspace, WorkspaceSummary


def list_(*, limit: int | None = None, cursor: str | None = None) -> Request[Page[Workspace]]:
    """The workspaces you belong to."""
    return Request("GET", "/api/workspaces", page_reader(Workspace), query=wire_fields(locals()))


def summary(
    workspace_id: str, *, since: Moment | None = None, until: Moment | None = None, timezone: str | None = None
) -> Request[WorkspaceSummary]:
    """Hours by member and project; by default of this week."""
    query = wire_fields(locals(), "workspace_id")
    return Request("GET", route("/api/workspaces/{}/summary", workspace_id), reader(WorkspaceSummary), query=query)


def join(invite_code: str) -> Request[Workspace]:
    """Join a workspace by its invitation."""
    return Request("POST", "/api/workspaces/join", reader(Workspace), body=wire_fields(locals()))
