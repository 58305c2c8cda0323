"""`stint review`: everything in a period that needs your decision, each with the command that settles it."""

import json
from collections.abc import Iterator

from stintd.cli.answer import Answer
from stintd.cli.layout import columns, width, wrap
from stintd.cli.options import Verb, Words
from stintd.cli.period import PERIOD, RANGE, range_of
from stintd.cli.text import bold, clock, day_name, dim, for_terminal, local_time
from stintd.client.control import Control

HEADS = {
    "question": "whose hours are these? ANSWER is same, own, or another PROJECT",
    "correction": "approved hours that have changed since", "gap": "gaps in the working day",
    "meeting": "meetings in your calendar without hours",
    "unassigned": "time without a project", "unconfirmed": "not confirmed", "long": "long manual timers",
    "project": "new projects", "suggestion": "projects that may be the same", "target": "hours that billing targets do not have",
    "changed": "changed since your last review", "uncounted": "folders without git",
}  # fmt: skip


def _line(item: Answer, room: int) -> Iterator[str]:
    """The text, with its command on the same line or below."""
    text, command = for_terminal(item["text"]), f"`{for_terminal(item['command'])}`"
    if width(text) + width(command) + 4 <= room:
        yield f"  {text}  {dim(command)}"
        return
    yield from wrap(text, room, "  ")
    yield from map(dim, wrap(command, room, "    "))


def lines(answer: Answer, room: int) -> Iterator[str]:
    """The items by kind, the oldest first."""
    for kind, head in HEADS.items():
        items = [item for item in answer["items"] if item["kind"] == kind]
        if items:
            yield bold(f"{head} ({len(items)})")
            for item in items:
                yield from _line(item, room)
    if not answer["items"]:
        yield dim("nothing to review")
    if answer["blind"]:
        yield bold("not watched: work in these times may be missing")
        for gap in answer["blind"]:
            day = local_time(gap["start"]).date()
            yield from map(
                dim, wrap(f"{day_name(day)} {clock(gap['start'])}–{clock(gap['end'])} {for_terminal(gap['reason'])}", room, "  ")
            )


def run(words: Words) -> None:
    control = Control()
    answer = control.get("/api/review", **range_of(words, None))
    if words.json:
        print(json.dumps(answer))
        return
    print("\n".join(lines(answer, columns())))
    control.post("/api/review", {})


VERBS = {"review": Verb("review", run, "everything that needs your decision, with the command that settles it", (PERIOD,), RANGE)}
