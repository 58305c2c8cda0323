"""The JSON objects that the engine answers, as types: a key that no client is promised is found by mypy.

Their fields are those of `protocol.schemas` (a test compares them); a name here is the component's and `Json`. At run time an
answer is a plain dict, and so is each of these names (wire_types.py).
"""

from typing import Generic, Literal, NotRequired, TypedDict, TypeVar

from stintd.domain.billing.delivery import DeliveryState
from stintd.domain.model import AbsenceKind, Actor, EntryState, ShownOrigin, Verdict
from stintd.store.row_types import KeyScope, PersonRole, PersonStatus, TaskStatus

Item = TypeVar("Item")
Severity = Literal["info", "warning", "error"]
TargetState = Literal["connecting", "well", "failing", "stopped"]
Action = Literal["create", "update", "delete", "replace", "correct"]
Grouping = Literal["project", "client", "task", "tag", "branch", "commit", "day", "week"]
Pin = Literal["time", "project", "text"]
ReviewKind = Literal[
    "question",
    "gap",
    "suggestion",
    "project",
    "unassigned",
    "unconfirmed",
    "long",
    "target",
    "changed",
    "correction",
    "meeting",
    "uncounted",
]
ImportOutcome = Literal["added", "known", "overlaps"]
DeliverWhen = Literal["approved", "auto"]

_From = TypedDict("_From", {"from": str})
_FromOrNull = TypedDict("_FromOrNull", {"from": str | None})
_With = TypedDict("_With", {"with": list[OverlappedEntryJson]})

class PageJson(TypedDict, Generic[Item]):
    data: list[Item]
    nextCursor: str | None

class PauseJson(TypedDict):
    start: str
    end: str | None

class EntryDeliveryJson(TypedDict):
    target: str
    state: str
    remoteId: str | None

class EntryJson(TypedDict):
    id: str
    projectId: str | None
    projectName: str | None
    clientId: str | None
    clientName: str | None
    taskId: str | None
    taskName: str | None
    description: str
    start: str
    end: str | None
    durationSeconds: int
    state: EntryState
    actor: Actor
    origin: ShownOrigin
    handsOnSeconds: int
    supervisedSeconds: int
    billable: bool
    tags: list[str]
    pauses: list[PauseJson]
    branch: str | None
    repo: str | None
    commits: list[CommitJson]
    sessionId: str | None
    pinned: list[Pin]
    locked: bool
    approvedAt: str | None
    confirmed: bool
    lastEvidenceAt: str | None
    userId: str | None
    workspaceId: str | None
    revision: int
    updatedAt: str
    deliveries: list[EntryDeliveryJson]
    provisional: NotRequired[bool]

class MadeEntryJson(EntryJson):
    takenSeconds: int
    notice: str | None
    projectCreated: bool

class CommitJson(TypedDict):
    sha: str
    subject: str
    time: str

class CurrentTimersJson(TypedDict):
    timer: EntryJson | None
    timers: list[EntryJson]

class StartedTimerJson(TypedDict):
    timer: EntryJson | None
    stopped: list[EntryJson]
    projectCreated: bool

class ResumedTimerJson(TypedDict):
    timer: EntryJson | None
    stopped: list[EntryJson]

class ReturnedJson(TypedDict):
    timer: EntryJson
    entry: EntryJson | None

class TimerAnswerJson(TypedDict):
    timer: EntryJson | None

class EntryAnswerJson(TypedDict):
    entry: EntryJson | None

class EntriesAnswerJson(TypedDict):
    entries: list[EntryJson]

class SessionJson(TypedDict):
    sessionId: str
    agent: str | None
    start: str
    end: str | None
    endReason: str | None

class AbsenceJson(TypedDict):
    start: str
    end: str
    kind: AbsenceKind

class BlindJson(TypedDict):
    start: str
    end: str
    reason: str

class GapVerdictJson(TypedDict):
    start: str
    end: str
    verdict: Verdict
    reason: str

class EvidenceJson(TypedDict):
    entryId: str | None
    entry: EntryJson | None
    start: str
    end: str | None
    heartbeats: list[HeartbeatJson]
    commits: list[CommitJson]
    sessions: list[SessionJson]
    absences: list[AbsenceJson]
    blind: list[BlindJson]
    gaps: list[GapVerdictJson]
    folders: list[EvidenceFolderJson]

