"""The command line, run in this process against a control socket of the test's."""

import time
from dataclasses import dataclass

import pytest

from stintd.cli.main import main
from tests.support.control import FakeControl


@dataclass
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def control(isolated_home):
    server = FakeControl()
    yield server
    server.close()


@pytest.fixture
def stint(capsys, monkeypatch):
    """`stint("log", "--json")` → Outcome."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*argv: str) -> Outcome:
        code = main(list(argv))
        told = capsys.readouterr()
        return Outcome(code, told.out, told.err)

    return run


@pytest.fixture
def berlin(monkeypatch):
    """This machine is in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
