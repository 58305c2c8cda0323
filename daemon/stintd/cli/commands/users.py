"""`stint users`: the people in your workspace: list, add, edit, remove."""

import json

from stintd.cli.answer import Answer
from stintd.cli.catalog import catalog_verb, find_user, present_fields
from stintd.cli.layout import Column, columns, table
from stintd.cli.options import Option, Words
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control

ACTIONS = ("list", "add", "edit", "remove")
OPTIONS = (
    Option("--email", "email address; - for none", "ADDRESS"),
    Option("--role", "standard or manager", "ROLE", choices=("standard", "manager")),
    Option("--name", "a new name", "NAME"),
    Option("--joined", "the person has accepted the invitation"),
)
SHAPE = (
    Column("user", gives_way=True, least=10, paint=lambda text, row: bold(text)),
    Column("email", gives_way=True, least=8),
    Column("role"),
    Column("state", may_go=True, paint=lambda text, row: dim(text)),
)


def _list(words: Words, control: Control) -> None:
    users = list(control.every("/api/users"))
    if words.json:
        print(json.dumps(users))
        return
    rows = [
        [
            for_terminal(user["name"]),
            for_terminal(user["email"] or ""),
            user["role"],
            "invited" if user["status"] == "invited" else "",
        ]
        for user in users
    ]
    print("\n".join(table(SHAPE, rows, columns())))


def _fields(words: Words) -> Answer:
    status = "active" if words.joined else None
    fields = present_fields(name=words.name, email=words.email, role=words.role, status=status)
    return {**fields, "email": None} if words.email == "-" else fields


def _add(words: Words, control: Control) -> Answer:
    """The new person; with `--joined` an active member at once instead of an invited one."""
    fields = {**_fields(words), "name": words.name_}
    has_joined = fields.pop("status", None)
    user: Answer = control.post("/api/users", fields)
    return control.patch(f"/api/users/{user['id']}", {"status": "active"}) if has_joined else user


VERBS = {
    "users": catalog_verb(
        "users",
        "list, add, edit, remove people in your workspace",
        ACTIONS,
        OPTIONS,
        show_list=_list,
        add=_add,
        find=lambda words, control: find_user(control, words.name_),
        changes={"edit": _fields},
    )
}
