"""The rows of our tables as types: a query names the one that it selects from, and a misspelt column is found by mypy.

Columns and nullability are those of schema/ (a test compares them). A query that selects fewer columns than its type has
promises not to read the others. At run time a row is a plain dict, and so is each of these names
(row_types.py).
"""

from typing import Literal, Required, TypedDict

from stintd.domain.billing.delivery import DeliveryState
from stintd.domain.billing.livetimer import LiveTimerState
from stintd.domain.model import Actor, CheckoutKind, EntryState, Origin, ProjectId, RepoId

SqlValue = str | int | float | None
"""What a column of our tables holds."""
OutboxState = Literal["waiting", "delivered", "parked", "dropped"]
KeyScope = Literal["read", "write", "full"]
TaskStatus = Literal["active", "complete"]
ProjectOrigin = Literal["auto", "manual"]
PersonRole = Literal["owner", "manager", "standard"]
PersonStatus = Literal["active", "invited"]

class EntryRow(TypedDict):
    """`entry`."""

    id: str
    actor: Actor
    origin: Origin
    project_id: ProjectId | None
    task: str | None
    start_us: int
    end_us: int | None
    state: EntryState
    description: str
    billable: int
    tags: str
    pauses: str
    hands_on_us: int
    supervised_us: int
    last_evidence_us: int | None
    repo_id: RepoId | None
    branch: str | None
    session: str | None
    pinned: str
    is_confirmed: int
    may_overlap: int
    derived_project_id: ProjectId | None
    derived_task: str | None
    anchor_start_us: int | None
    anchor_end_us: int | None
    approved_us: int | None
    locked: int
    zone: str
    user_id: str
    device_id: str
    workspace_id: str
    revision: int
    created_us: int
    updated_us: int
    is_estimated: int
    evidence_us: int | None

class NamedEntryRow(EntryRow):
    """`entry` with the names of what it belongs to, as ENTRY_SQL selects it."""

    project_name: str | None
    client_id: str | None
    client_name: str | None
    task_id: str | None
    task_name: str | None
    repo_name: str | None

class EntryColumns(TypedDict, total=False):
    """Columns of `entry` that a change sets."""

    id: str
    actor: Actor
    origin: Origin
    project_id: str | None
    task: str | None
    start_us: int
    end_us: int | None
    state: EntryState
    description: str
    billable: int
    tags: str
    pauses: str
    hands_on_us: int
    supervised_us: int
    last_evidence_us: int | None
    repo_id: str | None
    branch: str | None
    session: str | None
    pinned: str
    is_confirmed: int
    may_overlap: int
    derived_project_id: str | None
    derived_task: str | None
    anchor_start_us: int | None
    anchor_end_us: int | None
    approved_us: int | None
    locked: int
    zone: str
    user_id: str
    device_id: str
    workspace_id: str
    revision: int
    created_us: int
    updated_us: int
    is_estimated: int
    evidence_us: int | None

class ProjectRow(TypedDict):
    """`project`."""

    id: ProjectId
    name: str
    normal_name: str
    client_id: str | None
    hourly_rate: str | None
    currency: str | None
    budget_hours: float | None
    budget_amount: str | None
    billable: int | None
    bill_agent_time: int
    bill_supervised: int
    default_task: str | None
    archived: int
    deleted: int
    origin: ProjectOrigin
    folder: str
    revision: int
    created_us: int

class NamedProjectRow(ProjectRow):
    """`project` with the name of its client."""

    client_name: str | None

class ClientRow(TypedDict):
    """`client`."""

    id: str
    name: str
    archived: int
    revision: int
    created_us: int

class TaskRow(TypedDict):
    """`task`."""

    id: str
    key: str
    name: str
    project_id: ProjectId
    status: TaskStatus
    estimated_hours: float | None
    hourly_rate: str | None
    revision: int
    created_us: int

class MappingRow(TypedDict):
    """`mapping`."""

    id: str
    position: int
    path: str | None
    remote: str | None
    branch: str | None
    project: str | None
    client: str | None
    task: str | None
    billable: int | None
    tags: str
    since_us: int | None
    created_us: int

class NamedMappingRow(MappingRow):
    """`mapping` with the name of its project."""

    project_name: str | None

