"""Which ids of senders were seen before. Exact, global, and cheap to write.

New hashes go into a few rows of `known_fresh`, page by page. When these contain FRESH hashes, they become a run in
`known_id`; when a level has FAN runs, these become one run of the next level. So among a million hashes each is written only a
few times, always in sequence: a table that grows at its end keeps its pages full. A run keeps the hashes that begin with the
same bits in one row, so that a look-up reads one small row of each run.
All functions but `find` belong in the writer's transaction.
"""
# ruff: noqa: S608  (names of our own schema, never a caller's text)

import json
from collections.abc import Collection, Iterable
from itertools import groupby
from sqlite3 import Connection
from struct import iter_unpack, pack

FRESH = 1024
BULK = 512
"""So many at once become a run of their own."""
FAN = 8
PAGE = 496
"""Hashes in a row of `known_fresh`: what fits into one page."""
FEW = 4
"""Up to so many hashes are looked up one by one."""
BUCKET = 64
"""Hashes in a row of `known_id`, about."""
_HASH_BITS = 63
_RUN_SHIFT = 32
_FIND = f"""
SELECT j.value FROM json_each(?1) j CROSS JOIN known_run r CROSS JOIN known_id k
WHERE k.id = (r.run << {_RUN_SHIFT}) + (j.value >> ({_HASH_BITS} - r.bits))
AND instr(k.hashes, substr(?2, j.key * 8 + 1, 8)) > 0
"""
_IS_KNOWN = f"""
SELECT EXISTS (
    SELECT 1 FROM known_run r CROSS JOIN known_id k
    WHERE k.id = (r.run << {_RUN_SHIFT}) + (:value >> ({_HASH_BITS} - r.bits)) AND instr(k.hashes, :packed) > 0
) OR EXISTS (SELECT 1 FROM known_fresh WHERE instr(hashes, :packed) > 0)
"""


def _pack(hashes: Collection[int]) -> bytes:
    return pack(f">{len(hashes)}Q", *hashes)


def _unpack(rows: Iterable[tuple[bytes]]) -> list[int]:
    return [value for (packed,) in rows for (value,) in iter_unpack(">Q", packed)]


def find(conn: Connection, hashes: Collection[int]) -> set[int]:
    """Those of `hashes` that are known."""
    if len(hashes) <= FEW:
        return {value for value in hashes if _is_known(conn, value)}
    matches = set(hashes).intersection(_unpack(conn.execute("SELECT hashes FROM known_fresh")))
    matches.update(value for (value,) in conn.execute(_FIND, (json.dumps(list(hashes)), _pack(hashes))))
    return matches


def _is_known(conn: Connection, value: int) -> bool:
    """Whether one is known: SQLite searches the packed rows without unpacking them (25 instead of 180 µs)."""
    (is_known,) = conn.execute(_IS_KNOWN, {"value": value, "packed": _pack([value])}).fetchone()
    return bool(is_known)


def remember(conn: Connection, hashes: Collection[int]) -> None:
    """Add hashes that `find` did not know."""
    if len(hashes) >= BULK:
        _add_run(conn, hashes)
        return
    if not hashes:
        return
    number, packed = conn.execute("SELECT id, hashes FROM known_fresh ORDER BY id DESC LIMIT 1").fetchone() or (1, b"")
    packed += _pack(hashes)
    pages = [(number + at // (8 * PAGE), packed[at : at + 8 * PAGE]) for at in range(0, len(packed), 8 * PAGE)]
    conn.executemany("INSERT INTO known_fresh VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET hashes = excluded.hashes", pages)
    last_number, last = pages[-1]
    if (last_number - 1) * PAGE + len(last) // 8 >= FRESH:
        _add_run(conn, _unpack(conn.execute("SELECT hashes FROM known_fresh")))
        conn.execute("DELETE FROM known_fresh")


def forget(conn: Connection, hashes: Collection[int]) -> None:
    """Remove hashes whose heartbeats were removed. Rewrites everything: for rare, large removals."""
    forgotten = set(hashes)
    if not forgotten:
        return
    rows = "SELECT hashes FROM known_fresh UNION ALL SELECT hashes FROM known_id"
    remaining = [value for value in _unpack(conn.execute(rows)) if value not in forgotten]
    for table in ("known_fresh", "known_run", "known_id"):
        conn.execute(f"DELETE FROM {table}")
    if remaining:
        _write_run(conn, _level_of(len(remaining)), remaining)


def _level_of(count: int) -> int:
    """The level of runs of this size."""
    level = 1
    while count > FRESH * FAN ** (level - 1):
        level += 1
    return level


def _add_run(conn: Connection, hashes: Iterable[int]) -> None:
    """Write a run, then merge every level that is full."""
    _write_run(conn, 1, hashes)
    level = 1
    while True:
        runs = [run for (run,) in conn.execute("SELECT run FROM known_run WHERE level = ?", (level,))]
        if len(runs) < FAN:
            return
        _merge(conn, runs, level + 1)
        level += 1


def _write_run(conn: Connection, level: int, hashes: Iterable[int]) -> None:
    """A run numbered after all others, so that its rows lie at the end of the table."""
    ordered = sorted(hashes)
    bits = max(0, (len(ordered) // BUCKET).bit_length())
    (run,) = conn.execute(
        "INSERT INTO known_run SELECT coalesce(max(run), 0) + 1, ?, ? FROM known_run RETURNING run", (level, bits)
    ).fetchone()
    shift = _HASH_BITS - bits
    conn.executemany(
        "INSERT INTO known_id VALUES (?, ?)",
        [
            (run << _RUN_SHIFT | bucket, _pack(list(bucket_hashes)))
            for bucket, bucket_hashes in groupby(ordered, lambda value: value >> shift)
        ],
    )


def _merge(conn: Connection, runs: list[int], level: int) -> None:
    bounds = [(run << _RUN_SHIFT, (run + 1) << _RUN_SHIFT) for run in runs]
    hashes: list[int] = []
    for lo, hi in bounds:
        hashes += _unpack(conn.execute("SELECT hashes FROM known_id WHERE id >= ? AND id < ? ORDER BY id", (lo, hi)))
    conn.executemany("DELETE FROM known_id WHERE id >= ? AND id < ?", bounds)
    _write_run(conn, level, hashes)  # into the pages just freed
    conn.executemany("DELETE FROM known_run WHERE run = ?", [(run,) for run in runs])
