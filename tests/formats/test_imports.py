"""Hours out of files into a real home: once, whole or not at all, and taken back by one undo."""

import json

import pytest

from tests.formats.conftest import TOTAL, ZONE
from tests.support.daemon import Daemon

FORMATS = ("csv", "ical", "timeclock", "timewarrior", "watson", "json")


@pytest.fixture
def other(tmp_path):
    """An empty home."""
    with Daemon(tmp_path / "o", environment={"TZ": ZONE}) as daemon:
        yield daemon


def total(daemon):
    return daemon.client.get("/api/reports", from_="2026-01-01", to="2026-12-31")["totals"]["seconds"]


def facts(daemon):
    """What must be the same in another home, of each entry."""
    names = (
        "id",
        "projectName",
        "taskName",
        "description",
        "start",
        "end",
        "durationSeconds",
        "pauses",
        "tags",
        "billable",
        "approvedAt",
        "locked",
        "handsOnSeconds",
        "branch",
        "revision",
        "commits",
    )
    return [{name: entry[name] for name in names} for entry in daemon.entries()]


def test_what_every_format_writes_is_read_again_and_a_second_import_adds_nothing(home, other, tmp_path):
    for name in FORMATS:
        target = tmp_path / name
        home.stint("export", name, "-o", str(target))
        first = other.stint("import", name, str(target), "--create", "--overlap", "--json").json
        assert first["added"] > 0
        assert total(other) == TOTAL, name
        again = other.stint("import", name, str(target), "--create", "--overlap", "--json").json
        assert (again["added"], again["known"], total(other)) == (0, first["added"], TOTAL), name
        same_home = home.stint("import", name, str(target), "--json").json
        assert same_home["added"] == 0, name
        other.stint("undo")
        assert total(other) == 0, name
        assert other.entries() == []


def test_another_home_made_of_our_json_has_the_same_ids_and_says_the_same_of_each_entry(home, other, tmp_path):
    home.stint("approve", "2026-11-20")
    home.client.post("/api/tasks", {"projectName": "acme", "name": "Write it down", "key": "DEV-77"})
    home.client.patch(
        "/api/projects/" + home.client.get("/api/projects")["data"][0]["id"], {"hourlyRate": "95.50", "clientName": "Ä & Co"}
    )
    home.stint("map", "/code/acme", "acme", "--tag", "deep")
    home.client.post("/api/users", {"name": "Mona", "email": "mona@example.com"})
    target = tmp_path / "all.json"
    home.stint("export", "json", "-o", str(target))
    other.stint("import", "json", str(target))
    assert facts(other) == facts(home)
    for route in ("/api/projects?status=all", "/api/clients", "/api/tasks?status=all", "/api/mappings"):
        assert other.client.get(route)["data"] == home.client.get(route)["data"], route
    assert {one["name"] for one in other.client.get("/api/users")["data"]} >= {"Mona"}
    written = [home.stint("export", "json").out, other.stint("export", "json").out]
    first, second = ([line for line in text.splitlines() if "exportedAt" not in line] for text in written)
    assert first == second
    home.stint("unapprove", "2026-11-20")


def test_nothing_is_imported_while_a_line_is_bad_unless_bad_ones_are_left_out(other, tmp_path):
    target = tmp_path / "hours.csv"
    target.write_text(
        "start,end,project\n2026-11-20 09:00,2026-11-20 10:00,acme\nnever,2026-11-20 11:00,acme\n"
        "2026-11-20 12:00,2026-11-20 11:00,acme\n2026-11-20 13:00,,acme\n"
        "8999-01-01 00:00,8999-01-01 01:00,acme\n"
    )
    refused = other.stint("import", "csv", str(target), "--create", check=False)
    assert refused.code == 1
    assert "line 3: 'never' is not a time" in refused.err
    assert "line 4: the end is not after the start" in refused.err
    assert "line 6: it is in the future" in refused.err
    assert other.entries() == []
    taken = other.stint("import", "csv", str(target), "--create", "--skip-bad")
    assert "imported 1 entry, 1h 00m" in taken.out
    assert "1 skipped: it is still running" in taken.out
    assert [one["origin"] for one in other.entries()] == ["import"]


