"""`stint pause`, `resume`, `continue`, `cancel`: what you do with an existing timer."""

import json

from stintd.cli.answer import Answer
from stintd.cli.commands.start import exact_project_fields
from stintd.cli.options import Operand, Verb, Words
from stintd.cli.text import bold, length, project_of
from stintd.client.control import Control
from stintd.errors import NotFound

PROJECT = Operand("PROJECT", "?", complete="projects")


def _post(words: Words, route: str, body: Answer, sentence: str, lacking: str) -> None:
    answer = Control().post(route, body) or {}
    if words.json:
        print(json.dumps(answer))
        return
    entry = answer.get("timer") or answer.get("entry")
    if entry is None:
        raise NotFound(lacking, "`stint status` shows your timers")
    print(sentence.format(bold(project_of(entry)), length(entry.get("durationSeconds") or 0)))


def pause(words: Words) -> None:
    _post(words, "/api/timer/pause", exact_project_fields(words.project), "paused {} at {}", "nothing is running")


def resume(words: Words) -> None:
    _post(words, "/api/timer/resume", exact_project_fields(words.project), "resumed {} at {}", "nothing is paused")


def carry_on(words: Words) -> None:
    _post(words, "/api/timer/continue", {}, "started {} again", "there is no timer to start again")


def cancel(words: Words) -> None:
    body = {"projectName": words.project} if words.project else {}
    _post(words, "/api/timer/cancel", body, "cancelled {} at {}", "no manual timer is running")


VERBS = {
    "pause": Verb("pause", pause, "pause the running timer, or the timer of PROJECT", (PROJECT,)),
    "resume": Verb("resume", resume, "resume the paused timer, or the timer of PROJECT", (PROJECT,)),
    "continue": Verb("continue", carry_on, "start a timer for the same work as your last manual entry"),
    "cancel": Verb("cancel", cancel, "discard the manual timer; its time is tracked automatically again", (PROJECT,)),
}
