"""`stint sync`: send what waits now, or show exactly what would be sent."""

import json

from stintd.cli.answer import Answer
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, clock, decimal_hours, dim, for_terminal, short_id, warn
from stintd.client.control import Control

OPTIONS = (Option("--dry-run", "show what would be sent without sending it"),)
SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "±", "correct": "+"}
BOTH = ("update", "replace", "correct")


def item_line(item: Answer) -> str:
    """What would be done with one entry, or why nothing will be."""
    start = clock(item["start"]) if item["start"] else ""
    where = " ".join(f"{name}={for_terminal(value)}" for name, value in item["remote"].items())
    names = " · ".join(for_terminal(item[name]) for name in ("project", "task") if item[name])
    description = f"  {for_terminal(item['description'])}" if item["description"] else ""
    hours = decimal_hours(item["seconds"])
    if item["action"] in BOTH:
        hours = f"{decimal_hours(item['deliveredSeconds'])} → {hours}"
    text = (
        f"{dim(short_id(item['id']))}  {SIGNS[item['action']]} {item['day']} {start}  {hours}  {names}  {dim(where)}{description}"
    )
    if item["reason"]:
        text += f"\n          {reason_text(item)}"
    return text


def reason_text(item: Answer) -> str:
    """Why an entry has not been sent yet, and what you can do about it."""
    why = warn(for_terminal(item["reason"]))
    return f"{why}: {for_terminal(item['remedy'])}" if item["remedy"] else why


def run(words: Words) -> None:
    body = {"dryRun": bool(words.dry_run)}
    if words.target:
        body["target"] = words.target
    answer = Control().post("/api/sync", body)
    if words.json:
        print(json.dumps(answer))
        return
    ready = [item for item in answer["items"] if item["state"] != "parked" and not item["remedy"]]
    target = None
    for item in answer["items"] if words.dry_run else ready:
        if item["target"] != target:
            target = item["target"]
            print(bold(for_terminal(target)))
        print("  " + item_line(item))
    held_back, more = answer["kept"], answer["ready"] + answer["kept"] - len(answer["items"])
    if words.dry_run and more:
        print(dim(f"  and {more} more"))
    verb = "would be sent" if words.dry_run else "being sent"
    why = "" if words.dry_run else " (`stint sync --dry-run` says why)"
    rest = f", {held_back} held back{why}" if held_back else ""
    print(
        dim(
            "no billing targets yet; `stint connect TARGET` connects one"
            if not answer["targets"]
            else f"{answer['ready']} {verb}{rest}"
        )
    )


VERBS = {"sync": Verb("sync", run, "send what waits now, or show what would be sent", (Operand("TARGET", "?"),), OPTIONS)}