class RepoRow(TypedDict):
    """`repo`."""

    id: RepoId
    identity: str
    name: str
    remote: str
    first_commit: str
    project_id: ProjectId | None
    created_us: int
    last_active_us: int
    network: str
    guest_of: str

class CheckoutRow(TypedDict):
    """`checkout`."""

    path: str
    repo_id: RepoId
    git_dir: str
    common_dir: str
    kind: CheckoutKind
    parent: str | None
    branch: str | None
    head: str
    is_gone: int
    last_active_us: int
    trouble: str
    git_mark: str
    log_mark: str
    mount: str
    begun_us: int

class FolderAnswerRow(TypedDict):
    """`folder_answer`."""

    id: RepoId
    project_id: ProjectId
    is_open: int
    since_us: int

class ProjectAliasRow(TypedDict):
    """`project_alias`."""

    normal_name: str
    name: str
    project_id: ProjectId
    since_us: int

class CommitRow(TypedDict):
    """`repo_commit`."""

    repo_id: RepoId
    sha: str
    time_us: int
    subject: str
    branch: str
    is_own: int

class SessionRow(TypedDict):
    """`session`."""

    id: str
    agent: str
    caller: str
    project_id: ProjectId | None
    folder: str
    started_us: int
    last_us: int
    ended_us: int | None
    end_reason: str
    pid: int | None
    pid_started: float | None
    boot_id: str
    description: str
    task: str | None
    tags: str
    billable: int | None

class TakenRow(TypedDict):
    """`taken`."""

    id: str
    start_us: int
    end_us: int
    actor: Actor
    project_id: ProjectId | None

class CutRow(TypedDict):
    """`cut`."""

    id: str
    at_us: int
    actor: Actor
    project_id: ProjectId | None

class EditRow(TypedDict):
    """`edit`."""

    id: str
    at_us: int
    who: str
    verb: str
    summary: str
    undone_us: int | None

class EditedRow(TypedDict):
    """`edit_row`: one row that an edit touched, as it was and became (JSON)."""

    edit_id: str
    position: int
    table_name: str
    row_id: str
    before: str | None
    after: str | None

class RollupRow(TypedDict):
    """`rollup`."""

    day: str
    project_id: str
    task: str
    actor: Actor
    billable: int
    total_us: int
    hands_on_us: int
    supervised_us: int
    entries: int

class IdempotencyRow(TypedDict):
    """`idempotency`."""

    key: str
    route: str
    request_hash: str
    status: int
    answer: str
    at_us: int

class ApiKeyRow(TypedDict):
    """`api_key`."""

    id: str
    name: str
    scope: KeyScope
    hash: str
    client_id: str | None
    project_id: str | None
    created_us: int
    last_used_us: int | None
    revoked_us: int | None

class NamedApiKeyRow(ApiKeyRow):
    """`api_key` with the names of what limits it."""

    client_name: str | None
    project_name: str | None

class PersonRow(TypedDict):
    """`person`."""

    id: str
    name: str
    email: str | None
    role: PersonRole
    status: PersonStatus
    revision: int
    created_us: int

class WebhookRow(TypedDict):
    """`webhook`."""

    id: str
    url: str
    events: str
    allow_private: int
    enabled: int
    trouble: str
    failures: int
    failing_us: int | None
    rest_us: int | None
    rotated_us: int | None
    revision: int
    created_us: int
    updated_us: int

class OutboxRow(TypedDict):
    """`outbox`."""

    seq: int
    id: str
    target: str
    kind: str
    body: str
    state: OutboxState
    attempts: int
    next_us: int
    first_try_us: int | None
    last_try_us: int | None
    status: int | None
    error: str
    created_us: int
    finished_us: int | None

class BackfillRow(TypedDict):
    """`backfill`."""

    id: str
    source: str
    at_us: int
    first_us: int
    last_us: int
    beats: int

class TargetRow(TypedDict):
    """`delivery_target`: how it goes with a connected billing system."""

    name: str
    kind: str
    connected_us: int
    failures: int
    failing_us: int | None
    rest_us: int | None
    stopped: int
    trouble: str
    success_us: int | None
    window_us: int
    used: int
    compared: str
    listed_us: int | None

