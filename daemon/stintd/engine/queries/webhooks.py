"""Lists of webhooks, and single webhooks. The answers never contain a secret."""

import json

from stintd.engine.outbox import target_of
from stintd.engine.queries import outbox as outbox_queries
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, page
from stintd.engine.view import Reader, View
from stintd.engine.wire import instant
from stintd.engine.wire_types import DeliveryJson, PageJson, WebhookJson
from stintd.errors import NotFound
from stintd.store import outbox
from stintd.store.row_types import WebhookRow
from stintd.store.rowio import fetch_all, fetch_one


def webhook_json(reader: Reader, row: WebhookRow) -> WebhookJson:
    """A Webhook."""
    target = target_of(row["id"])
    return {
        "id": row["id"],
        "url": row["url"],
        "events": json.loads(row["events"]),
        "allowPrivate": bool(row["allow_private"]),
        "enabled": bool(row["enabled"]),
        "trouble": row["trouble"] or None,
        "failures": row["failures"],
        "failingSince": instant(row["failing_us"]),
        "waiting": outbox.count(reader.conn, target, outbox.WAITING),
        "parked": outbox.count(reader.conn, target, outbox.PARKED),
        "secretRotatedAt": instant(row["rotated_us"]),
        "createdAt": instant(row["created_us"]),
        "updatedAt": instant(row["updated_us"]),
        "revision": row["revision"],
    }


def find_webhook(reader: Reader, webhook_id: str) -> WebhookRow:
    """The row of an id."""
    row = fetch_one(reader.conn, WebhookRow, "SELECT * FROM webhook WHERE id = ?", (webhook_id,))
    if row is None:
        raise NotFound(f"there is no webhook {webhook_id[:40]}", "`stint webhooks` lists them")
    return row


def listing(view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None) -> PageJson[WebhookJson]:
    """Webhooks, the oldest first."""
    after = decode_cursor(cursor, (str,)) if cursor is not None else [""]
    rows = fetch_all(view.conn, WebhookRow, "SELECT * FROM webhook WHERE id > ? ORDER BY id LIMIT ?", [*after, limit + 1])
    page_rows, following = page(rows, limit, ("id",))
    return {"data": [webhook_json(view, row) for row in page_rows], "nextCursor": following}


def webhook(view: View, webhook_id: str) -> WebhookJson:
    """One webhook."""
    return webhook_json(view, find_webhook(view, webhook_id))


def deliveries(
    view: View, webhook_id: str, limit: int = DEFAULT_LIMIT, cursor: str | None = None, state: str = "all"
) -> PageJson[DeliveryJson]:
    """The deliveries of one webhook, newest first."""
    find_webhook(view, webhook_id)
    return outbox_queries.latest_deliveries(view, target_of(webhook_id), limit, cursor, state)
