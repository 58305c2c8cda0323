"""Entries and timers."""

from datetime import datetime

from stintd.frozen import frozen


@frozen
class Pause:
    """A stretch of an entry that does not count. `end` is None while the pause lasts."""

    start: datetime
    end: datetime | None


@frozen
class Commit:
    """A commit of the user."""

    sha: str
    subject: str
    time: datetime


@frozen
class EntryDelivery:
    """A place that an entry was delivered to."""

    target: str
    state: str
    remote_id: str | None


@frozen
class Entry:
    """A time entry. A running one has no `end`, and its length counts up to now. `state` is waiting, running, paused or
    finished.
    """

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


@frozen
class MadeEntry(Entry):
    """A new entry, and how much automatic time it replaced."""

    taken_seconds: int = 0
    notice: str | None = None
    project_created: bool = False


@frozen
class CurrentTimers:
    """The timers. `timer` is the one that a person means by "the timer"; `timers` are all, also waiting and paused ones."""

    timer: Entry | None
    timers: tuple[Entry, ...]


@frozen
class StartedTimer:
    """A timer that was started or already ran, and the timers that were stopped for it."""

    timer: Entry | None
    stopped: tuple[Entry, ...] = ()
    project_created: bool = False
