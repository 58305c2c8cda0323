"""The answers of the daemon as values: instants are aware and in UTC, lengths in seconds, what is unknown is None.

Words such as states and kinds stay text: a later daemon may know more of them than this client.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar, overload

from stintd.protocol.reading import WIRE, read

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. It can be looped over; `next_cursor` asks for the next one, None at the end."""

    data: tuple[T, ...]
    next_cursor: str | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self.data[index]


# ---------------------------------------------------------------- entries and timers


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch inside an entry that does not count; `end` None while it lasts."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Commit:
    """One of the owner's commits."""

    sha: str
    subject: str
    time: datetime


@dataclass(frozen=True, slots=True)
class EntryDelivery:
    """Where an entry was delivered to."""

    target: str
    state: str
    remote_id: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A time entry. A running one has no `end` and counts to now; `state` is waiting, running, paused or finished."""

    id: str
    project_id: str | None
    project_name: str | None
    client_id: str | None
    client_name: str | None
    task_id: str | None
    task_name: str | None
    description: str
    start: datetime
    end: datetime | None
    duration_seconds: int
    state: str
    actor: str
    origin: str
    hands_on_seconds: int
    supervised_seconds: int
    billable: bool
    tags: tuple[str, ...]
    pauses: tuple[Pause, ...]
    branch: str | None
    repo: str | None
    commits: tuple[Commit, ...]
    session_id: str | None
    pinned: tuple[str, ...]
    locked: bool
    approved_at: datetime | None
    confirmed: bool
    last_evidence_at: datetime | None
    user_id: str | None
    workspace_id: str | None
    revision: int
    updated_at: datetime | None
    deliveries: tuple[EntryDelivery, ...]
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class MadeEntry(Entry):
    """An entry just entered, and how much automatic time it took."""

    taken_seconds: int = 0
    notice: str | None = None
    project_created: bool = False


@dataclass(frozen=True, slots=True)
class CurrentTimers:
    """What runs: `timer` is the one a person means by "the timer", `timers` are all, waiting and paused ones too."""

    timer: Entry | None
    timers: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class StartedTimer:
    """A timer that was started, or ran already, and what was stopped for it."""

    timer: Entry | None
    stopped: tuple[Entry, ...] = ()
    project_created: bool = False


# ---------------------------------------------------------------- what an entry rests on


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A piece of evidence; the project is the one it belongs to now."""

    id: str | None
    time: datetime
    project: str | None
    project_id: str | None
    task_name: str | None
    repo: str | None
    path: str | None
    branch: str | None
    entity: str | None
    kind: str
    source: str
    client: str | None
    actor: str
    device: str | None
    session_id: str | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A heartbeat that was refused, by its place in what was sent, and why."""

    index: int
    error: str


@dataclass(frozen=True, slots=True)
class TakenHeartbeats:
    """What became of heartbeats that were sent."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """An agent's or editor's session."""

    session_id: str
    agent: str | None
    start: datetime
    end: datetime | None
    end_reason: str | None


@dataclass(frozen=True, slots=True)
class Absence:
    """A time at which nobody can have worked."""

    start: datetime
    end: datetime
    kind: str


@dataclass(frozen=True, slots=True)
class Blind:
    """A time the daemon did not see."""

    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class GapVerdict:
    """A silence, whether it counted as work, and why."""

    start: datetime
    end: datetime
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an entry, or a silence, rests on."""

    entry_id: str | None
    start: datetime | None
    end: datetime | None
    heartbeats: tuple[Heartbeat, ...]
    commits: tuple[Commit, ...]
    sessions: tuple[Session, ...]
    absences: tuple[Absence, ...]
    blind: tuple[Blind, ...]
    gaps: tuple[GapVerdict, ...]
    entry: Entry | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One edit that touched an entry; `changes` by field: `{before, after}`."""

    edit_id: str
    at: datetime
    who: str | None
    verb: str
    summary: str
    undone_at: datetime | None
    is_created: bool
    is_deleted: bool
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """Every edit that touched an entry, oldest first."""

    entry_id: str
    data: tuple[HistoryStep, ...]


# ---------------------------------------------------------------- projects, clients, tasks, users


@dataclass(frozen=True, slots=True)
class ProjectRepo:
    """A repository of a project."""

    id: str
    name: str | None
    remote: str | None


@dataclass(frozen=True, slots=True)
class Project:
    """A project."""

    id: str
    name: str
    client_id: str | None
    client_name: str | None
    hourly_rate: float | None
    currency: str | None
    budget_hours: float | None
    budget_amount: float | None
    billable: bool
    bill_agent_time: bool
    bill_supervised: bool
    default_task: str | None
    archived: bool
    origin: str
    repos: tuple[ProjectRepo, ...]
    revision: int
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of what was agreed for a project is used."""

    project_id: str
    hours_used: float
    hours_limit: float | None
    spend: float | None
    spend_cap: float | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a project."""

    id: str
    key: str
    name: str | None
    project_id: str
    status: str
    estimated_hours: float | None
    hourly_rate: float | None
    revision: int


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody hours are billed to."""

    id: str
    name: str
    archived: bool
    revision: int


@dataclass(frozen=True, slots=True)
class User:
    """A person of the workspace; `emails`, `timezone` and `device_id` are told of the owner alone."""

    id: str
    name: str
    email: str | None
    role: str
    status: str
    workspace_id: str | None
    created_at: datetime | None
    revision: int
    emails: tuple[str, ...]
    timezone: str | None
    device_id: str | None


