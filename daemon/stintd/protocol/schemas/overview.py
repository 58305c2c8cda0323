"""Workspaces, and the overview of the owner's own."""

from stintd.protocol.schemas.sheet import ROW
from stintd.protocol.schemas.words import (
    COUNT,
    DAY,
    INSTANT,
    NULL_TEXT,
    TEXT,
    Schema,
    array,
    nullable,
    obj,
    ref,
)
from stintd.protocol.schemas.work import ENTRIES

FIGURES = {name: kind for name, kind in ROW["properties"].items() if name not in ("key", "name")}
TOTALS = {**FIGURES, "wallSeconds": COUNT}

SHAPES: dict[str, Schema] = {
    "Workspace": obj({"id": TEXT, "name": TEXT, "role": {"enum": ["owner", "member"]}, "memberCount": COUNT}),
    "WorkspaceSummary": obj(
        {
            "workspaceId": TEXT, "workspaceName": TEXT, "from": INSTANT, "to": INSTANT, "timezone": TEXT,
            "members": array(obj({"userId": TEXT, "name": TEXT, "role": TEXT, **TOTALS})),
            "projects": array(ref("ProjectTotals")), "totals": obj(TOTALS),
        },
        about="Hours by member and by project.",
    ),
    "ProjectTotals": obj({"projectId": NULL_TEXT, "name": TEXT, **FIGURES}),
    "Dashboard": obj({
        "workspace": ref("Workspace"), "timer": nullable(ref("Entry")), "timers": ENTRIES,
        "today": obj({"date": DAY, **TOTALS}),
        "week": obj({"from": INSTANT, "to": INSTANT, "timezone": TEXT, **TOTALS, "projects": array(ref("ProjectTotals"))}),
        "reviewCount": COUNT, "unconfirmedCount": COUNT, "gapsToday": obj({"count": COUNT, "seconds": COUNT}),
        "alerts": array(ref("Alert")),
    }),
    "Alert": obj(
        {
            "code": TEXT, "severity": {"enum": ["info", "warning", "error"]}, "text": TEXT, "hint": TEXT,
            "subject": NULL_TEXT, "projectId": NULL_TEXT,
        },
        about="What needs a look: what is degraded, budgets near or over their limit, what waits for a decision.",
    ),
}  # fmt: skip
