"""Sums over a period."""

from stintd.client.request import Ask, Moment, given, reader
from stintd.protocol.types import Report, Timesheet


def get(
    *, since: Moment | None = None, until: Moment | None = None, group_by: str | None = None, timezone: str | None = None,
    project_id: str | None = None, project: str | None = None, client_id: str | None = None, client: str | None = None,
    task_id: str | None = None, task: str | None = None, tag: str | None = None, billable: bool | None = None,
    actor: str | None = None, user_id: str | None = None, target: str | None = None,
) -> Ask[Report]:  # fmt: skip
    """Totals by project, client, task, tag, branch, commit, day or week; of this week by project unless asked otherwise.
    With `target` also rounded as they are delivered there, and what is there already.
    """
    return Ask("GET", "/api/reports", reader(Report), query=given(locals()))


def timesheet(
    *, week: str | None = None, since: Moment | None = None, until: Moment | None = None, timezone: str | None = None,
    project_id: str | None = None, project: str | None = None, client_id: str | None = None, client: str | None = None,
    task_id: str | None = None, task: str | None = None, tag: str | None = None, billable: bool | None = None,
    actor: str | None = None, user_id: str | None = None, target: str | None = None,
) -> Ask[Timesheet]:  # fmt: skip
    """Task × day of a week (`2026-W47`, or a date in it) or of a period of whole days; with `target` also rounded as it is
    delivered there, and what is there already.
    """
    return Ask("GET", "/api/timesheet", reader(Timesheet), query=given(locals()))