# ---------------------------------------------------------------- sums


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums. `seconds` is the person's time; `amount` is None where there are several `amounts` by currency."""

    seconds: int
    hands_on_seconds: int
    supervised_seconds: int
    agent_seconds: int
    billable_seconds: int
    amount: float | None
    currency: str | None
    amounts: Mapping[str, float]
    entries: int


@dataclass(frozen=True, slots=True)
class Totals(Figures):
    """Sums, and the time by the clock: what overlaps counts there once."""

    wall_seconds: int


@dataclass(frozen=True, slots=True)
class ReportRow(Figures):
    """One line of a report."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class ReportTotals(Totals):
    """The sum of a report."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Report:
    """Totals of a period, half-open: `until` is no part of it."""

    since: datetime = field(metadata={WIRE: "from"})
    until: datetime = field(metadata={WIRE: "to"})
    timezone: str
    group_by: str
    rows: tuple[ReportRow, ...]
    totals: ReportTotals


@dataclass(frozen=True, slots=True)
class TimesheetRow:
    """The days of one task: seconds by date."""

    client_id: str | None
    client_name: str | None
    project_id: str | None
    project_name: str | None
    task_id: str | None
    task_name: str | None
    days: Mapping[str, int]
    seconds: int
    billable_seconds: int


@dataclass(frozen=True, slots=True)
class TimesheetTotals:
    """The sums of a timesheet by date and over all."""

    days: Mapping[str, int]
    seconds: int


@dataclass(frozen=True, slots=True)
class Timesheet:
    """Task × day; `until` is its last day."""

    since: date = field(metadata={WIRE: "from"})
    until: date = field(metadata={WIRE: "to"})
    timezone: str
    days: tuple[date, ...]
    rows: tuple[TimesheetRow, ...]
    totals: TimesheetTotals


# ---------------------------------------------------------------- workspaces and the overview


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace; the personal one always exists."""

    id: str
    name: str
    role: str
    member_count: int


@dataclass(frozen=True, slots=True)
class MemberTotals(Totals):
    """The hours of one member."""

    user_id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class ProjectTotals(Figures):
    """The hours of one project."""

    project_id: str | None
    name: str


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class DayTotals(Totals):
    """The sums of one day."""

    date: date


@dataclass(frozen=True, slots=True)
class WeekTotals(Totals):
    """The sums of a week."""

    since: datetime = field(metadata={WIRE: "from"})
    until: datetime = field(metadata={WIRE: "to"})
    timezone: str
    projects: tuple[ProjectTotals, ...]


@dataclass(frozen=True, slots=True)
class GapsToday:
    """Today's stretches that nobody has claimed."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Alert:
    """What needs a look, and the remedy."""

    code: str
    severity: str
    text: str
    hint: str
    subject: str | None
    project_id: str | None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What runs, today, the week, and what needs a look."""

    workspace: Workspace
    timer: Entry | None
    timers: tuple[Entry, ...]
    today: DayTotals
    week: WeekTotals
    review_count: int
    unconfirmed_count: int
    gaps_today: GapsToday
    alerts: tuple[Alert, ...]


# ---------------------------------------------------------------- what leaves this machine


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody who is told of changes."""

    id: str
    url: str
    events: tuple[str, ...]
    allow_private: bool
    enabled: bool
    trouble: str | None
    failures: int
    failing_since: datetime | None
    waiting: int
    parked: int
    secret_rotated_at: datetime | None
    created_at: datetime
    updated_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class MadeWebhook(Webhook):
    """A webhook just made. A `secret` that the daemon made is shown this once; after a repeated request it is None, and
    `webhooks.rotate` makes another.
    """

    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to somebody outside; `state` is waiting, delivered, parked or dropped."""

    id: str
    target: str
    kind: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class TestedWebhook:
    """How a test went."""

    delivered: bool
    status: int | None
    error: str | None
    delivery_id: str


@dataclass(frozen=True, slots=True)
class Redelivered:
    """How many messages are on their way again."""

    redelivered: int


# ---------------------------------------------------------------- the daemon


@dataclass(frozen=True, slots=True)
class HealthWarning:
    """Something that is degraded, and how to mend it."""

    code: str
    severity: str
    text: str
    hint: str
    subject: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Source:
    """What one source of evidence is doing."""

    name: str
    state: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """What runs, today's total, and what is degraded."""

    version: str
    ready: bool
    timers: tuple[Entry, ...]
    today_seconds: int
    review_count: int
    warnings: tuple[HealthWarning, ...]
    sources: tuple[Source, ...]
    lag_seconds: float
    waiting_heartbeats: int
    recording: bool
    now: datetime | None


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a caller, without the key itself; limited to a client or project where it names one."""

    id: str
    name: str
    scope: str
    client_id: str | None
    client_name: str | None
    project_id: str | None
    project_name: str | None
    created_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class MadeKey(Key):
    """A key just made. `key` is shown this once and stored nowhere."""

    key: str | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the daemon works: `status` is ok, degraded or starting; `warnings` is their number."""

    status: str
    ready: bool
    version: str
    warnings: int


@dataclass(frozen=True, slots=True)
class Event:
    """A change as it is told by the stream. `id` resumes the stream after it; None for what is not kept in the log."""

    id: str | None
    kind: str
    payload: Mapping[str, Any]

    @property
    def entry(self) -> Entry | None:
        """The time entry it is about; None for other kinds, and for one that was deleted."""
        is_entry = self.kind.startswith("time_entry.") and "start" in self.payload
        return read(Entry, self.payload) if is_entry else None
