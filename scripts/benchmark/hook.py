"""What our git hook adds to `git commit`, against an empty sh hook, in interleaved rounds."""

import os
import signal
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmark.home import Home, git, running, stint
from benchmark.row import Result, Rows

ROUNDS = 60


def _repository(folder: Path) -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def _commit(folder: Path, environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], cwd=folder, check=True, env=environment)
    return time.perf_counter() - began


def _ratio(ours: Path, empty: Path, environment: dict[str, str]) -> float:
    pairs = []
    for number in range(ROUNDS):
        first, second = (ours, empty) if number % 2 else (empty, ours)
        a, b = _commit(first, environment), _commit(second, environment)
        pairs.append((a, b) if first is ours else (b, a))
    return statistics.median(a for a, _ in pairs) / statistics.median(b for _, b in pairs)


def commit_overhead() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        ours, empty = _repository(Path(folder) / "ours"), _repository(Path(folder) / "empty")
        hook = empty / ".git" / "hooks" / "post-commit"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\nexit 0\n")
        hook.chmod(0o755)
        home = Home(Path(folder) / "stint")
        environment = home.environment
        with running(home) as daemon:
            stint(home, "hooks", "install", "git", "--repo", str(ours))
            yield Result("hook on git commit against an empty hook, daemon up", _ratio(ours, empty, environment), "×", at_most=1.05)
            os.kill(daemon.pid, signal.SIGSTOP)
            yield Result("the same, daemon stopped (SIGSTOP)", _ratio(ours, empty, environment), "×", at_most=1.05)
            os.kill(daemon.pid, signal.SIGCONT)
        yield Result("the same, daemon down", _ratio(ours, empty, environment), "×", at_most=1.05)
