"""Which ids of callers are known. Exact, global, and cheap to write.

New hashes go into a few rows of `known_fresh`, page by page. When those hold FRESH hashes they become a sorted run in
`known_id`; when a level holds FAN runs, these become one run of the next level. A hash is so written three or four
times in a million, always in sequence. All functions belong in the writer's transaction but for `find`.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

import json
from array import array
from collections.abc import Collection, Iterable
from sqlite3 import Connection

FRESH = 2048
FAN = 8
PAGE = 496
"""Hashes in a row of `known_fresh`: what fits into one page."""


def _unpacked(rows: Iterable[tuple[bytes]]) -> "array[int]":
    hashes: array[int] = array("q")
    for (packed,) in rows:
        hashes.frombytes(packed)
    return hashes


def find(conn: Connection, hashes: Collection[int]) -> set[int]:
    """Those of `hashes` that are known."""
    if not hashes:
        return set()
    found = set(hashes).intersection(_unpacked(conn.execute("SELECT hashes FROM known_fresh")))
    rows = conn.execute(
        "SELECT j.value FROM json_each(?) j CROSS JOIN known_run r CROSS JOIN known_id k"
        " ON k.run = r.run AND k.hash = j.value", (json.dumps(list(hashes)),),
    )  # fmt: skip
    found.update(value for (value,) in rows)
    return found


def remember(conn: Connection, hashes: Collection[int]) -> None:
    """Add hashes that `find` did not know."""
    if not hashes:
        return
    last = conn.execute("SELECT id, hashes FROM known_fresh ORDER BY id DESC LIMIT 1").fetchone() or (0, b"")
    fresh = _unpacked([(last[1],)])
    fresh.extend(hashes)
    pages = [(max(last[0], 1) + i, fresh[i * PAGE : (i + 1) * PAGE].tobytes()) for i in range(-(-len(fresh) // PAGE))]
    conn.executemany("INSERT INTO known_fresh VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET hashes = excluded.hashes", pages)
    if (pages[-1][0] - 1) * PAGE + len(pages[-1][1]) // 8 >= FRESH:
        _spill(conn)


def forget(conn: Connection, hashes: Collection[int]) -> None:
    """Take hashes out again: their heartbeats were removed."""
    gone = set(hashes)
    conn.execute(
        "DELETE FROM known_id WHERE (run, hash) IN (SELECT r.run, j.value FROM known_run r, json_each(?) j)",
        (json.dumps(list(gone)),),
    )
    kept = [value for value in _unpacked(conn.execute("SELECT hashes FROM known_fresh ORDER BY id")) if value not in gone]
    conn.execute("DELETE FROM known_fresh")
    remember(conn, kept)


def _new_run(conn: Connection, level: int) -> int:
    """A run numbered after all others, so that its rows are appended at the end of the table."""
    (run,) = conn.execute(
        "INSERT INTO known_run (run, level) SELECT coalesce(max(run), 0) + 1, ? FROM known_run RETURNING run", (level,)
    ).fetchone()
    return int(run)


def _spill(conn: Connection) -> None:
    """Make a run of the fresh hashes, then merge every level that is full."""
    run = _new_run(conn, 1)
    fresh = sorted(_unpacked(conn.execute("SELECT hashes FROM known_fresh")))
    conn.executemany("INSERT OR IGNORE INTO known_id VALUES (?, ?)", [(run, value) for value in fresh])
    conn.execute("DELETE FROM known_fresh")
    level = 1
    while True:
        runs = [run for (run,) in conn.execute("SELECT run FROM known_run WHERE level = ?", (level,))]
        if len(runs) < FAN:
            return
        level += 1
        _merge(conn, runs, level)


def _merge(conn: Connection, runs: list[int], level: int) -> None:
    into = _new_run(conn, level)
    marks = ",".join("?" * len(runs))
    conn.execute(
        f"INSERT OR IGNORE INTO known_id SELECT ?, hash FROM known_id WHERE run IN ({marks}) ORDER BY hash", (into, *runs)
    )
    conn.execute(f"DELETE FROM known_id WHERE run IN ({marks})", runs)
    conn.execute(f"DELETE FROM known_run WHERE run IN ({marks})", runs)
