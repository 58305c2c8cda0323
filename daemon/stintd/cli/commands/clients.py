"""`stint clients`: list, add, rename, archive, delete."""

import json

from stintd.cli.answer import Answer
from stintd.cli.catalog import catalog_verb, find_client, present_fields
from stintd.cli.options import Option, Words
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control

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


def _add(words: Words, control: Control) -> Answer:
    client: Answer = control.post("/api/clients", {"name": words.name_})
    return client


VERBS = {
    "clients": catalog_verb(
        "clients",
        "list, add, rename, archive, delete clients",
        ACTIONS,
        OPTIONS,
        show_list=_list,
        add=_add,
        find=lambda words, control: find_client(control, words.name_),
        changes={
            "edit": lambda words: present_fields(name=words.name),
            "archive": lambda words: {"archived": True},
            "unarchive": lambda words: {"archived": False},
        },
        complete="projects",
    )
}
