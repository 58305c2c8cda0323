"""`stint backfill` out of git, as a person runs it in the first minute: the weeks before, estimated, and the way back."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.daemon import Daemon
from tests.support.repos import OWNER, init

DAY = (datetime.now(UTC) - timedelta(days=4)).replace(hour=9, minute=0, second=0, microsecond=0)
CONFIG = f"""[owner]
emails = ["{OWNER[1]}"]
"""


@pytest.fixture(scope="module")
def daemon(top):
    code = top / "code"
    acme, beta = init(code / "acme"), init(code / "beta")
    acme.commit("Begin", at=DAY)
    acme.branch("ACME-7-login", at=DAY + timedelta(minutes=38))
    acme.commit("Login", at=DAY + timedelta(minutes=40))
    beta.commit("Elsewhere", at=DAY + timedelta(minutes=70))
    acme.commit("After lunch", at=DAY + timedelta(hours=4))
    with Daemon(top / "home", folders=[code], config=CONFIG, environment={"HOME": str(top), "TZ": "UTC"}) as running:
        yield running


def hours(daemon, by="project"):
    day = DAY.date().isoformat()
    rows = daemon.stint("report", day, "--by", by, "--json").json["rows"]
    return {row["name"]: round(row["seconds"] / 60) for row in rows}


def test_the_weeks_before_come_estimated_with_their_band_and_go_as_one_step(daemon):
    preview = daemon.stint("backfill", "--dry-run").out
    assert "read 2 repositories, 5 events in git" in preview
    assert "acme: +2h 42m active (32m to 6h 12m)" in preview
    assert hours(daemon) == {}
    told = daemon.stint("backfill", "--yes").out
    assert "imported 4 events" in told or "imported 5 events" in told
    assert hours(daemon) == {"acme": 162, "beta": 30}
    assert "nothing new" in daemon.stint("backfill", "git", "--yes").out
    assert hours(daemon) == {"acme": 162, "beta": 30}
    daemon.restart()
    assert hours(daemon) == {"acme": 162, "beta": 30}
    assert daemon.stint("rebuild", "--dry-run").out.startswith("nothing")
    why = daemon.stint("why", (DAY + timedelta(minutes=20)).strftime("%Y-%m-%d %H:%M")).out
    assert "estimated from git and agent logs" in why
    assert "imported from git: estimated as work" in " ".join(why.split())
    assert daemon.stint("backfill", "--undo").out.startswith("undone: ")
    assert hours(daemon) == {}


def test_hours_by_branch_and_commit_are_those_of_the_day(daemon):
    daemon.stint("backfill", "git", "--yes")
    assert sum(hours(daemon, "branch").values()) == sum(hours(daemon).values())
    assert hours(daemon, "branch")["ACME-7-login"] >= 60
    assert sum(hours(daemon, "commit").values()) == sum(hours(daemon).values())
    daemon.stint("backfill", "--undo")
