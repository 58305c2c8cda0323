"""Changes become deliveries, in the transaction that makes the change: writer thread only.

Webhooks receive only what enters the change log, so never a timer that is still provisional. While there is no webhook, this
costs one look at an empty table, and only in steps that change something.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from sqlite3 import Connection

from stintd.domain import privacy
from stintd.domain.policy import Policy
from stintd.engine import wire
from stintd.store import outbox
from stintd.store.changes import LoggedChange
from stintd.store.ids import new_id

EVENTS = (
    "time_entry.created", "time_entry.updated", "time_entry.deleted", "time_entry.started", "time_entry.stopped",
    "screenshot.captured", "project.created", "project.updated", "project.deleted",
    "user.invited", "user.joined", "user.removed",
)  # fmt: skip
"""The events a webhook may subscribe to. `screenshot.captured` never happens here: stintd takes no screenshots."""
NAMING_FIELDS = frozenset({"aliases", "clientName", "repo", "repos", "folder"})
"""The fields of a payload that name a project or client indirectly."""
TARGET = "webhook:"


def target_of(webhook_id: str) -> str:
    """The name of a webhook as a target in the outbox."""
    return TARGET + webhook_id


def queue_deliveries(conn: Connection, now: datetime, logged: Sequence[LoggedChange], policy: Policy) -> set[str]:
    """Queue these changes for every webhook that subscribed to them; answers the targets that have something new to send."""
    subscribed = conn.execute("SELECT id, events FROM webhook WHERE enabled = 1").fetchall()
    rows = []
    for webhook_id, text in subscribed:
        events = json.loads(text)
        for change in logged:
            if change.kind in events:
                delivery_id = new_id(now)
                body = body_of(delivery_id, change.kind, change.at, _hide_names(change, policy), change.seq)
                rows.append(outbox.QueuedDelivery(delivery_id, target_of(webhook_id), change.kind, body))
    if rows:
        outbox.add(conn, now, rows)
    return {row.target for row in rows}


def _hide_names(change: LoggedChange, policy: Policy) -> Mapping[str, object]:
    """The payload for a receiver without the names of projects and clients, which stay on this machine."""
    if not policy.hide_project_names or not change.kind.startswith(("time_entry.", "project.")):
        return change.payload
    payload = {name: None if name in NAMING_FIELDS else value for name, value in change.payload.items()}
    keys = ("id", "name") if change.kind.startswith("project.") else ("projectId", "projectName")
    project_id, name = (payload.get(key) for key in keys)
    if name:
        payload[keys[1]] = privacy.project(str(project_id) if project_id else None, str(name), policy)
    return payload


def body_of(delivery_id: str, event: str, at: datetime, data: Mapping[str, object], sequence: int | None = None) -> str:
    """The body a receiver gets. `sequence` grows with every change, so a receiver can sort late ones into order."""
    payload = {"id": delivery_id, "event": event, "createdAt": wire.stamp(at), "sequence": sequence, "data": data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
