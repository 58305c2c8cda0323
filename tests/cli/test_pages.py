"""What is handed over: a timesheet as a target has it, and an invoice; as text, CSV and pages that print well."""

import csv
import io
import json
import re
import shutil
import subprocess

import pytest

from stintd.cli.main import main
from tests.support import PATIENCE

DAYS = [f"2026-11-{day}" for day in range(16, 23)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def sheet_row(project, task, seconds):
    days = dict.fromkeys(DAYS[:5], seconds)
    rounded = dict.fromkeys(DAYS[:5], round(seconds / 900) * 900)
    return {
        "clientName": "=Acme",
        "projectName": project,
        "taskName": task,
        "days": days,
        "roundedDays": rounded,
        "deliveredDays": {DAYS[0]: 900},
        "seconds": 5 * seconds,
        "roundedSeconds": sum(rounded.values()),
        "deliveredSeconds": 900,
    }


def sheet(*rows):
    names = ("days", "roundedDays", "deliveredDays")
    sums = {name: {day: sum(row[name].get(day, 0) for row in rows) for day in DAYS} for name in names}
    for name in ("seconds", "roundedSeconds", "deliveredSeconds"):
        sums[name] = sum(row[name] for row in rows)
    return {"from": DAYS[0], "to": DAYS[-1], "timezone": "UTC", "days": DAYS, "rows": list(rows), "totals": sums}


@pytest.fixture
def acme(control):
    control.answers["GET", "/api/timesheet"] = sheet(sheet_row("atlas", "DEV-12", 2800), sheet_row("時間追跡", "@call", 1300))
    return control


def figures(seconds, rate=None, currency=None):
    amounts = {currency: round(seconds * rate / 3600, 2)} if rate else {}
    return {
        "seconds": seconds,
        "handsOnSeconds": seconds,
        "supervisedSeconds": 0,
        "agentSeconds": 0,
        "billableSeconds": seconds,
        "amount": next(iter(amounts.values()), None),
        "currency": currency,
        "amounts": amounts,
        "entries": 1,
    }


@pytest.fixture
def billed(control):
    rows = [
        {"key": "p1/DEV-12", "name": "Log in", **figures(5 * 3600 + 61, 95, "EUR")},
        {"key": "p1/", "name": "no task", **figures(1200, 95, "EUR")},
        {"key": "p2/", "name": "no task", **figures(3600, 80.5, "USD")},
        {"key": "p3/", "name": "no task", **figures(1800)},
    ]
    control.answers["GET", "/api/reports"] = {
        "from": "2026-11-01T00:00:00Z",
        "to": "2026-12-01T00:00:00Z",
        "timezone": "UTC",
        "groupBy": "task",
        "rows": rows,
        "totals": {"key": "", "name": "total", **figures(0)},
    }
    found = [("p1", "atlas", "Acme", 95, "EUR"), ("p2", "<b>orbit", "Globex", 100, "USD"), ("p3", "own", None, None, None)]
    fields = ("id", "name", "clientName", "hourlyRate", "currency")
    data = [dict(zip(fields, one, strict=True)) for one in found]
    control.answers["GET", "/api/projects"] = {"data": data, "nextCursor": None}
    control.answers["GET", "/api/tasks"] = {
        "data": [{"projectId": "p1", "key": "DEV-12", "hourlyRate": None}, {"projectId": "p2", "key": "", "hourlyRate": 80.5}],
        "nextCursor": None,
    }
    return control


@pytest.mark.parametrize("room", [100, 60, 40])
def test_raw_rounded_and_delivered_stand_beside_each_other_at_any_width(stint, acme, monkeypatch, room):
    monkeypatch.setenv("COLUMNS", str(room))
    lines = stint("timesheet", "2026-W47", "--as", "acme").out.splitlines()
    atlas = next(line for line in lines if line.startswith("atlas"))
    assert atlas.split()[-3:] == ["3.89", "3.75", "0.25"]
    assert next(line for line in lines if line.startswith("sum")).split()[-3:] == ["5.69", "5.00", "0.50"]
    assert all(sum(2 if ord(c) > 0x2E80 else 1 for c in line) <= room for line in lines)
    assert "4.50 not there yet" in " ".join(lines)
    assert (atlas.split()[-4] == "·") is (room == 100)


def test_columns_stay_in_line_where_the_encoding_lacks_wide_characters(control, monkeypatch):
    """What cannot be printed becomes a question mark, one column wide."""
    control.answers["GET", "/api/timesheet"] = sheet(sheet_row("atlas", "DEV-12", 2800), sheet_row("時間追跡", "x", 1300))
    told = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="replace")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("sys.stdout", told)
    assert main(["timesheet", "2026-W47"]) == 0
    told.flush()
    lines = told.buffer.getvalue().decode("ascii").splitlines()
    assert [line.split()[0] for line in lines[1:3]] == ["atlas", "????"]
    assert len({len(line) for line in lines[:5] if not line.startswith("-")}) == 1
    assert "." in lines[1].split()


