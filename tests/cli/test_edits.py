"""`add`, `edit`, `split`, `merge`, `delete`, `undo`, `move`, `map`, `rebuild`: what they ask of the daemon, and say."""

import pytest

from tests.support.control import entry, page

ONE = entry("2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z")
TWO = entry("2026-11-20T09:00:00Z", "2026-11-20T10:00:00Z")


@pytest.fixture
def sheet(control):
    control.answers["GET", "/api/entries"] = page(TWO, ONE)
    for one in (ONE, TWO):
        control.answers["GET", f"/api/entries/{one['id']}"] = one
        for method in ("PATCH", "DELETE"):
            control.answers[method, f"/api/entries/{one['id']}"] = one
    return control


def test_past_work_is_added_as_a_span(stint, control, berlin):
    control.answers["POST", "/api/entries"] = (201, {**ONE, "takenSeconds": 1200})
    outcome = stint("add", "acme", "2026-11-20", "09:00-10:00", "-m", "call", "-t", "DEV-1")
    assert control.requests[0]["body"] == {
        "projectName": "acme",
        "start": "2026-11-20T08:00:00Z",
        "end": "2026-11-20T09:00:00Z",
        "taskName": "DEV-1",
        "description": "call",
    }
    assert outcome.out.startswith("added atlas 09:00–10:00, 1h 00m\nit replaced 20m of automatic time")


def test_an_entry_is_named_by_the_end_of_its_id_and_changed_with_its_revision(stint, sheet):
    outcome = stint("edit", ONE["id"][-6:], "--end", "9:15", "--project", "beta", "--tag", "x")
    assert outcome.code == 0
    assert sheet.asked("PATCH", f"/api/entries/{ONE['id']}")[0]["body"] == {
        "projectName": "beta",
        "tags": ["x"],
        "end": "2026-11-20T09:15:00Z",
        "revision": 3,
    }


def test_a_task_is_taken_away_with_a_dash(stint, sheet):
    stint("edit", ONE["id"], "-t", "-")
    assert sheet.asked("PATCH", f"/api/entries/{ONE['id']}")[0]["body"] == {"taskName": None, "revision": 3}


def test_an_edit_of_nothing_is_refused_before_anything_is_asked(stint, sheet):
    assert stint("edit", ONE["id"][-6:]).code == 1
    assert not [one for one in sheet.requests if one["method"] == "PATCH"]


def test_an_ending_that_two_entries_have_is_told_with_both(stint, control):
    other = {**ONE, "id": "11111111-0000-7000-8000-" + ONE["id"][-12:]}
    control.answers["GET", "/api/entries"] = page(ONE, other)
    outcome = stint("delete", ONE["id"][-6:])
    assert outcome.code == 1
    assert ONE["id"] in outcome.err
    assert other["id"] in outcome.err


def test_what_is_no_id_is_told(stint, control):
    for word in ("xyz", "1", "../.."):
        assert "is not the id" in stint("delete", word).err
    assert control.requests == []


def test_a_split_at_a_time_of_day_is_on_the_entrys_day(stint, sheet):
    sheet.answers["POST", f"/api/entries/{ONE['id']}/split"] = {"entries": [ONE, TWO]}
    outcome = stint("split", ONE["id"][-6:], "8:30")
    assert sheet.requests[-1]["body"] == {"at": "2026-11-20T08:30:00Z", "revision": 3}
    assert len(outcome.out.splitlines()) == 2


def test_merging_takes_two_and_sends_whole_ids(stint, sheet):
    sheet.answers["POST", "/api/entries/merge"] = ONE
    assert stint("merge", ONE["id"][-6:]).code == 1
    assert stint("merge", ONE["id"][-6:], TWO["id"][-6:]).code == 0
    assert sheet.requests[-1]["body"] == {"ids": [ONE["id"], TWO["id"]]}


def test_deleting_says_how_to_get_it_back(stint, sheet):
    assert "stint undo" in stint("delete", ONE["id"][-6:]).out


