"""Programs that tests start, fill the disk under, and kill. `python -m tests.store.children PROGRAM FOLDER …`."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from stintd.domain.model import Context, Heartbeat
from stintd.errors import StorageFull, Unavailable
from stintd.store import changes, heartbeats
from stintd.store.database import Database
from stintd.store.journal import Journal

START = datetime(2026, 11, 20, tzinfo=UTC)
HERE = Context("watch", "edit", repo_path="/code/acme")


def beat(number: int) -> Heartbeat:
    return Heartbeat(f"n{number}", START + timedelta(seconds=20 * number), HERE, str(number))


def say(*words: object) -> None:
    print(*words, flush=True)


def commit(folder: Path, first: int) -> None:
    """Numbered transactions for ever, each told when it is answered."""
    database = Database(folder / "stintd.db")
    database.open()
    say("open")
    number = first
    while True:
        database.write_now(lambda conn, number=number: changes.append(conn, START, "number", {"n": number}))
        say(number)
        number += 1


def journal(folder: Path, first: int) -> None:
    """Numbered heartbeats through the journal, stored every so often, for ever."""
    database, kept = Database(folder / "stintd.db"), Journal(folder / "journal")
    database.open()
    waiting = kept.replay()
    say("open")
    number = first
    while True:
        kept.append([beat(number)])
        waiting.append(beat(number))
        say(number)
        number += 1
        if number % 7 == 0:
            database.write_now(partial(heartbeats.add, beats=waiting), durable=False)
            kept.retire(waiting)
            waiting = []


def fill(folder: Path, room: int) -> None:
    """Write to a small disk until it is full, see that reading works, free it, write again."""
    mount("-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(folder))
    database = Database(folder / "stintd.db", busy_timeout=0.2)
    database._writer.reserve.comfort = room // 2
    database._writer.reserve.size = room // 8
    database.open()
    say("ballast", database._writer.reserve.lay())
    stored, fulls = 0, 0
    (folder / "filler").write_bytes(bytes(room // 4))
    while fulls < 20:
        try:
            database.write_now(lambda conn: changes.append(conn, START, "x", {"text": "y" * 3000}))
            stored += 1
        except StorageFull:
            fulls += 1
        except Unavailable as error:
            say("unavailable", error.message)
            fulls += 1
    say("full", database.is_full, database._writer.reserve.is_held)
    say("read", database.read_now(lambda conn: conn.execute("SELECT count(*) FROM change").fetchone()[0]) == stored)
    (folder / "filler").unlink()
    database.write_now(lambda conn: changes.append(conn, START, "x", {}))
    say("again", database.is_full)
    database.close()
    again = Database(folder / "stintd.db")
    again.open()
    say("count", again.read_now(lambda conn: conn.execute("SELECT count(*) FROM change").fetchone()[0]) - stored)
    again.close()


def remount(folder: Path, _: int) -> None:
    """Open a database on a disk that was made read-only, and again when it is not."""
    mount("-t", "tmpfs", "tmpfs", str(folder))
    for text in ("made", "opened"):
        database = Database(folder / "stintd.db")
        database.open()
        say(text, database.write_now(lambda conn: changes.append(conn, START, "x", {})).seq)
        database.close()
        mount("-o", "remount,ro", str(folder))
        print_refusal(Database(folder / "stintd.db").open)
        print_refusal(lambda: Journal(folder / "journal").append([beat(1)]))
        mount("-o", "remount,rw", str(folder))


def flush(folder: Path, count: int) -> None:
    """Numbered transactions, each with whether it was answered; then what is stored."""
    database = Database(folder / "stintd.db")
    database.open()
    answered = []
    for number in range(count):
        try:
            database.write_now(lambda conn, number=number: changes.append(conn, START, "number", {"n": number}))
            answered.append(number)
        except (Unavailable, StorageFull):
            continue
    rows = database.read_now(lambda conn: conn.execute("SELECT payload ->> 'n' FROM change ORDER BY seq").fetchall())
    stored = [number for (number,) in rows]
    say(answered == stored, len(answered), set(answered) <= set(stored))


def print_refusal(act) -> None:
    try:
        act()
    except Unavailable as error:
        say(error.message)


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


PROGRAMS = {"commit": commit, "journal": journal, "fill": fill, "flush": flush, "remount": remount}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
