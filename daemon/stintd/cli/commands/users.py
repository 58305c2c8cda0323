"""`stint users`: the people of the workspace: list, add, edit, remove."""

import json

from stintd.cli.catalog import find_user
from stintd.cli.commands.projects import name_operand
from stintd.cli.layout import Column, columns, table
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "add", "edit", "remove")
OPTIONS = (
    Option("--email", "their mail address; - for none", "ADDRESS"),
    Option("--role", "what they are here: standard or manager", "ROLE", choices=("standard", "manager")),
    Option("--name", "a new name", "NAME"),
    Option("--joined", "they have accepted the invitation"),
)
SHAPE = (
    Column("user", gives_way=True, least=10, paint=lambda text, row: bold(text)),
    Column("mail", gives_way=True, least=8),
    Column("role"),
    Column("state", may_go=True, paint=lambda text, row: dim(text)),
)


def _list(words, control):
    found = list(control.every("/api/users"))
    if words.json:
        print(json.dumps(found))
        return
    rows = [
        [for_terminal(user["name"]), for_terminal(user["email"] or ""), user["role"],
         "invited" if user["status"] == "invited" else ""]
        for user in found
    ]  # fmt: skip
    print("\n".join(table(SHAPE, rows, columns())))


def _body(words):
    body = {"name": words.name, "email": words.email, "role": words.role, "status": "active" if words.joined else None}
    body = {name: value for name, value in body.items() if value is not None}
    if words.email == "-":
        body["email"] = None
    return body


def _tell(words, user, said):
    print(json.dumps(user) if words.json else f"{said} {bold(for_terminal(user['name']))}")


def run(words):
    control = Control()
    action = words.action or "list"
    if action == "list":
        return _list(words, control)
    if not words.name_:
        raise Invalid(f"which user to {action}?", f"stint users {action} NAME")
    if action == "add":
        return _tell(words, _added(words, control), "added")
    user = find_user(control, words.name_)
    route = f"/api/users/{user['id']}"
    if action == "remove":
        return _tell(words, control.delete(route) or user, "removed")
    body = _body(words)
    if not body:
        raise Invalid("nothing to change was named", "`stint users --help` lists what can be")
    return _tell(words, control.patch(route, {**body, "revision": user["revision"]}), "changed")


def _added(words, control):
    """The new person; one who is there already by agreement is joined at once."""
    body = {**_body(words), "name": words.name_}
    has_joined = body.pop("status", None)
    user = control.post("/api/users", body)
    return control.patch(f"/api/users/{user['id']}", {"status": "active"}) if has_joined else user


VERBS = {
    "users": Verb(
        "users", run, "list, add, edit, remove people of the workspace",
        (Operand("ACTION", "?", choices=ACTIONS), name_operand(complete="")), OPTIONS,
    )
}  # fmt: skip
