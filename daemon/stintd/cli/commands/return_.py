"""`stint return`: answer what you did while the timer was auto-paused."""

import json

from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.period import instant_of
from stintd.cli.text import bold, length, project_of
from stintd.client.control import Control
from stintd.errors import Invalid

ANSWERS = ("keep", "drop", "split", "assign")
OPTIONS = (Option("--create", "create the project if it does not exist"),)
DETAIL = """stint return keep            it was work: count it for the timer
stint return drop            it was not work: the timer ends where it was paused
stint return split 14:30     you were away until then, and have worked since
stint return assign PROJECT  it was work on another project; the timer starts again now"""


def run(words: Words) -> None:
    rest = " ".join(words.rest)
    body = {"answer": words.answer}
    if words.answer == "split":
        if not rest:
            raise Invalid("when did you resume?", "stint return split 14:30")
        body["at"] = instant_of(rest)
    elif words.answer == "assign":
        if not rest:
            raise Invalid("which project did you work on?", "stint return assign PROJECT")
        body["projectName"] = rest
    elif rest:
        raise Invalid(f"nothing can follow {words.answer}", f"stint return {words.answer}")
    if words.create:
        body["autoCreate"] = True
    answer = Control().post("/api/timer/return", body)
    if words.json:
        print(json.dumps(answer))
        return
    timer = answer["timer"]
    state = "stopped" if timer.get("end") else "resumed"
    print(f"{bold(project_of(timer))} {state} at {length(timer.get('durationSeconds') or 0)}")
    if answer.get("entry"):
        print(f"{bold(project_of(answer['entry']))} has {length(answer['entry']['durationSeconds'])} of that time")


VERBS = {
    "return": Verb(
        "return",
        run,
        "answer what you did while the timer was auto-paused",
        (Operand("ANSWER", choices=ANSWERS), Operand("REST", "*")),
        OPTIONS,
        DETAIL,
    )
}
