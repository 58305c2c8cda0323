"""`stint sync`: send what waits now, or show exactly what would be sent."""

import json

from stintd.cli.options import Operand, Option, Verb
from stintd.cli.text import bold, clock, decimal_hours, dim, for_terminal, short_id, warn
from stintd.client.control import Control

OPTIONS = (Option("--dry-run", "send nothing, show everything"),)
SIGNS = {"create": "+", "update": "~", "delete": "-", "replace": "±", "correct": "+"}
BOTH = ("update", "replace", "correct")


def line(item):
    """What would be done with one entry, or why nothing is."""
    start = clock(item["start"]) if item["start"] else ""
    where = " ".join(f"{name}={for_terminal(value)}" for name, value in item["remote"].items())
    named = " · ".join(for_terminal(item[name]) for name in ("project", "task") if item[name])
    said = f"  {for_terminal(item['description'])}" if item["description"] else ""
    hours = decimal_hours(item["seconds"])
    if item["action"] in BOTH:
        hours = f"{decimal_hours(item['deliveredSeconds'])} → {hours}"
    told = f"{dim(short_id(item['id']))}  {SIGNS[item['action']]} {item['day']} {start}  {hours}  {named}  {dim(where)}{said}"
    if item["reason"]:
        told += f"\n          {reasoned(item)}"
    return told


def reasoned(item):
    """Why something is not there yet, and what to do about it where anything is to be done."""
    why = warn(for_terminal(item["reason"]))
    return f"{why}: {for_terminal(item['remedy'])}" if item["remedy"] else why


def run(words):
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
        print("  " + line(item))
    kept, more = answer["kept"], answer["ready"] + answer["kept"] - len(answer["items"])
    if words.dry_run and more:
        print(dim(f"  and {more} more"))
    verb = "would be sent" if words.dry_run else "are being sent"
    rest = f", {kept} kept back" + ("" if words.dry_run else " (`stint sync --dry-run` says why)") if kept else ""
    print(dim("no targets; `stint connect TARGET` makes one" if not answer["targets"] else f"{answer['ready']} {verb}{rest}"))


VERBS = {"sync": Verb("sync", run, "send what waits now, or show what would be sent", (Operand("TARGET", "?"),), OPTIONS)}