def test_a_csv_as_a_target_has_it_guards_formulas_and_adds_up(stint, acme):
    rows = list(csv.DictReader(io.StringIO(stint("timesheet", "2026-W47", "--as", "acme", "--csv").out)))
    assert [(row["client"], row["task"]) for row in rows] == [("'=Acme", "DEV-12"), ("'=Acme", "'@call")]
    assert [(row["sum"], row["sum rounded"], row["sum delivered"]) for row in rows] == [
        ("3.89", "3.75", "0.25"),
        ("1.81", "1.25", "0.25"),
    ]
    assert (rows[0]["2026-11-16"], rows[0]["2026-11-16 rounded"], rows[0]["2026-11-17 delivered"]) == ("0.78", "0.75", "0.00")


def test_a_page_as_a_target_has_it_shows_all_three_by_day(stint, acme):
    page = stint("timesheet", "2026-W47", "--as", "acme", "--html").out
    lines = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr class.*?</tr>", page)]
    assert [line[0] for line in lines[:3]] == ["atlas · DEV-12", "rounded", "delivered"]
    assert [line[-1] for line in lines[-3:]] == ["5.69", "5.00", "0.50"]
    assert "landscape" in page


def test_a_rate_without_a_currency_is_a_rate(stint, billed):
    for project in billed.answers["GET", "/api/projects"]["data"]:
        project["currency"] = None
    told = stint("report", "last", "month", "--invoice").out
    assert re.search(r"without a rate +0\.50 *\n", told)
    assert re.search(r"total +6\.35 +588\.75 *(\n|$)", told)


def test_an_invoice_multiplies_what_it_shows(stint, billed):
    found = json.loads(stint("report", "last", "month", "--invoice", "--json").out)["lines"]
    by_work = {(one["project"], one["task"]): (one["hours"], one["rate"], one["amount"], one["currency"]) for one in found}
    assert by_work == {
        ("atlas", "Log in"): ("5.02", "95.00", "476.90", "EUR"),
        ("atlas", None): ("0.33", "95.00", "31.35", "EUR"),
        ("<b>orbit", None): ("1.00", "80.50", "80.50", "USD"),
        ("own", None): ("0.50", None, None, None),
    }
    told = stint("report", "last", "month", "--invoice").out
    assert re.search(r"total +5\.35 +508\.25 +EUR", told)
    assert re.search(r"total +1\.00 +80\.50 +USD", told)
    assert "without a rate" in told
    assert [one["query"]["billable"] for one in billed.requests if one["path"] == "/api/reports"] == ["true"] * 2


def test_an_invoice_as_a_page_and_as_csv(stint, billed):
    page = stint("report", "2026-11", "--invoice", "--html").out
    assert "<b>" not in page
    assert "&lt;b&gt;orbit" in page
    assert "508.25" in page
    rows = list(csv.DictReader(io.StringIO(stint("report", "2026-11", "--invoice", "--csv").out)))
    assert rows[0]["client"] == ""
    assert {row["amount"] for row in rows} == {"476.90", "31.35", "80.50", ""}


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is missing (apt install chromium): how pages print is not looked at")
def test_pages_print_on_whole_sheets(stint, control, tmp_path):
    """120 tasks: several sheets on their side, none of them empty, with nothing cut off at the right."""
    control.answers["GET", "/api/timesheet"] = sheet(*(sheet_row(f"project {n} " + "long " * 20, "DEV", 2800) for n in range(60)))
    page, paper = tmp_path / "sheet.html", tmp_path / "sheet.pdf"
    page.write_text(stint("timesheet", "2026-W47", "--as", "acme", "--html").out)
    subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={paper}",
            page.as_uri(),
        ],
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    raw = paper.read_bytes()
    boxes = re.findall(rb"/MediaBox ?\[ ?0 0 ([\d.]+) ([\d.]+)", raw)
    assert boxes
    assert all(float(wide) > float(high) for wide, high in boxes)
    assert 3 <= len(re.findall(rb"/Type ?/Page\b", raw)) <= 12
