"""`stint log`: entries by day, with day totals and the short ids that other verbs take."""

import json
from collections.abc import Iterator
from datetime import date

from stintd.cli.answer import Answer, Rows
from stintd.cli.catalog import exact_project_name
from stintd.cli.layout import Column, align_left, align_right, columns, table, width
from stintd.cli.options import Option, Verb, Words
from stintd.cli.period import PERIOD, RANGE, entries_between, range_of
from stintd.cli.text import bold, clock, dim, for_terminal, length, local_time, project_of, short_id
from stintd.client.control import Control

OPTIONS = (
    *RANGE,
    Option("--project", "only this project", "PROJECT", complete="projects"),
    Option("--agents", "also list the time of agents that work alone"),
)
SHAPE = (
    Column("", paint=lambda text, row: dim(text)),
    Column(""),
    Column("", is_number=True),
    Column("", gives_way=True, paint=lambda text, row: bold(text)),
    Column("", gives_way=True, may_go=True, least=4),
    Column("", gives_way=True, may_go=True, least=8, paint=lambda text, row: dim(text)),
)


DEFAULT_BRANCHES = ("main", "master", "trunk", "develop")
"""Branches whose names say nothing about the work."""


def span_text(entry: Answer) -> str:
    """`09:02–10:40`, or `09:02–now`."""
    return f"{clock(entry['start'])}–{clock(entry['end']) if entry.get('end') else 'now'}"


def note_of(entry: Answer) -> str:
    """The description, else the branch; then notes in brackets."""
    state = entry.get("state")
    possible = (
        ("agent", entry.get("actor") == "agent"),
        ("by hand", entry.get("origin") == "manual"),
        ("estimated", entry.get("origin") == "backfill"),
        ("unconfirmed", not entry.get("confirmed", True)),
        ("approved", bool(entry.get("approvedAt"))),
        (str(state), state in ("paused", "waiting")),
    )
    notes = [note for note, is_so in possible if is_so]
    branch = entry.get("branch") if entry.get("branch") not in DEFAULT_BRANCHES else ""
    text = for_terminal(entry.get("description") or branch or "")
    return f"{text} ({', '.join(notes)})".strip() if notes else text


def row(entry: Answer) -> list[str]:
    """The cells of one entry."""
    task = for_terminal(entry.get("taskName") or "")
    return [
        short_id(entry["id"]),
        span_text(entry),
        length(entry.get("durationSeconds") or 0),
        project_of(entry),
        task,
        note_of(entry),
    ]


def day_lines(day: date, entries: Rows, seconds: float) -> Iterator[str]:
    """A heading with the day's total, and its entries."""
    room = columns()
    heading = f"{day:%A} {day.day} {day:%B %Y}"
    total = length(seconds)
    yield bold(align_left(heading, room - width(total) - 1) + " " + align_right(total, width(total)))
    yield from (f"  {line}" for line in table(SHAPE, [row(entry) for entry in entries], room - 2))


def group_by_day(entries: Rows) -> dict[date, Rows]:
    """Entries by the local day they start on, earliest first."""
    days: dict[date, Rows] = {}
    for entry in sorted(entries, key=lambda entry: entry["start"]):
        days.setdefault(local_time(entry["start"]).date(), []).append(entry)
    return days


def totals_by_day(control: Control, bounds: dict[str, str | None], project: str | None) -> dict[str, float]:
    """Seconds of a person's time by day, split at midnight as in reports."""
    answer = control.get("/api/reports", **bounds, groupBy="day", project=project)
    return {row["key"]: row["handsOnSeconds"] + row["supervisedSeconds"] for row in answer["rows"]}


def run(words: Words) -> None:
    control = Control()
    bounds = range_of(words, "today")
    project = exact_project_name(control, words.project)
    entries = entries_between(control, bounds, project, words.agents)
    if words.json:
        print(json.dumps(entries))
        return
    if not entries:
        print(dim("no entries in this period"))
        return
    totals = totals_by_day(control, bounds, project)
    days = group_by_day(entries).items()
    print("\n\n".join("\n".join(day_lines(day, rows, totals.get(day.isoformat(), 0))) for day, rows in days))


VERBS = {"log": Verb("log", run, "entries by day, with the ids that other verbs take", (PERIOD,), OPTIONS)}
