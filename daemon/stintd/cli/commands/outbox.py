"""`stint outbox`: deliveries that wait to be sent, and those that were given up."""

import json

from stintd.cli.commands.sync import reason_text
from stintd.cli.commands.webhooks import delivery_line
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.short_ids import find_by_id
from stintd.cli.text import bold, dim, for_terminal, short_id
from stintd.client.control import Control
from stintd.errors import Invalid

STATES = ("open", "waiting", "parked", "delivered", "dropped", "sending", "changed", "withdrawn", "gone", "all")
OPTIONS = (
    Option("--state", "only deliveries in this state (default: open, which means waiting or parked)", "STATE", choices=STATES),
    Option("--target", "only deliveries to this target: its name, or webhook:ID", "TARGET"),
)
DETAIL = """stint outbox                    what waits and what is parked (given up on, waiting for you), by target
stint outbox retry DELIVERY     try it again now, instead of after its pause
stint outbox drop DELIVERY      never deliver it
stint outbox --state delivered  only what was delivered; other states: waiting, parked, dropped, all"""


def _list(words: Words, control: Control) -> None:
    deliveries = list(control.every("/api/outbox", state=words.state, target=words.target))
    if words.json:
        print(json.dumps(deliveries))
        return
    for target in dict.fromkeys(delivery["target"] for delivery in deliveries):
        kind, _, identifier = target.partition(":")
        print(bold(f"{for_terminal(kind)} {short_id(identifier)}" if identifier else for_terminal(kind)))
        for delivery in deliveries:
            if delivery["target"] == target:
                print("  " + delivery_line(delivery))
                if delivery.get("reason") or delivery.get("remedy"):
                    print(
                        "          "
                        + reason_text({"reason": delivery.get("reason") or "given up", "remedy": delivery.get("remedy")})
                    )
    if not deliveries:
        print(dim("nothing is waiting"))


def run(words: Words) -> None:
    control = Control()
    if words.action in (None, "list"):
        _list(words, control)
        return
    if not words.delivery:
        raise Invalid(f"which delivery to {words.action}?", f"stint outbox {words.action} ID; `stint outbox` shows ids")
    deliveries = list(control.every("/api/outbox", state="all"))
    delivery = find_by_id(deliveries, words.delivery, "delivery", "`stint outbox --state all` lists them")
    answer = control.post(f"/api/outbox/{delivery['id']}/{words.action}")
    outcome = "is being tried again now" if words.action == "retry" else "will not be delivered"
    print(json.dumps(answer) if words.json else f"{bold(short_id(answer['id']))} {outcome}")


VERBS = {
    "outbox": Verb(
        "outbox",
        run,
        "deliveries to billing systems and webhooks: what waits, and what was given up",
        (Operand("ACTION", "?", choices=("list", "retry", "drop")), Operand("DELIVERY", "?")),
        OPTIONS,
        DETAIL,
    )
}
