"""Workspaces, and the overview of the personal one."""

from dataclasses import field
from datetime import date, datetime

from stintd.frozen import frozen
from stintd.protocol.reading import WIRE
from stintd.protocol.types.sheet import Figures, Totals
from stintd.protocol.types.work import Entry


@frozen
class Workspace:
    """A workspace; the personal one always exists."""

    id: str
    name: str
    role: str
    member_count: int


@frozen
class MemberTotals(Totals):
    """The hours of one member."""

    user_id: str
    name: str
    role: str


@frozen
class ProjectTotals(Figures):
    """The hours of one project."""

    project_id: str | None
    name: str


@frozen
class WorkspaceSummary:
    """Hours by member and by project."""

    workspace_id: str
    workspace_name: str
    since: datetime = field(metadata={WIRE: "from"})
    until: datetime = field(metadata={WIRE: "to"})
    timezone: str
    members: tuple[MemberTotals, ...]
    projects: tuple[ProjectTotals, ...]
    totals: Totals


@frozen
class DayTotals(Totals):
    """The sums of one day."""

    date: date


@frozen
class WeekTotals(Totals):
    """The sums of a week."""

    since: datetime = field(metadata={WIRE: "from"})
    until: datetime = field(metadata={WIRE: "to"})
    timezone: str
    projects: tuple[ProjectTotals, ...]


@frozen
class GapsToday:
    """Today's gaps: stretches of time without an entry."""

    count: int
    seconds: int


@frozen
class Alert:
    """Something that needs attention, and what to do."""

    code: str
    severity: str
    text: str
    hint: str
    subject: str | None
    project_id: str | None


@frozen
class Dashboard:
    """Running timers, today, the week, and what needs attention."""

    workspace: Workspace
    timer: Entry | None
    timers: tuple[Entry, ...]
    today: DayTotals
    week: WeekTotals
    review_count: int
    unconfirmed_count: int
    gaps_today: GapsToday
    alerts: tuple[Alert, ...]
