"""What must be true of a home whose daemon is not running: everything answered is there once, and the sheet adds up."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from stintd.engine.sheet import rollup
from stintd.store import heartbeats
from stintd.store.journal import Journal
from tests.stress.numbered import Ledger


@dataclass(frozen=True, slots=True)
class Verdict:
    """Numbers of what was answered and is not there, of what is there twice, and sentences on what else is wrong."""

    answered: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)


def audit(home: Path, ledgers: Iterable[Ledger]) -> Verdict:
    """Read the files of a home and hold the ledgers against them."""
    known = {ledger.name: ledger for ledger in ledgers}
    with closing(sqlite3.connect(home / "stintd.db", isolation_level=None)) as conn:
        texts = Counter(_stored_texts(conn))
        texts.update(beat.entity for beat in _journalled_beats(home, conn))
        wanted = list(_answered_texts(known))
        wrong = [
            *_unsound(conn),
            *_unstopped_timers(conn, known["timer"]),
            *(text for ledger in known.values() for text in ledger.odd),
        ]
    lost = tuple(text for text in wanted if not texts[text])
    doubled = tuple(text for text, count in texts.items() if text and count > 1)
    return Verdict(len(wanted), lost, doubled, tuple(wrong))


def _stored_texts(conn: sqlite3.Connection) -> Iterable[str]:
    """The description of every entry a person made, the entity of every heartbeat."""
    for (text,) in conn.execute("SELECT description FROM entry WHERE origin = 'manual'"):
        yield text
    for run in heartbeats.runs(conn):
        for _, entity in heartbeats.beats(conn, run):
            yield entity


def _journalled_beats(home: Path, conn: sqlite3.Connection) -> list[heartbeats.Heartbeat]:
    """Heartbeats that are answered and not in SQLite yet."""
    waiting = Journal(home / "journal").replay()
    known = heartbeats.are_known(conn, waiting)
    return [beat for beat, is_known in zip(waiting, known, strict=True) if not is_known]


def _answered_texts(ledgers: dict[str, Ledger]) -> Iterable[str]:
    yield from (f"entry {number}" for number in list(ledgers["entries"].answered))
    for texts in list(ledgers["heartbeats"].answered.values()):
        yield from texts
    yield from (f"timer {number}" for number, (did, _) in list(ledgers["timer"].answered.items()) if did == "started")


def _unstopped_timers(conn: sqlite3.Connection, ledger: Ledger) -> Iterable[str]:
    """Timers whose stop was answered and that run; more than one that runs."""
    open_ids = {row[0] for row in conn.execute("SELECT id FROM entry WHERE end_us IS NULL AND origin = 'manual'")}
    for did, entry_id in list(ledger.answered.values()):
        if did == "stopped" and entry_id in open_ids:
            yield f"the stop of {entry_id} was answered, and it runs"
    if len(open_ids) > 1:
        yield f"{len(open_ids)} timers run at once"


def _unsound(conn: sqlite3.Connection) -> Iterable[str]:
    """What SQLite says, and day totals that are not the sum of the entries."""
    found = conn.execute("PRAGMA integrity_check").fetchall()
    if found != [("ok",)]:
        yield f"integrity: {found}"
    conn.execute("BEGIN")
    rows = "SELECT * FROM rollup ORDER BY day, project_id, task, actor, billable"
    kept = conn.execute(rows).fetchall()
    rollup.rebuild(conn)
    if kept != conn.execute(rows).fetchall():
        yield "the day totals are not the sum of the entries"
    conn.execute("ROLLBACK")
