"""`stint approve` and `unapprove`: lock a period and release it for delivery; and the opposite."""

from __future__ import annotations

import json

from stintd.cli.answer import Answer
from stintd.cli.catalog import find_project
from stintd.cli.options import Option, Verb, Words
from stintd.cli.period import PERIOD, RANGE, range_of
from stintd.cli.text import for_terminal, plural, warn
from stintd.client.control import Control
from stintd.errors import Invalid

OPTIONS = (
    *RANGE,
    Option("--client", "only this client", "CLIENT"),
    Option("--project", "only this project", "PROJECT", complete="projects"),
)

BATCH = 200


def _run(words: Words, route: str, verb: str) -> None:
    bounds, control = range_of(words, None), Control()
    if not bounds["from_"]:
        raise Invalid("which period?", f"name one: `stint {verb.removesuffix('d')} last week`")
    body = {"from": bounds["from_"], "to": bounds["to"], "client": words.client}
    if words.project:
        body["projectId"] = find_project(control, words.project)["id"]
    answer = _post_in_batches(control, route, {name: value for name, value in body.items() if value is not None})
    if words.json:
        print(json.dumps(answer))
        return
    print(f"{verb} {plural(answer['count'], 'entry', 'entries')}")
    if answer.get("notice"):
        print(warn(for_terminal(answer["notice"])))


def _post_in_batches(control: Control, route: str, body: Answer) -> Answer:
    """One edit and one answer, however long the period is: the daemon answers others between the batches."""
    whole: Answer = control.post(route, body | {"limit": BATCH})
    count = whole["count"]
    while count == BATCH:
        part = control.post(route, body | {"limit": BATCH, "editId": whole["editId"]})
        count = part["count"]
        whole = {
            **whole,
            "entries": whole["entries"] + part["entries"],
            "count": whole["count"] + count,
            "seconds": whole["seconds"] + part["seconds"],
        }
    return whole


def approve(words: Words) -> None:
    _run(words, "/api/approve", "approved")


def unapprove(words: Words) -> None:
    _run(words, "/api/unapprove", "unapproved")


VERBS = {
    "approve": Verb("approve", approve, "approve a period: lock its entries and release them for delivery", (PERIOD,), OPTIONS),
    "unapprove": Verb("unapprove", unapprove, "unapprove a period: unlock its entries again", (PERIOD,), OPTIONS),
}
