"""Heartbeats as WakaTime's clients send them: 25 in a request on the loopback port, and a backlog that drains."""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmark.home import Home, repositories, run_daemon
from benchmark.row import Result, Rows
from benchmark.wire import START, Caller, loopback_caller

PATH = "/api/v1/users/current/heartbeats.bulk"
BATCH = 25
BACKLOG = 7_400
"""A queue that one user's client could not get rid of: what makes a backlog here."""


def item(root: Path, number: int) -> dict[str, Any]:
    file = root / f"repo{number // 200 % 4:04d}" / "pkg0" / f"file{number // 10 % 3}.py"
    return {
        "entity": str(file),
        "type": "file",
        "category": "coding",
        "time": START.timestamp() + 10 * number,
        "project": "repo",
        "branch": "main",
        "language": "Python",
        "is_write": number % 3 == 0,
        "lines": 40,
        "lineno": number % 40,
        "cursorpos": 7,
        "user_agent": "wakatime/1.90.0 (linux-6.1.0-x86_64) go1.22.0 vim/9.0 vim-wakatime/12.0.0",
        "dependencies": [],
    }


def body(root: Path, first: int) -> bytes:
    return json.dumps([item(root, first + number) for number in range(BATCH)]).encode()


def _post(caller: Caller, text: bytes) -> float:
    """Milliseconds until the answer."""
    began = time.perf_counter()
    status = caller.post(PATH, text)
    if status != 202:
        raise SystemExit(f"POST {PATH} answered {status}")
    return (time.perf_counter() - began) * 1000


def clients() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        root = repositories(Path(folder) / "code", 4, 1, 3)
        with run_daemon(Home(Path(folder) / "stint", [root])) as daemon:
            daemon.wait_until_watching(4)
            caller = loopback_caller(daemon)
            waits = []
            for number in range(200):
                waits.append(_post(caller, body(root, number * BATCH)))
                time.sleep(0.05)  # noqa: TID251
            waits.sort()
            yield Result("WakaTime bulk of 25 in the journal, 20 a second, p99", waits[int(len(waits) * 0.99)], "ms", at_most=5)
            bodies = [body(root, 10_000 + first) for first in range(0, BACKLOG, BATCH)]
            began = time.perf_counter()
            for text in bodies:
                _post(caller, text)
            daemon.get("/api/status")  # sees what was answered before, so all of it is in the timesheet by then
            yield Result("backlog of 7,400 heartbeats, sent and in the timesheet", time.perf_counter() - began, "s", at_most=5)
