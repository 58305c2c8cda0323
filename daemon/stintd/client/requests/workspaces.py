"""Workspaces: the personal one, and those of teams."""

from stintd.client.request import Ask, Moment, given, paged, reader, route
from stintd.protocol.types import Page, Workspace, WorkspaceSummary


def list_(*, limit: int | None = None, cursor: str | None = None) -> Ask[Page[Workspace]]:
    """The workspaces you belong to."""
    return Ask("GET", "/api/workspaces", paged(Workspace), query=given(locals()))


def summary(
    workspace_id: str, *, since: Moment | None = None, until: Moment | None = None, timezone: str | None = None
) -> Ask[WorkspaceSummary]:
    """Hours by member and project; of this week unless asked otherwise."""
    query = given(locals(), "workspace_id")
    return Ask("GET", route("/api/workspaces/{}/summary", workspace_id), reader(WorkspaceSummary), query=query)


def join(invite_code: str) -> Ask[Workspace]:
    """Join a workspace by its invitation."""
    return Ask("POST", "/api/workspaces/join", reader(Workspace), body=given(locals()))
