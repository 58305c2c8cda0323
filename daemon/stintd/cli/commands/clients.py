"""`stint clients`: list, add, rename, archive, delete."""

from __future__ import annotations

import json

from stintd.cli.answer import Answer
from stintd.cli.catalog import find_client
from stintd.cli.commands.projects import name_operand
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "add", "edit", "archive", "unarchive", "delete")
OPTIONS = (Option("--all", "also list archived clients"), Option("--name", "a new name", "NAME"))


def _list(words: Words, control: Control) -> None:
    clients = list(control.every("/api/clients", status="all" if words.all else "active"))
    if words.json:
        print(json.dumps(clients))
        return
    for client in clients:
        print(bold(for_terminal(client["name"])) + (dim(" (archived)") if client.get("archived") else ""))
    if not clients:
        print(dim("no clients yet; `stint clients add NAME` adds one"))


def _tell(words: Words, client: Answer, verb: str) -> None:
    print(json.dumps(client) if words.json else f"{verb} {bold(for_terminal(client['name']))}")


def run(words: Words) -> None:
    control = Control()
    action = words.action or "list"
    if action == "list":
        return _list(words, control)
    if not words.name_:
        raise Invalid(f"which client to {action}?", f"stint clients {action} NAME")
    if action == "add":
        return _tell(words, control.post("/api/clients", {"name": words.name_}), "added")
    client = find_client(control, words.name_)
    route = f"/api/clients/{client['id']}"
    if action == "delete":
        return _tell(words, control.delete(route) or client, "deleted")
    if action == "edit" and not words.name:
        raise Invalid("nothing to change", "stint clients edit NAME --name NEW")
    body = {"name": words.name} if action == "edit" else {"archived": action == "archive"}
    return _tell(words, control.patch(route, body), "changed")


VERBS = {
    "clients": Verb(
        "clients", run, "list, add, rename, archive, delete clients",
        (Operand("ACTION", "?", choices=ACTIONS), name_operand()), OPTIONS,
    )
}  # fmt: skip
