"""The command line with a real daemon: start and stop it, and every verb that changes something, end to end."""

import json
import os
import pty
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stintd.cli.process import wait_ready
from tests.support import PATIENCE, poll_until
from tests.support.daemon import Daemon
from tests.support.repos import make

pytestmark = pytest.mark.smoke


@pytest.fixture
def started():
    """Processes of this test; what is left of them is killed."""
    processes = []
    yield processes
    for process in processes:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE)


@pytest.fixture
def home(tmp_path):
    """A home without a daemon; one that was started in the background is stopped."""
    daemon = Daemon(tmp_path / "home")
    yield daemon
    daemon.stint("down")


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """One daemon for all verbs that only need one to talk to."""
    top = tmp_path_factory.mktemp("verbs")
    environment = {"HOME": str(top), "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(top / "gitconfig")}
    with Daemon(top / "home", environment=environment) as running:
        yield running


def at(**back):
    """A time of the recent past, as the wire writes it."""
    moment = datetime.now(UTC) - timedelta(**back)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def typed(**back):
    """The same as a person types it."""
    return (datetime.now(UTC) - timedelta(**back)).strftime("%Y-%m-%d %H:%M")


def span(hours_ago, minutes=60):
    start = datetime.now(UTC) - timedelta(hours=hours_ago)
    end = start + timedelta(minutes=minutes)
    return f"{start:%Y-%m-%d} {start:%H:%M} - {end:%Y-%m-%d} {end:%H:%M}".split()


# ---------------------------------------------------------------- the daemon


def test_up_watches_a_folder_says_what_it_found_and_down_ends_it(home, tmp_path):
    make(tmp_path / "code" / "atlas")
    outcome = home.stint("up", str(tmp_path / "code"))
    assert "stintd is running in the background" in outcome.out
    assert f"watching {tmp_path / 'code'}" in outcome.out
    assert "1 repository" in outcome.out
    assert "no git repository" not in outcome.out
    assert home.stint("status").code == 0
    assert "is already running" in home.stint("up").out
    assert home.stint("down").out.startswith("stopped")
    assert home.stint("status", check=False).code == 4
    assert home.stint("down").out == "stintd was not running\n"
    assert not os.path.exists(home.layout.status)


def test_up_on_a_folder_without_repositories_says_so(home, tmp_path):
    (tmp_path / "empty").mkdir()
    assert f"no git repository below {tmp_path / 'empty'}\n" in home.stint("up", str(tmp_path / "empty")).out


def test_a_restart_keeps_folders_and_serves_again(home, tmp_path):
    make(tmp_path / "code" / "atlas")
    home.stint("up", str(tmp_path / "code"))
    before = json.loads(Path(home.layout.http_json).read_text())["pid"]
    assert "stintd is running" in home.stint("restart").out
    assert json.loads(Path(home.layout.http_json).read_text())["pid"] != before
    assert home.stint("watch", "list").out == f"{tmp_path / 'code'}\n"


def test_a_folder_added_while_it_runs_is_watched_at_once(home, tmp_path):
    home.stint("up")
    make(tmp_path / "more" / "beta")
    home.stint("up", str(tmp_path / "more"))
    poll_until(lambda: "beta" in home.stint("repos").out, what="beta is found")
    home.stint("watch", "remove", str(tmp_path / "more"))
    assert home.stint("watch", "list").out.strip() == ""


def test_many_who_start_it_at_once_all_succeed_and_one_daemon_runs(home):
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: home.stint("up", check=False), range(4)))
    assert [(one.code, one.err) for one in outcomes] == [(0, "")] * 4


def test_up_tells_the_daemons_own_words_when_it_cannot_start(home):
    Path(home.layout.socket).mkdir()
    outcome = home.stint("up", check=False)
    assert outcome.code == 1
    assert "a folder is where the control socket belongs" in outcome.err or "control socket" in outcome.err
    Path(home.layout.socket).rmdir()


def test_live_shows_what_happens_and_ctrl_c_stops_the_daemon_it_started(home, started, tmp_path):
    repo = make(tmp_path / "code" / "atlas", is_live=True)
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "stintd.cli.main", "live", str(tmp_path / "code")],
        env={**home.environment, "TERM": "xterm", "COLUMNS": "80"},
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    started.append(process)
    os.close(follower)
    os.set_blocking(leader, False)
    seen = b""

    def shows(text):
        nonlocal seen
        try:
            seen += os.read(leader, 65536)
        except (BlockingIOError, OSError):
            return False
        return text in seen

    poll_until(lambda: shows(b"Ctrl-C stops"), "the view is drawn")
    repo.commit("Watched work")
    poll_until(lambda: shows(b"Watched work"), "the commit is shown")
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE) == 0
    os.close(leader)
    assert home.stint("status", check=False).code == 4


