"""A year at a glance: a column a week, told apart without colour, as wide as the terminal."""

import json

import pytest

from tests.cli.test_screens import report

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"


@pytest.fixture
def year(control):
    control.answers["GET", "/api/reports"] = report(
        {"2026-01-01": 600, "2026-03-02": 2 * 3600, "2026-03-03": 4 * 3600, "2026-12-31": 9 * 3600}, "day"
    )
    return control


def test_a_year_has_a_row_a_weekday_and_a_column_a_week(stint, year):
    lines = stint("heatmap", "2026").out.splitlines()
    assert lines[0] == "Thu 1 Jan 2026 – Thu 31 Dec 2026"
    assert " ".join(lines[1].split()) == MONTHS
    rows = [line[4:] for line in lines[2:9]]
    assert [row.count("·") + sum(row.count(shade) for shade in "░▒▓█") for row in rows] == [52, 52, 52, 53, 52, 52, 52]
    assert (rows[3][0], rows[3][52], rows[0][9], rows[1][9]) == ("░", "█", "▒", "▓")
    assert "15h 10m on 4 days" in lines[-2]
    assert "most on Thu 31 Dec 2026: 9h 00m" in lines[-1]
    assert year.requests[-1]["query"] == {"from": "2026-01-01", "to": "2026-12-31", "groupBy": "day"}


@pytest.mark.parametrize("room", [20, 40, 60])
def test_a_narrow_terminal_shows_the_latest_weeks(stint, year, monkeypatch, room):
    monkeypatch.setenv("COLUMNS", str(room))
    lines = stint("heatmap", "2026").out.splitlines()
    assert max(map(len, lines[1:9])) <= room
    assert lines[5].rstrip().endswith("█")
    assert "\x1b" not in "".join(lines)


def test_json_and_what_is_no_year(stint, year):
    told = json.loads(stint("heatmap", "2026", "--json").out)
    assert {"day": "2026-03-02", "seconds": 7200} in told["days"]
    wrong = stint("heatmap", "soon")
    assert (wrong.code, "not a year" in wrong.err) == (1, True)
    assert stint("heatmap").code == 0
