"""The daemon itself: status, keys, the stream of changes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stintd.frozen import frozen
from stintd.protocol.reading import read
from stintd.protocol.types.work import Entry


@frozen
class HealthWarning:
    """A current problem, and how to fix it."""

    code: str
    severity: str
    text: str
    hint: str
    subject: str | None
    since: datetime | None


@frozen
class Source:
    """The state of one source of evidence."""

    name: str
    state: str
    last_at: datetime | None


@frozen
class Status:
    """Running timers, today's total, and current problems."""

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


@frozen
class Key:
    """An API key, without the key itself. It is limited to a client or project if it names one."""

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


@frozen
class MadeKey(Key):
    """A new API key. `key` is shown only once and stored nowhere."""

    key: str | None = None


@frozen
class Health:
    """Whether the daemon works: `status` is ok, degraded or starting; `warnings` is their number."""

    status: str
    ready: bool
    version: str
    warnings: int
    pid: int


@frozen
class Event:
    """A change in the stream. `id` resumes the stream after this change; None if the change is not in the log."""

    id: str | None
    kind: str
    payload: Mapping[str, Any]

    @property
    def entry(self) -> Entry | None:
        """The time entry that changed; None for other kinds of changes, and if the entry was deleted."""
        is_entry = self.kind.startswith("time_entry.") and "start" in self.payload
        return read(Entry, self.payload) if is_entry else None
