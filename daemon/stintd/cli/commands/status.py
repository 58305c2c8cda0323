"""`stint status`: running timers, today's total, and problems with how to fix them. Part of the fast path."""

from __future__ import annotations

import json

from stintd.cli.options import Verb, Words
from stintd.cli.text import bold, clock, dim, for_terminal, length, paint, project_of, state_mark, warn
from stintd.client.control import Control

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from stintd.cli.answer import Answer, Rows

COLOUR_OF = {"running": 32, "paused": 33, "waiting": 2}


def timer_lines(timers: Rows) -> Iterator[str]:
    """One line a timer; agents after people."""
    for timer in sorted(timers, key=lambda timer: timer.get("actor") == "agent"):
        state = timer.get("state", "running")
        name = bold(project_of(timer))
        task = for_terminal(timer.get("taskName") or "")
        words = [paint(state_mark(state), COLOUR_OF.get(state, 0)), name, *([task] if task else [])]
        if state == "waiting":
            words.append(dim("waiting for your first activity"))
        else:
            words += [length(timer.get("durationSeconds") or 0), dim(f"since {clock(timer['start'])}")]
        if state == "paused":
            words.append(dim("paused"))
        if timer.get("actor") == "agent":
            words.append(dim("agent"))
        elif timer.get("origin") == "manual":
            words.append(dim("by hand"))
        branch = for_terminal(timer.get("branch") or "")
        if branch and branch != task:
            words.append(dim(f"on {branch}"))
        if timer.get("provisional"):
            words.append(dim("(just noticed)"))
        yield " ".join(words)
        if timer.get("description"):
            yield dim(f"  {for_terminal(timer['description'])}")


def warning_lines(warnings: Rows) -> Iterator[str]:
    """Two lines per warning: the problem, and how to fix it."""
    for warning in warnings:
        yield warn(f"! {for_terminal(warning['text'])}")
        if warning.get("hint"):
            yield f"  {for_terminal(warning['hint'])}"


def lines(status: Answer) -> Iterator[str]:
    """The whole answer as lines."""
    timers = status.get("timers") or []
    yield from timer_lines(timers)
    if status.get("recording") is False:
        yield warn("recording is off; `stint on` switches it on")
    elif not timers:
        yield dim("nothing is running; work in a watched repository starts a timer automatically")
    yield f"today {bold(length(status.get('todaySeconds') or 0))}"
    if not status.get("ready", True):
        yield dim("still searching the watched folders")
    if status.get("reviewCount"):
        yield dim(f"{status['reviewCount']} to review: `stint review`")
    yield from warning_lines(status.get("warnings") or [])


def run(words: Words) -> None:
    status = Control().get("/api/status")
    if words.json:
        print(json.dumps(status))
    else:
        print("\n".join(lines(status)))


VERBS = {"status": Verb("status", run, "running timers, today's total, problems and how to fix them")}
