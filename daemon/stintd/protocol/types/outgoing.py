"""What leaves this machine: webhooks and their deliveries."""

from dataclasses import dataclass
from datetime import datetime


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
    entry_id: str | None
    reason: str | None
    remedy: str | None


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
