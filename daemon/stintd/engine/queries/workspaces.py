"""Workspaces. Only the personal one exists so far, and it always exists; team workspaces are not implemented yet."""

from datetime import date, datetime
from typing import Final, NoReturn

from stintd.engine.queries import reports
from stintd.engine.queries.users import me
from stintd.engine.rows import DEFAULT_LIMIT
from stintd.engine.view import View
from stintd.engine.wire_types import (
    FiguresJson,
    MemberTotalsJson,
    PageJson,
    ProjectTotalsJson,
    ReportRowJson,
    ReportTotalsJson,
    TotalsJson,
    WorkspaceJson,
    WorkspaceSummaryJson,
)
from stintd.errors import Invalid, NotFound

NAME = "Personal"
ROLE: Final = "owner"


def workspaces(view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> PageJson[WorkspaceJson]:
    """The workspaces that the owner belongs to."""
    return {"data": [_personal_workspace(view)], "nextCursor": None}


def _personal_workspace(view: View) -> WorkspaceJson:
    return {"id": me(view)["workspaceId"] or "", "name": NAME, "role": ROLE, "memberCount": 1}


def summary(
    view: View,
    workspace_id: str,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    timezone: str | None = None,
) -> WorkspaceSummaryJson:
    """Hours by member and by project (this week unless asked otherwise)."""
    workspace = _personal_workspace(view)
    if workspace_id != workspace["id"]:
        raise NotFound(f"there is no workspace {workspace_id[:40]}", "GET /api/workspaces lists those you belong to")
    week = reports.report(view, since, until, "project", timezone)
    owner = me(view)
    totals = totals_of(week["totals"])
    member: MemberTotalsJson = {"userId": owner["id"], "name": owner["name"], "role": ROLE, **totals}
    projects = [project_totals(row) for row in week["rows"]]
    return {
        "workspaceId": workspace["id"],
        "workspaceName": workspace["name"],
        "from": week["from"],
        "to": week["to"],
        "timezone": week["timezone"],
        "members": [member],
        "projects": projects,
        "totals": totals,
    }


def figures(row: FiguresJson) -> FiguresJson:
    """The numbers of a report's row."""
    return {
        "seconds": row["seconds"],
        "handsOnSeconds": row["handsOnSeconds"],
        "supervisedSeconds": row["supervisedSeconds"],
        "agentSeconds": row["agentSeconds"],
        "billableSeconds": row["billableSeconds"],
        "amount": row["amount"],
        "currency": row["currency"],
        "amounts": row["amounts"],
        "entries": row["entries"],
    }


def totals_of(row: ReportTotalsJson) -> TotalsJson:
    """The numbers of a report's sum, with the time by the clock."""
    return {**figures(row), "wallSeconds": row["wallSeconds"]}


def project_totals(row: ReportRowJson) -> ProjectTotalsJson:
    """A row of a report by project, with the project's id in the place of the key."""
    return {"projectId": row["key"] or None, "name": row["name"], **figures(row)}


def join(view: View, code: str | None = None, invite_code: str | None = None) -> NoReturn:
    """Refuse every invitation code: nobody can be invited yet."""
    if (code or invite_code) is None:
        raise Invalid("code is missing", "send the code of the invitation", {"field": "code"})
    raise NotFound(
        "no invitation has this code: this daemon keeps one person's hours, and has no shared workspaces yet",
        "GET /api/workspaces shows your personal workspace; everything works in it without joining",
    )
