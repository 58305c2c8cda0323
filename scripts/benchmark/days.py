"""Reports over years, and a full rebuild: a million heartbeats of eleven years."""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmark.home import Home, run_daemon, store_of
from benchmark.row import Result, Rows
from stintd.domain.model import Context, Heartbeat, to_us
from stintd.engine.sheet import projects as projecting
from stintd.engine.sheet.derive import refresh
from stintd.store import heartbeats

COUNT = int(os.environ.get("STINTD_BENCH_HEARTBEATS", "1000000"))
A_DAY = 600
BATCH = 20_000


def make_beats(count: int = COUNT, seed: int = 7) -> list[Heartbeat]:
    """Working days of some 600 heartbeats, a median of 38 s apart, in five projects, two sources, branches that change."""
    rng = random.Random(seed)
    days = count // A_DAY + 1
    first = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=days + 1)
    beats: list[Heartbeat] = []
    for day in range(days):
        at, project, branch = first + timedelta(days=day), "atlas", "main"
        for number in range(A_DAY):
            if number % 90 == 0:
                project, branch = rng.choice(["atlas", "borealis", "comet", "dune", "echo"]), f"DEV-{rng.randrange(1, 400)}"
            at += timedelta(seconds=min(1200.0, max(2.0, rng.lognormvariate(3.6, 0.9))))
            context = Context(rng.choice(["watch", "editor"]), "edit", project=project, branch=branch)
            beats.append(Heartbeat(f"m{day}-{number}", at, context, f"src/file{rng.randrange(300)}.py"))
    return beats[:count]


def fill_home(home: Home) -> float:
    """A home with the heartbeats and the sheet derived from them; the seconds the derivation took."""
    beats = make_beats()
    with store_of(home) as steps:
        database = steps.database
        for lo in range(0, len(beats), BATCH):
            database.write_now(partial(_add, beats[lo : lo + BATCH]), durable=False)

        def ensure_projects(conn: Any) -> None:
            step = steps(conn)
            projecting.ensure_projects(step, {beat.context for beat in beats})

        database.write_now(ensure_projects)
        began = time.perf_counter()
        database.write_now(lambda conn: _derive(steps(conn), beats))
        return time.perf_counter() - began


def _add(batch: list[Heartbeat], conn: Any) -> None:
    heartbeats.add(conn, batch)


def _derive(step: Any, beats: list[Heartbeat]) -> None:
    refresh(step, [(to_us(beats[0].time), to_us(beats[-1].time))])


def rebuild() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        first = fill_home(home)
        with run_daemon(home) as daemon:
            began = time.perf_counter()
            daemon.post("/api/rebuild", {})
            again = time.perf_counter() - began
        yield Result("full rebuild of 1 M heartbeats, nothing there before", first, "s", note="for information")
        yield Result("full rebuild of 1 M heartbeats (stint rebuild)", again, "s", at_most=3)


def reports() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        fill_home(home)
        year = datetime.now(UTC).year - 1
        with run_daemon(home) as daemon:
            day = _median(lambda: daemon.get("/api/reports", **{"from": f"{year}-06-03", "to": f"{year}-06-03"}))
            whole = _median(
                lambda: daemon.get("/api/reports", groupBy="project", **{"from": f"{year}-01-01", "to": f"{year}-12-31"})
            )
        yield Result("day report with 1 M heartbeats", day, "ms", at_most=5)
        yield Result("year report by project with 1 M heartbeats", whole, "ms", at_most=10)


def _median(ask: Callable[[], Any]) -> float:
    ask()
    spent = []
    for _ in range(20):
        began = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)
