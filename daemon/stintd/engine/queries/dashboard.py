"""The overview: running timers, today, the week by project, and what needs attention."""

from stintd.engine.period import period, week_of, zone_of
from stintd.engine.queries import gaps, projects, reports, review, timers, workspaces
from stintd.engine.queries.workspaces import project_totals, totals_of
from stintd.engine.view import View
from stintd.engine.wire_types import AlertJson, DashboardJson, Severity
from stintd.store.rowio import fetch_value

NEAR, OVER = 0.8, 1.0
"""Shares of a budget at which alerts begin."""


def dashboard(view: View) -> DashboardJson:
    """Everything of the overview that comes from the database."""
    zone = zone_of(view.policy.zone)
    today = view.now.astimezone(zone).date()
    status, today_report = timers.status(view), reports.report(view, today, today)
    open_count = review.count(view)
    week_report = reports.report(view, *week_of(today))
    open_gaps = gaps.gaps(view, period(today, today, zone, view.now))
    workspace = workspaces.workspaces(view)["data"][0]
    unconfirmed = fetch_value(view.conn, int, "SELECT count(*) FROM entry WHERE is_confirmed = 0") or 0
    return {
        "workspace": workspace,
        "timer": timers.first_running_timer(status["timers"]),
        "timers": status["timers"],
        "today": {"date": today.isoformat(), **totals_of(today_report["totals"])},
        "week": {
            "from": week_report["from"],
            "to": week_report["to"],
            "timezone": week_report["timezone"],
            **totals_of(week_report["totals"]),
            "projects": [project_totals(row) for row in week_report["rows"]],
        },
        "reviewCount": open_count,
        "unconfirmedCount": unconfirmed,
        "gapsToday": {"count": len(open_gaps), "seconds": sum(gap["durationSeconds"] for gap in open_gaps)},
        "alerts": _budget_alerts(view) + _decision_alerts(open_count, unconfirmed, len(open_gaps)),
    }


def alert(
    code: str, severity: Severity, text: str, hint: str, subject: str | None = None, project_id: str | None = None
) -> AlertJson:
    """One thing to look at, in the shape of a warning; `projectId` if it is about a project."""
    return {"code": code, "severity": severity, "text": text, "hint": hint, "subject": subject, "projectId": project_id}


def _budget_alerts(view: View) -> list[AlertJson]:
    alerts = []
    for row, budget in projects.budgets(view):
        hours = _share(budget["hoursUsed"], budget["hoursLimit"])
        money = _share(budget["spend"], budget["spendCap"])
        share, what = max((hours, "hours"), (money, "money"))
        if share >= NEAR:
            code = "budget_over" if share >= OVER else "budget_near"
            severity: Severity = "error" if share >= OVER else "warning"
            text = f"{row['name']}: {int(100 * min(share, 1000))}% of the budgeted {what} are used"
            hint = f"GET /api/projects/{row['id']}/budget shows hours and money; raise the budget or talk to the client"
            alerts.append(alert(code, severity, text, hint, row["name"], row["id"]))
    return alerts


def _share(usage: float | None, limit: float | None) -> float:
    """The used share of a limit; 0 without a limit. Any use exceeds a limit of zero."""
    if limit is None or usage is None:
        return 0.0
    return usage / limit if limit else float(usage > 0)


def _decision_alerts(open_count: int, unconfirmed: int, gaps_today: int) -> list[AlertJson]:
    """What waits for the owner's decision."""
    alerts = []
    if open_count:
        text = "one decision is open" if open_count == 1 else f"{open_count} decisions are open"
        alerts.append(alert("review", "info", text, "`stint review` lists them, each with the command that settles it"))
    if unconfirmed:
        count = "1 entry" if unconfirmed == 1 else f"{unconfirmed} entries"
        text = f"{count} based on file changes alone, or estimated: not delivered before you confirm"
        alerts.append(alert("unconfirmed", "info", text, "`stint why ID` shows why; `stint approve` confirms a period"))
    if gaps_today:
        text = f"{gaps_today} {'gap' if gaps_today == 1 else 'gaps'} between today's entries"
        alerts.append(alert("gaps", "info", text, "`stint gaps` lists them, `stint fill` assigns one to a project"))
    return alerts
