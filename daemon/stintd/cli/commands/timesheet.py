"""`stint timesheet`: hours by task and day, in decimal hours, with sums."""

import csv
import json
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from stintd.cli import corrections, markup
from stintd.cli.answer import Answer, Rows
from stintd.cli.catalog import exact_project_name
from stintd.cli.layout import Column, columns, table, width, wrap
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import now, range_title
from stintd.cli.table import safe_cell
from stintd.cli.text import UNKNOWN, bold, decimal_hours, dim, dot, for_terminal
from stintd.client.control import Control
from stintd.protocol import when

OPTIONS = (
    Option("--client", "only this client", "CLIENT"),
    Option("--project", "only this project", "PROJECT", complete="projects"),
    Option("--as", "also show hours as TARGET counts them: rounded, and already sent", "TARGET"),
    Option("--csv", "print as CSV"),
    Option("--html", "print as an HTML page"),
)
KINDS = (("days", "raw"), ("roundedDays", "rounded"), ("deliveredDays", "delivered"))
SUMS = (("seconds", "raw"), ("roundedSeconds", "rounded"), ("deliveredSeconds", "delivered"))
WEEK = re.compile(r"\d{4}-?W\d\d", re.IGNORECASE)


def week_of(text: str) -> tuple[date, date]:
    """Monday and Sunday of `2026-W47`, `last week` or the week of a day; of this week for ""."""
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


def _row_name(row: Answer) -> str:
    project = for_terminal(row.get("projectName")) or UNKNOWN
    task = for_terminal(row.get("taskName"))
    return f"{project} {dot()} {task}" if task else project


def _cell(seconds: float) -> str:
    return decimal_hours(seconds) if seconds else dot()


def _day_values(row: Answer, days: Sequence[str]) -> list[float]:
    return [row["days"].get(day, 0) for day in days]


def _heading(day: str, room: int) -> str:
    moment = date.fromisoformat(day)
    return f"{moment:%a} {moment.day}" if room >= 70 else f"{moment:%a}"[:2]


def lines(answer: Answer, days: Sequence[str], room: int) -> Iterator[str]:
    """The sheet; a screen too narrow for the days shows only the sums."""
    rows = [row for row in answer["rows"] if any(row["days"].values())]
    yield from _table(rows, days, room) if rows else [dim("no time in this week")]
    words = _other_time(answer)
    if words:
        yield dim("; ".join(words))


def _other_time(answer: Answer) -> list[str]:
    """How much of it was supervised, and the time of agents that is not in it."""
    totals = answer.get("totals") or {}
    notes = (("supervised, included above", "supervisedSeconds"), ("by agents alone, not included", "agentSeconds"))
    return [f"{decimal_hours(totals[field])} h {note}" for note, field in notes if totals.get(field)]


def _table(rows: Rows, days: Sequence[str], room: int) -> Iterator[str]:
    per_day = [_day_values(row, days) for row in rows]
    sums = [sum(column) for column in zip(*per_day, strict=True)]
    names = max(width(_row_name(row)) for row in rows)
    has_days = len(days) <= 7 and room >= min(names, 12) + (len(days) + 1) * 7
    shape = [Column("task", gives_way=True, least=8, paint=lambda text, row: bold(text))]
    shape += [Column(_heading(day, room), is_number=True) for day in days] if has_days else []
    shape.append(Column("sum", is_number=True, paint=lambda text, row: bold(text)))
    cells = [
        [_row_name(row), *(map(_cell, seconds) if has_days else ()), decimal_hours(sum(seconds))]
        for row, seconds in zip(rows, per_day, strict=True)
    ]
    cells.append(["sum", *(map(_cell, sums) if has_days else ()), decimal_hours(sum(sums))])
    yield from table(shape, cells, room, has_sum=True)


