"""`stint targets`: the billing systems that are connected, and what goes where."""

import json

from stintd.cli import remote_places
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.text import bold, dim, for_terminal, warn
from stintd.client.control import Control
from stintd.errors import Invalid

CONDITIONS = ("project", "task", "client", "tag", "billable")
ACTIONS = ("list", "map", "match", "places", "remove")
OPTIONS = (
    Option("--project", "hours of this project", "PROJECT", complete="projects"),
    Option("--task", "hours of this task", "TASK"),
    Option("--client", "hours of this client", "CLIENT"),
    Option("--tag", "hours with this tag", "TAG"),
    Option("--billable", "only hours that are billable, or that are not", "WHICH", choices=("yes", "no")),
    Option("--rounding", "round these another way than the rest, like up:15 (none, nearest, up, down)", "MODE:MINUTES"),
    Option("--create", "match: make a place for what has none, after asking"),
    Option("--yes", "match: do not ask; what is only alike is left out"),
    Option("--refresh", "match, places: ask the service anew, not only once a day"),
    Option("--minimum", "any work at all counts as this, like 15m", "LENGTH"),
)
DETAIL = """stint targets match clockme       proposes a place for each project by its name, and asks
stint targets match clockme activity_id=9     the same, with this in each mapping
stint targets places clockme      lists where hours can go there
stint targets map clockme --project atlas project_id=p1 task_id=t7
stint targets remove clockme     (what was delivered stays there, and is remembered)"""


def _number(rules):
    return "one rule" if rules == 1 else f"{rules} rules"


def _counts(target):
    told = [f"{number} {name}" for name, number in target["counts"].items() if number]
    return ", ".join(told) or "nothing yet"


def _condition(name, value):
    return ("billable" if value else "not billable") if name == "billable" else f"{name} {for_terminal(value)}"


def _rounded(rule):
    told = [f"{rule['mode']} to {rule['minutes']} min" if "minutes" in rule else "not rounded"]
    told += [f"at least {rule['minimum']}"] if "minimum" in rule else []
    return ", ".join(told)


def _list(words, control):
    found = control.get("/api/targets")["data"]
    if words.json:
        print(json.dumps(found))
        return
    for target in found:
        state = target["state"] if target["state"] in ("well", "connecting") else warn(target["state"])
        trouble = f"  {for_terminal(target['trouble'])}" if target["trouble"] else ""
        kind = target["kind"] + (", auto" if target["deliver"] == "auto" else "") + (", live" if target["live"] else "")
        print(f"{bold(for_terminal(target['name']))}  {kind}  {state}  {dim(_counts(target))}{trouble}")
        for rule in target["map"]:
            when = ", ".join(_condition(name, rule[name]) for name in CONDITIONS if name in rule) or "everything"
            when += f" ({_rounded(rule['rounding'])})" if "rounding" in rule else ""
            where = " ".join(f"{name}={for_terminal(value)}" for name, value in rule["remote"].items())
            print(f"        {when} → {where}")
    if not found:
        print(dim("no targets; `stint connect TARGET` makes one"))


def _rounding(words):
    mode, _, minutes = (words.rounding or "none").partition(":")
    if minutes and not minutes.isdigit():
        raise Invalid(f"{words.rounding} is no rounding", "write one like up:15 or nearest:6")
    told = {"mode": mode, "minutes": int(minutes or 0), "minimum": words.minimum}
    return {name: value for name, value in told.items() if value}


def _map(words, control):
    remote = dict(pair.partition("=")[::2] for pair in words.remote)
    if not remote or not all(remote.values()):
        raise Invalid("where do they go?", f"stint targets map {words.target} --project NAME project_id=ID")
    body = {name: getattr(words, name) for name in ("project", "task", "client", "tag") if getattr(words, name)}
    if words.billable:
        body["billable"] = words.billable == "yes"
    if words.rounding or words.minimum:
        body["rounding"] = _rounding(words)
    answer = control.post(f"/api/targets/{words.target}/map", {**body, "remote": remote})
    print(json.dumps(answer) if words.json else f"mapped; {bold(words.target)} has {_number(len(answer['map']))}")


def run(words):
    control = Control()
    action = words.action or "list"
    if action == "list":
        return _list(words, control)
    if not words.target:
        raise Invalid(f"which target to {action}?", f"stint targets {action} TARGET; `stint targets` lists them")
    more = {"map": _map, "match": remote_places.match, "places": remote_places.show}.get(action)
    if more is not None:
        return more(words, control)
    answer = control.delete("/api/targets", {"name": words.target})
    print(json.dumps(answer) if words.json else f"disconnected {bold(for_terminal(answer['name']))}; what is there stays")


VERBS = {
    "targets": Verb(
        "targets", run, "billing systems that are connected, and what goes where",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("TARGET", "?"), Operand("REMOTE", "*")), OPTIONS, DETAIL,
    )
}  # fmt: skip
