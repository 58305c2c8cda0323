"""What leaves this machine: webhooks and their deliveries."""

from dataclasses import field
from datetime import date, datetime
from typing import Any

from stintd.frozen import frozen
from stintd.protocol.reading import WIRE


@frozen
class Webhook:
    """A receiver that is notified of changes."""

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


@frozen
class MadeWebhook(Webhook):
    """A new webhook. A `secret` that the daemon created is shown only once; after a repeated request it is None, and
    `webhooks.rotate` makes another.
    """

    secret: str | None = None


@frozen
class Delivery:
    """One message to a receiver; `state` is waiting, delivered, parked or dropped."""

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
    entry_id: str | None
    reason: str | None
    remedy: str | None
    day: date | None = None
    seconds: int | None = None
    project: str | None = None
    description: str | None = None


@frozen
class TestedWebhook:
    """The result of a test."""

    delivered: bool
    status: int | None
    error: str | None
    delivery_id: str


@frozen
class Redelivered:
    """How many messages will be delivered again."""

    redelivered: int


@frozen
class TargetRule:
    """Which hours go to which place (`remote`) at the target. All conditions that are set must match; of several matching rules,
    the most specific one applies.
    """

    remote: dict[str, str]
    project: str | None = None
    task: str | None = None
    client: str | None = None
    tag: str | None = None
    billable: bool | None = None
    rounding: dict[str, Any] | None = None


@frozen
class Target:
    """A connected billing system; `state` is connecting, well, failing or stopped. `unknown_projects`: what its rules name as
    projects although there are none, so that these rules take nothing.
    """

    name: str
    kind: str
    base_url: str | None
    deliver: str
    since: date | None = field(metadata={WIRE: "from"})
    state: str
    trouble: str | None
    counts: dict[str, int]
    live: bool
    calls_per_hour: int
    calls_left: int
    needs: tuple[str, ...]
    map: tuple[TargetRule, ...]
    unknown_projects: tuple[str, ...]


@frozen
class ConnectedTarget:
    """A new connection: the target, its account, and the places that hours can be mapped to."""

    name: str
    kind: str
    account: str | None
    deliver: str
    needs: tuple[str, ...]
    projects: tuple[dict[str, str], ...]


@frozen
class TargetKind:
    """What a kind of billing system needs: `settings` of the account, besides its key, and `needs` in each mapping."""

    kind: str
    base_url: str | None
    settings: tuple[str, ...]
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    live: bool
    creates_places: bool


@frozen
class TargetChoice:
    """A value that a service offers for a setting."""

    name: str
    value: str


@frozen
class MappedTarget:
    """A target and all its rules."""

    name: str
    map: tuple[TargetRule, ...]


@frozen
class RemovedTarget:
    """A target that was disconnected."""

    name: str


@frozen
class TargetPlace:
    """A place at a target that can receive hours. `gone`: it was archived or removed there since it was last listed."""

    name: str
    client: str | None
    remote: dict[str, str]
    gone: bool


@frozen
class TargetPlaces:
    """The places of a target, as listed at `listed_at`; `trouble`: why they could not be listed again."""

    data: tuple[TargetPlace, ...]
    next_cursor: str | None
    listed_at: datetime | None
    trouble: str | None


@frozen
class PlaceProposal:
    """A project or task without a mapping, and the suggested place for it. `how` says how their names match: exact, normalised,
    fuzzy (only similar), several or none.
    """

    project: str
    task: str | None
    client: str | None
    how: str
    place: str | None
    remote: dict[str, str]
    lacks: str | None
    near: tuple[str, ...]


@frozen
class TargetMatch:
    """Suggested places for everything that has no mapping."""

    target: str
    creates_places: bool
    listed_at: datetime | None
    trouble: str | None
    proposals: tuple[PlaceProposal, ...]


@frozen
class Outlook:
    """Exactly what would be sent. If it has a `reason`, it is held back; `remedy` says what to do about it."""

    id: str
    target: str
    entry_id: str
    action: str
    state: str
    day: date
    start: datetime | None
    seconds: int
    delivered_seconds: int
    project: str | None
    task: str | None
    description: str
    billable: bool
    tags: tuple[str, ...]
    remote: dict[str, str]
    remote_id: str | None
    reason: str | None
    remedy: str | None


@frozen
class Synced:
    """What is being sent; with `dry_run`, what would be sent."""

    dry_run: bool
    targets: tuple[str, ...]
    ready: int
    kept: int
    items: tuple[Outlook, ...]
