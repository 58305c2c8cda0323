"""Workspaces. There is the personal one, which always exists; what teams share comes with them."""

from datetime import date, datetime
from typing import Any

from stintd.engine.queries import reports
from stintd.engine.queries.users import me
from stintd.engine.rows import DEFAULT_LIMIT
from stintd.engine.view import View
from stintd.errors import Invalid, NotFound

NAME = "Personal"
ROLE = "owner"


def workspaces(view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> dict[str, Any]:
    """Those the owner belongs to."""
    return {"data": [_personal(view)], "nextCursor": None}


def _personal(view: View) -> dict[str, Any]:
    return {"id": me(view)["workspaceId"], "name": NAME, "role": ROLE, "memberCount": 1}


def summary(
    view: View, workspace_id: str, since: date | datetime | None = None, until: date | datetime | None = None,
    timezone: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Hours by member and by project (this week unless asked otherwise)."""
    known = _personal(view)
    if workspace_id != known["id"]:
        raise NotFound(f"there is no workspace {workspace_id[:40]}", "GET /api/workspaces lists those you belong to")
    found = reports.report(view, since, until, "project", timezone)
    owner = me(view)
    totals = figures(found["totals"])
    member = {"userId": owner["id"], "name": owner["name"], "role": ROLE, **totals}
    projects = [project_totals(row) for row in found["rows"]]
    return {
        "workspaceId": known["id"], "workspaceName": known["name"], "from": found["from"], "to": found["to"],
        "timezone": found["timezone"], "members": [member], "projects": projects, "totals": totals,
    }  # fmt: skip


def figures(row: dict[str, Any]) -> dict[str, Any]:
    """The numbers of a report's row."""
    return {name: value for name, value in row.items() if name not in ("key", "name")}


def project_totals(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a report by project, with the project's id in the place of the key."""
    return {"projectId": row["key"] or None, "name": row["name"], **figures(row)}


def join(view: View, code: str | None = None, invite_code: str | None = None) -> Any:
    """Nobody can be invited yet: every code is one that is not known."""
    if (code or invite_code) is None:
        raise Invalid("code is missing", "send the code of the invitation", {"field": "code"})
    raise NotFound(
        "no invitation has this code: this daemon keeps one person's hours, and has no shared workspaces yet",
        "GET /api/workspaces shows your personal workspace; everything works in it without joining",
    )
