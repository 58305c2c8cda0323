"""Exports in the hands of the programs they are for: each counts the same seconds as the report."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.formats.conftest import RUNS, TOTAL, ZONE
from tests.support import PATIENCE
from tests.support.peers import PEERS


def needs(program, package):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program}: apt-get install {package}")


def run(*argv, **env):
    done = subprocess.run(
        argv, capture_output=True, text=True, env={**os.environ, **env}, stdin=subprocess.DEVNULL, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def test_the_home_counts_what_these_tests_hold_programs_to(home):
    assert sum(one["durationSeconds"] for one in home.entries()) == TOTAL
    report = home.client.get("/api/reports", from_="2026-01-01", to="2026-12-31")
    assert report["totals"]["seconds"] == TOTAL


@needs("hledger", "hledger")
@pytest.mark.parametrize("zone", [ZONE, "UTC"])
def test_hledger_counts_the_same_seconds(home, tmp_path, zone):
    target = tmp_path / "hours.timeclock"
    target.write_text(home.stint("export", "timeclock").out)
    printed = run("hledger", "-f", str(target), "balance", "-O", "json", LC_ALL="C.UTF-8", TZ=zone)
    rows = json.loads(printed)[0]
    found = {row[0]: seconds(row[3]) for row in rows}
    assert round(sum(found.values())) == TOTAL
    assert round(found["acme:DEV-12"]) == 7704
    assert 'client꞉ beta "b"' in found


def seconds(amounts):
    return sum(Decimal(one["aquantity"]["decimalMantissa"]).scaleb(-one["aquantity"]["decimalPlaces"]) * 3600 for one in amounts)


@needs("timew", "timewarrior")
def test_timewarrior_counts_the_same_seconds(home, tmp_path):
    months = defaultdict(list)
    for line in home.stint("export", "timewarrior").out.splitlines():
        months[f"{line[4:8]}-{line[8:10]}"].append(line)
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "timewarrior.cfg").write_text("")
    run("timew", "tags", TIMEWARRIORDB=str(tmp_path))  # the first call tells that it makes its list of tags
    for month, lines in months.items():
        (data / f"{month}.data").write_text("\n".join(lines) + "\n")
    found = json.loads(run("timew", "export", TIMEWARRIORDB=str(tmp_path), TZ=ZONE))
    assert sum(at(one["end"]) - at(one["start"]) for one in found) == TOTAL
    assert 'project:client: beta "b"' in {tag for one in found for tag in one["tags"]}
    assert {"a;b,c", "\\"} <= {tag for one in found for tag in one["tags"]}
    assert '=1+1; "cut", ü' in {one.get("annotation") for one in found}


def at(text):
    return int(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())


@pytest.mark.skipif(not (PEERS / "watson").exists(), reason=f"needs Watson: pip install --target {PEERS} td-watson")
def test_watson_counts_the_same_seconds(home, tmp_path):
    (tmp_path / "frames").write_text(home.stint("export", "watson").out)
    env = {"WATSON_DIR": str(tmp_path), "PYTHONPATH": str(PEERS), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
    log = json.loads(run(sys.executable, "-m", "watson", "log", "--all", "--json", **env))
    assert sum(span_of(one) for one in log) == TOTAL
    assert {one["project"] for one in log} == {"acme", 'client: beta  "b"', "gämma"}
    assert len({one["id"] for one in log}) == len(log) == RUNS
    report = json.loads(run(sys.executable, "-m", "watson", "report", "--all", "--json", **env))
    assert abs(report["time"] - TOTAL) < 2  # Watson drops a second at each midnight it splits at


def span_of(frame):
    return round((datetime.fromisoformat(frame["stop"]) - datetime.fromisoformat(frame["start"])).total_seconds())


def test_a_parser_of_icalendar_finds_every_run(home):
    icalendar = pytest.importorskip("icalendar")
    text = home.stint("export", "ical").out
    calendar = icalendar.Calendar.from_ical(text)
    events = list(calendar.walk("VEVENT"))
    assert sum((one["DTEND"].dt - one["DTSTART"].dt).total_seconds() for one in events) == TOTAL
    assert len({str(one["UID"]) for one in events}) == len(events) == RUNS
    assert all(one.get("DTSTAMP") is not None and not one.errors for one in events)
    assert {"line\nbreak\tand tab", "x" * 300, '=1+1; "cut", ü'} <= {str(one.get("DESCRIPTION")) for one in events}
    assert ["a;b,c", "\\"] in [one["CATEGORIES"].cats for one in events if "CATEGORIES" in one]


def test_an_icalendar_file_is_folded_and_ended_as_the_standard_says(home):
    raw = home.stint("export", "ical", "-o", str(home.home / "out.ics")) and (home.home / "out.ics").read_bytes()
    assert raw.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
    lines = raw.split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)
    assert (home.home / "out.ics").stat().st_mode & 0o777 == 0o600


def test_a_spreadsheet_takes_no_cell_for_a_formula_and_sums_the_same(home):
    rows = list(csv.DictReader(io.StringIO(home.stint("export", "csv").out)))
    assert sum(int(row["seconds"]) for row in rows) == TOTAL
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert '\'=1+1; "cut", ü' in {row["description"] for row in rows}


def test_an_entry_is_in_the_file_of_the_period_it_begins_in_and_in_no_other(home):
    first, second = (home.stint("export", "csv", "--from", day, "--to", day).out for day in ("2026-11-19", "2026-11-20"))
    rows = [list(csv.DictReader(io.StringIO(text))) for text in (first, second)]
    assert [row["project"] for row in rows[0]] == ['client: beta  "b"']
    assert [row["project"] for row in rows[1]] == ["acme", "gämma", "gämma"]


def test_filters_choose_and_what_belongs_to_others_stays_out(home):
    home.client.post("/api/projects", {"name": "secret", "clientName": "Other"})
    told = json.loads(home.stint("export", "json", "--project", "gämma").out)
    assert {one["name"] for one in told["projects"]} == {"gämma"}
    assert {one["projectName"] for one in told["entries"]} == {"gämma"}
    assert "secret" not in home.stint("export", "json", "--tag", "a;b,c").out


def test_a_wrong_format_and_a_place_that_cannot_be_written_are_refused_in_two_lines(home):
    refused = home.stint("export", "nix", check=False)
    assert refused.code == 2
    assert "csv, json, ical" in refused.err
    refused = home.stint("export", "csv", "-o", "/nowhere/file", check=False)
    assert refused.code == 1
    assert "/nowhere/file cannot be written" in refused.err
