"""The running timer of a real daemon at ClickUp and ClockEye over real HTTP, from the installed command."""

import pytest

from tests.support import poll_until
from tests.support.billing.clickup import ClickUpFake
from tests.support.billing.clockeye import ClockEyeFake
from tests.support.billing.fake import Served
from tests.support.daemon import Daemon


@pytest.fixture
def servers():
    found = {"clickup": Served(ClickUpFake()), "clockeye": Served(ClockEyeFake())}
    yield found
    for one in found.values():
        one.close()


@pytest.fixture
def daemon(tmp_path, servers):
    with Daemon(tmp_path / "home") as one:
        one.client.post("/api/projects", {"name": "acme"})
        for kind, served in servers.items():
            options = [word for name, value in served.fake.options.items() for word in ("--set", f"{name}={value}")]
            one.connect(kind, served.url, served.fake.key, "--live", "on", *options)
            remote = [f"{name}={value}" for name, value in served.fake.remote.items()]
            one.stint("targets", "map", kind, "--project", "acme", *remote)
        yield one


def both(servers, is_running):
    for kind, served in servers.items():
        poll_until(lambda fake=served.fake: (fake.running() is not None) == is_running, f"{kind}: running is {is_running}")


def lasted(servers):
    """Until it ran long enough to be a run: one shorter than a second is none."""
    fake = servers["clockeye"].fake
    poll_until(lambda: fake.now() - fake.running()["start"] > 1.5, "it ran a while")


def test_it_runs_there_while_it_runs_here_through_a_kill_and_is_one_entry(daemon, servers):
    daemon.stint("start", "acme", "-m", "the call")
    both(servers, True)
    assert daemon.stint("targets").out.count(", live") == 2
    daemon.kill()
    daemon.start()
    assert [served.fake.running() is not None for served in servers.values()] == [True, True]
    lasted(servers)
    daemon.stint("pause")
    both(servers, False)
    daemon.stint("resume")
    both(servers, True)
    refused = daemon.stint("targets", "remove", "clickup", check=False)
    assert (refused.code, "a timer that stintd started runs at clickup" in refused.err) == (1, True)
    lasted(servers)
    daemon.stint("stop")
    both(servers, False)
    daemon.stint("approve", "today")
    daemon.stint("sync")
    clickup, clockeye = (served.fake for served in servers.values())
    poll_until(lambda: daemon.stint("outbox").out.startswith("nothing is waiting"), "everything is delivered")
    assert {line[2] for line in [*clickup.sheet(), *clockeye.sheet()]} == {"the call"}
    for fake in (clickup, clockeye):
        assert len(fake.ledger) <= fake.made <= 2


def test_a_timer_of_somebody_elses_is_left_alone_and_the_status_says_what_to_do(daemon, servers):
    theirs = {kind: served.fake.start_by_hand() for kind, served in servers.items()}
    daemon.stint("start", "acme")
    poll_until(lambda: daemon.stint("status").out.count("did not start runs there") == 2, "both warnings are shown")
    assert "stop it there" in daemon.stint("status").out
    assert [one["end"] for one in theirs.values()] == [None, None]
    for kind, served in servers.items():
        theirs[kind]["end"] = theirs[kind]["start"]
        served.fake.asked.clear()
    daemon.stint("sync")
    both(servers, True)
    daemon.stint("stop")
    both(servers, False)
    assert "did not start" not in daemon.stint("status").out


def test_live_is_refused_where_a_kind_cannot(daemon, servers, tmp_path):
    wrong = daemon.stint(
        "connect", "webhook", "--url", servers["clickup"].url, "--key-from", "-", "--live", "on", stdin="x\n", check=False
    )
    assert (wrong.code, "webhook takes no running timers" in wrong.err) == (1, True)
