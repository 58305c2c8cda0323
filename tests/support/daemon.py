"""A real daemon as a process of its own, in a home of the test's: started, awaited, stopped, killed.

with Daemon(tmp_path / "home", folders=[code]) as daemon:
    daemon.stint("start", "acme")
    daemon.client.get("/api/status")
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from stintd import paths
from stintd.client.control import Control
from stintd.errors import StintdError
from tests.support import PATIENCE, poll_until

SOURCES = Path(__file__).parents[2] / "daemon"


@dataclass
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Daemon:
    """One home with at most one daemon process. `config` is the text of its `config.toml`; `folders` go into it too."""

    def __init__(
        self,
        home: Path,
        folders: list[Path] | None = None,
        config: str = "",
        environment: dict[str, str] | None = None,
        wrapper: Sequence[str] = (),
    ) -> None:
        """`wrapper`: a program that runs the daemon in its own place (`unshare …`, `strace -D …`)."""
        self.home = Path(home)
        self.wrapper = wrapper
        self.arguments: list[str] = []
        self.environment = {
            **os.environ,
            "STINTD_HOME": str(self.home),
            "PYTHONPATH": str(SOURCES),
            "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus",
            **(environment or {}),
        }
        self.layout = paths.home_layout(self.environment)
        paths.ensure_folders(self.layout)
        listed = ", ".join(json.dumps(str(folder)) for folder in folders or [])
        Path(self.layout.config).write_text(f"[http]\nport = 0\n[watch]\nfolders = [{listed}]\n{config}")
        self.client = Control(self.layout.socket)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, is_ready: bool = True) -> "Daemon":
        """Run `stintd` and wait until it answers, and (unless told otherwise) until it has looked through its folders."""
        self.launch()
        poll_until(lambda: self._answers(is_ready), "the daemon answers")
        return self

    def launch(self) -> "subprocess.Popen[bytes]":
        """Run `stintd` and wait for nothing."""
        log = open(self.home / "daemon.out", "ab")  # noqa: SIM115  the process keeps it
        command = [*self.wrapper, sys.executable, "-m", "stintd.cli.run", *self.arguments]
        self.process = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        return self.process

    def _answers(self, is_ready: bool) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"stintd ended with {self.process.returncode}: {self.output()[-2000:]}")
        try:
            health = self.client.get("/api/health")
        except (StintdError, OSError):
            return False
        return bool(health["ready"]) or not is_ready

    def output(self) -> str:
        """Everything it printed and logged."""
        names = [self.home / "daemon.out", Path(self.layout.log_file)]
        return "\n".join(name.read_text(errors="replace") for name in names if name.exists())

    def stop(self) -> int:
        """End it as a service manager would; its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def kill(self) -> None:
        """`kill -9`."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE)
            self.process = None

    def restart(self) -> "Daemon":
        self.stop()
        return self.start()

    def stint(self, *argv: str, cwd: Path | None = None, check: bool = True, stdin: str | None = None, **env: str) -> Outcome:
        """Run a command of `stint` as a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "stintd.cli.main", *argv],
            env={**self.environment, **env},
            cwd=cwd or self.home,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"stint {' '.join(argv)} → {done.returncode}: {done.stderr or done.stdout}")
        return Outcome(done.returncode, done.stdout, done.stderr)

    def connect(self, kind: str, url: str, key: str, *options: str) -> Outcome:
        """Connect a billing target that delivers without delay."""
        words = ("connect", kind, "--url", url, "--key-from", "-", "--settle", "0s")
        return self.stint(*words, *options, stdin=f"{key}\n")

    def entries(self, **query: str) -> list[dict[str, Any]]:
        """Entries, earliest first."""
        return sorted(self.client.every("/api/entries", **query), key=lambda entry: entry["start"])

    def __enter__(self) -> "Daemon":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"stintd does not end: {self.output()[-2000:]}") from None


@contextmanager
def running(home: Path, *folders: Path, config: str = "") -> Iterator[Daemon]:
    """A daemon that watches these folders, for the length of a test."""
    with Daemon(home, list(folders), config) as daemon:
        yield daemon