class EvidenceFolderJson(TypedDict):
    path: str
    projectId: str | None
    projectName: str | None
    why: str
    isWaiting: bool

class WhyJson(EvidenceJson):
    at: str

class EditJson(TypedDict):
    editId: str
    at: str
    who: str
    verb: str
    summary: str
    undoneAt: str | None

class FieldChangeJson(TypedDict):
    before: object
    after: object

class HistoryStepJson(EditJson):
    isCreated: bool
    isDeleted: bool
    changes: dict[str, FieldChangeJson]

class HistoryJson(TypedDict):
    entryId: str
    data: list[HistoryStepJson]

class UndoneJson(TypedDict):
    edit: EditJson
    entries: list[EntryJson]

class NeighbourJson(TypedDict):
    entryId: str
    projectId: str | None
    projectName: str | None

class MeetingJson(TypedDict):
    text: str
    command: str
    start: str
    end: str
    title: str
    projectName: str | None
    taskName: str | None

class GapJson(TypedDict):
    id: str
    start: str
    end: str
    durationSeconds: int
    verdict: Verdict
    reason: str
    before: NeighbourJson
    after: NeighbourJson
    meetings: list[MeetingJson]

class ApprovalJson(TypedDict):
    entries: list[EntryJson]
    count: int
    seconds: int
    editId: str
    waitingCount: int
    waitingSeconds: int
    notice: str | None

class MovedJson(TypedDict):
    dryRun: bool
    entries: list[EntryJson]
    seconds: int
    notice: str | None

class HeartbeatJson(TypedDict):
    id: str | None
    time: str
    project: str | None
    projectId: str | None
    taskName: str | None
    repo: str | None
    path: str | None
    branch: str | None
    entity: str | None
    kind: str
    source: str
    client: str | None
    actor: Actor
    device: str | None
    sessionId: str | None

class ProjectRepoJson(TypedDict):
    id: str
    name: str
    remote: str

class ProjectJson(TypedDict):
    id: str
    name: str
    aliases: list[str]
    clientId: str | None
    clientName: str | None
    hourlyRate: float | None
    currency: str | None
    budgetHours: float | None
    budgetAmount: float | None
    billable: bool
    billAgentTime: bool
    billSupervised: bool
    defaultTask: str | None
    archived: bool
    origin: str
    repos: list[ProjectRepoJson]
    revision: int
    createdAt: str

class BudgetJson(TypedDict):
    projectId: str
    hoursUsed: float
    hoursLimit: float | None
    spend: float | None
    spendCap: float | None
    currency: str | None

class TaskJson(TypedDict):
    id: str
    key: str
    name: str
    projectId: str
    status: TaskStatus
    estimatedHours: float | None
    hourlyRate: float | None
    revision: int

class ClientJson(TypedDict):
    id: str
    name: str
    archived: bool
    revision: int

class UserJson(TypedDict):
    id: str
    name: str
    email: str | None
    role: PersonRole
    status: PersonStatus
    workspaceId: str | None
    createdAt: str | None
    revision: int
    emails: NotRequired[list[str]]
    timezone: NotRequired[str]
    deviceId: NotRequired[str | None]

class StoredRepoJson(TypedDict):
    """`Repo` without what only the watcher knows."""

    id: str
    name: str
    remote: str
    identity: str
    projectId: str | None
    projectName: str | None
    path: str | None
    branch: str | None
    lastActiveAt: str | None
    checkouts: list[CheckoutJson]

class RepoJson(StoredRepoJson):
    tier: str | None
    folders: int

class CheckoutJson(TypedDict):
    path: str
    kind: str
    branch: str | None
    head: str
    gone: bool
    trouble: str
    lastActiveAt: str | None
    projectId: str | None
    projectName: str | None
    why: str
    tier: NotRequired[str]
    folders: NotRequired[int]

class MappingJson(TypedDict):
    id: str
    position: int
    path: str | None
    remote: str | None
    branch: str | None
    project: str | None
    projectId: str | None
    client: str | None
    task: str | None
    billable: bool | None
    tags: list[str]
    since: str | None

class ChangedMappingJson(MappingJson):
    difference: DifferenceJson

