"""`stint timesheet`: task × day in decimal hours, with sums."""

import csv
import json
import re
import sys
from datetime import date, timedelta

from stintd.cli import markup
from stintd.cli.catalog import exact_project_name
from stintd.cli.layout import Column, columns, table, width
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.period import now
from stintd.cli.report import safe_cell
from stintd.cli.text import UNKNOWN, bold, decimal_hours, dim, for_terminal
from stintd.client.control import Control
from stintd.protocol import when

OPTIONS = (
    Option("--client", "only this client", "CLIENT"),
    Option("--project", "only this project", "PROJECT", complete="projects"),
    Option("--as", "beside it what it is there: rounded, and already delivered", "TARGET"),
    Option("--csv", "print as CSV"),
    Option("--html", "print as a page that stands alone"),
)
WEEK = re.compile(r"\d{4}-?W\d\d", re.IGNORECASE)


def bounds_of(text):
    """Monday and Sunday of `2026-W47`, `last week` or any day; this week without one."""
    if WEEK.fullmatch(text):
        monday = date.fromisoformat(f"{text[:4]}-W{text[-2:]}-1")
    elif text:
        first, last = when.period(text, now())
        if (last - first).days > 6:
            return first, last
        monday = first - timedelta(days=first.weekday())
    else:
        today = date.today()
        monday = today - timedelta(days=today.weekday())
    return monday, monday + timedelta(days=6)


def _name(row):
    project = for_terminal(row.get("projectName")) or UNKNOWN
    task = for_terminal(row.get("taskName"))
    return f"{project} · {task}" if task else project


def _cell(seconds):
    return decimal_hours(seconds) if seconds else "·"


def _by_day(row, days):
    return [row["days"].get(day, 0) for day in days]


def _heading(day, room):
    moment = date.fromisoformat(day)
    return f"{moment:%a} {moment.day}" if room >= 70 else f"{moment:%a}"[:2]


def lines(answer, days, room):
    """The sheet; a screen too narrow for the days shows the sums alone."""
    rows = [row for row in answer["rows"] if any(row["days"].values())]
    yield from _table(rows, days, room) if rows else [dim("nothing in this week")]
    totals = answer.get("totals") or {}
    found = (("supervised, in it", "supervisedSeconds"), ("agents on their own, beside it", "agentSeconds"))
    words = [f"{decimal_hours(totals[name])} {what}" for what, name in found if totals.get(name)]
    if words:
        yield dim("; ".join(words))


def _table(rows, days, room):
    per_day = [_by_day(row, days) for row in rows]
    sums = [sum(column) for column in zip(*per_day, strict=True)]
    names = max(width(_name(row)) for row in rows)
    has_days = len(days) <= 7 and room >= min(names, 12) + (len(days) + 1) * 7
    shape = [Column("task", gives_way=True, least=8, paint=lambda text, row: bold(text))]
    shape += [Column(_heading(day, room), is_number=True) for day in days] if has_days else []
    shape.append(Column("sum", is_number=True, paint=lambda text, row: bold(text)))
    cells = [
        [_name(row), *(map(_cell, found) if has_days else ()), decimal_hours(sum(found))]
        for row, found in zip(rows, per_day, strict=True)
    ]
    cells.append(["sum", *(map(_cell, sums) if has_days else ()), decimal_hours(sum(sums))])
    yield from table(shape, cells, room, has_sum=True)


def lines_as(answer, room):
    """Raw, rounded and already delivered beside each other."""
    names = ("seconds", "roundedSeconds", "deliveredSeconds")
    shape = [Column("task", gives_way=True, least=8, paint=lambda text, row: bold(text))]
    shape += [Column(name, is_number=True) for name in ("raw", "rounded", "delivered")]
    rows = [[_name(row), *(decimal_hours(row[name]) for name in names)] for row in answer["rows"]]
    rows.append(["sum", *(decimal_hours(answer["totals"][name]) for name in names)])
    yield from table(shape, rows, room, has_sum=True) if answer["rows"] else [dim("nothing in this week")]


def _html(answer, days):
    per_day = [_by_day(row, days) for row in answer["rows"]]
    rows = [
        [_name(row), *map(_cell, found), decimal_hours(sum(found))] for row, found in zip(answer["rows"], per_day, strict=True)
    ]
    sums = [sum(column) for column in zip(*per_day, strict=True)] or [0] * len(days)
    title = f"Timesheet {days[0]} – {days[-1]}"
    return markup.page(
        title,
        ["task", *(_heading(day, 80) for day in days), "sum"],
        [*rows, ["sum", *map(_cell, sums), decimal_hours(sum(sums))]],
    )


def _print_csv(answer, days):
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["client", "project", "task", *days, "sum"])
    for row in answer["rows"]:
        found = _by_day(row, days)
        named = [row.get("clientName"), row.get("projectName"), row.get("taskName")]
        writer.writerow([*map(safe_cell, named), *map(decimal_hours, found), decimal_hours(sum(found))])


def run(words):
    first, last = bounds_of(" ".join(words.week))
    control = Control()
    project = exact_project_name(control, words.project)
    bounds = {"from_": first.isoformat(), "to": last.isoformat()}
    target = getattr(words, "as")
    answer = control.get("/api/timesheet", **bounds, client=words.client, project=project, target=target)
    days = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    if words.json:
        print(json.dumps(answer))
    elif words.csv:
        _print_csv(answer, days)
    elif target and not words.html:
        print("\n".join(lines_as(answer, columns())))
    elif words.html:
        print(_html(answer, days))
    else:
        print("\n".join(lines(answer, days, columns())))


VERBS = {
    "timesheet": Verb(
        "timesheet", run, "task × day in decimal hours, this week or WEEK (2026-W47, last week)",
        (Operand("WEEK", "*"),), OPTIONS,
    )
}  # fmt: skip
