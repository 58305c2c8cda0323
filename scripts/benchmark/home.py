"""A daemon in a home of its own: started as a user would start it, asked over its control socket."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support import poll_until

from stintd import paths, settings
from stintd.app import compose
from stintd.client import control
from stintd.clock import SystemClock
from stintd.domain.model import to_us
from stintd.engine.commands import entry_rows
from stintd.engine.step import Step
from stintd.paths import Layout
from stintd.store import rowio
from stintd.store.row_types import EntryColumns


class Home:
    """One `STINTD_HOME`, and the folders its daemon watches."""

    def __init__(self, folder: Path, roots: list[Path] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.pid, self.key = folder, 0, ""
        self.socket = str(folder / "run" / "control.sock")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("GIT_", "XDG_", "STINT", "PYTHON"))}
        self.environment = {**inherited, "STINTD_HOME": str(folder), "HOME": str(folder), "TZ": "UTC"}
        (folder / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.test\n[init]\n\tdefaultBranch = main\n")
        quoted = ", ".join(f'"{root}"' for root in roots or [])
        (folder / "config.toml").write_text(f"[http]\nport = 0\n[watch]\nfolders = [{quoted}]\n")
        self._control = control.Control(self.socket)

    def get(self, route: str, **query: str) -> Any:
        return self._control.get(route, **query)

    def post(self, route: str, body: Any) -> Any:
        return self._control.post(route, body)

    def every(self, route: str, query: dict[str, str]) -> list[Any]:
        return list(self._control.every(route, **query))

    def read_address(self) -> Any:
        """What the daemon says of itself in `run/http.json`."""
        return json.loads((self.folder / "run" / "http.json").read_text())

    def is_ready(self) -> bool:
        with contextlib.suppress(Exception):
            return bool(self.get("/api/health"))
        return False

    def wait_until_watching(self, repositories: int) -> int:
        """Until all are covered; the number of watched folders."""

        def watching() -> int:
            listed = self.get("/api/repos")["data"]
            is_done = len(listed) >= repositories and all(repo.get("tier") not in (None, "waiting") for repo in listed)
            return sum(repo.get("folders", 0) for repo in listed) if is_done else 0

        return poll_until(watching, "all repositories watched")

    def stored_bytes(self) -> int:
        """The database with its write-ahead log folded in."""
        return sum(path.stat().st_size for path in self.folder.glob("stintd.db"))


@contextlib.contextmanager
def run_daemon(home: Home) -> Iterator[Home]:
    """A daemon of this home until the end of the block."""
    command = [sys.executable, "-m", "stintd.cli.run"]
    environment = {**home.environment, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    daemon = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    try:
        home.pid = daemon.pid
        poll_until(lambda: home.is_ready() or daemon.poll() is not None, "the daemon answers")
        if daemon.poll() is not None:
            raise SystemExit(f"stintd ended with {daemon.returncode}")
        yield home
    finally:
        daemon.terminate()
        daemon.wait(20)


def stint(home: Home, *words: str) -> str:
    """What the command prints."""
    command = [str(Path(sys.executable).with_name("stint")), *words]
    return subprocess.run(command, env=home.environment, check=True, capture_output=True, text=True).stdout


def git(folder: Path, *words: str) -> None:
    """Run git in a repository of ours."""
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, env=_identity())


def _identity() -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    names = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.test"}
    return {**inherited, **names, "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.test"}


def repositories(root: Path, count: int, folders: int, files: int) -> Path:
    """`count` committed repositories below `root`, each with so many folders and files."""
    for number in range(count):
        repo = root / f"repo{number:04d}"
        repo.mkdir(parents=True)
        git(repo, "init", "-q")
        for index in range(files):
            path = repo / f"pkg{index % folders}" / f"file{index}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"# {index} of {repo.name}\n")
        git(repo, "add", "-A")
        git(repo, "commit", "-q", "-m", "first")
    return root


def fill_entries(home: Home, count: int, a_day: int = 25) -> None:
    """`count` finished manual entries, so many a day, ending yesterday, written with the daemon down."""
    with store_of(home) as engine_step:
        step_minutes = 25 if a_day <= 25 else 5
        length = timedelta(minutes=step_minutes * 4 // 5)
        last = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=1)

        def write(conn: Any) -> None:
            step = engine_step(conn)
            projects = [_project(step, f"project-{number}") for number in range(40)]
            for number in range(count):
                start = last - timedelta(days=number // a_day) + timedelta(minutes=step_minutes * (number % a_day))
                row: EntryColumns = {
                    "project_id": projects[number % 40],
                    "start_us": to_us(start),
                    "end_us": to_us(start + length),
                    "description": f"work {number}",
                    "billable": 0,
                    "hands_on_us": length // timedelta(microseconds=1),
                }
                entry_rows.add(step, row)
            step.changes.clear()

        engine_step.database.write_now(write)


def _project(step: Any, name: str) -> str:
    row = {"id": step.new_id(), "name": name, "normal_name": name, "origin": "manual", "created_us": to_us(step.now)}
    rowio.insert(step.conn, "project", row)
    return str(row["id"])


class _Steps:
    """Makes steps on a home's database while no daemon runs."""

    def __init__(self, home: Home) -> None:
        folder = str(home.folder)
        layout = Layout(folder, folder, str(home.folder / "run"), str(home.folder / "log"))
        paths.ensure_folders(layout)
        chosen, _ = settings.load_files(layout.config, layout.settings, home.environment, "UTC")
        self._core = compose.core(chosen, layout, SystemClock(), home.environment, lambda before: before)
        self.database = self._core.database

    def __call__(self, conn: Any) -> Step:
        engine = self._core.engine
        return Step(conn, engine.clock.now(), engine.policy, engine.state, "bench")


@contextlib.contextmanager
def store_of(home: Home) -> Iterator[_Steps]:
    """A home's database while no daemon runs."""
    steps = _Steps(home)
    try:
        yield steps
    finally:
        steps.database.close()
