"""Hours by branch and by commit outlive both: amended, rebased, squashed or deleted, they stay where they were worked."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.daemon import Daemon
from tests.support.repos import OWNER, init

DAY = (datetime.now(UTC) - timedelta(days=4)).replace(hour=9, minute=0, second=0, microsecond=0)
CONFIG = f"""[owner]
emails = ["{OWNER[1]}"]
"""
FEATURE = "ACME-7-login"
WORKED = {"Begin": 60, "Form": 40, "Form, checked": 15, "Session": 35, "Hotfix": 30, "Logout": 50}
"""Minutes that each commit took, and keeps when it is gone."""


def at(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def worked(top):
    """Three hours on a branch while somebody changes main, and one commit of it amended."""
    acme = init(top / "code" / "acme")
    acme.commit("Begin", at=at(0))
    acme.git("checkout", "-q", "-b", FEATURE, at=at(10))
    acme.commit("Form", at=at(40), name="form.py")
    acme.commit("Form, checked", at=at(55), name="form.py", amend=True)
    acme.commit("Session", at=at(90), name="session.py")
    acme.git("checkout", "-q", "main", at=at(95))
    acme.commit("Hotfix", at=at(120), name="hotfix.py")
    acme.git("checkout", "-q", FEATURE, at=at(125))
    acme.commit("Logout", at=at(170), name="logout.py")
    return acme


def rewritten(acme):
    """The branch rebased, squashed into main, and gone."""
    acme.git("rebase", "-q", "main", at=at(172))
    acme.git("checkout", "-q", "main", at=at(174))
    acme.git("merge", "-q", "--squash", FEATURE, at=at(175))
    acme.git("commit", "-q", "-m", "Login (#7)", at=at(176))
    acme.git("branch", "-q", "-D", FEATURE, at=at(177))
    assert acme.git("branch", "--format=%(refname:short)") == "main"


def started(top, name):
    return Daemon(top / name, folders=[top / "code"], config=CONFIG, environment={"HOME": str(top), "TZ": "UTC"})


def minutes(daemon, by):
    rows = daemon.stint("report", DAY.date().isoformat(), "--by", by, "--json").json["rows"]
    return {row["name"]: row["seconds"] / 60 for row in rows}


@pytest.mark.parametrize("moment", ["before", "after"])
def test_hours_stay_with_the_branch_and_the_commits_they_were_worked_on(tmp_path, moment):
    acme = worked(tmp_path)
    if moment == "after":
        rewritten(acme)
    with started(tmp_path, "home") as daemon:
        assert daemon.stint("backfill", "git", "--yes").code == 0
        if moment == "before":
            rewritten(acme)
            daemon.restart()
        total = sum(minutes(daemon, "project").values())
        assert total >= 60 + 170
        assert sum(minutes(daemon, "branch").values()) == pytest.approx(total)
        assert minutes(daemon, "branch")[FEATURE] >= 40 + 35 + 45
        by_commit = minutes(daemon, "commit")
        assert sum(by_commit.values()) == pytest.approx(total)
        assert {name: by_commit[name] for name in WORKED} == pytest.approx(WORKED, abs=2)
        assert daemon.stint("rebuild", "--dry-run").out.startswith("nothing")