def test_undo_says_what_it_took_back_and_lists_the_latest(stint, control):
    control.answers["POST", "/api/undo"] = {"editId": "e1", "summary": "deleted atlas 08:00–09:00", "verb": "delete"}
    assert stint("undo").out == "undone: deleted atlas 08:00–09:00\n"
    assert control.requests[0]["body"] == {}
    stint("undo", "e1")
    assert control.requests[1]["body"] == {"editId": "e1"}
    step = {"editId": "e1", "at": "2026-11-20T09:00:00Z", "who": "owner", "verb": "delete", "summary": "gone", "undoneAt": None}
    control.answers["GET", "/api/edits"] = page(step)
    assert "e1  Fri 20 Nov 09:00  gone" in stint("undo", "--list").out


def test_a_move_needs_both_ends_and_names_only_what_was_asked(stint, control):
    assert stint("move", "beta", "--from", "9:00").code == 1
    control.answers["POST", "/api/move"] = {"entries": [ONE]}
    outcome = stint("move", "--from", "2026-11-20 8:00", "--to", "2026-11-20 9:00", "-p", "atlas", "beta", "-n")
    assert control.requests[-1]["body"] == {
        "from": "2026-11-20T08:00:00Z",
        "to": "2026-11-20T09:00:00Z",
        "project": "atlas",
        "projectName": "beta",
        "dryRun": True,
    }
    assert outcome.out.startswith("1 entry would move to beta")


def test_a_mapping_is_sent_with_the_whole_folder(stint, control, tmp_path, monkeypatch):
    control.answers["POST", "/api/mappings"] = (201, {"id": "m1"})
    monkeypatch.chdir(tmp_path)
    assert stint("map", "api", "acme", "--since", "2026-11-01").code == 0
    assert control.requests[-1]["body"] == {"path": str(tmp_path / "api"), "project": "acme", "since": "2026-11-01"}
    assert stint("map", "--remote", "github.com/acme/*", "acme").code == 0
    assert control.requests[-1]["body"] == {"remote": "github.com/acme/*", "project": "acme"}
    assert stint("map", "acme").code == 1


def test_a_mapping_says_what_it_changed_in_the_past(stint, control):
    difference = {"created": 1, "updated": 0, "deleted": 1, "beforeSeconds": 60, "afterSeconds": 60, "projects": []}
    control.answers["POST", "/api/mappings"] = (201, {"id": "m1", "difference": difference})
    assert "entries: 1 created, 1 deleted" in stint("map", "/code/api", "acme").out
    control.answers["DELETE", "/api/mappings"] = {"id": "m1", "difference": difference}
    assert "entries: 1 created, 1 deleted" in stint("map", "--remove", "m1").out


def test_a_rebuild_shows_its_difference(stint, control):
    control.answers["POST", "/api/rebuild"] = {
        "dryRun": True,
        "created": 1,
        "updated": 0,
        "deleted": 2,
        "beforeSeconds": 3600,
        "afterSeconds": 5400,
        "projects": [{"projectId": "p", "name": "atlas", "beforeSeconds": 0, "afterSeconds": 1800}],
        "entries": [],
    }
    out = stint("rebuild", "2026-11-20", "--dry-run").out
    assert control.requests[-1]["body"] == {"from": "2026-11-20", "to": "2026-11-20", "dryRun": True}
    assert out == "entries: 1 created, 2 deleted  1h 00m → 1h 30m\n  +30m  atlas\n"


def test_projects_are_found_by_name_ignoring_case_and_dashes(stint, control):
    known = {"id": "p1", "name": "Client-API", "revision": 4}
    control.answers["GET", "/api/projects"] = page(known)
    control.answers["PATCH", "/api/projects/p1"] = known
    assert stint("projects", "edit", "client api", "--rate", "90", "--client", "Acme").code == 0
    assert control.requests[-1]["body"] == {"clientName": "Acme", "hourlyRate": 90.0, "revision": 4}
    outcome = stint("projects", "archive", "client-apy")
    assert outcome.code == 1
    assert "did you mean Client-API" in outcome.err


def test_a_long_period_is_approved_in_batches_and_told_as_one(stint, control):
    answers = [{"entries": [ONE] * count, "count": count, "seconds": 60 * count, "editId": "e1"} for count in (200, 200, 1)]
    control.answers["POST", "/api/approve"] = lambda request: answers.pop(0)
    assert stint("approve", "2026-11-20").out == "approved 401 entries\n"
    assert [one["body"].get("editId") for one in control.asked("POST", "/api/approve")] == [None, "e1", "e1"]
