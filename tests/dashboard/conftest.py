"""One Chromium for all tests here; a daemon and a signed-in window for each file."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.dashboard.window import ARGUMENTS, Window
from tests.support.daemon import Daemon

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
MISSING = "needs Chromium and the package playwright: apt-get install chromium; pip install playwright"
try:
    from playwright.sync_api import Browser, sync_playwright
except ImportError:
    sync_playwright = None


@pytest.fixture(scope="package")
def chromium() -> Iterator["Browser"]:
    """For this package alone: while Playwright runs, this thread has an event loop, which would break tests of other packages."""
    if CHROMIUM is None or sync_playwright is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def own_daemon(folder: Path, **environment: str) -> Iterator[Daemon]:
    """A daemon with a home, git settings and a time zone of its own, whatever scope the fixture has."""
    home = folder / "user"
    home.mkdir()
    more = {"HOME": str(home), "TZ": "UTC", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **environment}
    with Daemon(folder / "home", environment=more) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with own_daemon(tmp_path_factory.mktemp("dash")) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def shared(chromium: "Browser", daemon: Daemon) -> Iterator[Window]:
    window = Window(chromium, daemon)
    yield window
    window.context.close()


@pytest.fixture
def window(shared: Window) -> Iterator[Window]:
    """A window of the dashboard; any error that the page reports fails the test. All tests of a file share it, because
    opening a window takes longer than most tests."""
    shared.complaints.clear()
    shared.expected = ()
    yield shared
    shared.check()