class FiguresJson(TypedDict):
    seconds: int
    handsOnSeconds: int
    supervisedSeconds: int
    agentSeconds: int
    billableSeconds: int
    amount: float | None
    currency: str | None
    amounts: dict[str, float]
    entries: int

class ReportRowJson(FiguresJson):
    key: str
    name: str
    roundedSeconds: NotRequired[int]
    deliveredSeconds: NotRequired[int]

class ReportTotalsJson(ReportRowJson):
    wallSeconds: int

class ReportJson(_From):
    to: str
    timezone: str
    groupBy: Grouping
    rows: list[ReportRowJson]
    totals: ReportTotalsJson

class TimesheetTotalsJson(TypedDict):
    days: dict[str, int]
    seconds: int
    supervisedSeconds: int
    agentSeconds: int
    roundedDays: NotRequired[dict[str, int]]
    roundedSeconds: NotRequired[int]
    deliveredDays: NotRequired[dict[str, int]]
    deliveredSeconds: NotRequired[int]

class TimesheetRowJson(TimesheetTotalsJson):
    clientId: str | None
    clientName: str | None
    projectId: str | None
    projectName: str | None
    taskId: str | None
    taskName: str | None
    billableSeconds: int

class TimesheetJson(_From):
    to: str
    timezone: str
    days: list[str]
    rows: list[TimesheetRowJson]
    totals: TimesheetTotalsJson

class CorrectionJson(TypedDict):
    day: str
    projectId: str | None
    projectName: str | None
    clientName: str | None
    taskName: str | None
    actor: Actor
    approvedSeconds: int
    nowSeconds: int
    differenceSeconds: int
    cause: Literal["evidence", "open"]

class ReviewItemJson(TypedDict):
    kind: ReviewKind
    text: str
    command: str
    day: str | None
    start: str | None
    end: str | None
    seconds: int | None
    entryId: str | None
    projectId: str | None
    projectName: str | None
    title: str | None
    id: str | None
    folders: list[str]
    days: int | None
    agentSeconds: int | None

class AnsweredFolderJson(TypedDict):
    path: str
    projectId: str
    projectName: str | None

class AnsweredJson(TypedDict):
    id: str
    answer: Literal["same", "own", "another"]
    editId: str
    seconds: int
    agentSeconds: int
    days: int
    folders: list[AnsweredFolderJson]

class ReviewJson(_From):
    to: str
    timezone: str
    count: int
    lookedAt: str | None
    items: list[ReviewItemJson]
    blind: list[BlindJson]

class LookedJson(TypedDict):
    lookedAt: str

class ProjectDifferenceJson(TypedDict):
    projectId: str | None
    name: str | None
    beforeSeconds: int
    afterSeconds: int

class EntryGistJson(TypedDict):
    id: str
    projectId: str | None
    projectName: str | None
    taskName: str | None
    start: str
    end: str | None
    description: str
    actor: Actor

class EntryDifferenceJson(TypedDict):
    before: EntryGistJson | None
    after: EntryGistJson | None

class ChangesJson(TypedDict):
    """`Difference` but for whether it was a dry run."""

    created: int
    updated: int
    deleted: int
    beforeSeconds: int
    afterSeconds: int
    projects: list[ProjectDifferenceJson]
    entries: list[EntryDifferenceJson]

class DifferenceJson(ChangesJson):
    dryRun: bool

class TroubleJson(TypedDict):
    path: str
    why: str

class BackfillCountsJson(TypedDict):
    new: int
    known: int
    live: int
    notRecorded: int

class BandJson(TypedDict):
    lowSeconds: int
    highSeconds: int

class BackfilledDayJson(TypedDict):
    day: str
    projectId: str | None
    projectName: str | None
    handsOnSeconds: int
    supervisedSeconds: int
    agentSeconds: int
    band: BandJson | None

class BackfillChangesJson(DifferenceJson):
    """`Backfilled` without what was read."""

    editId: str | None
    heartbeats: BackfillCountsJson
    sessions: int
    days: list[BackfilledDayJson]

class BackfilledJson(BackfillChangesJson):
    source: Literal["all", "git", "agents"]
    repositories: int
    acts: int
    files: int
    lines: int
    unreadableLines: int
    troubles: list[TroubleJson]
    unwanted: int