def test_a_dry_run_changes_nothing_and_says_what_the_import_then_does(other, tmp_path):
    target = tmp_path / "hours.timeclock"
    target.write_text("i 2026-11-20 09:00:00 acme:web  call\no 2026-11-20 10:00:00\n")
    shown = other.stint("import", "timeclock", str(target), "--create", "--dry-run", "--json").json
    assert other.entries() == []
    assert other.client.get("/api/projects")["data"] == []
    done = other.stint("import", "timeclock", str(target), "--create", "--json").json
    assert {**shown, "dryRun": False} == done
    assert done["projectsCreated"] == ["acme"]
    (entry,) = other.entries()
    assert (entry["projectName"], entry["taskName"], entry["description"]) == ("acme", "web", "call")


def test_a_project_that_is_not_there_is_told_before_anything_is_done(other, tmp_path):
    target = tmp_path / "frames"
    target.write_text(json.dumps([[1795161600, 1795165200, "web\x1b[31m", "a" * 32, []]]))
    refused = other.stint("import", "watson", str(target), check=False)
    assert refused.code == 1
    assert "--create" in refused.err
    assert "\x1b" not in refused.err
    other.client.post("/api/projects", {"name": "acme"})
    assert "imported 1 entry" in other.stint("import", "watson", str(target), "--project", "acme").out


def test_time_of_the_owners_own_is_never_taken_and_the_lines_in_its_way_are_told(other, tmp_path):
    other.stint("add", "beta", "2026-11-20T09:30-09:45", "--create")
    target = tmp_path / "2026-11.data"
    target.write_text('inc 20261120T080000Z - 20261120T090000Z # "acme"\ninc 20261120T100000Z - 20261120T110000Z # acme\n')
    refused = other.stint("import", "timewarrior", str(target), "--create", check=False)
    assert refused.code == 1
    assert "line 1: beta 2026-11-20 09:30–09:45" in refused.err
    assert len(other.entries()) == 1
    left = other.stint("import", "timewarrior", str(target), "--create", "--skip-overlaps")
    assert "imported 1 entry" in left.out
    both = other.stint("import", "timewarrior", str(target), "--create", "--overlap", "--json").json
    assert (both["added"], both["known"]) == (1, 1)


def test_entries_of_a_file_that_overlap_each_other_are_told_by_their_lines(other, tmp_path):
    target = tmp_path / "2026-11.data"
    target.write_text("inc 20261120T080000Z - 20261120T090000Z # acme\ninc 20261120T083000Z - 20261120T093000Z # beta\n")
    refused = other.stint("import", "timewarrior", str(target), "--create", check=False)
    assert refused.code == 1
    assert "line 2 overlaps line 1" in refused.err
    assert "imported 1 entry" in other.stint("import", "timewarrior", str(target), "--create", "--skip-overlaps").out


def test_what_the_owner_deleted_after_an_import_stays_deleted(other, tmp_path):
    target = tmp_path / "frames"
    target.write_text(
        json.dumps([[1795161600, 1795165200, "acme", "b" * 32, []], [1795168800, 1795172400, "acme", "c" * 32, []]])
    )
    other.stint("import", "watson", str(target), "--create")
    other.stint("delete", other.entries()[0]["id"])
    again = other.stint("import", "watson", str(target), "--create", "--json").json
    assert (again["added"], again["known"]) == (0, 2)
    assert len(other.entries()) == 1


@pytest.mark.parametrize(("name", "raw", "told"), [
    ("csv", b"start,end\n\xff\xfe", "is not UTF-8"), ("json", b'{"a": 1}', "not an export of stintd"), ("json", b"", "not"),
    ("watson", b"[" * 200_000, "nested too deeply"), ("ical", b"hello", "not a line of iCalendar"),
    ("csv", b"a,b\n1,2\n", "no columns"),
    ("timewarrior", b"rubbish\n", "cannot be read"), ("csv", b'start,end\n"2026', "is not CSV"),
])  # fmt: skip
def test_a_file_of_another_kind_is_refused_with_a_sentence(home, tmp_path, name, raw, told):
    target = tmp_path / "file"
    target.write_bytes(raw)
    refused = home.stint("import", name, str(target), check=False)
    assert refused.code == 1, refused.out
    assert told in refused.err


def test_what_is_no_file_is_refused_and_standard_input_is_read(home, other):
    assert "is not a file" in home.stint("import", "csv", "/dev/null", check=False).err
    assert "cannot be read" in home.stint("import", "csv", "/nowhere", check=False).err
    text = "i 2026-11-20 09:00:00 acme\no 2026-11-20 10:00:00\n"
    assert "imported 1 entry" in other.stint("import", "timeclock", "-", "--create", stdin=text).out
