"""`stint add`: past work that left no evidence: `stint add acme 14:00-15:30 -m call`, `stint add acme 45m`."""

from __future__ import annotations

import json

from stintd.cli.commands.log import span_text
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import now, to_wire
from stintd.cli.text import bold, dim, for_terminal, length, project_of
from stintd.client.control import Control
from stintd.protocol import when

OPTIONS = (
    Option("--task -t", "the task, by key or name", "TASK", complete="tasks"),
    Option("--message -m", "what it was about", "TEXT"),
    Option("--tag", "a tag; may be repeated", "TAG", is_list=True),
    Option("--billable", "whether it is billed (default: as set for the project)", has_no=True),
    Option("--create", "create the project if it does not exist"),
    Option("--replace", "replace your own entries in that time"),
    Option("--overlap", "keep your own entries in that time, and count both"),
)


def run(words: Words) -> None:
    start, end = when.span(" ".join(words.when), now())
    body = {
        "projectName": words.project,
        "start": to_wire(start),
        "end": to_wire(end),
        "taskName": words.task,
        "description": words.message,
        "tags": words.tag or None,
        "billable": words.billable,
        "autoCreate": words.create or None,
        "replace": words.replace or None,
        "overlap": words.overlap or None,
    }
    entry = Control().post("/api/entries", {name: value for name, value in body.items() if value is not None})
    if words.json:
        print(json.dumps(entry))
        return
    print(f"added {bold(project_of(entry))} {span_text(entry)}, {length(entry['durationSeconds'])}")
    taken = entry.get("takenSeconds")
    if taken:
        print(dim(f"it replaced {length(taken)} of automatic time; undo: `stint undo`"))
    if entry.get("description"):
        print(dim(for_terminal(entry["description"])))


VERBS = {
    "add": Verb(
        "add",
        run,
        "enter past work: a span like 14:00-15:30, or a length that ends now, like 45m",
        (Operand("PROJECT", complete="projects"), Operand("WHEN", "+")),
        OPTIONS,
    )
}