class OverlappedEntryJson(TypedDict):
    id: str
    projectName: str | None
    start: str
    end: str | None

class OverlapJson(_With):
    index: int
    id: str

class ImportedJson(TypedDict):
    importId: str
    dryRun: bool
    outcomes: list[ImportOutcome]
    overlaps: list[OverlapJson]
    addedSeconds: int
    takenSeconds: int
    projectsCreated: list[str]
    unknownProjects: list[str]
    others: dict[str, int]
    heartbeatsPassed: int

class BackfillUndoneJson(TypedDict):
    edit: EditJson
    entries: int

class WorkspaceJson(TypedDict):
    id: str
    name: str
    role: Literal["owner", "member"]
    memberCount: int

class TotalsJson(FiguresJson):
    wallSeconds: int

class MemberTotalsJson(TotalsJson):
    userId: str
    name: str
    role: str

class WorkspaceSummaryJson(_From):
    workspaceId: str
    workspaceName: str
    to: str
    timezone: str
    members: list[MemberTotalsJson]
    projects: list[ProjectTotalsJson]
    totals: TotalsJson

class ProjectTotalsJson(FiguresJson):
    projectId: str | None
    name: str

class DayTotalsJson(TotalsJson):
    date: str

class WeekTotalsJson(_From, TotalsJson):
    to: str
    timezone: str
    projects: list[ProjectTotalsJson]

class GapsTodayJson(TypedDict):
    count: int
    seconds: int

class DashboardJson(TypedDict):
    workspace: WorkspaceJson
    timer: EntryJson | None
    timers: list[EntryJson]
    today: DayTotalsJson
    week: WeekTotalsJson
    reviewCount: int
    unconfirmedCount: int
    gapsToday: GapsTodayJson
    alerts: list[AlertJson]

class DayEvidenceJson(TypedDict):
    start: str
    end: str
    state: Literal["handsOn", "supervised", "agent"]
    projectId: str | None
    projectName: str | None

class DayMarkJson(TypedDict):
    time: str
    kind: Literal["commit", "checkout", "merge", "rebase", "pull", "push"]
    actor: Actor
    projectId: str | None
    projectName: str | None
    branch: str | None
    sha: str | None
    text: str

class DayJson(TypedDict):
    date: str
    timezone: str
    start: str
    end: str
    now: str
    entries: list[EntryJson]
    evidence: list[DayEvidenceJson]
    absences: list[AbsenceJson]
    blind: list[BlindJson]
    gaps: list[GapJson]
    marks: list[DayMarkJson]
    totals: TotalsJson

class AlertJson(TypedDict):
    code: str
    severity: Severity
    text: str
    hint: str
    subject: str | None
    projectId: str | None

class WarningJson(TypedDict):
    code: str
    severity: Severity
    text: str
    hint: str
    subject: str | None
    since: str | None

class BackupJson(TypedDict):
    name: str
    path: str
    at: str
    kind: str
    bytes: int

class PurgedTargetJson(TypedDict):
    target: str
    entries: int

class PurgedRowsJson(TypedDict):
    """`Purged` without the files beside the database."""

    entries: int
    seconds: int
    heartbeats: int
    commits: int
    sessions: int
    edits: int
    deliveries: list[PurgedTargetJson]
    stillWatched: list[str]
    editId: str
    summary: str

class PurgedJson(PurgedRowsJson):
    dryRun: bool
    files: list[str]
    isComplete: bool

class KeyJson(TypedDict):
    id: str
    name: str
    scope: KeyScope
    clientId: str | None
    clientName: str | None
    projectId: str | None
    projectName: str | None
    createdAt: str
    lastUsedAt: str | None
    revokedAt: str | None

class MadeKeyJson(KeyJson):
    key: str | None

class ClockEyeEntryJson(TypedDict):
    id: str
    user_id: str | None
    project_id: str | None
    task_id: str | None
    description: str
    start_time: str
    end_time: str | None
    duration: int | None
    billable: bool

class ClockEyePageJson(TypedDict):
    data: list[ClockEyeEntryJson]
    page: int
    per_page: int
    total: int
    total_pages: int

