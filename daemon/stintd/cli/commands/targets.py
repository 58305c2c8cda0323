"""`stint targets`: the connected billing systems, and which hours go where."""

import json

from stintd.cli import remote_places
from stintd.cli.answer import Answer
from stintd.cli.options import Operand, Option, Verb, Words
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
    Option("--billable", "yes: only billable hours; no: only hours that are not billable", "WHICH", choices=("yes", "no")),
    Option("--rounding", "round these hours differently, like up:15 (none, nearest, up, down)", "MODE:MINUTES"),
    Option("--create", "match: create a place for each project that has none, after asking"),
    Option("--yes", "match: do not ask, and map only identical names"),
    Option("--refresh", "match, places: fetch the list from the service now (default: once a day)"),
    Option("--minimum", "the shortest length that any work counts as, like 15m", "LENGTH"),
)
DETAIL = """stint targets match clockme                 propose a place with a matching name for each project, and ask
stint targets match clockme activity_id=9   the same, with this field in each mapping
stint targets places clockme                list the places there that can receive hours
stint targets map clockme --project atlas project_id=p1 task_id=t7
                                            send the hours of atlas to this place
stint targets remove clockme                disconnect it; delivered entries stay there, and stintd remembers them"""


def _rule_count(rules: int) -> str:
    return "1 rule" if rules == 1 else f"{rules} rules"


def _counts(target: Answer) -> str:
    counts = [f"{number} {name}" for name, number in target["counts"].items() if number]
    return ", ".join(counts) or "nothing yet"


def _condition(name: str, value: object) -> str:
    return ("billable" if value else "not billable") if name == "billable" else f"{name} {for_terminal(str(value))}"


def _rounding_words(rule: Answer) -> str:
    words = [f"{rule['mode']} to {rule['minutes']}m" if "minutes" in rule else "not rounded"]
    words += [f"at least {rule['minimum']}"] if "minimum" in rule else []
    return ", ".join(words)


def _list(words: Words, control: Control) -> None:
    targets = control.get("/api/targets")["data"]
    if words.json:
        print(json.dumps(targets))
        return
    for target in targets:
        state = target["state"] if target["state"] in ("well", "connecting") else warn(target["state"])
        trouble = f"  {for_terminal(target['trouble'])}" if target["trouble"] else ""
        kind = target["kind"] + (", auto" if target["deliver"] == "auto" else "") + (", live" if target["live"] else "")
        print(f"{bold(for_terminal(target['name']))}  {kind}  {state}  {dim(_counts(target))}{trouble}")
        for rule in target["map"]:
            when = ", ".join(_condition(name, rule[name]) for name in CONDITIONS if name in rule) or "everything"
            when += f" ({_rounding_words(rule['rounding'])})" if "rounding" in rule else ""
            where = " ".join(f"{name}={for_terminal(value)}" for name, value in rule["remote"].items())
            unknown = f"  {warn('there is no such project')}" if rule.get("project") in target["unknownProjects"] else ""
            print(f"        {when} → {where}{unknown}")
    if not targets:
        print(dim("no billing targets yet; `stint connect TARGET` connects one"))


def _rounding(words: Words) -> Answer:
    mode, _, minutes = (words.rounding or "none").partition(":")
    if minutes and not minutes.isdigit():
        raise Invalid(f"{words.rounding} is not a rounding", "write it like up:15 or nearest:6")
    rounding = {"mode": mode, "minutes": int(minutes or 0), "minimum": words.minimum}
    return {name: value for name, value in rounding.items() if value}


def _map(words: Words, control: Control) -> None:
    remote = dict(pair.partition("=")[::2] for pair in words.remote)
    if not remote or not all(remote.values()):
        raise Invalid("where should these hours go?", f"stint targets map {words.target} --project NAME project_id=ID")
    body = {name: getattr(words, name) for name in ("project", "task", "client", "tag") if getattr(words, name)}
    if words.billable:
        body["billable"] = words.billable == "yes"
    if words.rounding or words.minimum:
        body["rounding"] = _rounding(words)
    answer = control.post(f"/api/targets/{words.target}/map", {**body, "remote": remote})
    print(json.dumps(answer) if words.json else f"mapped; {bold(words.target)} now has {_rule_count(len(answer['map']))}")


def run(words: Words) -> None:
    control = Control()
    action = words.action or "list"
    if action == "list":
        _list(words, control)
        return
    if not words.target:
        raise Invalid(f"which target to {action}?", f"stint targets {action} TARGET; `stint targets` lists them")
    more = {"map": _map, "match": remote_places.match_places, "places": remote_places.show_places}.get(action)
    if more is not None:
        more(words, control)
        return
    answer = control.delete("/api/targets", {"name": words.target})
    print(
        json.dumps(answer) if words.json else f"disconnected {bold(for_terminal(answer['name']))}; delivered entries stay there"
    )


VERBS = {
    "targets": Verb(
        "targets",
        run,
        "connected billing systems, and which hours go where",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("TARGET", "?"), Operand("REMOTE", "*")),
        OPTIONS,
        DETAIL,
    )
}
