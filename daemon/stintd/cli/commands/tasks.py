"""`stint tasks`: list, add, edit, complete, reopen, delete."""

import json

from stintd.cli.answer import Answer
from stintd.cli.catalog import catalog_verb, find_project, find_task, number_of, present_fields
from stintd.cli.layout import Column, columns, table
from stintd.cli.options import Option, Words
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "add", "edit", "complete", "reopen", "delete")
OPTIONS = (
    Option("--project -p", "the project of the task", "PROJECT", complete="projects"),
    Option("--key", "its name in branches and billing systems, like DEV-12", "KEY"),
    Option("--name", "a new name", "NAME"),
    Option("--estimate", "hours expected", "HOURS"),
    Option("--all", "also list complete tasks"),
)
SHAPE = (
    Column("key", gives_way=True, least=8),
    Column("task", gives_way=True, least=10, paint=lambda text, row: bold(text)),
    Column("project", gives_way=True, least=6),
    Column("state", may_go=True, paint=lambda text, row: dim(text)),
)


def _list(words: Words, control: Control) -> None:
    project_id = find_project(control, words.project)["id"] if words.project else None
    tasks = list(control.every("/api/tasks", status="all" if words.all else "active", projectId=project_id))
    if words.json:
        print(json.dumps(tasks))
        return
    if not tasks:
        print(dim("no tasks yet; branches named like DEV-12 create them, or `stint tasks add NAME -p PROJECT`"))
        return
    names = {project["id"]: project["name"] for project in control.every("/api/projects", status="all")}
    rows = [
        [
            for_terminal(task["key"]),
            for_terminal(task["name"]),
            for_terminal(names.get(task["projectId"])),
            task["status"] if task["status"] != "active" else "",
        ]
        for task in tasks
    ]
    print("\n".join(table(SHAPE, rows, columns())))


def _fields(words: Words) -> Answer:
    hours = number_of(words.estimate, "--estimate", "--estimate 8") if words.estimate else None
    return present_fields(key=words.key, name=words.name, estimatedHours=hours)


def _add(words: Words, control: Control) -> Answer:
    if not words.project:
        raise Invalid("a task belongs to a project", f"stint tasks add {words.name_} -p PROJECT")
    project_id = find_project(control, words.project)["id"]
    task: Answer = control.post("/api/tasks", {**_fields(words), "name": words.name_, "projectId": project_id})
    return task


def _complete(words: Words, control: Control, task: Answer) -> Answer:
    answer: Answer = control.post(f"/api/tasks/{task['id']}/complete", {})
    return answer


VERBS = {
    "tasks": catalog_verb(
        "tasks",
        "list, add, edit, complete, reopen, delete tasks",
        ACTIONS,
        OPTIONS,
        show_list=_list,
        add=_add,
        find=lambda words, control: find_task(control, words.name_, words.project),
        changes={"edit": _fields, "reopen": lambda words: {"status": "active"}},
        others={"complete": _complete},
        usage="NAME -p PROJECT",
        complete="projects",
    )
}
