"""Day totals: sums of what the entries contribute to each local day, kept up to date and always repeatable.

Which seconds an entry contributes to which day is the rules' matter; here is only arithmetic.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import NamedTuple

from stintd.errors import Internal

GROUPS = ("day", "project_id", "task", "actor", "billable")


class Total(NamedTuple):
    """What one or many entries come to on a day (ISO date, the owner's). `project_id` and `task` are "" when there is none.
    As a delta the numbers may be negative."""

    day: str
    project_id: str
    task: str
    actor: str
    billable: bool
    total_us: int
    hands_on_us: int
    supervised_us: int
    entries: int


def apply(conn: Connection, deltas: Iterable[Total]) -> None:
    """Add deltas; what comes to nothing leaves no row."""
    sums: dict[tuple[str, str, str, str, int], list[int]] = {}
    for day, project, task, actor, billable, *numbers in deltas:
        key = (day, project or "", task or "", actor, int(billable))
        sums[key] = [a + b for a, b in zip(sums.get(key, (0, 0, 0, 0)), numbers, strict=True)]
    changed = [(*key, *numbers) for key, numbers in sums.items() if any(numbers)]
    conn.executemany(
        "INSERT INTO rollup VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " total_us = total_us + excluded.total_us, hands_on_us = hands_on_us + excluded.hands_on_us,"
        " supervised_us = supervised_us + excluded.supervised_us, entries = entries + excluded.entries", changed,
    )  # fmt: skip
    conn.executemany(
        "DELETE FROM rollup WHERE day = ? AND project_id = ? AND task = ? AND actor = ? AND billable = ?"
        " AND total_us = 0 AND hands_on_us = 0 AND supervised_us = 0 AND entries = 0", [row[:5] for row in changed],
    )  # fmt: skip


def rebuild(conn: Connection, contributions: Iterable[Total]) -> None:
    """Forget all totals and sum up these."""
    conn.execute("DELETE FROM rollup")
    apply(conn, contributions)


def between(conn: Connection, first_day: str, last_day: str, by: Sequence[str] = GROUPS) -> list[tuple[str | int, ...]]:
    """Sums over the days (both included), one row per combination of `by` (names of GROUPS): those columns, then total,
    hands-on and supervised microseconds and the number of entries by day."""
    if not set(by) <= set(GROUPS):
        raise Internal(f"totals cannot be grouped by {by}")
    names = "".join(f"{name}, " for name in by)
    grouped = f" GROUP BY {', '.join(by)} ORDER BY {', '.join(by)}" if by else ""
    sums = "sum(total_us), sum(hands_on_us), sum(supervised_us), sum(entries)"
    sql = f"SELECT {names}{sums} FROM rollup WHERE day BETWEEN ? AND ?{grouped}"
    return conn.execute(sql, (first_day, last_day)).fetchall()
