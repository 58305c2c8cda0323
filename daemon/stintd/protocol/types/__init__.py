"""The answers of the daemon as values: instants are aware and in UTC, lengths in seconds, what is unknown is None.

Words such as states and kinds stay text: a later daemon may know more of them than this client. The modules are those of
`protocol.schemas`; a test holds the fields of both together.
"""

from stintd.protocol.types.catalog import Budget, Client, Project, ProjectRepo, Task, User
from stintd.protocol.types.daemon import Event, Health, HealthWarning, Key, MadeKey, Source, Status
from stintd.protocol.types.evidence import (
    Absence,
    Blind,
    Evidence,
    GapVerdict,
    Heartbeat,
    History,
    HistoryStep,
    Rejection,
    Session,
    TakenHeartbeats,
)
from stintd.protocol.types.outgoing import Delivery, MadeWebhook, Redelivered, TestedWebhook, Webhook
from stintd.protocol.types.overview import (
    Alert,
    Dashboard,
    DayTotals,
    GapsToday,
    MemberTotals,
    ProjectTotals,
    WeekTotals,
    Workspace,
    WorkspaceSummary,
)
from stintd.protocol.types.page import Page
from stintd.protocol.types.sheet import Figures, Report, ReportRow, ReportTotals, Timesheet, TimesheetRow, TimesheetTotals, Totals
from stintd.protocol.types.work import Commit, CurrentTimers, Entry, EntryDelivery, MadeEntry, Pause, StartedTimer

__all__ = [
    "Absence",
    "Alert",
    "Blind",
    "Budget",
    "Client",
    "Commit",
    "CurrentTimers",
    "Dashboard",
    "DayTotals",
    "Delivery",
    "Entry",
    "EntryDelivery",
    "Event",
    "Evidence",
    "Figures",
    "GapVerdict",
    "GapsToday",
    "Health",
    "HealthWarning",
    "Heartbeat",
    "History",
    "HistoryStep",
    "Key",
    "MadeEntry",
    "MadeKey",
    "MadeWebhook",
    "MemberTotals",
    "Page",
    "Pause",
    "Project",
    "ProjectRepo",
    "ProjectTotals",
    "Redelivered",
    "Rejection",
    "Report",
    "ReportRow",
    "ReportTotals",
    "Session",
    "Source",
    "StartedTimer",
    "Status",
    "TakenHeartbeats",
    "Task",
    "TestedWebhook",
    "Timesheet",
    "TimesheetRow",
    "TimesheetTotals",
    "Totals",
    "User",
    "Webhook",
    "WeekTotals",
    "Workspace",
    "WorkspaceSummary",
]
