"""Ten thousand hours that wait for a billing system: how the daemon answers while it sends them, and what memory it needs."""

import statistics
import tempfile
import time
from pathlib import Path

from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.fake import Served

from benchmark import process
from benchmark.home import Home, fill_entries, run_daemon
from benchmark.row import Result, Rows

ENTRIES, IDLE_QUESTIONS = 10_000, 500
PAUSE = 0.02
"""Seconds between two questions: a person and a prompt ask less often."""
LONGEST = 900.0
CONFIG = """
[targets.clockme]
kind = "clockme"
base_url = "{url}"
api_key_file = "{file}"
from = 2020-01-01
deliver = "auto"
settle = "0s"
calls_per_hour = 100000
[[targets.clockme.map]]
remote = {{ project_id = "p1" }}
"""


def pushing(entries: int = ENTRIES) -> Rows:
    """From the start of a daemon that finds them all not yet sent, until the service has every one."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        fill_entries(home, entries)
        with run_daemon(home) as daemon:
            times = [_time_status(daemon) for _ in range(IDLE_QUESTIONS)]
            yield Result("nothing to push: status p99", _p99(times), "ms", note="on this machine, now")
        server = Served(ClockMeFake())
        try:
            _connect(home, server)
            with run_daemon(home) as daemon:
                yield from _results(daemon, server, entries)
        finally:
            server.close()


def _connect(home: Home, server: Served) -> None:
    file = home.folder / "key"
    file.write_text(server.fake.key + "\n")
    file.chmod(0o600)
    with (home.folder / "config.toml").open("a") as config:
        config.write(CONFIG.format(url=server.url, file=file))


def _time_status(daemon: Home) -> float:
    """Milliseconds that the status took."""
    began = time.perf_counter()
    daemon.get("/api/status")
    took = (time.perf_counter() - began) * 1000
    time.sleep(PAUSE)  # noqa: TID251
    return took


def _p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99) - 1]


def _results(daemon: Home, server: Served, entries: int) -> Rows:
    began, times, memory = time.perf_counter(), [], []
    while len(server.fake.ledger) < entries and time.perf_counter() - began < LONGEST:
        times.append(_time_status(daemon))
        memory.append(process.resident_mib(daemon.pid))
    seconds, sent = time.perf_counter() - began, len(server.fake.ledger)
    what = f"{entries:,} waiting entries pushed: "
    yield Result(what + "status p99", _p99(times), "ms", at_most=50, note=f"{len(times)} questions")
    yield Result(what + "status p50", statistics.median(times), "ms")
    yield Result(what + "most memory", max(memory), "MiB", at_most=60)
    yield Result(what + "delivered", sent, "entries", at_least=entries, note=f"{sent / seconds:.0f} a second")
    yield Result(what + "made there", server.fake.made, "entries", at_most=entries, note="each once")
