"""The command line against the bare interpreter of the same environment, and against Watson and Timewarrior."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmark import peer
from benchmark.home import Home, fill_entries, run_daemon
from benchmark.row import Result, Rows, Skipped

ROUNDS = 15


def cpu_of(command: list[str], environment: dict[str, str]) -> float:
    """User and system seconds of one run."""
    pid = os.posix_spawn(command[0], command, environment, file_actions=_silence_output())
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime


def _silence_output() -> list[tuple[int, int, str, int, int]]:
    return [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]


def ratios(commands: dict[str, list[str]], environment: dict[str, str]) -> dict[str, float]:
    """Median CPU of each command over that of `python -c pass`, interleaved."""
    everything = {"pass": [sys.executable, "-I", "-c", "pass"], **commands}
    spent: dict[str, list[float]] = {name: [] for name in everything}
    for _ in range(ROUNDS):
        for name, command in everything.items():
            spent[name].append(cpu_of(command, environment))
    floor = statistics.median(spent["pass"])
    return {name: statistics.median(times) / floor for name, times in spent.items()}


def _stint() -> str:
    return str(Path(sys.executable).with_name("stint"))


def fast_verbs() -> Rows:
    stint = _stint()
    verbs = {
        "start": [stint, "start", "bench", "--create"],
        "status": [stint, "status"],
        "stop": [stint, "stop"],
    }
    for entries in (0, 100_000):
        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder))
            if entries:
                fill_entries(home, entries)
            with run_daemon(home) as daemon:
                for name, ratio in ratios(verbs, daemon.environment).items():
                    if name != "pass":
                        yield Result(f"stint {name} with {entries:,} entries, × python -c pass", ratio, "×", at_most=3.5)


def looks_at_everything() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        fill_entries(home, 100_000)
        with run_daemon(home) as daemon:
            looks = {
                "report over all": ["report", "2005-01-01..2026-12-31"],
                "report of the last week": ["report", "last", "week"],
                "day": ["day", "yesterday"],
                "week": ["week", "last", "week"],
            }
            for name, ratio in ratios({name: [_stint(), *words] for name, words in looks.items()}, daemon.environment).items():
                if name != "pass":
                    yield Result(f"stint {name} of 100,000 entries", ratio, "×", at_most=8)


def parallel_writers() -> Rows:
    with tempfile.TemporaryDirectory() as folder, run_daemon(Home(Path(folder))) as daemon:
        daemon.post("/api/projects", {"name": "bench"})
        writers = [
            subprocess.Popen(
                [_stint(), "add", "bench", f"2025-01-{day + 1:02d} {hour:02d}:{minute:02d}-{hour:02d}:{minute + 5:02d}"],
                env=daemon.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for day in range(25)
            for hour in (8, 9)
            for minute in (0, 10, 20, 30)
        ]
        answered = sum(writer.wait() == 0 for writer in writers)
        count = len(daemon.every("/api/entries", {"from": "2025-01-01", "to": "2025-02-01"}))
        yield Result("200 writers at once: kept", count, "entries", at_least=200, note=f"{answered} answered")
    yield from _watson()
    yield from _timewarrior()


def _watson() -> Rows:
    command = peer.install_command("watson", "td-watson", command="watson")
    if command is None:
        yield Skipped("20 writers at once: Watson", "pip install td-watson does not work here")
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "WATSON_DIR": folder}
        writers = [
            subprocess.Popen(
                [command, "add", "-f", f"2025-01-01 {n:02d}:00", "-t", f"2025-01-01 {n:02d}:30", "bench"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for n in range(20)
        ]
        for writer in writers:
            writer.wait()
        log = subprocess.run([command, "log", "-a", "-s"], env=environment, capture_output=True, text=True).stdout
        yield Result("20 writers at once: Watson kept", len(log.splitlines()) - 1, "entries")


def _timewarrior() -> Rows:
    command = shutil.which("timew")
    if command is None:
        yield Skipped("20 writers at once: Timewarrior", "install it (Debian: apt install timewarrior)")
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TIMEWARRIORDB": folder}
        subprocess.run([command, "get", "dom.active"], env=environment, input=b"yes\n", capture_output=True)
        writers = [
            subprocess.Popen(
                [command, "track", f"2025-01-01T{n:02d}:00", "-", f"2025-01-01T{n:02d}:30", "bench"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for n in range(20)
        ]
        for writer in writers:
            writer.wait()
        count = subprocess.run([command, "export"], env=environment, capture_output=True, text=True).stdout.count('"id"')
        yield Result("20 writers at once: Timewarrior kept", count, "entries")
        began = time.perf_counter()
        subprocess.run([command, "summary", ":all"], env=environment, capture_output=True)
        yield Result("Timewarrior summary :all of these", time.perf_counter() - began, "s")
