"""`stint gaps` and `fill`: time without an entry, with the command that fills it."""

from __future__ import annotations

import json
from datetime import date

from stintd.cli.answer import Answer, Rows
from stintd.cli.layout import Column, columns, table, wrap
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import PERIOD, RANGE, range_of
from stintd.cli.text import bold, clock, day_name, dim, for_terminal, length, local_time
from stintd.client.control import Control

FILL_OPTIONS = (
    Option("--task -t", "the task, by key or name", "TASK", complete="tasks"),
    Option("--message -m", "what it was about", "TEXT"),
    Option("--create", "create the project if it does not exist"),
)
SHAPE = (
    Column(""),
    Column(""),
    Column("", is_number=True, paint=lambda text, row: bold(text)),
    Column("", gives_way=True, may_go=True, least=10, paint=lambda text, row: dim(text)),
)


def _seconds(gap: Answer) -> float:
    return (local_time(gap["end"]) - local_time(gap["start"])).total_seconds()


def _cells(gap: Answer) -> list[str]:
    reasons = [*(meeting["text"] for meeting in gap.get("meetings", ())), gap["reason"] or gap["verdict"] or ""]
    span = f"{clock(gap['start'])}–{clock(gap['end'])}"
    return [gap["id"], span, length(_seconds(gap)), for_terminal("; ".join(reasons))]


def gaps(words: Words) -> None:
    free = list(Control().every("/api/gaps", **range_of(words, "today")))
    if words.json:
        print(json.dumps(free))
        return
    if not free:
        print(dim("no gaps"))
        return
    days: dict[date, Rows] = {}
    for gap in sorted(free, key=lambda gap: gap["start"]):
        days.setdefault(local_time(gap["start"]).date(), []).append(gap)
    for day, of_day in days.items():
        print(bold(day_name(day)))
        for line in table(SHAPE, [_cells(gap) for gap in of_day], columns() - 2):
            print(f"  {line}")
    for line in wrap(f"fill one: `stint fill {free[0]['id']} PROJECT`", columns()):
        print(dim(line))


def fill(words: Words) -> None:
    body = {"projectName": words.project, "taskName": words.task, "description": words.message}
    body = {name: value for name, value in body.items() if value is not None}
    if words.create:
        body["autoCreate"] = True
    entry = Control().post(f"/api/gaps/{words.gap}/fill", body)
    if words.json:
        print(json.dumps(entry))
        return
    where = f"{clock(entry['start'])}–{clock(entry['end'])}"
    print(f"filled {where} with {bold(for_terminal(entry['projectName']))}, {length(entry['durationSeconds'])}")


VERBS = {
    "gaps": Verb("gaps", gaps, "gaps in the working day: time without an entry", (PERIOD,), RANGE),
    "fill": Verb(
        "fill", fill, "fill a gap with time for PROJECT", (Operand("GAP"), Operand("PROJECT", complete="projects")), FILL_OPTIONS
    ),
}
