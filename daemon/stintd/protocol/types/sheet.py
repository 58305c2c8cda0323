"""Sums over a period."""

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime

from stintd.frozen import frozen
from stintd.protocol.reading import WIRE


@frozen
class Figures:
    """Sums. `seconds` is the user's own time. `amounts` is the money by currency; `amount` is None if there are several."""

    seconds: int
    hands_on_seconds: int
    supervised_seconds: int
    agent_seconds: int
    billable_seconds: int
    amount: float | None
    currency: str | None
    amounts: Mapping[str, float]
    entries: int


@frozen
class Totals(Figures):
    """Sums, and the wall time, in which overlapping time counts once."""

    wall_seconds: int


@frozen
class ReportRow(Figures):
    """One line of a report. `rounded_seconds` and `delivered_seconds` are only set if a target was named."""

    key: str
    name: str
    rounded_seconds: int = 0
    delivered_seconds: int = 0


@frozen
class ReportTotals(Totals):
    """The sum of a report."""

    key: str
    name: str
    rounded_seconds: int = 0
    delivered_seconds: int = 0


@frozen
class Report:
    """Totals of a period. `until` is its end, excluded."""

    since: datetime = field(metadata={WIRE: "from"})
    until: datetime = field(metadata={WIRE: "to"})
    timezone: str
    group_by: str
    rows: tuple[ReportRow, ...]
    totals: ReportTotals


@frozen
class TimesheetRow:
    """The hours of one task: seconds by date."""

    client_id: str | None
    client_name: str | None
    project_id: str | None
    project_name: str | None
    task_id: str | None
    task_name: str | None
    days: Mapping[str, int]
    seconds: int
    billable_seconds: int
    supervised_seconds: int
    agent_seconds: int
    rounded_days: Mapping[str, int] = field(default_factory=dict)
    rounded_seconds: int = 0
    delivered_days: Mapping[str, int] = field(default_factory=dict)
    delivered_seconds: int = 0


@frozen
class TimesheetTotals:
    """The sums of a timesheet: by date, and over all dates."""

    days: Mapping[str, int]
    seconds: int
    supervised_seconds: int
    agent_seconds: int
    rounded_days: Mapping[str, int] = field(default_factory=dict)
    rounded_seconds: int = 0
    delivered_days: Mapping[str, int] = field(default_factory=dict)
    delivered_seconds: int = 0


@frozen
class Timesheet:
    """Task × day; `until` is its last day."""

    since: date = field(metadata={WIRE: "from"})
    until: date = field(metadata={WIRE: "to"})
    timezone: str
    days: tuple[date, ...]
    rows: tuple[TimesheetRow, ...]
    totals: TimesheetTotals
