"""Workspaces, and the overview of the personal one."""

from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.sheet import ROW
from stintd.protocol.schemas.words import ACTOR, COUNT, DAY, INSTANT, NULL_TEXT, TEXT, array, nullable, obj, ref
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
    "Day": obj(
        {
            "date": DAY, "timezone": TEXT, "start": INSTANT, "end": INSTANT, "now": INSTANT, "entries": ENTRIES,
            "evidence": array(obj({
                "start": INSTANT, "end": INSTANT, "state": {"enum": ["handsOn", "supervised", "agent"]},
                "projectId": NULL_TEXT, "projectName": NULL_TEXT,
            })),
            "absences": array(obj({"start": INSTANT, "end": INSTANT, "kind": {"enum": ["suspend", "lock", "shutdown", "off"]}})),
            "blind": array(obj({"start": INSTANT, "end": INSTANT, "reason": TEXT})), "gaps": array(ref("Gap")),
            "marks": array(obj({
                "time": INSTANT, "kind": {"enum": ["commit", "checkout", "merge", "rebase", "pull", "push"]}, "actor": ACTOR,
                "projectId": NULL_TEXT, "projectName": NULL_TEXT, "branch": NULL_TEXT, "sha": NULL_TEXT, "text": TEXT,
            })),
            "totals": obj(TOTALS),
        },
        about="One local day. `entries`: those that overlap the day, oldest first, at full length even beyond midnight."
        " `evidence`: what was observed, regardless of the entries. `marks`: git events.",
    ),
    "DashboardLink": obj({"url": TEXT, "expiresAt": INSTANT}),
    "DismissedBrowsers": obj({"browsers": COUNT}),
    "Alert": obj(
        {
            "code": TEXT, "severity": {"enum": ["info", "warning", "error"]}, "text": TEXT, "hint": TEXT,
            "subject": NULL_TEXT, "projectId": NULL_TEXT,
        },
        about="Something that needs attention: a problem, a budget near or over its limit, or entries that need your decision.",
    ),
}  # fmt: skip
