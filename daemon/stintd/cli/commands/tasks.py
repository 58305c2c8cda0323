"""`stint tasks`: list, add, edit, complete."""

import json

from stintd.cli.catalog import find_project, find_task
from stintd.cli.commands.projects import name_operand
from stintd.cli.layout import Column, columns, table
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "add", "edit", "complete", "reopen", "delete")
OPTIONS = (
    Option("--project -p", "of this project", "PROJECT", complete="projects"),
    Option("--key", "what branches and billing systems call it, like DEV-12", "KEY"),
    Option("--name", "a new name", "NAME"),
    Option("--estimate", "hours expected", "HOURS"),
    Option("--all", "list complete ones as well"),
)
SHAPE = (
    Column("key", gives_way=True, least=8),
    Column("task", gives_way=True, least=10, paint=lambda text, row: bold(text)),
    Column("project", gives_way=True, least=6),
    Column("state", may_go=True, paint=lambda text, row: dim(text)),
)


def _list(words, control):
    of = find_project(control, words.project)["id"] if words.project else None
    found = list(control.every("/api/tasks", status="all" if words.all else "active", projectId=of))
    if words.json:
        print(json.dumps(found))
        return
    if not found:
        print(dim("no tasks; branches named like DEV-12 make them, or `stint tasks add NAME -p PROJECT`"))
        return
    names = {project["id"]: project["name"] for project in control.every("/api/projects", status="all")}
    rows = [
        [for_terminal(task["key"]), for_terminal(task["name"]), for_terminal(names.get(task["projectId"])),
         task["status"] if task["status"] != "active" else ""]
        for task in found
    ]  # fmt: skip
    print("\n".join(table(SHAPE, rows, columns())))


def _body(words):
    body = {"key": words.key, "name": words.name}
    if words.estimate:
        try:
            body["estimatedHours"] = float(words.estimate)
        except ValueError as error:
            raise Invalid(f"--estimate is no number: {words.estimate}", "write --estimate 8") from error
    return {name: value for name, value in body.items() if value is not None}


def _tell(words, task, said):
    print(json.dumps(task) if words.json else f"{said} {bold(for_terminal(task['name']))}")


def run(words):
    control = Control()
    action = words.action or "list"
    if action == "list":
        return _list(words, control)
    if not words.name_:
        raise Invalid(f"which task to {action}?", f"stint tasks {action} NAME -p PROJECT")
    if action == "add":
        if not words.project:
            raise Invalid("a task belongs to a project", f"stint tasks add {words.name_} -p PROJECT")
        of = find_project(control, words.project)["id"]
        return _tell(words, control.post("/api/tasks", {**_body(words), "name": words.name_, "projectId": of}), "added")
    task = find_task(control, words.name_, words.project)
    route = f"/api/tasks/{task['id']}"
    if action == "delete":
        return _tell(words, control.delete(route) or task, "deleted")
    if action == "complete":
        return _tell(words, control.post(f"{route}/complete", {}), "completed")
    body = _body(words) if action == "edit" else {"status": "active"}
    if not body:
        raise Invalid("nothing to change was named", "`stint tasks --help` lists what can be")
    return _tell(words, control.patch(route, {**body, "revision": task["revision"]}), "changed")


VERBS = {
    "tasks": Verb(
        "tasks",
        run,
        "list, add, edit, complete tasks",
        (Operand("ACTION", "?", choices=ACTIONS), name_operand()),
        OPTIONS,
    )
}
