"""The sheet as its owner signs it: approved by command, locked, and every later difference shown wherever hours are."""

import pytest

from tests.support.daemon import Daemon

DAY = "2026-01-14"


def beats(project, begin, end):
    words = {"project": project, "kind": "edit", "entity": "a.py", "source": "editor"}
    return [{**words, "time": f"{DAY}T{m // 60:02}:{m % 60:02}:00Z"} for m in range(begin, end + 1, 5)]


@pytest.fixture
def daemon(tmp_path):
    with Daemon(tmp_path / "home", environment={"TZ": "UTC"}) as one:
        one.client.post("/api/projects", {"name": "atlas", "clientName": "Acme"})
        one.client.post("/api/projects", {"name": "orbit"})
        one.client.post("/api/heartbeats", beats("atlas", 540, 750))
        yield one


def test_an_approval_locks_and_shows_what_later_evidence_would_change(daemon):
    assert "approved 1 entry" in daemon.stint("approve", DAY).out
    entry = daemon.entries()[0]
    assert (entry["locked"], set(entry["pinned"])) == (True, {"time", "project", "text"})
    refused = daemon.stint("edit", entry["id"], "-m", "x", check=False)
    assert (refused.code, "stint unapprove" in refused.err) == (1, True)
    for argv in (["timesheet", DAY], ["report", DAY], ["day", DAY]):
        assert "approved" not in daemon.stint(*argv).out
    daemon.client.post("/api/heartbeats", beats("orbit", 602, 617))
    line = "Wed 14 atlas: approved {}, now {} ({}), evidence that came later is not counted: `stint unapprove "
    decimal, usual = line.format("3.53 h", "3.33 h", "-0.20 h"), line.format("3h 32m", "3h 20m", "-12m")
    for argv in (["timesheet", DAY], ["report", DAY], ["day", DAY], ["timesheet", DAY, "--client", "Acme"]):
        assert (decimal if argv[0] == "timesheet" else usual) in " ".join(daemon.stint(*argv).out.split()), argv
    assert "approved 3.53 h, now 3.33 h" in daemon.stint("timesheet", DAY, "--html").out
    assert "approved" not in daemon.stint("timesheet", DAY, "--project", "orbit").out
    narrow = daemon.stint("timesheet", DAY, COLUMNS="40").out
    assert max(map(len, narrow.splitlines())) <= 40
    daemon.stint("unapprove", DAY, "--project", "atlas")
    assert "3.33" in daemon.stint("timesheet", DAY, "--project", "atlas").out
    assert daemon.stint("approve", DAY, "--client", "Acme").out.startswith("approved ")
    assert "approved" not in daemon.stint("timesheet", DAY, "--client", "Acme").out


def test_what_cannot_be_approved_says_why(daemon):
    assert "which period" in daemon.stint("approve", check=False).err
    nobody = daemon.stint("approve", DAY, "--project", "nobody", check=False)
    assert (nobody.code, "nobody" in nobody.err) == (1, True)
    assert daemon.stint("unapprove", DAY).out == "unapproved 0 entries\n"