def test_live_piped_prints_lines_and_leaves_a_daemon_alone_that_ran_before(home, started, tmp_path):
    repo = make(tmp_path / "code" / "atlas", is_live=True)
    home.stint("up", str(tmp_path / "code"))
    with open(tmp_path / "out", "wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "stintd.cli.main", "live"], env=home.environment, stdin=subprocess.DEVNULL, stdout=out
        )
    started.append(process)
    poll_until(lambda: b"control socket" in (tmp_path / "out").read_bytes(), "it has begun")
    repo.commit("Piped work")
    poll_until(lambda: b"Piped work" in (tmp_path / "out").read_bytes(), "the commit is told")
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert b"\x1b" not in (tmp_path / "out").read_bytes()
    assert home.stint("status").code == 0


# ---------------------------------------------------------------- verbs against the real surface


def test_a_timer_is_started_switched_paused_resumed_stopped_and_continued(daemon):
    assert daemon.stint("start", "nosuch", check=False).code == 1
    assert "(new project)" in daemon.stint("start", "timers", "--create", "-m", "first", "--at", "-30m").out
    assert "timers" in daemon.stint("status").out
    daemon.stint("start", "timers2", "--create", "--at", "-20m")
    daemon.stint("switch", "timers", "--at", "-10m")
    assert "paused timers" in daemon.stint("pause").out
    assert "resumed timers" in daemon.stint("resume").out
    assert "stopped timers after" in daemon.stint("stop", "timers").out
    assert "started timers again" in daemon.stint("continue").out
    assert "cancelled timers" in daemon.stint("cancel").out
    assert daemon.stint("stop", check=False).code == 1


def test_an_unknown_project_is_exit_one_and_names_near_ones(daemon):
    daemon.stint("projects", "add", "near-atlas")
    outcome = daemon.stint("start", "near-atlsa", check=False)
    assert outcome.code == 1
    assert "near-atlas" in outcome.err


def test_past_work_is_added_found_edited_split_merged_deleted_and_brought_back(daemon):
    daemon.stint("projects", "add", "edits")
    added = daemon.stint("add", "edits", *span(50), "-m", "a call", "-t", "CALL-1", "--json").json
    short = added["id"].replace("-", "")[-6:]
    assert short in daemon.stint("log", typed(hours=50)[:10]).out
    daemon.stint("edit", short, "-m", "a long call", "--tag", "phone")
    assert daemon.stint("why", short).out.startswith("edits")
    shown = daemon.client.get(f"/api/entries/{added['id']}")
    assert (shown["description"], shown["tags"]) == ("a long call", ["phone"])
    halves = daemon.stint("split", short, at(hours=49, minutes=30), "--json").json
    assert len(halves) == 2
    daemon.stint("merge", *(half["id"] for half in halves))
    daemon.stint("delete", halves[0]["id"])
    assert daemon.client.get("/api/entries", project="edits")["data"] == []
    assert "undone" in daemon.stint("undo").out
    assert len(daemon.client.get("/api/entries", project="edits")["data"]) == 1
    assert daemon.stint("undo", "--list").out.strip()


def test_bad_times_are_told_and_change_nothing(daemon):
    daemon.stint("projects", "add", "bad")
    for words in (["15:00-14:00"], ["teatime"], ["2099-01-01", "10:00-11:00"], ["0m"], ["nan"]):
        outcome = daemon.stint("add", "bad", *words, check=False)
        assert outcome.code in (1, 2), words
        assert len(outcome.err.splitlines()) >= 2, words
    assert daemon.client.get("/api/entries", project="bad")["data"] == []


def test_a_gap_is_listed_filled_and_a_stretch_is_moved(daemon):
    daemon.stint("projects", "add", "gaps")
    daemon.stint("projects", "add", "moved")
    day = (datetime.now(UTC) - timedelta(days=4)).strftime("%Y-%m-%d")
    for hour in (9, 11):
        daemon.stint("add", "gaps", day, f"{hour}:00-{hour}:30")
    gaps = daemon.stint("gaps", day, "--json").json
    assert len(gaps) == 1
    assert gaps[0]["id"] in daemon.stint("gaps", day).out
    assert "filled 09:30–11:00 with gaps, 1h 30m" in daemon.stint("fill", gaps[0]["id"], "gaps", "-m", "meeting").out
    daemon.stint("move", "--from", f"{day} 9:00", "--to", f"{day} 9:30", "moved")
    rows = daemon.stint("report", day, "--json").json["rows"]
    assert {row["name"]: row["seconds"] for row in rows} == {"gaps": 7200, "moved": 1800}
    assert "2.50" in daemon.stint("timesheet", day).out