class DeliveryRow(TypedDict):
    """`delivery`."""

    seq: int
    id: str
    target: str
    entry_id: str
    part: int
    generation: int
    state: DeliveryState
    wanted: str | None
    held: str | None
    sent: str | None
    remote_id: str
    day: str
    hold: str
    error: str
    remedy: str
    status: int | None
    attempts: int
    first_try_us: int | None
    last_try_us: int | None
    next_us: int
    created_us: int
    finished_us: int | None
    again_us: int | None
    is_correction: int

class DifferingRow(DeliveryRow):
    """`delivery` with how many there are like it."""

    number: int

class DeliveryColumns(TypedDict, total=False):
    """Columns of `delivery` that a change sets."""

    seq: int
    id: str
    target: str
    entry_id: str
    part: int
    generation: int
    state: DeliveryState
    wanted: str | None
    held: str | None
    sent: str | None
    remote_id: str
    day: str
    hold: str
    error: str
    remedy: str
    status: int | None
    attempts: int
    first_try_us: int | None
    last_try_us: int | None
    next_us: int
    created_us: int
    finished_us: int | None
    again_us: int | None
    is_correction: int

class LiveTimerRow(TypedDict):
    """`live_mirror`."""

    target: str
    state: LiveTimerState
    entry_id: str
    run: int
    content: str
    remote_id: str
    began_us: int
    start_s: int | None
    end_s: int | None
    next_us: int
    trouble: str
    remedy: str

class ClickUpTaskRow(TypedDict):
    """A task with its project, as it is looked for by name; `id` is empty where only entries have it."""

    id: str
    key: str
    name: str
    status: TaskStatus
    project_id: ProjectId
    project_name: str
    archived: int

class HistoryRow(EditRow):
    """`edit` with one of the rows that it touched."""

    before: str | None
    after: str | None

class PersonListRow(PersonRow):
    """`person`, or the owner who has no row yet."""

    is_stored: int

class DeliveryListRow(TypedDict, total=False):
    """What `outbox` and `delivery` have in common, and what only one of them has."""

    id: Required[str]
    target: Required[str]
    state: Required[DeliveryState]
    attempts: Required[int]
    next_us: Required[int]
    last_try_us: Required[int | None]
    status: Required[int | None]
    error: Required[str]
    created_us: Required[int]
    finished_us: Required[int | None]
    kind: str
    entry_id: str | None
    hold: str
    remedy: str
    day: str | None
    content: str | None
    wanted: str | None
    held: str | None

class CountedRow(TypedDict):
    """What says how long an entry counts."""

    start_us: int
    end_us: int | None
    last_evidence_us: int | None
    origin: Origin

class LabelsRow(TypedDict):
    """The ids and names of what an hour belongs to."""

    project_id: ProjectId | None
    project_name: str | None
    client_id: str | None
    client_name: str | None
    task_id: str | None
    task_name: str | None

class ApprovedRow(TypedDict):
    """An entry as it was when it was approved (JSON), and when that was done."""

    row_id: str
    after: str
    seq: int

class NamesRow(TypedDict):
    """Names of a project, its client and a task of it."""

    project: str
    client: str | None
    task: str | None

class OwnCommitRow(CommitRow):
    """`repo_commit` with the project of its repository."""

    project_id: ProjectId | None
    project_name: str | None

class ReasonRow(TypedDict):
    """Deliveries that wait or were given up for one reason: how many, and the id of one."""

    target: str
    state: DeliveryState
    hold: str
    error: str
    remedy: str
    id: str
    n: int

class ProjectUseRow(ProjectRow):
    """`project` with when it was last worked on."""

    last_us: int | None

class NearRow(TypedDict):
    """An entry near another; one that is open ends now."""

    id: str
    project_id: ProjectId | None
    start_us: int
    end_us: int
    pauses: str

class TimedRow(TypedDict):
    """Where an entry begins and ends; one that is open ends with its evidence, or now."""

    start_us: int
    end_us: int

class RevisedRow(TypedDict):
    """What a change may be refused by."""

    revision: int

class SessionColumns(TypedDict, total=False):
    """Columns of `session` that a change sets."""

    agent: str
    caller: str
    project_id: str | None
    folder: str
    started_us: int
    last_us: int
    ended_us: int | None
    end_reason: str
    pid: int | None
    pid_started: float | None
    boot_id: str
    description: str
    task: str | None
    tags: str
    billable: int | None
