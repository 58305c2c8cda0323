"""`stint pause`, `resume`, `continue`, `cancel`: what a person does to the timer that is there."""

import json

from stintd.cli.commands.start import exactly
from stintd.cli.options import Operand, Verb
from stintd.cli.text import bold, length, project_of
from stintd.client.control import Control
from stintd.errors import NotFound

PROJECT = Operand("PROJECT", "?", complete="projects")


def _ask(words, route, body, said, lacking):
    answer = Control().post(route, body) or {}
    if words.json:
        print(json.dumps(answer))
        return
    entry = answer.get("timer") or answer.get("entry")
    if entry is None:
        raise NotFound(lacking, "`stint status` shows what there is")
    print(f"{said} {bold(project_of(entry))} at {length(entry.get('durationSeconds') or 0)}")


def pause(words):
    _ask(words, "/api/timer/pause", exactly(words.project), "paused", "nothing is running")


def resume(words):
    _ask(words, "/api/timer/resume", exactly(words.project), "resumed", "nothing is paused")


def carry_on(words):
    _ask(words, "/api/timer/continue", {}, "started again", "there is no timer to go on with")


def cancel(words):
    body = {"projectName": words.project} if words.project else {}
    _ask(words, "/api/timer/cancel", body, "cancelled", "no timer started by hand is running")


VERBS = {
    "pause": Verb("pause", pause, "pause the running timer", (PROJECT,)),
    "resume": Verb("resume", resume, "go on with the paused timer", (PROJECT,)),
    "continue": Verb("continue", carry_on, "start the last timer again that was started by hand"),
    "cancel": Verb("cancel", cancel, "discard the timer started by hand; its time is tracked automatically again", (PROJECT,)),
}
