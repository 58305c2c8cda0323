"""Find projects, clients, tasks and keys by the names people type."""

from __future__ import annotations

from difflib import get_close_matches

from stintd.cli.answer import Answer, Rows
from stintd.cli.text import for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid, NotFound


def normalise(name: str) -> str:
    """Names that differ only in case, `-`, `_`, `.` and spaces are the same."""
    return "".join(c for c in name.casefold() if c not in "-_. ")


def _pick(rows: Rows, word: str, kind: str, hint: str) -> Answer:
    exact = [row for row in rows if word in (row["name"], row["id"], row.get("key"))]
    alike = exact or [row for row in rows if normalise(row["name"]) == normalise(word)]
    if len(alike) == 1:
        return alike[0]
    if alike:
        listed = ", ".join(row["id"] for row in alike)
        raise Invalid(f"there are {len(alike)} {kind}s called {word}", f"use an id: {listed}")
    close = get_close_matches(word, [row["name"] for row in rows], n=3, cutoff=0.6)
    meant = f"did you mean {' or '.join(for_terminal(name) for name in close)}?" if close else hint
    raise NotFound(f"there is no {kind} {word}", meant)


def find_project(control: Control, word: str) -> Answer:
    return _pick(list(control.every("/api/projects", status="all")), word, "project", "`stint projects` lists them")


def exact_project_name(control: Control, word: str) -> str | None:
    """The project's own spelling of what a person typed after `--project`; None where nothing was."""
    return find_project(control, word)["name"] if word else None


def find_client(control: Control, word: str) -> Answer:
    return _pick(list(control.every("/api/clients", status="all")), word, "client", "`stint clients` lists them")


def find_user(control: Control, word: str) -> Answer:
    users = list(control.every("/api/users"))
    by_address = [user for user in users if (user["email"] or "").casefold() == word.casefold()]
    return by_address[0] if by_address else _pick(users, word, "user", "`stint users` lists them")


def find_task(control: Control, word: str, project: str | None = None) -> Answer:
    project_id = find_project(control, project)["id"] if project else None
    tasks = list(control.every("/api/tasks", status="all", projectId=project_id))
    return _pick(tasks, word, "task", "`stint tasks` lists them")


def find_key(control: Control, word: str) -> Answer:
    return _pick(control.get("/api/keys")["data"], word, "key", "`stint keys list` shows them")
