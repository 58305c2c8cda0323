"""`stint start` and `stop` without a time: the fast path. With `--at` they come from `start_at`."""

from __future__ import annotations

import json
import os

from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, dim, for_terminal, length, project_of
from stintd.client.control import Control
from stintd.errors import NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from stintd.cli.answer import Answer

AT = Option("--at", "when (default: now), like 10:30, -15m, yesterday 14:00", "WHEN")
START_OPTIONS = (
    Option("--task -t", "the task, by key or name", "TASK", complete="tasks"),
    Option("--message -m", "what it is about", "TEXT"),
    Option("--tag", "a tag; may be repeated", "TAG", is_list=True),
    Option("--billable", "whether it is billed (default: as set for the project)", has_no=True),
    Option("--create", "create the project if it does not exist"),
    AT,
)
PROJECT = Operand("PROJECT", "?", complete="projects")


def project_fields(project: str | None) -> Answer:
    """The fields that name a project: its name, or the current folder."""
    return {"projectName": project} if project else {"path": os.getcwd()}


def exact_project_fields(project: str | None) -> Answer:
    """The fields for a project by its exact name, so that a misspelt one is refused. (For other clients these routes accept a
    name that is nearly a project's.)
    """
    return {"projectName": project, "fuzzy": False} if project else {}


def start_body(words: Words) -> Answer:
    """What POST /api/timer/start and /switch take."""
    body = {
        **project_fields(words.project),
        "taskName": words.task,
        "description": words.message,
        "tags": words.tag or None,
        "billable": words.billable,
        "autoCreate": words.create or None,
        "source": "cli",
        "manual": True,
    }
    return {name: value for name, value in body.items() if value is not None}


def print_started(words: Words, answer: Answer) -> None:
    if words.json:
        print(json.dumps(answer))
        return
    for stopped in answer.get("stopped") or []:
        print(stopped_line(stopped))
    timer = answer["timer"]
    task = for_terminal(timer.get("taskName") or "")
    new = dim(" (new project)") if answer.get("projectCreated") else ""
    print(f"started {bold(project_of(timer))}{' ' + task if task else ''}{new}")


def stopped_line(entry: Answer) -> str:
    return f"stopped {bold(project_of(entry))} after {length(entry.get('durationSeconds') or 0)}"


def start(words: Words, at: str | None = None) -> None:
    body = {**start_body(words), **exact_project_fields(words.project)}
    if at:
        body["at"] = at
    print_started(words, Control().post("/api/timer/start", body))


def stop(words: Words, at: str | None = None) -> None:
    body = exact_project_fields(words.project)
    if at:
        body["at"] = at
    answer = Control().post("/api/timer/stop", body)
    if words.json:
        print(json.dumps(answer))
    elif answer.get("entry") is None:
        which = f"{words.project} is" if words.project else "nothing is"
        raise NotFound(f"{which} not running" if words.project else "nothing is running", "`stint status` shows running timers")
    else:
        print(stopped_line(answer["entry"]))


VERBS = {
    "start": Verb(
        "start",
        start,
        "start a manual timer; without PROJECT, for the project of the current folder",
        (PROJECT,),
        START_OPTIONS,
    ),
    "stop": Verb("stop", stop, "stop the running timer, or the timer of PROJECT", (PROJECT,), (AT,)),
}
