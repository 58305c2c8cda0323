"""`stint return`: what the time was since a timer was paused by itself."""

import json

from stintd.cli.options import Operand, Option, Verb
from stintd.cli.period import instant_of
from stintd.cli.text import bold, length, project_of
from stintd.client.control import Control
from stintd.errors import Invalid

ANSWERS = ("keep", "drop", "split", "assign")
OPTIONS = (Option("--create", "make the project if there is none by that name"),)
DETAIL = """stint return keep            it was work: the timer has it
stint return drop            it was not: the timer ends where it was paused
stint return split 14:30     away until then, work since
stint return assign PROJECT  it was work on another project; the timer begins again now"""


def run(words):
    rest = " ".join(words.rest)
    body = {"answer": words.answer}
    if words.answer == "split":
        if not rest:
            raise Invalid("when did you go on?", "stint return split 14:30")
        body["at"] = instant_of(rest)
    elif words.answer == "assign":
        if not rest:
            raise Invalid("which project was it?", "stint return assign PROJECT")
        body["projectName"] = rest
    elif rest:
        raise Invalid(f"{words.answer} takes nothing more", f"stint return {words.answer}")
    if words.create:
        body["autoCreate"] = True
    answer = Control().post("/api/timer/return", body)
    if words.json:
        print(json.dumps(answer))
        return
    timer = answer["timer"]
    state = "ended" if timer.get("end") else "goes on"
    print(f"{bold(project_of(timer))} {state} at {length(timer.get('durationSeconds') or 0)}")
    if answer.get("entry"):
        print(f"{bold(project_of(answer['entry']))} has {length(answer['entry']['durationSeconds'])} of it")


VERBS = {
    "return": Verb(
        "return", run, "say what the time was since a timer was paused by itself",
        (Operand("ANSWER", choices=ANSWERS), Operand("REST", "*")), OPTIONS, DETAIL,
    )
}  # fmt: skip
