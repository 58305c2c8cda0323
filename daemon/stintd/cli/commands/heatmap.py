"""`stint heatmap`: a year of days as a calendar, a column a week, darker for more hours.

Where a terminal is too narrow for the year it shows the latest weeks that fit. Shades are different characters, so that
they can be told apart without colour.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

from stintd.cli.commands.report import human_seconds
from stintd.cli.layout import columns, fit
from stintd.cli.options import Operand, Verb, Words
from stintd.cli.text import bold, day_name, dim, has_blocks, length, paint, plural
from stintd.client.control import Control
from stintd.errors import Invalid

SHADES, PLAIN = "·░▒▓█", ".-+*#"
STEPS = (1, 2 * 3600, 4 * 3600, 6 * 3600)
"""Seconds from which on each darker shade is drawn: any work, two, four and six hours."""
LABEL = 4
WEEK = timedelta(days=7)


def bounds_of(text: str, today: date) -> tuple[date, date]:
    """First and last day: a year by its number, else the year up to today."""
    if not text:
        return today - timedelta(days=today.weekday()) - 52 * WEEK, today
    if not (text.isascii() and text.isdigit() and len(text) == 4 and 1970 <= int(text) < 9000):
        raise Invalid(f"{text[:20]} is not a year", "`stint heatmap 2026`, or without a year for the last twelve months")
    return date(int(text), 1, 1), date(int(text), 12, 31)


def _shade(seconds: float) -> str:
    level = sum(seconds >= step for step in STEPS)
    text = (SHADES if has_blocks() else PLAIN)[level]
    return dim(text) if level == 0 else paint(text, 32)


def _months(mondays: list[date], end: date) -> str:
    """The names of months above the week in which each begins."""
    line, last = "", None
    for number, monday in enumerate(mondays):
        sunday = min(monday + timedelta(days=6), end)
        if sunday.month != last and (not line or len(line) < number):
            line += " " * (number - len(line)) + f"{sunday:%b}"
            last = sunday.month
    return line


def lines(seconds: dict[date, float], first: date, last: date, room: int) -> Iterator[str]:
    """The calendar, its legend, and what the days add up to; `seconds` by date."""
    monday = first - timedelta(days=first.weekday())
    mondays = [monday + number * WEEK for number in range((last - monday).days // 7 + 1)][-(room - LABEL - 2) :]
    shown = max(first, mondays[0])
    yield bold(f"{day_name(shown)} – {day_name(last)}")
    yield dim(fit(" " * LABEL + _months(mondays, last), room))
    for weekday in range(7):
        days = [week + timedelta(days=weekday) for week in mondays]
        cells = (_shade(seconds.get(day, 0)) if shown <= day <= last else " " for day in days)
        name = f"{days[0]:%a}" if weekday % 2 == 0 else ""
        yield f"{name:<{LABEL}}{''.join(cells)}".rstrip()
    worked = {day: spent for day, spent in seconds.items() if spent and shown <= day <= last}
    shades = SHADES if has_blocks() else PLAIN
    yield dim(fit(f"{' ' * LABEL}{shades[0]} none  {shades[1]} some  {shades[2]} 2h  {shades[3]} 4h  {shades[4]} 6h", room))
    if worked:
        busiest = max(worked, key=lambda day: (worked[day], day))
        yield f"{bold(length(sum(worked.values())))} on {plural(len(worked), 'day')}"
        yield dim(fit(f"most on {day_name(busiest)}: {length(worked[busiest])}", room))
    else:
        yield dim("no hours in this period")


def run(words: Words) -> None:
    first, last = bounds_of(words.year or "", date.today())
    answer = Control().get("/api/reports", from_=first.isoformat(), to=last.isoformat(), groupBy="day")
    seconds = {date.fromisoformat(row["key"]): human_seconds(row) for row in answer["rows"]}
    if words.json:
        days = [{"day": day.isoformat(), "seconds": spent} for day, spent in sorted(seconds.items())]
        print(json.dumps({"from": first.isoformat(), "to": last.isoformat(), "days": days}))
        return
    print("\n".join(lines(seconds, first, last, columns())))


VERBS = {
    "heatmap": Verb("heatmap", run, "a year as a calendar; the more hours a day has, the darker it is", (Operand("YEAR", "?"),))
}
