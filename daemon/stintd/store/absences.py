"""Absences, and blind stretches: those in which the daemon itself was down or stalled."""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

from datetime import datetime
from sqlite3 import Connection

from stintd.domain.model import Absence, from_us, to_us
from stintd.frozen import frozen


@frozen
class BlindStretch:
    """A stretch in which the daemon saw nothing. It is shown and swept, but cuts no hours."""

    start: datetime
    end: datetime
    reason: str


def add(conn: Connection, absence: Absence) -> bool:
    """Store an absence; False when it is stored already."""
    row = (to_us(absence.start), to_us(absence.end), absence.kind, absence.device)
    return conn.execute("INSERT OR IGNORE INTO absence VALUES (?, ?, ?, ?)", row).rowcount > 0


def remove(conn: Connection, absence: Absence) -> bool:
    """Remove an absence (a longer one replaced it); False when there is none."""
    row = (to_us(absence.start), to_us(absence.end), absence.kind, absence.device)
    where = "start_us = ? AND end_us = ? AND kind = ? AND device = ?"
    return conn.execute(f"DELETE FROM absence WHERE {where}", row).rowcount > 0


def absences_in(conn: Connection, lo_us: int, hi_us: int) -> list[Absence]:
    """The absences that meet the closed range, in order."""
    rows = conn.execute(
        "SELECT start_us, end_us, kind, device FROM absence WHERE start_us <= ? AND end_us >= ? ORDER BY 1, 2, 3, 4",
        (hi_us, lo_us),
    )
    return [Absence(from_us(start), from_us(end), kind, device) for start, end, kind, device in rows]


def add_blind(conn: Connection, start: datetime, end: datetime, reason: str) -> None:
    """Note that nothing was seen between these instants."""
    conn.execute("INSERT INTO blind VALUES (?, ?, ?)", (to_us(start), to_us(end), reason))


def blind_stretches(conn: Connection, lo_us: int, hi_us: int) -> list[BlindStretch]:
    """The blind stretches that meet the closed range, in order."""
    rows = conn.execute("SELECT * FROM blind WHERE start_us <= ? AND end_us >= ? ORDER BY start_us", (hi_us, lo_us))
    return [BlindStretch(from_us(start), from_us(end), reason) for start, end, reason in rows]
