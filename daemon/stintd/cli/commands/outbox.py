"""`stint outbox`: what waits to leave this machine, and what was given up."""

import json

from stintd.cli.commands.sync import reasoned
from stintd.cli.commands.webhooks import delivery_line
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.short_ids import find_by_id
from stintd.cli.text import bold, dim, for_terminal, short_id
from stintd.client.control import Control
from stintd.errors import Invalid

STATES = ("open", "waiting", "parked", "delivered", "dropped", "sending", "changed", "withdrawn", "gone", "all")
OPTIONS = (
    Option("--state", "only these (default: open, which is waiting and parked)", "STATE", choices=STATES),
    Option("--target", "only what this one gets: webhook:ID, or the name of a target", "TARGET"),
)
DETAIL = """stint outbox                    what waits and what was given up, by whom it is for
stint outbox retry DELIVERY     try it now, instead of after the pause
stint outbox drop DELIVERY      never deliver it
stint outbox --state delivered  or waiting, parked, dropped, all"""


def _list(words, control):
    found = list(control.every("/api/outbox", state=words.state, target=words.target))
    if words.json:
        print(json.dumps(found))
        return
    for target in dict.fromkeys(one["target"] for one in found):
        kind, _, of = target.partition(":")
        print(bold(f"{for_terminal(kind)} {short_id(of)}" if of else for_terminal(kind)))
        for one in found:
            if one["target"] == target:
                print("  " + delivery_line(one))
                if one.get("reason") or one.get("remedy"):
                    print("          " + reasoned({"reason": one.get("reason") or "given up", "remedy": one.get("remedy")}))
    if not found:
        print(dim("nothing waits"))


def run(words):
    control = Control()
    if words.action in (None, "list"):
        return _list(words, control)
    if not words.delivery:
        raise Invalid(f"which delivery to {words.action}?", f"stint outbox {words.action} ID; `stint outbox` shows ids")
    found = list(control.every("/api/outbox", state="all"))
    delivery = find_by_id(found, words.delivery, "delivery", "`stint outbox --state all` lists them")
    answer = control.post(f"/api/outbox/{delivery['id']}/{words.action}")
    said = "is tried again now" if words.action == "retry" else "will not be delivered"
    print(json.dumps(answer) if words.json else f"{bold(short_id(answer['id']))} {said}")


VERBS = {
    "outbox": Verb(
        "outbox", run, "what waits to leave this machine",
        (Operand("ACTION", "?", choices=("list", "retry", "drop")), Operand("DELIVERY", "?")), OPTIONS, DETAIL,
    )
}  # fmt: skip