def test_projects_clients_and_tasks_are_kept(daemon):
    daemon.stint("clients", "add", "Acme Ltd")
    daemon.stint("projects", "add", "kept", "--client", "Acme Ltd", "--rate", "90", "--currency", "EUR", "--budget-hours", "40")
    assert "Acme Ltd" in daemon.stint("projects").out
    assert "90.00 EUR" in daemon.stint("projects").out
    daemon.stint("tasks", "add", "Parser", "-p", "kept", "--key", "DEV-9")
    assert "DEV-9" in daemon.stint("tasks", "-p", "kept").out
    daemon.stint("tasks", "complete", "DEV-9")
    assert "DEV-9" not in daemon.stint("tasks", "-p", "kept").out
    assert (
        "billed with supervised time, without the time of agents that work alone" in daemon.stint("projects", "show", "kept").out
    )
    daemon.stint("projects", "edit", "kept", "--no-bill-supervised", "--bill-agents")
    assert (
        "billed without supervised time, with the time of agents that work alone" in daemon.stint("projects", "show", "kept").out
    )
    daemon.stint("projects", "edit", "Kept", "--name", "kept too")
    assert "of 40 h" in daemon.stint("projects", "show", "kept-too").out
    assert "also found as kept" in daemon.stint("projects", "show", "KEPT").out
    refused = daemon.stint("projects", "add", "kept", check=False)
    assert "kept is an earlier name of the project kept too" in refused.err
    daemon.stint("projects", "alias", "kept", "--name", "older")
    assert "older is free; it was kept too" in daemon.stint("projects", "free", "older").out
    assert "is no earlier name" in daemon.stint("projects", "free", "kept too", check=False).err
    daemon.stint("projects", "archive", "kept too")
    assert "kept too" not in daemon.stint("projects").out
    assert "kept too" in daemon.stint("projects", "--all", "--names").out
    daemon.stint("clients", "edit", "Acme Ltd", "--name", "Acme")
    assert "Acme" in daemon.stint("clients").out


def test_people_are_invited_changed_and_removed(daemon):
    assert "owner" in daemon.stint("users").out
    daemon.stint("users", "add", "Mona Lisa", "--email", "mona@example.com", "--role", "manager")
    listed = daemon.stint("users").out
    assert "Mona Lisa" in listed
    assert "manager" in listed
    assert "invited" in listed
    daemon.stint("users", "edit", "MONA@example.com", "--name", "Mona", "--joined")
    (mona,) = [one for one in daemon.stint("users", "--json").json if one["name"] == "Mona"]
    assert (mona["status"], mona["email"]) == ("active", "mona@example.com")
    daemon.stint("users", "edit", "mona", "--email", "-", "--role", "standard")
    refused = daemon.stint("users", "edit", "owner", "--role", "standard", check=False)
    assert (refused.code, refused.err.count("\n")) == (1, 2)
    assert daemon.stint("users", "remove", "Mona", "--json").json["email"] is None
    for wrong in (("edit", "mona", "--name", "x"), ("edit", "owner"), ("add",), ("remove", "owner")):
        assert daemon.stint("users", *wrong, check=False).code == 1, wrong
    assert daemon.stint("users", "add", "x", "--role", "owner", check=False).code == 2
    daemon.stint("users", "edit", "owner", "--name", "Rosa")
    assert "Rosa" in daemon.stint("users").out


def test_a_mapping_is_previewed_made_listed_and_dropped(daemon, tmp_path):
    assert daemon.stint("map", str(tmp_path), "mapped", "--create", "--dry-run").code == 0
    made = daemon.stint("map", str(tmp_path), "mapped", "--create", "--json").json
    assert str(tmp_path) in daemon.stint("map", "--list").out
    daemon.stint("map", "--remove", made["id"])
    assert str(tmp_path) not in daemon.stint("map", "--list").out
    assert daemon.stint("rebuild", "--dry-run").code == 0
    assert daemon.stint("rebuild", "-y").code == 0


def test_recording_is_switched_and_told(daemon):
    daemon.stint("off", "--for", "10m")
    assert "recording" in daemon.stint("doctor", check=False).out
    daemon.stint("on")


def test_settings_are_changed_through_the_daemon(daemon):
    daemon.stint("config", "set", "time.idle_timeout", "20m")
    assert daemon.client.get("/api/settings")["time"]["idle_timeout"] == "20m"
    assert daemon.stint("config", "set", "http.port", "1", check=False).code == 1
    daemon.stint("config", "unset", "time.idle_timeout")


@pytest.mark.parametrize(
    "argv",
    [["status"], ["log"], ["day"], ["week"], ["report"], ["report", "--by", "task"], ["timesheet"], ["gaps"], ["repos"],
     ["projects"], ["clients"], ["tasks"], ["users"], ["why", "-10m"], ["map", "--list"], ["watch", "list"], ["doctor"],
     ["config"], ["undo", "--list"], ["rebuild", "--dry-run"], ["hooks", "status"]],
    ids=" ".join,
)  # fmt: skip
def test_every_verb_that_prints_data_prints_json_when_asked(daemon, argv):
    outcome = daemon.stint(*argv, "--json", check=False)
    assert outcome.err == ""
    json.loads(outcome.out)
    assert daemon.stint(*argv, check=False).code == outcome.code


def test_a_start_that_came_second_leaves_no_daemon_on_its_way(home, started, monkeypatch):
    """It would come up when the first one is stopped."""
    home.stint("up")
    slow = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])  # a stintd that is still loading
    started.append(slow)
    monkeypatch.setenv("STINTD_HOME", str(home.home))
    health = wait_ready(slow, 0)
    assert health["pid"] == json.loads(Path(home.layout.http_json).read_text())["pid"]
    assert slow.poll() is not None
