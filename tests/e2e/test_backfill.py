"""`stint backfill agents` as a person runs it: a real daemon, real repositories, the logs in a home of the agents'."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support import agentlogs
from tests.support.daemon import Daemon
from tests.support.repos import make

DAY = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()


@pytest.fixture(scope="module")
def daemon(top):
    code = top / "code"
    for name in ("acme", "beta", "gamma", "delta"):
        make(code / name)
    agentlogs.place(top, str(code), DAY)
    with Daemon(top / "home", folders=[code], environment={"HOME": str(top), "TZ": "UTC"}) as running:
        yield running


STATES = ("handsOnSeconds", "supervisedSeconds", "agentSeconds")
TRUTH = {"acme": (8, 12, 40), "gamma": (7, 8, 1), "delta": (6, 6, 9), "beta": (0, 0, 0)}
"""Minutes of the sampled day."""


def hours(daemon):
    rows = daemon.stint("report", DAY, "--json").json["rows"]
    return {row["name"]: tuple(round(row[state] / 60) for state in STATES) for row in rows}


def test_a_preview_an_import_a_second_one_and_the_way_back(daemon):
    preview = daemon.stint("backfill", "agents", "--dry-run").out
    assert "estimates, and are not delivered before you approve" in preview
    assert "+40m agents" in preview
    assert hours(daemon) == {}
    told = daemon.stint("backfill", "agents", "--from", DAY, "--to", DAY).out
    assert "stint backfill --undo" in told
    assert hours(daemon) == TRUTH
    assert "nothing new" in daemon.stint("backfill", "agents").out
    assert hours(daemon) == TRUTH
    listed = daemon.stint("log", "--from", DAY, "--to", DAY).out
    assert "estimated, unconfirmed" in listed
    assert "DEV-7" in listed
    daemon.restart()
    assert hours(daemon) == TRUTH
    assert daemon.stint("backfill", "--undo").out.startswith("undone: backfill agents")
    assert hours(daemon) == {}
    refused = daemon.stint("backfill", "--undo", check=False)
    assert refused.code == 1
    assert "there is no import of past hours to undo" in refused.err


def test_why_explains_what_was_read_afterwards(daemon):
    daemon.stint("backfill", "agents", "--yes")
    mine = daemon.stint("why", f"{DAY} 09:04").out
    assert "estimated from git and agent logs" in mine
    assert "while the agent worked, then a prompt" in mine
    theirs = daemon.stint("why", f"{DAY} 02:20").out
    assert "time of an agent that worked alone" in theirs
    assert "without a prompt from a person" in " ".join(theirs.split())
    assert agentlogs.SECRET not in mine + theirs
    daemon.stint("undo")
    assert hours(daemon) == {}


def test_what_is_asked_wrongly_is_explained(daemon):
    for argv in (["backfill", "cloud"], ["backfill", "agents", "--undo"]):
        done = daemon.stint(*argv, check=False)
        assert (done.code, len(done.err.splitlines()) >= 2) == (2, True), done.err
