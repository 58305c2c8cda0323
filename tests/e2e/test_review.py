"""Friday: every open decision in one list, and the command beside each settles it."""

import shlex
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.daemon import Daemon

NOW = datetime.now(UTC)
MONDAY = (NOW - timedelta(days=NOW.weekday() + 7)).replace(hour=0, minute=0, second=0, microsecond=0)
"""Of last week: all of it lies in the past, whatever the day is today."""
DAY = MONDAY.date().isoformat()


def at(minute, day=0):
    return (MONDAY + timedelta(days=day, minutes=minute)).isoformat().replace("+00:00", "Z")


def beats(begin, end, day=0, **words):
    told = {"kind": "edit", "entity": "a.py", "source": "editor", **words}
    return [{**told, "time": at(minute, day)} for minute in range(begin, end + 1, 5)]


@pytest.fixture
def daemon(tmp_path):
    with Daemon(tmp_path / "home", environment={"TZ": "UTC"}) as one:
        one.client.post("/api/projects", {"name": "atlas", "clientName": "Acme"})
        yield one


def found(daemon, kind):
    return [one for one in daemon.client.get("/api/review")["items"] if one["kind"] == kind]


def settled(daemon, kind, **words):
    """Run the command of the only line of this kind; then it is gone, and the count has followed."""
    [line] = found(daemon, kind)
    assert f"`{line['command']}`" in " ".join(daemon.stint("review", COLUMNS="200").out.split())
    before = daemon.client.get("/api/status")["reviewCount"]
    everything = daemon.client.get("/api/review")["items"]
    assert before == len([one for one in everything if one["kind"] != "correction"])
    command = line["command"]
    for word, value in words.items():
        command = command.replace(word, value)
    daemon.stint(*shlex.split(command)[1:])
    assert found(daemon, kind) == []
    return before - daemon.client.get("/api/status")["reviewCount"]


def test_a_gap_is_filled_by_its_command(daemon):
    daemon.client.post("/api/heartbeats", [*beats(540, 600, project="atlas"), *beats(700, 760, project="atlas")])
    assert settled(daemon, "gap", PROJECT="atlas") == 1
    assert [entry["origin"] for entry in daemon.entries()].count("manual") == 1


def test_a_gap_between_approved_entries_is_settled_and_short_ones_are_none(daemon):
    daemon.client.post("/api/heartbeats", [*beats(540, 600, project="atlas"), *beats(700, 760, project="atlas")])
    assert len(found(daemon, "gap")) == 1
    daemon.stint("approve", DAY)
    assert found(daemon, "gap") == []
    body = {"projectName": "atlas", "startTime": at(770), "endTime": at(800)}
    daemon.client.post("/api/entries", body)
    assert found(daemon, "gap") == []


def test_time_without_a_project_is_given_one(daemon):
    entry = daemon.client.post("/api/entries", {"projectName": "atlas", "startTime": at(540), "endTime": at(600)})
    daemon.client.patch(f"/api/entries/{entry['id']}", {"projectId": None})
    assert settled(daemon, "unassigned", PROJECT="atlas") == 1


def test_a_new_project_is_given_to_a_client_or_kept_unbilled(daemon):
    daemon.client.post("/api/heartbeats", beats(540, 600, project="fresh & new"))
    [line] = found(daemon, "project")
    assert "fresh & new is a new project" in line["text"]
    daemon.client.post("/api/heartbeats", beats(700, 760, project="other"))
    daemon.stint("projects", "edit", "other", "--no-billable")
    settled(daemon, "project", CLIENT="Globex")
    assert {one["clientName"] for one in daemon.client.every("/api/projects")} == {"Acme", "Globex", None}


def test_a_timer_that_was_forgotten_is_cut(daemon):
    daemon.client.post("/api/entries", {"projectName": "atlas", "startTime": at(420), "endTime": at(420 + 13 * 60)})
    assert settled(daemon, "long", WHEN=f"{DAY}T09:00") == 1


def test_what_a_target_lacks_names_the_command_that_mends_it(daemon):
    config = '[targets.hook]\nkind = "webhook"\nbase_url = "http://127.0.0.1:9/x"\nfrom = 2021-01-01\napi_key_env = "HOME"\n'
    with open(daemon.layout.config, "a", encoding="utf-8") as file:
        file.write(config)
    daemon.restart()
    daemon.client.post("/api/entries", {"projectName": "atlas", "startTime": at(540), "endTime": at(600)})
    [line] = found(daemon, "target")
    assert (line["command"].startswith("stint targets map hook --project"), "1 entry" in line["text"]) == (True, True)


def test_what_changed_since_the_last_look_is_told_until_the_next(daemon):
    body = {"projectName": "atlas", "startTime": at(540), "endTime": at(600)}
    entry = daemon.client.post("/api/entries", body)
    assert found(daemon, "changed") == []
    daemon.stint("review")
    daemon.client.patch(f"/api/entries/{entry['id']}", {"description": "mended by its owner"})
    assert found(daemon, "changed") == []
    daemon.client.post("/api/heartbeats", beats(700, 760, project="atlas"))
    [line] = found(daemon, "changed")
    assert ("an entry of Mon" in line["text"], line["command"]) == (True, f"stint day {DAY}")
    assert "changed since your last review (1)" in daemon.stint("review").out
    assert found(daemon, "changed") == []


def test_approved_hours_that_would_be_others_are_listed_and_an_empty_list_says_so(daemon):
    assert daemon.stint("review").out == "nothing to review\n"
    daemon.client.post("/api/heartbeats", beats(540, 600, project="atlas"))
    daemon.stint("approve", DAY)
    daemon.client.post("/api/entries", {"projectName": "atlas", "startTime": at(602), "endTime": at(617)})
    [line] = found(daemon, "correction")
    assert "approved 1h 02m, now 1h 17m (+15m)" in line["text"]
    daemon.stint(*shlex.split(line["command"])[1:])
    assert found(daemon, "correction") == []


def test_estimated_time_is_confirmed_by_approving_and_narrow_screens_hold_all_of_it(daemon):
    watched = beats(540, 600 + 300, project="atlas", source="watch")
    daemon.client.post("/api/heartbeats", watched)
    assert settled(daemon, "unconfirmed") == 1
    told = daemon.stint("review", COLUMNS="40").out
    assert max(map(len, told.splitlines())) <= 40
