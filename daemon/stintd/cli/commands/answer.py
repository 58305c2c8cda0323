"""`stint answer`: say whose hours a folder's are. Without an answer it asks each open question, one key each."""

import json
import sys
from collections.abc import Iterator

from stintd.cli.answer import Answer, Rows
from stintd.cli.keypress import ask_key
from stintd.cli.layout import columns, wrap
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, dim, for_terminal, length, plural
from stintd.client.control import Control
from stintd.errors import Conflict, Invalid

ANSWERS = ("same", "own", "another")
KEYS = {"s": "same", "o": "own", "a": "another"}
OPTIONS = (
    Option("--yes -y", "do not ask once more where more than eight hours move"),
    Option("--create", "create the other project if it does not exist"),
)
DETAIL = """stint answer ID same             the same project as the other folder
stint answer ID own              a project of its own
stint answer ID another PROJECT  another project
stint answer                     ask each open question; one key answers it

ID is shown by `stint review`. What you approved stays; `stint undo` takes an answer back."""


def open_questions(control: Control) -> Rows:
    """The questions that nobody answered yet."""
    return [item for item in control.get("/api/review")["items"] if item["kind"] == "question"]


def answer_lines(told: Answer) -> Iterator[str]:
    """What an answer did."""
    for folder in told["folders"]:
        yield f"{for_terminal(folder['path'])} counts as {bold(for_terminal(folder.get('projectName')))}"
    moved = told["seconds"] + told["agentSeconds"]
    if moved:
        yield dim(f"{length(moved)} on {plural(told['days'], 'day')} moved; undo: `stint undo`")


def run(words: Words) -> None:
    control = Control()
    if words.id:
        _answer_once(words, control)
    elif words.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        _list(words, control)
    else:
        _ask_all(words, control)


def _answer_once(words: Words, control: Control) -> None:
    rest = " ".join(words.project)
    if not words.answer:
        raise Invalid("what is the answer?", f"stint answer {words.id} same, own, or another PROJECT")
    if (words.answer == "another") != bool(rest):
        if rest:
            raise Invalid(f"nothing can follow {words.answer}", f"stint answer {words.id} {words.answer}")
        raise Invalid("which project?", f"stint answer {words.id} another PROJECT")
    told = _send(words, control, words.id, words.answer, rest)
    if told is None:
        return
    print(json.dumps(told) if words.json else "\n".join(answer_lines(told)))


def _send(words: Words, control: Control, question: str, answer: str, project: str) -> Answer | None:
    """Send an answer. One that moves more than eight hours is asked once more; None if it was taken back."""
    body: Answer = {
        "answer": answer,
        **({"project": project} if project else {}),
        **({"autoCreate": True} if words.create else {}),
    }
    route = f"/api/review/{question}"
    try:
        told: Answer = control.post(route, {**body, "confirm": True} if words.yes else body)
    except Conflict as error:
        if error.details.get("needs") != "confirm" or words.json or not sys.stdin.isatty():
            raise
        key = ask_key(f"{for_terminal(error.message)}. {bold('y')} does it, any other key leaves it as it is ")
        if key.lower() != "y":
            return None
        told = control.post(route, {**body, "confirm": True})
    return told


def _list(words: Words, control: Control) -> None:
    items = open_questions(control)
    if words.json:
        print(json.dumps(items))
        return
    for item in items:
        print("\n".join([*wrap(for_terminal(item["text"]), columns()), dim(f"  `{for_terminal(item['command'])}`")]))
    print(dim("ANSWER is same, own, or another PROJECT" if items else "no open questions"))


def _ask_all(words: Words, control: Control) -> None:
    items = open_questions(control)
    for item in items:
        print("\n".join(wrap(for_terminal(item["text"]), columns())))
        for path in item["folders"]:
            print(dim(f"  {for_terminal(path)}"))
        key = ask_key(f"{bold('s')}ame project, its {bold('o')}wn, {bold('a')}nother, any other key: later ").lower()
        answer = KEYS.get(key, "")
        project = input("which project? ").strip() if answer == "another" else ""
        if not answer or (answer == "another" and not project):
            continue
        told = _send(words, control, item["id"], answer, project)
        if told is not None:
            print("\n".join(answer_lines(told)))
    if not items:
        print(dim("no open questions"))


VERBS = {
    "answer": Verb(
        "answer",
        run,
        "say whose hours a folder's are: the same project, its own, or another",
        (Operand("ID", "?"), Operand("ANSWER", "?", choices=ANSWERS), Operand("PROJECT", "*", complete="projects")),
        OPTIONS,
        DETAIL,
    )
}
