"""What the daemon costs when nothing happens: a hundred repositories, everything on."""

import tempfile
import time
from pathlib import Path

from benchmark import process
from benchmark.home import Home, repositories, run_daemon
from benchmark.row import Result, Rows

SECONDS = 60


def idle_and_memory() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        code = repositories(Path(folder) / "code", count=100, folders=5, files=20)
        home = Home(Path(folder) / "stint", [code])
        began = time.perf_counter()
        with run_daemon(home) as daemon:
            yield Result("ready after start, 100 repositories", time.perf_counter() - began, "s", at_most=0.5)
            watched = daemon.wait_until_watching(100)
            yield Result(
                "resident memory, 100 small repositories",
                process.resident_mib(daemon.pid),
                "MiB",
                at_most=48 + watched * 0.6 / 1024,
                note=f"{watched} folders watched",
            )
            time.sleep(10)  # noqa: TID251
            cpu = process.fine_cpu_seconds(daemon.pid)
            yield Result("idle: wakeups a minute", process.wakeups(daemon.pid, SECONDS), "a minute", at_most=1)
            spent = (process.fine_cpu_seconds(daemon.pid) - cpu) * 1000
            yield Result("idle: CPU a minute", spent, "ms", at_most=1)
