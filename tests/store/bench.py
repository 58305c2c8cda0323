"""What the store costs: `python -m tests.store.bench [HEARTBEATS]` prints each number beside its bar.

`measure` answers the same as a dict, for other benches to call. The heartbeats are those of a person with a few
repositories: stretches of work with a median gap of 40 s, one repository and branch at a time, two or three sources
beside each other, some 300 files, and ids chosen by their senders for half of them.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from stintd.domain.model import Context, Heartbeat, RepoId, from_us, to_us
from stintd.store import heartbeats
from stintd.store.database import Database
from stintd.store.ids import content_id
from stintd.store.journal import Journal

START = datetime(2024, 1, 8, 8, tzinfo=UTC)
BATCH = 500
SENT = 2000
"""Heartbeats the engine collects at most before it stores them."""
BARS = {
    "stored_bytes": 40, "written_bytes": 100, "append_us": 15, "add_500_ms": 5, "runs_s": 0.6,
}  # fmt: skip


def contexts(rng: random.Random) -> list[list[Context]]:
    """Per place of work the contexts that occur beside each other there."""
    places = []
    for number in range(6):
        repo, path = RepoId(f"0190{number:04d}-aaaa-7bbb-8ccc-0123456789ab"), f"/home/ada/code/project-{number}"
        for branch in ("main", f"feature/ABC-{rng.randrange(900)}", f"fix/ABC-{rng.randrange(900)}"):
            places.append(
                [
                    Context("watch", "edit", repo=repo, repo_path=path, branch=branch, device="laptop"),
                    Context("editor", "edit", repo=repo, repo_path=path, branch=branch, device="laptop", session=f"vim-{number}"),
                    Context("editor", "read", repo=repo, repo_path=path, branch=branch, device="laptop", session=f"vim-{number}"),
                ]
            )
    return places


def stream(count: int, seed: int = 1) -> Iterator[Heartbeat]:
    """Heartbeats in the order of their times; those from editors carry ids of their own."""
    rng = random.Random(seed)
    places = contexts(rng)
    files = [f"src/package_{n % 17}/module_{n:03d}.py" for n in range(300)]
    now_us, left, place, near = to_us(START), 0, places[0], files[:12]
    for number in range(count):
        if left == 0:
            left, place = rng.randrange(20, 200), rng.choice(places)
            first = rng.randrange(len(files) - 12)
            near = files[first : first + 12]
            now_us += rng.choice((60, 300, 900, 3600, 40_000)) * 1_000_000
        left -= 1
        now_us += int(min(rng.lognormvariate(3.69, 0.9), 900) * 1_000_000) + rng.randrange(1000)
        context = place[0] if rng.random() < 0.5 else place[1 + (rng.random() < 0.3)]
        entity, instant = rng.choice(near), from_us(now_us)
        beat_id = f"editor-{number}-{seed}" if context.source == "editor" else content_id(instant, context, entity)
        yield Heartbeat(beat_id, instant, context, entity)


def written_bytes() -> int:
    """Bytes this process handed to `write` so far, of all files."""
    for line in Path("/proc/self/io").read_text().splitlines():
        if line.startswith("wchar:"):
            return int(line.split()[1])
    return 0


def batches(count: int, seed: int = 1, size: int = BATCH) -> Iterator[list[Heartbeat]]:
    """The stream in batches."""
    batch: list[Heartbeat] = []
    for beat in stream(count, seed):
        batch.append(beat)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def stored_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("stintd.db*") if not path.name.endswith(".ballast"))


def measure_size(count: int, folder: Path) -> dict[str, float]:
    """Fill a database; bytes kept, the time of a batch, the time to read all runs."""
    database = Database(folder / "stintd.db")
    database.open()
    try:
        spent = []
        for batch in batches(count):
            spent.append(database.write_now(lambda conn, batch=batch: _cpu_seconds(lambda: heartbeats.add(conn, batch))))
        reading = min(database.read_now(lambda conn: _cpu_seconds(lambda: heartbeats.runs(conn))) for _ in range(3))
        spans = database.read_now(lambda conn: conn.execute("SELECT count(*) FROM span").fetchone()[0])
    finally:
        database.close()
    spent.sort()
    return {
        "stored_bytes": stored_bytes(folder) / count,
        "add_500_ms": statistics.median(spent) * 1000,
        "add_500_p99_ms": spent[int(len(spent) * 0.99)] * 1000,
        "add_500_max_ms": spent[-1] * 1000,
        "runs_s": reading,
        "spans": spans,
    }


def _cpu_seconds(call) -> float:
    """Seconds of this thread's CPU: what else the machine does is not the store's doing, and nothing here waits."""
    began = time.thread_time()
    call()
    return time.thread_time() - began


def measure_writing(folder: Path, count: int = 10_000, stored: int = 0) -> dict[str, float]:
    """Single appends to the journal and their batches in SQLite; `stored` heartbeats are there before."""
    database, journal = Database(folder / "stintd.db"), Journal(folder / "journal")
    database.open()
    try:
        for batch in batches(stored, seed=3):
            database.write_now(lambda conn, batch=batch: heartbeats.add(conn, batch))
        before, spent = written_bytes(), []
        for batch in batches(count, seed=2, size=SENT):
            for beat in batch:
                began = time.perf_counter()
                journal.append([beat])
                spent.append(time.perf_counter() - began)
            journal.sync()
            database.write_now(lambda conn, batch=batch: heartbeats.add(conn, batch))
            journal.retire(batch)
        database.checkpoint()
        spent_bytes = written_bytes() - before
    finally:
        journal.close()
        database.close()
    return {"written_bytes": spent_bytes / count, "append_us": statistics.median(spent) * 1e6}


def measure(count: int = 1_000_000) -> dict[str, float]:
    """All numbers, in fresh folders."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        return measure_writing(Path(other)) | measure_size(count, Path(one))


def main() -> int:
    numbers = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
    for name, value in numbers.items():
        bar = BARS.get(name)
        print(f"{name:20} {value:12.2f}" + (f"   bar {bar}{'' if value <= bar else '   MISSED'}" if bar else ""))
    return int(any(numbers[name] > bar for name, bar in BARS.items()))


if __name__ == "__main__":
    sys.exit(main())
