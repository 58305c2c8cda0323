"""`stint week`: the days of a week as timelines, with totals."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from stintd.cli.answer import Answer, Rows
from stintd.cli.commands.day import Axis, bounds_of, hour_line, spans_of
from stintd.cli.commands.timesheet import week_of as week_of
from stintd.cli.layout import align_right, columns
from stintd.cli.options import Operand, Verb, Words
from stintd.cli.period import entries_between
from stintd.cli.text import bold, dim, length, paint_project
from stintd.client.control import Control

LABEL = 7


def hours_of(entries: Rows, days: Sequence[date]) -> tuple[int, int]:
    """The first and the last hour worked on any of the days, at least eight apart."""
    first, last = 24, 0
    for day in days:
        low, high = bounds_of(day)
        for entry in entries:
            for start, end in spans_of(entry, low, high):
                first = min(first, start.hour)
                last = max(last, 24 if end == high else end.hour + (1 if end.minute or end.second else 0))
    last = max(last, min(24, first + 8)) if first < 24 else 17
    return max(0, min(first, last - 8)), last


def lines(entries: Rows, report: Answer, days: Sequence[date], room: int) -> Iterator[str]:
    """One line per day, and the total."""
    seconds = {row["key"]: row["handsOnSeconds"] + row["supervisedSeconds"] for row in report["rows"]}
    first, last = hours_of(entries, days)
    cells = max(12, room - LABEL - 10)
    for number, day in enumerate(days):
        low, high = bounds_of(day)
        axis = Axis(low + timedelta(hours=first), min(high, low + timedelta(hours=last)), cells)
        if not number:
            yield dim(" " * LABEL + hour_line(axis, False))
        spans = [span for entry in entries for span in spans_of(entry, low, high)]
        total = seconds.get(day.isoformat(), 0)
        band = paint_project(axis.strip(spans), 0)
        yield f"{day:%a} {day.day:>2} {band}{bold(align_right(length(total) if total else '·', 9))}"
    total, wall = length(sum(seconds.values())), length(report["totals"]["wallSeconds"])
    yield bold(align_right(f"total {total}", LABEL + cells + 9))
    if wall != total:
        yield dim(f"wall time {wall}: overlapping time counted once")


def run(words: Words) -> None:
    control = Control()
    first, last = week_of(" ".join(words.week))
    bounds: dict[str, str | None] = {"from_": first.isoformat(), "to": last.isoformat()}
    entries = [e for e in entries_between(control, bounds, None, False) if e.get("state") != "waiting"]
    report = control.get("/api/reports", **bounds, groupBy="day")
    if words.json:
        print(json.dumps({"entries": entries, "report": report}))
        return
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    print("\n".join(lines(entries, report, days, columns())))


VERBS = {"week": Verb("week", run, "the days of this week or of WEEK as timelines", (Operand("WEEK", "*"),))}
