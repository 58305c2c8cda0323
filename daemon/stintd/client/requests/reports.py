"""Totals over a period."""

from stintd.client.request import Moment, Request, reader, wire_fields
from stintd.protocol.types import Report, Timesheet


def get(
    *,
    since: Moment | None = None,
    until: Moment | None = None,
    group_by: str | None = None,
    timezone: str | None = None,
    project_id: str | None = None,
    project: str | None = None,
    client_id: str | None = None,
    client: str | None = None,
    task_id: str | None = None,
    task: str | None = None,
    tag: str | None = None,
    billable: bool | None = None,
    actor: str | None = None,
    user_id: str | None = None,
    target: str | None = None,
) -> Request[Report]:
    """Totals by project, client, task, tag, branch, commit, day or week; by default of this week, by project. With `target`,
    also the time as it is rounded for that target, and the time that the target already has.
    """
    return Request("GET", "/api/reports", reader(Report), query=wire_fields(locals()))


def timesheet(
    *,
    week: str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    timezone: str | None = None,
    project_id: str | None = None,
    project: str | None = None,
    client_id: str | None = None,
    client: str | None = None,
    task_id: str | None = None,
    task: str | None = None,
    tag: str | None = None,
    billable: bool | None = None,
    actor: str | None = None,
    user_id: str | None = None,
    target: str | None = None,
) -> Request[Timesheet]:
    """Time by task and day, of a week (`2026-W47`, or a date in it) or of a period of whole days. With `target`, also the time as
    it is rounded for that target, and the time that the target already has.
    """
    return Request("GET", "/api/timesheet", reader(Timesheet), query=wire_fields(locals()))
