"""A home made of another's json file explains its hours as that one does."""

import json

import pytest

from tests.formats.conftest import ZONE
from tests.support import poll_until, repos
from tests.support.daemon import Daemon


def minute(number, day=20):
    return f"2026-01-{day}T{9 + number // 60:02}:{number % 60:02}:00Z"


def act(number, day=20, **more):
    return {"time": minute(number, day), "kind": "edit", "source": "editor", "project": "acme", "entity": "a.py", **more}


ACTS = (
    *(act(number) for number in range(0, 50, 4)),
    *(act(number, project="beta", entity="b.py") for number in range(80, 120, 5)),
    *(act(number, kind="tool", source="agent", actor="agent", sessionId="s-1", entity="c.py") for number in range(130, 190, 3)),
    *(act(number, id=f"mine-{number}", day=21) for number in range(0, 90, 6)),
    *(act(number, day=22) for number in range(0, 40, 5)),
)
COUNT = len(ACTS) + 6


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A home with evidence, edits, a deletion and an entry by hand."""
    with Daemon(tmp_path_factory.mktemp("lived") / "h", environment={"TZ": ZONE}) as daemon:
        repo = repos.init(tmp_path_factory.mktemp("code") / "delta")
        repo.write("d.py", "1")
        repo.commit("begin")
        in_repo = [
            act(number, day=19, path=str(repo.path), project=None, branch="DEV-7-x", entity="d.py") for number in range(0, 30, 5)
        ]
        acts = [{name: value for name, value in one.items() if value} for one in (*ACTS, *in_repo)]
        assert daemon.client.post("/api/heartbeats", acts)["accepted"] == COUNT
        poll_until(lambda: len(daemon.entries()) >= 6, "what it made")
        first, *_, last = sorted(daemon.entries(), key=lambda one: one["start"])
        daemon.client.patch(f"/api/entries/{first['id']}", {"description": "talked it over", "billable": True})
        daemon.client.delete(f"/api/entries/{last['id']}")
        daemon.client.post(
            "/api/entries", {"projectName": "acme", "start": "2026-01-23T09:00:00Z", "end": "2026-01-23T10:00:00Z"}
        )
        yield daemon


@pytest.fixture
def other(tmp_path):
    with Daemon(tmp_path / "o", environment={"TZ": ZONE}) as daemon:
        yield daemon


def total(daemon):
    return daemon.client.get("/api/reports", from_="2026-01-01", to="2026-12-31")["totals"]["seconds"]


def stories(daemon):
    """What each entry rests on, without whose home it is."""
    found = {one["id"]: daemon.client.get(f"/api/entries/{one['id']}/evidence") for one in daemon.entries()}
    for one in found.values():
        del one["entry"]["userId"], one["entry"]["workspaceId"]
    return found


def told(daemon):
    return {entry_id: daemon.stint("why", entry_id).out for entry_id in stories(daemon)}


def written(daemon):
    return [line for line in daemon.stint("export", "json").out.splitlines() if "exportedAt" not in line]


def test_totals_ids_and_reasons_are_the_same_and_a_second_import_adds_nothing(lived, other, tmp_path):
    target = tmp_path / "all.json"
    lived.stint("export", "json", "-o", str(target))
    first = other.stint("import", "json", str(target), "--json").json
    assert first["others"]["heartbeats"] == COUNT
    assert (total(other), stories(other)) == (total(lived), stories(lived))
    assert told(other) == told(lived)
    assert "edits (seen by editor)" in "".join(told(other).values())
    assert "DEV-7" in {one["taskName"] for one in other.entries()}
    assert written(other) == written(lived)
    again = other.stint("import", "json", str(target), "--json").json
    assert (again["added"], again["others"]["heartbeats"], again["heartbeatsPassed"]) == (0, 0, 0)
    assert written(other) == written(lived)


def test_the_new_home_goes_on_by_the_same_rules_and_undo_takes_all_of_it_back(lived, other, tmp_path):
    target = tmp_path / "all.json"
    lived.stint("export", "json", "-o", str(target))
    other.stint("import", "json", str(target))
    other.stint("rebuild", "--from", "2026-01-01", "--to", "2026-01-31", "--yes")
    assert (total(other), set(stories(other))) == (total(lived), set(stories(lived)))
    other.stint("undo")
    assert (total(other), other.entries(), list(other.client.every("/api/heartbeats"))) == (0, [], [])


def test_where_there_is_evidence_already_the_files_is_passed_over_and_its_hours_come_as_the_owners(lived, other, tmp_path):
    other.client.post("/api/heartbeats", [act(number, project="gamma") for number in range(300, 320, 4)])
    poll_until(lambda: len(other.entries()) == 1, "its own entry")
    target = tmp_path / "all.json"
    lived.stint("export", "json", "-o", str(target))
    shown = other.stint("import", "json", str(target)).out
    assert f"{COUNT} heartbeats skipped" in shown
    assert {one["origin"] for one in other.entries()} == {"auto", "import", "manual"}
    assert total(other) == total(lived) + sum(one["durationSeconds"] for one in other.entries() if one["projectName"] == "gamma")


def test_a_file_of_some_projects_only_holds_no_evidence(lived):
    parts = json.loads(lived.stint("export", "json", "--project", "beta").out)
    assert "heartbeats" not in parts
    assert {one["projectName"] for one in parts["entries"]} == {"beta"}


def test_evidence_of_another_age_is_told_by_its_line_and_nothing_is_imported(lived, other, tmp_path):
    target = tmp_path / "all.json"
    text = lived.stint("export", "json").out
    target.write_text(text.replace("2026-01-22T09:10:00Z", "8999-01-22T09:10:00Z", 1))
    refused = other.stint("import", "json", str(target), check=False)
    assert (refused.code, "it is in the future" in refused.err, other.entries()) == (1, True, [])
