"""Find projects, clients, tasks and keys by the names people type."""

import json
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from unicodedata import normalize

from stintd.cli.answer import Answer, Rows
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid, NotFound


def normalise(name: str) -> str:
    """Names that differ only in case, `-`, `_`, `.` and spaces are the same."""
    return "".join(c for c in normalize("NFC", name).casefold() if c not in "-_. ")


def _pick_row(rows: Rows, word: str, kind: str, hint: str) -> Answer:
    exact = [row for row in rows if word in (row["name"], row["id"], row.get("key"))]
    alike = exact or [row for row in rows if normalise(row["name"]) == normalise(word)]
    alike = alike or [row for row in rows if normalise(word) in map(normalise, row.get("aliases") or ())]
    if len(alike) == 1:
        return alike[0]
    if alike:
        listed = ", ".join(row["id"] for row in alike)
        raise Invalid(f"there are {len(alike)} {kind}s called {word}", f"use an id: {listed}")
    close = get_close_matches(word, [row["name"] for row in rows], n=3, cutoff=0.6)
    meant = f"did you mean {' or '.join(for_terminal(name) for name in close)}?" if close else hint
    raise NotFound(f"there is no {kind} {word}", meant)


def find_project(control: Control, word: str) -> Answer:
    return _pick_row(list(control.every("/api/projects", status="all")), word, "project", "`stint projects` lists them")


def exact_project_name(control: Control, word: str) -> str | None:
    """The project's own spelling of what a person typed after `--project`; None where nothing was."""
    return find_project(control, word)["name"] if word else None


def find_client(control: Control, word: str) -> Answer:
    return _pick_row(list(control.every("/api/clients", status="all")), word, "client", "`stint clients` lists them")


def find_user(control: Control, word: str) -> Answer:
    users = list(control.every("/api/users"))
    by_address = [user for user in users if (user["email"] or "").casefold() == word.casefold()]
    return by_address[0] if by_address else _pick_row(users, word, "user", "`stint users` lists them")


def find_task(control: Control, word: str, project: str | None = None) -> Answer:
    project_id = find_project(control, project)["id"] if project else None
    tasks = list(control.every("/api/tasks", status="all", projectId=project_id))
    other_form = word[3:] if word[:3].upper() == "CU-" else f"CU-{word}"  # ClickUp's prefix in the names of branches
    if not any(word in (task["id"], task["key"], task["name"]) for task in tasks):
        word = next((task["key"] for task in tasks if task["key"] == other_form), word)
    return _pick_row(tasks, word, "task", "`stint tasks` lists them")


def find_key(control: Control, word: str) -> Answer:
    return _pick_row(control.get("/api/keys")["data"], word, "key", "`stint keys list` shows them")


Action = Callable[[Words, Control, Answer], Answer | None]
"""Does something with the row that was found; returns the row to report, None where it has printed its own lines."""
DONE = {"add": "added", "delete": "deleted", "remove": "removed", "complete": "completed"}
"""What is printed after an action; after any other it is `changed`."""


def catalog_verb(
    name: str,
    summary: str,
    actions: Sequence[str],
    options: Sequence[Option],
    *,
    show_list: Callable[[Words, Control], None],
    find: Callable[[Words, Control], Answer],
    add: Callable[[Words, Control], Answer],
    changes: Mapping[str, Callable[[Words], Answer]],
    others: Mapping[str, Action] | None = None,
    usage: str = "NAME",
    complete: str = "",
) -> Verb:
    """A verb that lists, adds, edits and deletes the rows of `/api/NAME`.

    `changes` makes the fields to send for an action that edits a row; `others` are actions that do something else. `usage`:
    the words after an action in hints; `complete`: what completes NAME.
    """
    kind = name.removesuffix("s")

    def run(words: Words) -> None:
        control, action = Control(), words.action or "list"
        if action == "list":
            show_list(words, control)
            return
        if not words.name_:
            raise Invalid(f"which {kind} to {action}?", f"stint {name} {action} {usage}")
        row = add(words, control) if action == "add" else act(words, control, find(words, control))
        if row is not None:
            print(json.dumps(row) if words.json else f"{DONE.get(action, 'changed')} {bold(for_terminal(row['name']))}")

    def act(words: Words, control: Control, row: Answer) -> Answer | None:
        route = f"/api/{name}/{row['id']}"
        if words.action in ("delete", "remove"):
            return control.delete(route) or row
        if others and words.action in others:
            return others[words.action](words, control, row)
        fields = changes[words.action](words)
        if not fields:
            raise Invalid("nothing to change", f"`stint {name} --help` lists the options")
        answer: Answer = control.patch(route, {**fields, "revision": row["revision"]})
        return answer

    return Verb(name, run, summary, (Operand("ACTION", "?", choices=actions), name_operand(complete)), options)


def name_operand(complete: str = "") -> Operand:
    """NAME as an operand beside the option `--name`."""
    operand = Operand("NAME", "?", complete=complete)
    operand.key = "name_"
    return operand


def present_fields(**fields: object) -> Answer:
    """The fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


def number_of(text: str, option: str, example: str) -> float:
    """The number after an option, or `invalid` with an example of one."""
    try:
        return float(text)
    except ValueError as error:
        raise Invalid(f"{option} is not a number: {text}", f"write {example}") from error