class WebhookJson(TypedDict):
    id: str
    url: str
    events: list[str]
    allowPrivate: bool
    enabled: bool
    trouble: str | None
    failures: int
    failingSince: str | None
    waiting: int
    parked: int
    secretRotatedAt: str | None
    createdAt: str
    updatedAt: str
    revision: int

class MadeWebhookJson(WebhookJson):
    secret: str | None

class DeliveryJson(TypedDict):
    id: str
    target: str
    kind: str
    state: DeliveryState
    attempts: int
    nextAttemptAt: str | None
    lastAttemptAt: str | None
    lastStatus: int | None
    lastError: str | None
    createdAt: str
    finishedAt: str | None
    entryId: str | None
    reason: str | None
    remedy: str | None
    day: str | None
    seconds: int | None
    project: str | None
    description: str | None

class TargetJson(_FromOrNull):
    name: str
    kind: str
    baseUrl: str | None
    deliver: DeliverWhen
    state: TargetState
    trouble: str | None
    counts: dict[str, int]
    live: bool
    callsPerHour: int
    callsLeft: int
    needs: list[str]
    map: list[TargetRuleJson]
    unknownProjects: list[str]

class TargetRuleJson(TypedDict):
    project: NotRequired[str]
    task: NotRequired[str]
    client: NotRequired[str]
    tag: NotRequired[str]
    billable: NotRequired[bool]
    remote: dict[str, str]
    rounding: NotRequired[dict[str, object]]

class ConnectedTargetJson(TypedDict):
    name: str
    kind: str
    account: str | None
    deliver: DeliverWhen
    needs: list[str]
    projects: list[dict[str, str]]

class TargetPlaceJson(TypedDict):
    name: str
    client: str | None
    remote: dict[str, str]
    gone: bool

class TargetPlacesJson(TypedDict):
    data: list[TargetPlaceJson]
    nextCursor: str | None
    listedAt: str | None
    trouble: str | None

class TargetMatchJson(TypedDict):
    target: str
    createsPlaces: bool
    listedAt: str | None
    trouble: str | None
    proposals: list[PlaceProposalJson]

class PlaceProposalJson(TypedDict):
    project: str
    task: str | None
    client: str | None
    how: Literal["exact", "normalised", "fuzzy", "several", "none"]
    place: str | None
    remote: dict[str, str]
    lacks: str | None
    near: list[str]

class MappedTargetJson(TypedDict):
    name: str
    map: list[TargetRuleJson]

class TargetKindJson(TypedDict):
    kind: str
    baseUrl: str | None
    settings: list[str]
    needs: list[str]
    takes: list[str]
    live: bool
    createsPlaces: bool

class TargetChoiceJson(TypedDict):
    name: str
    value: str

class RemovedTargetJson(TypedDict):
    name: str

class SyncedJson(TypedDict):
    dryRun: bool
    targets: list[str]
    ready: int
    kept: int
    items: list[OutlookJson]

class OutlookJson(TypedDict):
    id: str
    target: str
    entryId: str
    action: Action
    state: str
    day: str
    start: str | None
    seconds: int
    deliveredSeconds: int
    project: str | None
    task: str | None
    description: str
    billable: bool
    tags: list[str]
    remote: dict[str, str]
    remoteId: str | None
    reason: str | None
    remedy: str | None

class WebhookTestJson(TypedDict):
    delivered: bool
    status: int | None
    error: str | None
    deliveryId: str

class RedeliveredJson(TypedDict):
    redelivered: int

class WakaTimeLengthJson(TypedDict):
    total_seconds: float
    digital: str
    decimal: str
    text: str
    hours: int
    minutes: int

class WakaTimeShareJson(WakaTimeLengthJson):
    name: str
    seconds: int
    percent: float

class WakaTimeSpanJson(TypedDict):
    start: str
    end: str
    timezone: str

class WakaTimeDayRangeJson(WakaTimeSpanJson):
    date: str
    text: str

class WakaTimeListsJson(TypedDict):
    categories: list[WakaTimeShareJson]
    projects: list[WakaTimeShareJson]
    languages: list[WakaTimeShareJson]
    editors: list[WakaTimeShareJson]
    operating_systems: list[WakaTimeShareJson]
    machines: list[WakaTimeShareJson]
    dependencies: list[WakaTimeShareJson]

