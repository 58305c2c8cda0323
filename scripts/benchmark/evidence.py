"""From an edit or a commit to a timer that a person can see."""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.support import poll_until

from benchmark.home import Home, git, repositories, run_daemon
from benchmark.row import Result, Rows

REPOSITORIES = 10


def edit_to_timer() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        code = repositories(Path(folder) / "code", count=2 * REPOSITORIES, folders=3, files=12)
        with run_daemon(Home(Path(folder) / "stint", [code])) as daemon:
            daemon.wait_until_watching(2 * REPOSITORIES)
            repos = sorted(code.iterdir())
            edits = [_seconds(daemon, repo, _edit) for repo in repos[:REPOSITORIES]]
            commits = [_seconds(daemon, repo, _commit) for repo in repos[REPOSITORIES:]]
        yield Result("edit to timer in status, slowest of ten", max(edits), "s", at_most=1, note=_median(edits))
        yield Result("commit to timer in status, slowest of ten", max(commits), "s", at_most=1, note=_median(commits))


def _median(times: list[float]) -> str:
    return f"median {statistics.median(times):.2f}"


def _edit(repo: Path) -> None:
    (repo / "pkg0" / "file0.py").write_text("changed\n")


def _commit(repo: Path) -> None:
    git(repo, "commit", "-q", "--allow-empty", "-m", "a change")


def _seconds(daemon: Home, repo: Path, act: Callable[[Path], None]) -> float:
    began = time.perf_counter()
    act(repo)

    def is_shown() -> bool:
        return any(timer["projectName"] == repo.name for timer in daemon.get("/api/timer/current")["timers"])

    poll_until(is_shown, f"a timer for {repo.name}")
    return time.perf_counter() - began
