"""What each billing system should have and has: rows of `delivery`, and the connected targets."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from sqlite3 import Connection
from typing import cast

from stintd.domain.billing.delivery import GONE, PENDING, SENDING, WAITING, Delivery
from stintd.domain.model import to_us
from stintd.store import cursors, rowio
from stintd.store.row_types import DeliveryColumns, DeliveryRow, DifferingRow, SqlValue, TargetRow
from stintd.store.rowio import fetch_all, fetch_one

_PENDING = "state IN (" + ", ".join(f"'{state}'" for state in PENDING) + ")"
_NOT_LIVE = (
    "NOT EXISTS (SELECT 1 FROM live_mirror m WHERE m.target = delivery.target AND m.entry_id = delivery.entry_id"
    " AND m.state <> 'blocked')"
)
"""Nothing of an entry is delivered while its timer runs there."""
_READY = f"{_PENDING} AND (hold = '' OR state = '{SENDING}') AND {_NOT_LIVE}"

DOUBT = "delivery_doubt"


def id_of(target: str, entry_id: str, part: int, generation: int | str) -> str:
    """The id by which a target recognises a repetition."""
    return hashlib.sha256(f"{target}\0{entry_id}\0{part}\0{generation}".encode()).hexdigest()[:32]


def from_row(row: DeliveryRow) -> Delivery:
    """The delivery in a row."""
    return Delivery(row["state"], row["wanted"], row["held"], row["sent"], row["remote_id"], bool(row["is_correction"]))


def to_row(delivery: Delivery) -> DeliveryColumns:
    """The columns of a delivery."""
    return {
        "state": delivery.state,
        "wanted": delivery.wanted,
        "held": delivery.held,
        "sent": delivery.sent,
        "remote_id": delivery.remote_id,
        "is_correction": int(delivery.is_correction),
    }


# ---------------------------------------------------------------- targets


def connect(conn: Connection, now: datetime, name: str, kind: str) -> bool:
    """Deliver to this target from now on; whether that is new."""
    cursor = conn.execute(
        "INSERT OR IGNORE INTO delivery_target (name, kind, connected_us) VALUES (?, ?, ?)", (name, kind, to_us(now))
    )
    return cursor.rowcount == 1


def disconnect(conn: Connection, name: str) -> None:
    """Stop delivering to this target. What it has stays known."""
    conn.execute("DELETE FROM delivery_target WHERE name = ?", (name,))


def targets(conn: Connection) -> dict[str, TargetRow]:
    """The connected targets by name."""
    return {row["name"]: row for row in fetch_all(conn, TargetRow, "SELECT * FROM delivery_target ORDER BY name")}


def set_target(conn: Connection, name: str, values: Mapping[str, SqlValue]) -> None:
    """Set columns of a target."""
    names = ", ".join(f"{column} = ?" for column in values)
    conn.execute(f"UPDATE delivery_target SET {names} WHERE name = ?", (*values.values(), name))  # noqa: S608  our columns


# ---------------------------------------------------------------- what changed


def dirty_entries(conn: Connection, limit: int) -> list[str]:
    """The entries that changed since they were last compared."""
    return [row[0] for row in conn.execute("SELECT entry_id FROM delivery_dirty ORDER BY entry_id LIMIT ?", (limit,))]


def doubt_entry(conn: Connection, entry_id: str) -> None:
    """Have this entry compared again."""
    conn.execute("INSERT OR IGNORE INTO delivery_dirty VALUES (?)", (entry_id,))


def mark_compared(conn: Connection, entry_ids: Iterable[str]) -> None:
    """Note that these entries were compared."""
    conn.executemany("DELETE FROM delivery_dirty WHERE entry_id = ?", [(entry_id,) for entry_id in entry_ids])


def doubt(conn: Connection, target: str, since_us: int) -> None:
    """The rules of a target changed: have every entry compared again that this may concern."""
    conn.execute(
        "INSERT OR IGNORE INTO delivery_dirty SELECT id FROM entry WHERE end_us IS NOT NULL AND end_us >= ?", (since_us,)
    )
    conn.execute("INSERT OR IGNORE INTO delivery_dirty SELECT entry_id FROM delivery WHERE target = ?", (target,))


def question(conn: Connection) -> None:
    """The database is older than what was sent last: what waits may be at the target already, so it is looked up there
    first, and every entry is compared again."""
    conn.execute("UPDATE delivery_target SET compared = ''")
    conn.execute(
        f"UPDATE delivery SET state = '{SENDING}', sent = wanted WHERE state = '{WAITING}' AND wanted IS NOT NULL"  # noqa: S608
    )


def doubt_period(conn: Connection) -> tuple[int, int] | None:
    """The period in which nobody knows what was delivered, because a backup was restored without what came after it."""
    text = cursors.meta(conn, DOUBT)
    return (int(text.split()[0]), int(text.split()[1])) if text else None


def doubt_since_backup(conn: Connection, now: datetime) -> None:
    """Note that this database is a copy, and that nobody knows what was delivered since it was made."""
    sql = "SELECT max(coalesce((SELECT max(last_us) FROM span), 0), coalesce((SELECT max(updated_us) FROM entry), 0))"
    (last_us,) = conn.execute(sql).fetchone()
    cursors.set_meta(conn, DOUBT, f"{last_us} {to_us(now)}")


# ---------------------------------------------------------------- rows


def rows_of_entry(conn: Connection, target: str, entry_id: str) -> dict[int, DeliveryRow]:
    """The rows of an entry at a target, by part."""
    rows = fetch_all(conn, DeliveryRow, "SELECT * FROM delivery WHERE entry_id = ? AND target = ?", (entry_id, target))
    return {row["part"]: row for row in rows}


def row_of_seq(conn: Connection, seq: int) -> DeliveryRow | None:
    """One row."""
    return fetch_one(conn, DeliveryRow, "SELECT * FROM delivery WHERE seq = ?", (seq,))


def summaries_of(conn: Connection, entry_id: str) -> list[DeliveryRow]:
    """What an entry shows of its deliveries."""
    sql = f"SELECT target, state, remote_id FROM delivery WHERE entry_id = ? AND state <> '{GONE}' ORDER BY target, part"  # noqa: S608
    return fetch_all(conn, DeliveryRow, sql, (entry_id,))


def days_of(conn: Connection, target: str, entry_ids: Sequence[str]) -> set[str]:
    """The days for which these entries were to be delivered."""
    days: set[str] = set()
    for entry_id in entry_ids:
        rows = conn.execute("SELECT day FROM delivery WHERE entry_id = ? AND target = ?", (entry_id, target))
        days |= {row[0] for row in rows}
    return days


def insert(conn: Connection, now: datetime, target: str, entry_id: str, part: int, values: DeliveryColumns) -> None:
    """Add a row."""
    head = {"id": id_of(target, entry_id, part, 0), "target": target, "entry_id": entry_id, "part": part}
    rowio.insert(conn, "delivery", {**head, "created_us": to_us(now), **values})


def update(conn: Connection, seq: int, values: DeliveryColumns) -> None:
    """Set columns of a row."""
    names = ", ".join(f"{column} = ?" for column in values)
    conn.execute(f"UPDATE delivery SET {names} WHERE seq = ?", (*cast("Mapping[str, SqlValue]", values).values(), seq))  # noqa: S608  our columns


def set_held(conn: Connection, target: str, remote_id: str, held: str) -> None:
    """Note what the target has now of one of its own entries."""
    sql = "UPDATE delivery SET wanted = CASE WHEN wanted = held THEN ? ELSE wanted END, held = ?"
    conn.execute(f"{sql} WHERE target = ? AND remote_id = ?", (held, held, target, remote_id))


def head(conn: Connection, target: str) -> DeliveryRow | None:
    """What to send next: the row that is due first. Its `next_us` says when."""
    sql = f"SELECT * FROM delivery WHERE target = ? AND {_READY} ORDER BY next_us, seq LIMIT 1"  # noqa: S608  our own words
    rows = fetch_all(conn, DeliveryRow, sql, (target,))
    again = fetch_all(conn, DeliveryRow, _AGAIN, (target,))
    for row in again:
        row["next_us"] = row["again_us"] or 0
    return min([*rows, *again], key=lambda row: row["next_us"], default=None)


_AGAIN = (
    "SELECT * FROM delivery WHERE target = ? AND again_us IS NOT NULL AND state = 'parked' AND hold = ''"
    " ORDER BY again_us LIMIT 1"
)


def due_rows(conn: Connection, target: str, until_us: int) -> list[DeliveryRow]:
    """Everything that will be due by then, in the order of sending."""
    sql = f"SELECT * FROM delivery WHERE target = ? AND {_READY} AND next_us <= ? ORDER BY next_us, seq"  # noqa: S608
    return fetch_all(conn, DeliveryRow, sql, (target, until_us))


def remote_ids(conn: Connection, target: str) -> frozenset[str]:
    """The ids at the target of what we delivered."""
    rows = conn.execute("SELECT remote_id FROM delivery WHERE target = ? AND remote_id <> ''", (target,))
    return frozenset(name for row in rows for name in row[0].split("\n"))


def counts(conn: Connection, target: str) -> dict[str, int]:
    """How many rows are in each state; `held` counts those that wait and are held back for a reason."""
    rows = conn.execute("SELECT state, hold <> '', count(*) FROM delivery WHERE target = ? GROUP BY 1, 2", (target,))
    numbers: dict[str, int] = {}
    for state, is_held, number in rows:
        name = "held" if is_held and state in PENDING and state != SENDING else state
        numbers[name] = numbers.get(name, 0) + number
    return numbers


def find_differing(conn: Connection, target: str, remedy: str) -> DifferingRow | None:
    """A row whose difference stays at the target, with the count of such rows as `number`."""
    sql = (
        "SELECT *, count(*) OVER () AS number FROM delivery WHERE target = ? AND state IN ('changed', 'withdrawn') AND remedy = ?"
    )
    return fetch_one(conn, DifferingRow, sql + " AND hold <> '' LIMIT 1", (target, remedy))


def parked_count(conn: Connection, target: str) -> int:
    """How many rows are parked (given up on)."""
    return int(conn.execute("SELECT count(*) FROM delivery WHERE target = ? AND state = 'parked'", (target,)).fetchone()[0])


def latest_parked(conn: Connection, target: str) -> DeliveryRow | None:
    """The row that was parked last."""
    return fetch_one(
        conn,
        DeliveryRow,
        "SELECT * FROM delivery WHERE target = ? AND state = 'parked' ORDER BY last_try_us DESC, seq DESC LIMIT 1",
        (target,),
    )


def prune(conn: Connection, before: datetime) -> None:
    """Delete rows of what has been gone at the target since before then."""
    conn.execute("DELETE FROM delivery WHERE finished_us < ? AND state = 'gone'", (to_us(before),))
