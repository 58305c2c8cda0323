"""`stint gaps` and `fill`: time nobody has claimed, with the command that claims it."""

import json

from stintd.cli.layout import Column, columns, table, wrap
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.period import PERIOD, RANGE, range_of
from stintd.cli.text import bold, clock, day_name, dim, for_terminal, length, local
from stintd.client.control import Control

FILL_OPTIONS = (
    Option("--task -t", "the task, by key or name", "TASK", complete="tasks"),
    Option("--message -m", "what it was about", "TEXT"),
    Option("--create", "make the project if there is none by that name"),
)
SHAPE = (
    Column(""),
    Column(""),
    Column("", is_number=True, paint=lambda text, row: bold(text)),
    Column("", gives_way=True, may_go=True, least=10, paint=lambda text, row: dim(text)),
)


def _seconds(gap):
    return (local(gap["end"]) - local(gap["start"])).total_seconds()


def gaps(words):
    found = list(Control().every("/api/gaps", **range_of(words, "today")))
    if words.json:
        print(json.dumps(found))
        return
    if not found:
        print(dim("no gaps"))
        return
    days = {}
    for gap in sorted(found, key=lambda gap: gap["start"]):
        days.setdefault(local(gap["start"]).date(), []).append(gap)
    for day, of_day in days.items():
        print(bold(day_name(day)))
        rows = [
            [gap["id"], f"{clock(gap['start'])}–{clock(gap['end'])}", length(_seconds(gap)),
             for_terminal("; ".join([*(one["text"] for one in gap.get("meetings", ())), gap["reason"] or gap["verdict"] or ""]))]
            for gap in of_day
        ]  # fmt: skip
        for line in table(SHAPE, rows, columns() - 2):
            print(f"  {line}")
    for line in wrap(f"claim one with `stint fill {found[0]['id']} PROJECT`", columns()):
        print(dim(line))


def fill(words):
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
    "gaps": Verb("gaps", gaps, "time in the working day that nobody has claimed", (PERIOD,), RANGE),
    "fill": Verb("fill", fill, "claim a gap for PROJECT", (Operand("GAP"), Operand("PROJECT", complete="projects")),
                 FILL_OPTIONS),
}  # fmt: skip
