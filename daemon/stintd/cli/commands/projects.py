"""`stint projects`: list, add, edit, archive, show, alias, free, delete."""

import json
import shlex

from stintd.cli.answer import Answer
from stintd.cli.catalog import catalog_verb, find_project, normalise, number_of, present_fields
from stintd.cli.layout import Column, columns, table
from stintd.cli.options import Option, Words
from stintd.cli.text import bold, dim, for_terminal, length
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "add", "edit", "archive", "unarchive", "show", "alias", "free", "delete")
OPTIONS = (
    Option("--all", "also list archived projects"),
    Option("--names", "list only the names"),
    Option("--name", "edit: a new name; alias: a further name by which it is found", "NAME"),
    Option("--client", "the client; - for none", "CLIENT"),
    Option("--rate", "hourly rate", "AMOUNT"),
    Option("--currency", "currency of the rate, like EUR", "CODE"),
    Option("--budget-hours", "budget in hours", "HOURS"),
    Option("--budget-amount", "budget in money", "AMOUNT"),
    Option("--task", "the task for time that has no other task", "TASK"),
    Option("--billable", "whether its hours are billed", has_no=True),
    Option("--bill-supervised", "whether the time in which you watch an agent is billed", has_no=True),
    Option("--bill-agents", "whether the time of agents that work alone is billed", has_no=True),
)
SHAPE = (
    Column("project", gives_way=True, least=10, paint=lambda text, row: bold(text)),
    Column("client", gives_way=True, least=6),
    Column("billed", may_go=True),
    Column("rate", is_number=True, may_go=True),
    Column("repositories", gives_way=True, may_go=True, least=6, paint=lambda text, row: dim(text)),
)


def _fields(words: Words) -> Answer:
    """What `add` and `edit` send."""
    fields = present_fields(
        name=words.name,
        clientName=words.client,
        currency=words.currency,
        billable=words.billable,
        billAgentTime=words.bill_agents,
        billSupervised=words.bill_supervised,
        defaultTask=words.task,
        hourlyRate=_amount(words.rate, "--rate"),
        budgetHours=_amount(words.budget_hours, "--budget-hours"),
        budgetAmount=_amount(words.budget_amount, "--budget-amount"),
    )
    return {**fields, "clientName": None} if words.client == "-" else fields


def _amount(text: str | None, option: str) -> float | None:
    return number_of(text, option, f"{option} 90 or {option} 87.5") if text else None


def _rate(project: Answer) -> str:
    """`87.50 EUR`; "" without a rate."""
    return f"{project['hourlyRate']:,.2f} {project.get('currency') or ''}".strip() if project.get("hourlyRate") else ""


def _list(words: Words, control: Control) -> None:
    projects = list(control.every("/api/projects", status="all" if words.all else "active"))
    if words.json:
        print(json.dumps(projects))
    elif words.names:
        for project in projects:
            print(for_terminal(project["name"]))
    elif not projects:
        print(dim("no projects yet; the first work in a watched repository creates one"))
    else:
        print("\n".join(table(SHAPE, [_cells(project) for project in projects], columns())))


def _cells(project: Answer) -> list[str]:
    return [
        for_terminal(project["name"]) + (" (archived)" if project.get("archived") else ""),
        for_terminal(project.get("clientName") or ""),
        "yes" if project.get("billable") else "no",
        _rate(project),
        ", ".join(for_terminal(repo["name"]) for repo in project.get("repos") or []),
    ]


def _show(words: Words, control: Control, project: Answer) -> None:
    budget = control.get(f"/api/projects/{project['id']}/budget")
    if words.json:
        print(json.dumps({**project, "budget": budget}))
        return
    print(bold(for_terminal(project["name"])), dim(project["id"]))
    used = length(budget["hoursUsed"] * 3600)
    agreed = f" of {budget['hoursLimit']:g} h" if budget.get("hoursLimit") else ""
    print(f"  used {used}{agreed}")
    print(f"  {_billing_words(project)}")
    if project.get("aliases"):
        print(f"  also found as {', '.join(for_terminal(name) for name in project['aliases'])}")
    if project.get("clientName"):
        print(f"  client {for_terminal(project['clientName'])}")
    for repo in project.get("repos") or []:
        print(f"  {for_terminal(repo['name'])} {dim(for_terminal(repo.get('remote') or ''))}")


def _alias(words: Words, control: Control, project: Answer) -> Answer:
    """Let a project be found by a further name as well."""
    if not words.name:
        raise Invalid("which further name?", f"stint projects alias {shlex.quote(words.name_)} --name NAME")
    body = {"aliases": [*project["aliases"], words.name], "revision": project["revision"]}
    answer: Answer = control.patch(f"/api/projects/{project['id']}", body)
    return answer


def _free(words: Words, control: Control, project: Answer) -> None:
    """Give up an earlier name, so that another project can have it."""
    word = words.name_
    left = [name for name in project.get("aliases") or () if normalise(name) != normalise(word)]
    if len(left) == len(project.get("aliases") or ()):
        hint = f"`stint projects edit {shlex.quote(word)} --name NEW` renames it; the earlier name can be freed then"
        raise Invalid(f"{word} is no earlier name of a project", hint)
    answer = control.patch(f"/api/projects/{project['id']}", {"aliases": left, "revision": project["revision"]})
    print(json.dumps(answer) if words.json else f"{for_terminal(word)} is free; it was {bold(for_terminal(project['name']))}")


def _billing_words(project: Answer) -> str:
    """Whose time is billed, in words."""
    if not project.get("billable"):
        return "not billed"
    watched = "with" if project.get("billSupervised", True) else "without"
    agents = "with" if project.get("billAgentTime") else "without"
    return f"billed {watched} supervised time, {agents} the time of agents that work alone"


def _add(words: Words, control: Control) -> Answer:
    project: Answer = control.post("/api/projects", {**_fields(words), "name": words.name_})
    return project


VERBS = {
    "projects": catalog_verb(
        "projects",
        "list, add, edit, archive, show, delete projects; add or free a further name",
        ACTIONS,
        OPTIONS,
        show_list=_list,
        add=_add,
        find=lambda words, control: find_project(control, words.name_),
        changes={"edit": _fields, "archive": lambda words: {"archived": True}, "unarchive": lambda words: {"archived": False}},
        others={"show": _show, "alias": _alias, "free": _free},
        complete="projects",
    )
}
