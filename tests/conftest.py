"""Every test runs with a HOME of its own and no inherited git settings; touching the real home fails the run."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import skipped
from tests.support.daemon import Daemon

ISOLATED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "CLAUDECODE")


def pytest_configure() -> None:
    os.environ.pop("COLUMNS", None)  # what our commands print when piped is as wide as they choose
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A suite started in the background inherits this, and so would every program whose Ctrl-C is tested.
        signal.signal(signal.SIGINT, signal.default_int_handler)


LONG_FILES = (
    "tests/e2e/test_repositories.py",
    "tests/e2e/test_real_day.py",
    "tests/api/test_fuzz.py",
    "tests/delivery/test_faults.py",
    "tests/e2e/",
    "tests/stress/",
    "tests/dashboard/",
    "tests/delivery/",
    "tests/sources/",
    "tests/formats/",
    "tests/cli/",
    "tests/hooks/",
)
"""What takes longest begins first where files are shared out among workers: begun last, one of them would go on alone."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(
            key=lambda item: next((n for n, start in enumerate(LONG_FILES) if item.nodeid.startswith(start)), len(LONG_FILES))
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line on what was skipped, before pytest's own closing line."""
    reports = terminalreporter.stats.get("skipped", [])
    if text := skipped.line(report.longrepr[2] for report in reports):
        terminalreporter.write_line(text)


@pytest.fixture(autouse=True)
def isolated_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path_factory.mktemp("home")
    for name in [*ISOLATED, *[k for k in os.environ if k.startswith(("GIT_", "XDG_", "STINT"))]]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("STINTD_HOME", str(home / "stintd"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")  # the tests' machine may lock its screen
    (home / "gitconfig").write_text(
        '[user]\n\tname = Ada\n\temail = ada@example.test\n[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n'
    )
    return home


@pytest.fixture
def make_daemon(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Daemons in `tmp_path` (not started; arguments as for `Daemon`) that do not outlive the test, however it ends."""
    made: list[Daemon] = []

    def make(name: str = "home", **settings: object) -> Daemon:
        made.append(Daemon(tmp_path / name, **settings))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for daemon in made:
        daemon.kill()
