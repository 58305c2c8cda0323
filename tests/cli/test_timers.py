"""`status`, `start`, `stop` and what else a person does to timers."""

import json
import os
from datetime import UTC, datetime

import pytest

from stintd import paths
from tests.support.control import entry

RUNNING = entry("2026-11-20T09:00:00Z", None, taskName="DEV-12", branch="DEV-12-parser", durationSeconds=5040)


def status(**more):
    shape = {
        "version": "0.1.0",
        "ready": True,
        "timers": [],
        "todaySeconds": 0,
        "reviewCount": 0,
        "warnings": [],
        "sources": [],
        "lagSeconds": 0,
    }
    return {**shape, **more}


def test_status_shows_what_runs_for_how_long_and_todays_total(stint, control):
    control.answers["GET", "/api/status"] = status(timers=[RUNNING], todaySeconds=18720)
    lines = stint("status").out.splitlines()
    assert lines[0] == "● atlas DEV-12 1h 24m since 09:00 on DEV-12-parser"
    assert lines[1] == "today 5h 12m"


def test_status_says_that_nothing_is_recorded(stint, control):
    control.answers["GET", "/api/status"] = status(recording=False)
    assert stint("status").out.splitlines()[0] == "recording is off; `stint on` switches it on"


def test_status_shows_agents_after_people_and_waiting_and_paused_ones(stint, control):
    timers = [
        {**RUNNING, "actor": "agent", "projectName": "beta"},
        {**RUNNING, "state": "waiting"},
        {**RUNNING, "state": "paused", "origin": "manual"},
    ]
    control.answers["GET", "/api/status"] = status(timers=timers)
    out = stint("status").out
    assert out.index("waiting for your first activity") < out.index("beta")
    assert "paused by hand" in out
    assert "agent" in out


def test_status_names_each_warning_and_its_remedy(stint, control):
    warning = {"code": "x", "severity": "warning", "text": "out of watches", "hint": "sudo sysctl …"}
    control.answers["GET", "/api/status"] = status(warnings=[warning])
    assert "! out of watches\n  sudo sysctl …\n" in stint("status").out


def test_status_as_json_is_what_the_daemon_said(stint, control):
    control.answers["GET", "/api/status"] = status(timers=[RUNNING])
    assert json.loads(stint("status", "--json").out)["timers"][0]["taskName"] == "DEV-12"


def test_start_without_a_project_names_the_folder(stint, control):
    control.answers["POST", "/api/timer/start"] = (201, {"timer": RUNNING, "stopped": [], "projectCreated": False})
    outcome = stint("start", "-t", "DEV-12", "-m", "parsing", "--tag", "deep", "--no-billable")
    assert outcome.out == "started atlas DEV-12\n"
    assert control.requests[0]["body"] == {
        "path": os.getcwd(),
        "taskName": "DEV-12",
        "description": "parsing",
        "tags": ["deep"],
        "billable": False,
        "source": "cli",
        "manual": True,
    }


def test_start_tells_what_it_stopped(stint, control):
    stopped = entry("2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z", "beta")
    control.answers["POST", "/api/timer/start"] = (201, {"timer": RUNNING, "stopped": [stopped], "projectCreated": True})
    assert stint("start", "atlas", "--create").out == "stopped beta after 1h 00m\nstarted atlas DEV-12 (new project)\n"
    assert control.requests[0]["body"]["autoCreate"] is True


def test_an_unknown_project_is_exit_one_with_near_names(stint, control):
    error = {"error": "there is no project atlsa", "code": "NOT_FOUND", "details": {"hint": "did you mean atlas?"}}
    control.answers["POST", "/api/timer/start"] = (404, error)
    outcome = stint("start", "atlsa")
    assert outcome.code == 1
    assert outcome.err == "stint: there is no project atlsa\n  did you mean atlas?\n"


@pytest.mark.parametrize("verb", ["start", "stop", "pause", "resume"])
def test_a_name_a_person_types_is_never_taken_for_a_near_one(stint, control, verb):
    control.answers["POST", f"/api/timer/{verb}"] = {"timer": RUNNING, "entry": RUNNING, "stopped": []}
    stint(verb, "atlsa")
    assert control.requests[0]["body"]["fuzzy"] is False


def test_stop_tells_how_long_it_was_and_nothing_running_is_exit_one(stint, control):
    ended = entry("2026-11-20T08:00:00Z", "2026-11-20T09:30:00Z")
    control.answers["POST", "/api/timer/stop"] = {"entry": ended}
    assert stint("stop").out == "stopped atlas after 1h 30m\n"
    control.answers["POST", "/api/timer/stop"] = {"entry": None}
    outcome = stint("stop", "beta")
    assert outcome.code == 1
    assert "beta is not running" in outcome.err


@pytest.mark.parametrize("verb", ["start", "stop", "switch"])
def test_a_time_is_sent_as_an_instant(stint, control, verb, berlin):
    control.answers["POST", f"/api/timer/{verb}"] = {"timer": RUNNING, "entry": RUNNING, "stopped": []}
    assert stint(verb, "atlas", "--at", "2026-11-20T10:30").code == 0
    assert control.requests[0]["body"]["at"] == "2026-11-20T09:30:00Z"
    stint(verb, "atlas", "--at", "-15m")
    at = datetime.fromisoformat(control.requests[1]["body"]["at"])
    assert 880 < (datetime.now(UTC) - at).total_seconds() < 920


def test_a_time_that_is_none_is_told_with_what_to_write(stint, control):
    outcome = stint("stop", "--at", "teatime")
    assert outcome.code == 1
    assert "10:30" in outcome.err
    assert control.requests == []


@pytest.mark.parametrize(
    ("verb", "path", "said"),
    [("pause", "pause", "paused atlas"), ("resume", "resume", "resumed atlas"),
     ("continue", "continue", "started atlas again"), ("cancel", "cancel", "cancelled atlas")],
)  # fmt: skip
def test_the_other_timer_verbs_say_what_they_did(stint, control, verb, path, said):
    control.answers["POST", f"/api/timer/{path}"] = {"timer": RUNNING}
    assert said in stint(verb).out
    control.answers["POST", f"/api/timer/{path}"] = {"timer": None}
    assert stint(verb).code == 1


def test_recording_is_switched_off_for_a_while_and_on(stint, control):
    control.answers["POST", "/api/recording"] = {"recording": False}
    assert stint("off", "--for", "1h30m").code == 0
    assert stint("on").out == "recording is on\n"
    assert [one["body"] for one in control.requests] == [{"recording": False, "minutes": 90.0}, {"recording": True}]


def test_the_prompt_prints_the_status_line_while_it_holds(stint, isolated_home):
    paths.ensure_folders(paths.home_layout())
    with open(paths.status_file(), "w") as file:
        file.write(f"atlas DEV-12 1:23 · today 5:41 {int(datetime.now().timestamp()) + 60}\n")
    assert stint("prompt").out == "atlas DEV-12 1:23 · today 5:41\n"
    with open(paths.status_file(), "w") as file:
        file.write("atlas 1:23 · today 5:41 1000\n")
    assert stint("prompt").out == ""
    os.unlink(paths.status_file())
    assert stint("prompt").code == 0