class WakaTimeDayJson(WakaTimeListsJson):
    grand_total: WakaTimeLengthJson
    branches: NotRequired[list[WakaTimeShareJson]]
    entities: NotRequired[list[WakaTimeShareJson]]
    range: WakaTimeDayRangeJson

class WakaTimeTodayJson(TypedDict):
    data: WakaTimeDayJson
    cached_at: str
    has_team_features: bool

class WakaTimeSumJson(TypedDict):
    seconds: float
    text: str
    digital: str
    decimal: str

class WakaTimeAverageJson(TypedDict):
    seconds: int
    text: str
    days_including_holidays: int
    holidays: int
    days_minus_holidays: int

class WakaTimeSummariesJson(TypedDict):
    data: list[WakaTimeDayJson]
    start: str
    end: str
    cumulative_total: WakaTimeSumJson
    daily_average: WakaTimeAverageJson

class WakaTimeBestDayJson(TypedDict):
    date: str
    total_seconds: float
    text: str

class WakaTimeStatsDataJson(WakaTimeListsJson, WakaTimeSpanJson):
    range: str
    status: str
    is_up_to_date: bool
    is_including_today: bool
    total_seconds: float
    human_readable_total: str
    daily_average: int
    human_readable_daily_average: str
    human_readable_range: str
    days_including_holidays: int
    days_minus_holidays: int
    holidays: int
    best_day: WakaTimeBestDayJson | None
    username: str

class WakaTimeStatsJson(TypedDict):
    data: WakaTimeStatsDataJson

class WakaTimeDurationJson(TypedDict):
    time: float
    duration: float
    project: str
    category: str
    entity: NotRequired[str]
    language: NotRequired[str]
    editor: NotRequired[str]
    branch: NotRequired[str]

class WakaTimeDurationsJson(WakaTimeSpanJson):
    data: list[WakaTimeDurationJson]
    branches: list[str]

class WakaTimeBeatJson(TypedDict):
    time: float
    entity: str
    type: str
    project: str | None
    branch: str | None
    language: str | None
    category: str

class WakaTimeBeatsJson(WakaTimeSpanJson):
    data: list[WakaTimeBeatJson]

class WakaTimeAllTimeRangeJson(WakaTimeSpanJson):
    start_date: str
    end_date: str

class WakaTimeAllTimeDataJson(TypedDict):
    text: str
    digital: str
    decimal: str
    total_seconds: float
    is_up_to_date: bool
    range: WakaTimeAllTimeRangeJson

class WakaTimeAllTimeJson(TypedDict):
    data: WakaTimeAllTimeDataJson

class WakaTimeProjectJson(TypedDict):
    id: str
    name: str
    created_at: str
    last_heartbeat_at: str | None
    has_public_url: bool
    archived: bool

class WakaTimeProjectsJson(TypedDict):
    data: list[WakaTimeProjectJson]
    total: int
    total_pages: int
    page: int

class WakaTimeUserDataJson(TypedDict):
    id: str
    username: str
    display_name: str
    full_name: str | None
    email: str | None
    timezone: str
    has_premium_features: bool
    has_team_features: bool
    is_email_public: bool
    last_heartbeat_at: str | None
    photo: str | None
    plan: str
    created_at: str | None

class WakaTimeUserJson(TypedDict):
    data: WakaTimeUserDataJson

class WakaTimeAgentJson(TypedDict):
    id: str
    value: str
    editor: str
    os: str
    last_seen_at: str
    is_browser_extension: bool

class WakaTimeAgentsJson(TypedDict):
    data: list[WakaTimeAgentJson]
    total_pages: int

class OutlooksJson(TypedDict):
    """`Synced` but for whether it was a dry run."""

    targets: list[str]
    ready: int
    kept: int
    items: list[OutlookJson]

class StatusTimersJson(TypedDict):
    """The part of `Status` that the entries know."""

    timers: list[EntryJson]
    todaySeconds: int

class EntryTaskJson(TypedDict):
    id: str
    name: str

class ClickUpEntryJson(EntryJson):
    """An entry with the task as ClickUp's clients know it."""

    task: EntryTaskJson

class ClickUpEntryAnswerJson(TypedDict):
    entry: ClickUpEntryJson | None