def target_lines(answer: Answer, days: Sequence[str], room: int, target: str) -> Iterator[str]:
    """Raw, rounded and already delivered hours side by side; the days as they are delivered, if there is room."""
    rows = [row for row in answer["rows"] if any(row[name] for name, _ in SUMS)]
    if not rows:
        yield dim("no time in this week")
        return
    names = max(width(_row_name(row)) for row in rows)
    has_days = len(days) <= 7 and room >= min(names, 12) + len(days) * 7 + len(SUMS) * 11
    shape = [Column("task", gives_way=True, least=8, paint=lambda text, row: bold(text))]
    shape += [Column(_heading(day, room), is_number=True) for day in days] if has_days else []
    shape += [Column(title, is_number=True) for _, title in SUMS]
    cells = [
        [
            _row_name(row) if row.get("days") is not answer["totals"]["days"] else "sum",
            *(_cell(row["roundedDays"].get(day, 0)) for day in (days if has_days else ())),
            *(decimal_hours(row[name]) for name, _ in SUMS),
        ]
        for row in [*rows, answer["totals"]]
    ]
    yield from table(shape, cells, room, has_sum=True)
    if has_days:
        yield dim(f"days are rounded as for {target}")
    missing = answer["totals"]["roundedSeconds"] - answer["totals"]["deliveredSeconds"]
    if missing:
        difference = (
            f"{decimal_hours(missing)} not there yet" if missing > 0 else f"{decimal_hours(-missing)} more there than here"
        )
        yield from map(dim, wrap(f"{difference}: `stint outbox --target {target}` says why", room))


def _html(answer: Answer, days: Sequence[str], target: str | None, changed: Sequence[str]) -> str:
    """With a target, three lines per task: raw, rounded and delivered."""
    kinds = KINDS if target else KINDS[:1]
    lines = []
    for row in answer["rows"]:
        for name, title in kinds:
            seconds = [row[name].get(day, 0) for day in days]
            kind, head = (markup.PLAIN, _row_name(row)) if title == "raw" else (markup.SUB, title)
            lines.append((kind, [head, *map(_cell, seconds), decimal_hours(sum(seconds))]))
    for name, title in kinds:
        seconds = [sum(row[name].get(day, 0) for row in answer["rows"]) for day in days]
        lines.append((markup.SUM, ["sum" if title == "raw" else title, *map(_cell, seconds), decimal_hours(sum(seconds))]))
    words = [
        "decimal hours" + (f"; rounded and delivered as for {target}" if target else ""),
        *_other_time(answer),
        *changed,
    ]
    heads = ["task", *(_heading(day, 80) for day in days), "sum"]
    return markup.page(f"Timesheet {range_title({'from': days[0], 'to': days[-1]})}", heads, lines, words, is_wide=len(days) > 5)


def _print_csv(answer: Answer, days: Sequence[str], target: str | None) -> None:
    """One line per task; with a target first the raw days, then the rounded, then the delivered ones."""
    kinds = KINDS if target else KINDS[:1]
    titles = ["" if title == "raw" else f" {title}" for _, title in kinds]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(
        [
            "client",
            "project",
            "task",
            *(f"{day}{title}" for title in titles for day in days),
            *(f"sum{title}" for title in titles),
        ]
    )
    for row in answer["rows"]:
        parts = [[row[name].get(day, 0) for day in days] for name, _ in kinds]
        names = [row.get("clientName"), row.get("projectName"), row.get("taskName")]
        sums = [decimal_hours(sum(part)) for part in parts]
        writer.writerow([*map(safe_cell, names), *(decimal_hours(seconds) for part in parts for seconds in part), *sums])


def run(words: Words) -> None:
    first, last = week_of(" ".join(words.week))
    control = Control()
    project = exact_project_name(control, words.project)
    bounds: dict[str, str | None] = {"from_": first.isoformat(), "to": last.isoformat()}
    target = getattr(words, "as")
    answer = control.get("/api/timesheet", **bounds, client=words.client, project=project, target=target)
    days = [(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    if words.json:
        print(json.dumps(answer))
    elif words.csv:
        _print_csv(answer, days, target)
    elif words.html:
        changed = corrections.fetch_corrections(control, bounds, client=words.client, project=project)
        notes = [corrections.text_of(correction, corrections.timesheet_length) for correction in changed]
        print(_html(answer, days, target, notes))
    else:
        sheet = target_lines(answer, days, columns(), for_terminal(target)) if target else lines(answer, days, columns())
        changed = corrections.fetch_corrections(control, bounds, client=words.client, project=project)
        print("\n".join([*sheet, *corrections.lines(changed, columns(), corrections.timesheet_length)]))


VERBS = {
    "timesheet": Verb(
        "timesheet",
        run,
        "hours by task and day, in decimal hours, of this week or WEEK (2026-W47, last week)",
        (Operand("WEEK", "*"),),
        OPTIONS,
    )
}
