"""The outbox for people: deliveries that wait to leave this machine."""

import json
from typing import cast

from stintd.engine.queries.deliveries import remedy_of
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, page
from stintd.engine.view import Reader, View
from stintd.engine.wire import instant
from stintd.engine.wire_types import DeliveryJson, PageJson
from stintd.errors import Conflict, NotFound
from stintd.store import outbox
from stintd.store.row_types import DeliveryListRow, DeliveryRow, OutboxRow
from stintd.store.rowio import fetch_all

OPEN = "open"
"""The states that still need action: waiting, parked."""
STATES = (*outbox.STATES, "sending", "changed", "withdrawn", "gone")
_STATES = {
    OPEN: "state IN ('waiting', 'sending', 'changed', 'withdrawn', 'parked')", "all": "1",
    **{state: f"state = '{state}'" for state in STATES},
}  # fmt: skip
_COLUMNS = "id, target, state, attempts, next_us, last_try_us, status, error, created_us, finished_us"
_ALL_DELIVERIES = f"""
SELECT * FROM (
    SELECT {_COLUMNS}, kind, NULL AS entry_id, '' AS hold, '' AS remedy, NULL AS day, NULL AS content FROM outbox
    UNION ALL SELECT {_COLUMNS}, 'entry', entry_id, hold, remedy, day, coalesce(wanted, held) FROM delivery
)"""  # noqa: S608  our own words
STATE_WORDS = tuple(_STATES)


def delivery_json(delivery: DeliveryListRow | OutboxRow | DeliveryRow) -> DeliveryJson:
    """A delivery."""
    row = cast("DeliveryListRow", delivery)
    payload = json.loads(row.get("content") or row.get("wanted") or row.get("held") or "{}")
    is_stuck = bool(row.get("hold")) or row["state"] == outbox.PARKED
    return {
        "id": row["id"],
        "target": row["target"],
        "kind": row.get("kind", "entry"),
        "state": row["state"],
        "attempts": row["attempts"],
        "nextAttemptAt": instant(row["next_us"]) if row["state"] == outbox.WAITING else None,
        "lastAttemptAt": instant(row["last_try_us"]),
        "lastStatus": row["status"],
        "lastError": row["error"] or None,
        "createdAt": instant(row["created_us"]),
        "finishedAt": instant(row["finished_us"]),
        "entryId": row.get("entry_id"),
        "reason": row.get("hold") or None,
        "remedy": remedy_of(row.get("remedy") or "", row["id"], row.get("entry_id")) if is_stuck else None,
        "day": row.get("day") or None,
        "seconds": payload.get("seconds"),
        "project": payload.get("project") or None,
        "description": payload.get("description"),
    }


def listing(
    view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None, state: str = OPEN, target: str | None = None
) -> PageJson[DeliveryJson]:
    """Deliveries that wait or are parked (or have the requested state), oldest first."""
    clauses = [_STATES[state]]
    values: list[object] = []
    if target is not None:
        clauses.append("target = ?")
        values.append(target)
    if cursor is not None:
        clauses.append("(created_us, id) > (?, ?)")
        values += decode_cursor(cursor, (int, str))
    sql = f"{_ALL_DELIVERIES} WHERE {' AND '.join(clauses)} ORDER BY created_us, id LIMIT ?"
    rows, following = page(fetch_all(view.conn, DeliveryListRow, sql, [*values, limit + 1]), limit, ("created_us", "id"))
    return {"data": [delivery_json(row) for row in rows], "nextCursor": following}


def latest_deliveries(view: Reader, target: str, limit: int, cursor: str | None, state: str) -> PageJson[DeliveryJson]:
    """Deliveries of one target, newest first."""
    clauses = [_STATES[state], "target = ?"]
    values: list[object] = [target]
    if cursor is not None:
        clauses.append("seq < ?")
        values += decode_cursor(cursor, (int,))
    sql = f"SELECT * FROM outbox WHERE {' AND '.join(clauses)} ORDER BY seq DESC LIMIT ?"  # noqa: S608  our own words
    rows, following = page(fetch_all(view.conn, DeliveryListRow, sql, [*values, limit + 1]), limit, ("seq",))
    return {"data": [delivery_json(row) for row in rows], "nextCursor": following}


def find_delivery(reader: Reader, delivery_id: str) -> OutboxRow:
    """The row of an id, or of a unique beginning of one."""
    row = outbox.row_of_id(reader.conn, delivery_id)
    if row is not None:
        return row
    if len(delivery_id) >= 4:
        bounds = (delivery_id, delivery_id + "\U0010ffff")
        matches = fetch_all(reader.conn, OutboxRow, "SELECT * FROM outbox WHERE id >= ? AND id < ? LIMIT 2", bounds)
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise Conflict(f"several deliveries begin with {delivery_id[:40]}", "use the whole id")
    raise NotFound(f"there is no delivery {delivery_id[:40]}", "`stint outbox` lists what waits; old deliveries are deleted")
