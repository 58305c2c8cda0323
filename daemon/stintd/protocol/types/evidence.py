"""The evidence of entries."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stintd.frozen import frozen
from stintd.protocol.types.work import Commit, Entry


@frozen
class Heartbeat:
    """A piece of evidence, with the project that it belongs to now."""

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


@frozen
class Rejection:
    """A refused heartbeat: its position in the request, and the reason."""

    index: int
    error: str


@frozen
class TakenHeartbeats:
    """The answer to heartbeats: how many were accepted, and which were refused."""

    accepted: int
    duplicates: int
    rejected: tuple[Rejection, ...]


@frozen
class Session:
    """A session of an agent or an editor."""

    session_id: str
    agent: str | None
    start: datetime
    end: datetime | None
    end_reason: str | None


@frozen
class Absence:
    """A time in which nobody can have worked."""

    start: datetime
    end: datetime
    kind: str


@frozen
class Blind:
    """A time that the daemon did not observe."""

    start: datetime
    end: datetime
    reason: str


@frozen
class GapVerdict:
    """A silence, whether it counted as work (`verdict`), and why."""

    start: datetime
    end: datetime
    verdict: str
    reason: str


@frozen
class EvidenceFolder:
    """A folder in which the work happened, the project that work there counts as now, and why. `is_waiting`: nobody answered yet
    whose hours they are.
    """

    path: str
    project_id: str | None
    project_name: str | None
    why: str
    is_waiting: bool


@frozen
class Evidence:
    """The evidence for an entry, or for a stretch of time without one."""

    entry_id: str | None
    start: datetime | None
    end: datetime | None
    heartbeats: tuple[Heartbeat, ...]
    commits: tuple[Commit, ...]
    sessions: tuple[Session, ...]
    absences: tuple[Absence, ...]
    blind: tuple[Blind, ...]
    gaps: tuple[GapVerdict, ...]
    folders: tuple[EvidenceFolder, ...] = ()
    entry: Entry | None = None
    at: datetime | None = None


@frozen
class HistoryStep:
    """One edit of an entry; `changes` by field: `{before, after}`."""

    edit_id: str
    at: datetime
    who: str | None
    verb: str
    summary: str
    undone_at: datetime | None
    is_created: bool
    is_deleted: bool
    changes: Mapping[str, Any]


@frozen
class History:
    """Every edit of an entry, oldest first."""

    entry_id: str
    data: tuple[HistoryStep, ...]
