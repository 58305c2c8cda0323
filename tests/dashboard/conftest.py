"""One Chromium for all tests here; a daemon and a window that is let in for each file."""

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
    """For this package alone: while Playwright runs, this thread has an event loop that tests of others would stumble over."""
    if CHROMIUM is None or sync_playwright is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def own_daemon(folder: Path, **environment: str) -> Iterator[Daemon]:
    """A daemon whose home, git and zone are the test's, whatever scope the fixture has."""
    home = folder / "user"
    home.mkdir()
    more = {"HOME": str(home), "TZ": "UTC", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **environment}
    with Daemon(folder / "home", environment=more) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with own_daemon(tmp_path_factory.mktemp("dash")) as one:
        yield one


@pytest.fixture(scope="module")
def shared(chromium: "Browser", daemon: Daemon) -> Iterator[Window]:
    one = Window(chromium, daemon)
    yield one
    one.context.close()


@pytest.fixture
def window(shared: Window) -> Iterator[Window]:
    """A window of the dashboard; whatever the page complains of fails the test. One for all tests of a file, because
    opening one takes longer than what most tests do with it."""
    shared.complaints.clear()
    shared.expected = ()
    yield shared
    shared.check()
