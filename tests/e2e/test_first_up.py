"""The first `stint up` in a terminal: hours from before and the hooks of what is here, each by one key; never again after."""

import os
import pty
import select
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.support import PATIENCE
from tests.support.repos import OWNER, init

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)


class Terminal:
    """`stint` with a terminal around it; what it prints is read until something was said."""

    def __init__(self, environment, *words):
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.execve(sys.executable, [sys.executable, "-m", "stintd.cli.main", *words], environment)
        self.text = ""

    def until(self, said):
        limit = time.monotonic() + PATIENCE
        while said not in self.text:
            assert time.monotonic() < limit, self.text
            self._read()

    def press(self, key):
        os.write(self.end, key.encode())

    def answer(self, key):
        """Press a key and read until it asks again."""
        self.text = ""
        self.press(key)
        self.until("continue")

    def rest(self):
        """The exit code, once it has ended."""
        limit = time.monotonic() + PATIENCE
        while (ended := os.waitpid(self.pid, os.WNOHANG)) == (0, 0):
            assert time.monotonic() < limit, self.text
            self._read()
        while select.select([self.end], [], [], 0)[0] and self._read():
            pass
        return os.waitstatus_to_exitcode(ended[1])

    def _read(self):
        if not select.select([self.end], [], [], 0.2)[0]:
            return True
        try:
            found = os.read(self.end, 4096)
        except OSError:
            return False
        self.text += found.decode()
        return bool(found)


@pytest.fixture
def environment(tmp_path):
    code, programs = tmp_path / "code", tmp_path / "bin"
    init(code / "acme").commit("Begin", at=YESTERDAY)
    programs.mkdir()
    for name in ("claude", "vim", "systemctl"):
        (programs / name).write_text("#!/bin/sh\nexit 1\n")
        (programs / name).chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(f'[owner]\nemails = ["{OWNER[1]}"]\n[http]\nport = 0\n')
    kept = {name: os.environ[name] for name in ("LANG", "PYTHONPATH") if name in os.environ}
    paths = os.pathsep.join([*sys.path])
    here = {
        "HOME": str(tmp_path),
        "STINTD_HOME": str(home),
        "TZ": "UTC",
        "TERM": "xterm",
        "COLUMNS": "100",
        "PATH": f"{programs}:/usr/bin:/bin",
        "PYTHONPATH": paths,
        "SHELL": "/bin/sh",
    }
    environment = {**kept, **here}
    yield environment
    down = Terminal(environment, "down")
    down.rest()


def test_the_first_start_offers_what_there_is_each_by_one_key_and_the_second_does_not(environment, tmp_path):
    first = Terminal(environment, "up", str(tmp_path / "code"))
    first.until("continue")
    assert "import past hours" in first.text
    assert "install hooks for claude-code, vim" in first.text
    assert "start stintd when you log in" in first.text
    first.answer("b")
    assert "estimates, and are not delivered before you approve" in first.text
    assert "acme: +1h 01m active" in first.text
    assert "import past hours" not in first.text.rsplit("start stintd", 1)[-1]
    first.answer("h")
    first.press("\n")
    assert first.rest() == 0
    assert "stintd-agent" in (tmp_path / ".claude/settings.json").read_text()
    again = Terminal(environment, "up", str(tmp_path / "code"))
    assert again.rest() == 0
    assert "import past hours" not in again.text
