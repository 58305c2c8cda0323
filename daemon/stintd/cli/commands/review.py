"""`stint review`: every open decision of a period, each with the one command that settles it."""

import json

from stintd.cli.layout import columns, width, wrap
from stintd.cli.options import Verb
from stintd.cli.period import PERIOD, RANGE, range_of
from stintd.cli.text import bold, clock, day_name, dim, for_terminal, local
from stintd.client.control import Control

HEADS = {
    "correction": "approved hours that would be others now", "gap": "gaps in the working day",
    "meeting": "meetings in your calendar without hours",
    "unassigned": "time without a project", "unconfirmed": "not confirmed", "long": "long timers by hand",
    "project": "new projects", "suggestion": "projects that may be one", "target": "what billing systems lack",
    "changed": "changed since the last look",
}  # fmt: skip


def _line(one, room):
    """The text, and its command beside it or below."""
    text, command = for_terminal(one["text"]), f"`{for_terminal(one['command'])}`"
    if width(text) + width(command) + 4 <= room:
        yield f"  {text}  {dim(command)}"
        return
    yield from wrap(text, room, "  ")
    yield from map(dim, wrap(command, room, "    "))


def lines(answer, room):
    """By kind, what is oldest first."""
    for kind, head in HEADS.items():
        found = [one for one in answer["items"] if one["kind"] == kind]
        if found:
            yield bold(f"{head} ({len(found)})")
            for one in found:
                yield from _line(one, room)
    if not answer["items"]:
        yield dim("nothing is open")
    if answer["blind"]:
        yield bold("not watched")
        for one in answer["blind"]:
            day = local(one["start"]).date()
            yield from map(dim, wrap(
                f"{day_name(day)} {clock(one['start'])}–{clock(one['end'])} {for_terminal(one['reason'])}", room, "  "
            ))  # fmt: skip


def run(words):
    control = Control()
    answer = control.get("/api/review", **range_of(words, None))
    if words.json:
        print(json.dumps(answer))
        return
    print("\n".join(lines(answer, columns())))
    control.post("/api/review", {})


VERBS = {"review": Verb("review", run, "what needs your decision, each with its command", (PERIOD,), RANGE)}
