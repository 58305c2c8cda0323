"""`stint projects`: list, add, edit, archive."""

import json

from stintd.cli.catalog import find_project
from stintd.cli.layout import Column, columns, table
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.text import bold, dim, for_terminal, length
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "add", "edit", "archive", "unarchive", "show", "delete")
OPTIONS = (
    Option("--all", "list archived ones as well"),
    Option("--names", "list the names alone"),
    Option("--name", "a new name", "NAME"),
    Option("--client", "the client; - for none", "CLIENT"),
    Option("--rate", "what an hour costs", "AMOUNT"),
    Option("--currency", "of the rate, like EUR", "CODE"),
    Option("--budget-hours", "hours agreed", "HOURS"),
    Option("--budget-amount", "money agreed", "AMOUNT"),
    Option("--task", "the task of what has none", "TASK"),
    Option("--billable", "whether its hours are billed", has_no=True),
    Option("--bill-supervised", "whether the time of agents you watch is billed", has_no=True),
    Option("--bill-agents", "whether the time of agents on their own is billed", has_no=True),
)
SHAPE = (
    Column("project", gives_way=True, least=10, paint=lambda text, row: bold(text)),
    Column("client", gives_way=True, least=6),
    Column("billed", may_go=True),
    Column("rate", is_number=True, may_go=True),
    Column("repositories", gives_way=True, may_go=True, least=6, paint=lambda text, row: dim(text)),
)


def _number(text, name):
    try:
        return float(text)
    except ValueError as error:
        raise Invalid(f"{name} is no number: {text}", f"write {name} 90 or {name} 87.5") from error


def _body(words):
    body = {
        "name": words.name, "clientName": words.client, "currency": words.currency, "billable": words.billable,
        "billAgentTime": words.bill_agents, "billSupervised": words.bill_supervised, "defaultTask": words.task,
        "hourlyRate": _number(words.rate, "--rate") if words.rate else None,
        "budgetHours": _number(words.budget_hours, "--budget-hours") if words.budget_hours else None,
        "budgetAmount": _number(words.budget_amount, "--budget-amount") if words.budget_amount else None,
    }  # fmt: skip
    body = {name: value for name, value in body.items() if value is not None}
    if words.client == "-":
        body["clientName"] = None
    return body


def _rate(project):
    return f"{project['hourlyRate']:g} {project.get('currency') or ''}".strip() if project.get("hourlyRate") else ""


def _list(words, control):
    found = list(control.every("/api/projects", status="all" if words.all else "active"))
    if words.json:
        print(json.dumps(found))
    elif words.names:
        for project in found:
            print(for_terminal(project["name"]))
    elif not found:
        print(dim("no projects yet; the first work in a watched repository makes one"))
    else:
        rows = [
            [
                for_terminal(project["name"]) + (" (archived)" if project.get("archived") else ""),
                for_terminal(project.get("clientName") or ""),
                "yes" if project.get("billable") else "no",
                _rate(project),
                ", ".join(for_terminal(repo["name"]) for repo in project.get("repos") or []),
            ]
            for project in found
        ]
        print("\n".join(table(SHAPE, rows, columns())))


def _show(words, control, project):
    budget = control.get(f"/api/projects/{project['id']}/budget")
    if words.json:
        print(json.dumps({**project, "budget": budget}))
        return
    print(bold(for_terminal(project["name"])), dim(project["id"]))
    used = length(budget["hoursUsed"] * 3600)
    agreed = f" of {budget['hoursLimit']:g} h" if budget.get("hoursLimit") else ""
    print(f"  used {used}{agreed}")
    print(f"  {_billed(project)}")
    if project.get("clientName"):
        print(f"  client {for_terminal(project['clientName'])}")
    for repo in project.get("repos") or []:
        print(f"  {for_terminal(repo['name'])} {dim(for_terminal(repo.get('remote') or ''))}")


def _billed(project):
    """Whose time is billed, in words."""
    if not project.get("billable"):
        return "not billed"
    watched = "with" if project.get("billSupervised", True) else "without"
    agents = "agents' own time too" if project.get("billAgentTime") else "not what agents do on their own"
    return f"billed {watched} supervised time, {agents}"


def _tell(words, project, said):
    print(json.dumps(project) if words.json else f"{said} {bold(for_terminal(project['name']))}")


def run(words):
    control = Control()
    action = words.action or "list"
    if action == "list":
        return _list(words, control)
    if not words.name_:
        raise Invalid(f"which project to {action}?", f"stint projects {action} NAME")
    if action == "add":
        return _tell(words, control.post("/api/projects", {**_body(words), "name": words.name_}), "added")
    project = find_project(control, words.name_)
    if action == "show":
        return _show(words, control, project)
    route = f"/api/projects/{project['id']}"
    if action == "delete":
        return _tell(words, control.delete(route) or project, "deleted")
    body = _body(words) if action == "edit" else {"archived": action == "archive"}
    if not body:
        raise Invalid("nothing to change was named", "`stint projects --help` lists what can be")
    return _tell(words, control.patch(route, {**body, "revision": project["revision"]}), "changed")


def name_operand(complete="projects"):
    """NAME as an operand beside `--name`."""
    operand = Operand("NAME", "?", complete=complete)
    operand.key = "name_"
    return operand


VERBS = {
    "projects": Verb(
        "projects", run, "list, add, edit, archive projects",
        (Operand("ACTION", "?", choices=ACTIONS), name_operand()), OPTIONS,
    )
}  # fmt: skip
