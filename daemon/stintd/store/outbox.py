"""What waits to leave this machine, in the order in which it came to be. A row is written in the transaction of the change
it tells, so that neither is ever there without the other.

A row is `waiting` until it was `delivered`, `parked` (given up on, kept for a person) or `dropped` (by a person).
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
class Queued:
    """One thing to deliver: the id its receiver knows a repetition by, to whom, what it is, the bytes (as text)."""

    id: str
    target: str
    kind: str
    body: str


def add(conn: Connection, now: datetime, rows: Iterable[Queued]) -> None:
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
    """Those for whom something waits or is parked."""
    rows = conn.execute("SELECT DISTINCT target FROM outbox WHERE state IN ('waiting', 'parked') ORDER BY target")
    return [row[0] for row in rows]


def head(conn: Connection, target: str, tries: int) -> OutboxRow | None:
    """The oldest that waits, of those that were tried less than `tries` times."""
    return fetch_one(
        conn,
        OutboxRow,
        "SELECT * FROM outbox WHERE target = ? AND state = 'waiting' AND attempts < ? ORDER BY seq LIMIT 1",
        (target, tries),
    )


def straggler(conn: Connection, target: str, tries: int) -> OutboxRow | None:
    """Of those tried that often already, the one that is due first."""
    return fetch_one(
        conn, OutboxRow,
        "SELECT * FROM outbox WHERE target = ? AND state = 'waiting' AND attempts >= ? ORDER BY next_us, seq LIMIT 1",
        (target, tries),
    )  # fmt: skip


def count(conn: Connection, target: str, state: str) -> int:
    """How many of this target are in this state."""
    (found,) = conn.execute("SELECT count(*) FROM outbox WHERE target = ? AND state = ?", (target, state)).fetchone()
    return int(found)


def note_failure(conn: Connection, seq: int, now: datetime, status: int | None, error: str, next_at: datetime) -> None:
    """An attempt failed; the next is not before `next_at`."""
    conn.execute(
        "UPDATE outbox SET attempts = attempts + 1, first_try_us = coalesce(first_try_us, ?1), last_try_us = ?1, status = ?2,"
        " error = ?3, next_us = ?4 WHERE seq = ?5 AND state = 'waiting'",
        (to_us(now), status, error, to_us(next_at), seq),
    )  # fmt: skip


def note_delivery(conn: Connection, seq: int, now: datetime, status: int) -> None:
    """The receiver took it."""
    conn.execute(
        "UPDATE outbox SET attempts = attempts + 1, first_try_us = coalesce(first_try_us, ?1), last_try_us = ?1, status = ?2,"
        " error = '', state = 'delivered', finished_us = ?1 WHERE seq = ?3 AND state = 'waiting'",
        (to_us(now), status, seq),
    )  # fmt: skip


def park(conn: Connection, seq: int) -> None:
    """Give one up; it is kept for a person."""
    conn.execute("UPDATE outbox SET state = 'parked' WHERE seq = ? AND state = 'waiting'", (seq,))


def park_all(conn: Connection, target: str, error: str, until: datetime) -> None:
    """Give up everything of a target that came to be until then; `error` for those that were never tried."""
    conn.execute(
        "UPDATE outbox SET state = 'parked', error = CASE error WHEN '' THEN ? ELSE error END"
        " WHERE target = ? AND state = 'waiting' AND created_us <= ?", (error, target, to_us(until)),
    )  # fmt: skip


def revive(conn: Connection, seq: int, now: datetime) -> None:
    """Deliver it (again), from now, with the same id, as if it were new."""
    conn.execute(
        "UPDATE outbox SET state = 'waiting', attempts = 0, next_us = ?, first_try_us = NULL, error = '', finished_us = NULL"
        " WHERE seq = ?", (to_us(now), seq),
    )  # fmt: skip


def revive_parked(conn: Connection, target: str, now: datetime) -> int:
    """The same for all that are parked; how many."""
    return conn.execute(
        "UPDATE outbox SET state = 'waiting', attempts = 0, next_us = ?, first_try_us = NULL, error = '', finished_us = NULL"
        " WHERE target = ? AND state = 'parked'", (to_us(now), target),
    ).rowcount  # fmt: skip


def drop(conn: Connection, seq: int, now: datetime) -> None:
    """A person does not want it delivered."""
    conn.execute("UPDATE outbox SET state = 'dropped', finished_us = ? WHERE seq = ?", (to_us(now), seq))


def forget(conn: Connection, target: str) -> None:
    """The target is gone, and everything for it."""
    conn.execute("DELETE FROM outbox WHERE target = ?", (target,))


def prune(conn: Connection, before: datetime) -> None:
    """Forget what was delivered or dropped before then."""
    conn.execute(f"DELETE FROM outbox WHERE finished_us < ? AND {_SETTLED}", (to_us(before),))  # noqa: S608  our own words
