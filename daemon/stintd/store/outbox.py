"""What waits to leave this machine, in the order in which it was created. A row is written in the transaction of the change
that it reports, so that neither ever exists without the other.

A row is `waiting` until it is `delivered`, `parked` (given up on, waiting for a person) or `dropped` (by a person).
"""

from collections.abc import Iterable
from datetime import datetime
from sqlite3 import Connection
from typing import Final, Literal, get_args

from stintd.domain.model import to_us
from stintd.frozen import frozen
from stintd.store.row_types import OutboxRow
from stintd.store.rowio import fetch_one

OutboxState = Literal["waiting", "delivered", "parked", "dropped"]
WAITING: Final = "waiting"
DELIVERED: Final = "delivered"
PARKED: Final = "parked"
DROPPED: Final = "dropped"
STATES: tuple[OutboxState, ...] = get_args(OutboxState)
_SETTLED = "state IN ('delivered', 'dropped')"


@frozen
class QueuedDelivery:
    """One thing to deliver: the id by which its receiver recognises a repetition, the target, the kind, the bytes (as text)."""

    id: str
    target: str
    kind: str
    body: str


def add(conn: Connection, now: datetime, rows: Iterable[QueuedDelivery]) -> None:
    """Put these at the end of their targets' queues."""
    now_us = to_us(now)
    conn.executemany(
        "INSERT INTO outbox (id, target, kind, body, next_us, created_us) VALUES (?, ?, ?, ?, ?, ?)",
        [(row.id, row.target, row.kind, row.body, now_us, now_us) for row in rows],
    )


def row_of_id(conn: Connection, delivery_id: str) -> OutboxRow | None:
    """One row."""
    return fetch_one(conn, OutboxRow, "SELECT * FROM outbox WHERE id = ?", (delivery_id,))


def targets(conn: Connection) -> list[str]:
    """The targets for which something waits or is parked."""
    rows = conn.execute("SELECT DISTINCT target FROM outbox WHERE state IN ('waiting', 'parked') ORDER BY target")
    return [row[0] for row in rows]


def head(conn: Connection, target: str, tries: int) -> OutboxRow | None:
    """The oldest row that waits and was tried less than `tries` times."""
    return fetch_one(
        conn,
        OutboxRow,
        "SELECT * FROM outbox WHERE target = ? AND state = 'waiting' AND attempts < ? ORDER BY seq LIMIT 1",
        (target, tries),
    )


def straggler(conn: Connection, target: str, tries: int) -> OutboxRow | None:
    """Of the rows that were tried that often already, the one that is due first."""
    return fetch_one(
        conn,
        OutboxRow,
        "SELECT * FROM outbox WHERE target = ? AND state = 'waiting' AND attempts >= ? ORDER BY next_us, seq LIMIT 1",
        (target, tries),
    )


def count(conn: Connection, target: str, state: str) -> int:
    """How many rows of this target are in this state."""
    (number,) = conn.execute("SELECT count(*) FROM outbox WHERE target = ? AND state = ?", (target, state)).fetchone()
    return int(number)


def note_failure(conn: Connection, seq: int, now: datetime, status: int | None, error: str, next_at: datetime) -> None:
    """Note that an attempt failed; the next one is not before `next_at`."""
    conn.execute(
        "UPDATE outbox SET attempts = attempts + 1, first_try_us = coalesce(first_try_us, ?1), last_try_us = ?1, status = ?2,"
        " error = ?3, next_us = ?4 WHERE seq = ?5 AND state = 'waiting'",
        (to_us(now), status, error, to_us(next_at), seq),
    )


def note_delivery(conn: Connection, seq: int, now: datetime, status: int) -> None:
    """Note that the receiver accepted it."""
    conn.execute(
        "UPDATE outbox SET attempts = attempts + 1, first_try_us = coalesce(first_try_us, ?1), last_try_us = ?1, status = ?2,"
        " error = '', state = 'delivered', finished_us = ?1 WHERE seq = ?3 AND state = 'waiting'",
        (to_us(now), status, seq),
    )


def park(conn: Connection, seq: int) -> None:
    """Park a row: give up on it until a person decides."""
    conn.execute("UPDATE outbox SET state = 'parked' WHERE seq = ? AND state = 'waiting'", (seq,))


def park_all(conn: Connection, target: str, error: str, until: datetime) -> None:
    """Park everything of a target that was created until then; `error` for rows that were never tried."""
    conn.execute(
        "UPDATE outbox SET state = 'parked', error = CASE error WHEN '' THEN ? ELSE error END"
        " WHERE target = ? AND state = 'waiting' AND created_us <= ?",
        (error, target, to_us(until)),
    )


def revive(conn: Connection, seq: int, now: datetime) -> None:
    """Have it delivered (again) from now on, with the same id, as if it were new."""
    conn.execute(
        "UPDATE outbox SET state = 'waiting', attempts = 0, next_us = ?, first_try_us = NULL, error = '', finished_us = NULL"
        " WHERE seq = ?",
        (to_us(now), seq),
    )


def revive_parked(conn: Connection, target: str, now: datetime) -> int:
    """Do the same for all parked rows of a target; how many."""
    return conn.execute(
        "UPDATE outbox SET state = 'waiting', attempts = 0, next_us = ?, first_try_us = NULL, error = '', finished_us = NULL"
        " WHERE target = ? AND state = 'parked'",
        (to_us(now), target),
    ).rowcount


def drop(conn: Connection, seq: int, now: datetime) -> None:
    """Drop it: a person does not want it delivered."""
    conn.execute("UPDATE outbox SET state = 'dropped', finished_us = ? WHERE seq = ?", (to_us(now), seq))


def forget(conn: Connection, target: str) -> None:
    """Delete everything for a target that is gone."""
    conn.execute("DELETE FROM outbox WHERE target = ?", (target,))


def prune(conn: Connection, before: datetime) -> None:
    """Delete rows that were delivered or dropped before then."""
    conn.execute(f"DELETE FROM outbox WHERE finished_us < ? AND {_SETTLED}", (to_us(before),))  # noqa: S608  our own words
