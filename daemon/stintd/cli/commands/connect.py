"""`stint connect`: deliver approved hours to a billing system."""

from __future__ import annotations

import getpass
import json
import sys

from stintd.cli import accounts, remote_places
from stintd.cli.answer import Answer
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

OPTIONS = (
    Option("--kind", "the kind of system, like clockme, jira or webhook (default: TARGET; an unknown one lists all)", "KIND"),
    Option("--url", "its address, if it is not the service's standard one", "URL"),
    Option("--key-from", "read the key from the first line of this file (- for standard input) instead of asking", "FILE"),
    Option("--key-env", "the daemon's environment variable that holds the key", "NAME"),
    Option("--key-file", "a file of yours (0600) that holds the key", "FILE"),
    Option("--set", "what this kind needs besides the key, like team_id=9012", "NAME=ID", is_list=True),
    Option("--from", "send nothing from before this day (default: today)", "DATE"),
    Option(
        "--deliver",
        "approved (default): what you approved; auto: also without your approval",
        "WHEN",
        choices=("approved", "auto"),
    ),
    Option("--live", "on: also run a timer there, if this kind of system can (default: off)", "WHEN", choices=("on", "off")),
    Option("--settle", "how long to wait after an entry's last change (default: 10m)", "LENGTH"),
    Option("--description", "the description to send: subjects (the entry's text, default), task, none, or a fixed text", "RULE"),
)
DETAIL = """The key is tested with one harmless call before anything is stored. It is kept in a file that only you can read.
stint connect clockme                      asks for the key
stint targets match clockme                maps projects by their names, after asking
stint sync --dry-run                       shows what would be sent; `stint sync` sends it now"""
SHOWN = 20
WHEN = {
    "approved": "nothing is sent before you approve it",
    "auto": "what is mapped is sent automatically, without your approval",
}
_SOURCES = {"key_env": "keyEnv", "key_file": "keyFile"}


def _secret(words: Words) -> str | None:
    """The key: read from a file, or typed without being shown; None when the words name another place for it."""
    if any(getattr(words, name) for name in _SOURCES):
        return None
    if words.key_from:
        try:
            if words.key_from == "-":
                return sys.stdin.readline().strip()
            with open(words.key_from, encoding="utf-8") as file:
                return file.readline().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid(f"{words.key_from} cannot be read: {error}", "name a file whose first line is the key") from error
    if not sys.stdin.isatty():
        raise Invalid("where is the key?", "name it with --key-from FILE, --key-env or --key-file")
    return getpass.getpass(f"key of {words.target}: ").strip()


def run(words: Words) -> None:
    control, kind = Control(), words.kind or words.target
    control.get(f"/api/targets/kinds/{kind}")  # before anybody types a key for a kind that does not exist
    secret = _secret(words)
    if secret == "":
        raise Invalid("the key is empty", "paste the key the service gave you")
    body = {
        "name": words.target,
        "kind": kind,
        "baseUrl": words.url,
        "secret": secret,
        "from": getattr(words, "from"),
        "deliver": words.deliver,
        "settle": words.settle,
        "description": words.description,
    }
    if words.live is not None:
        body["live"] = words.live == "on"
    if words.set:
        body["options"] = dict(pair.partition("=")[::2] for pair in words.set)
    body |= {into: getattr(words, name) for name, into in _SOURCES.items()}
    options = accounts.complete_options(control, body)
    body = {**body, "options": options} if options else body
    answer = control.post("/api/targets", {name: value for name, value in body.items() if value is not None})
    if words.json:
        print(json.dumps(answer))
        return
    print(
        f"connected {bold(for_terminal(answer['name']))}"
        + (f" as {for_terminal(answer['account'])}" if answer["account"] else "")
    )
    _print_places(control, answer)
    print(dim(f"{WHEN[answer['deliver']]}; `stint sync --dry-run` shows what would be sent"))


def _print_places(control: Control, answer: Answer) -> None:
    """What can be mapped to, what has the same name here, and the commands that map it."""
    name = answer["name"]
    for project in answer["projects"][:SHOWN]:
        ids = " ".join(f"{field}={value}" for field, value in project.items() if field != "name")
        print(f"  {for_terminal(project.get('name', ''))}  {dim(for_terminal(ids))}")
    more = len(answer["projects"]) - SHOWN
    if more > 0:
        print(dim(f"  and {more} more: `stint targets places {name}`"))
    if answer["projects"]:
        proposals = control.get(f"/api/targets/{name}/match")["proposals"]
        same = [proposal for proposal in proposals if proposal["how"] in remote_places.SURE]
        if proposals:
            print(f"{len(same)} of {len(proposals)} projects have the same name there: `stint targets match {name}` maps them")
    fields = " ".join(f"{field.split('|')[0]}=ID" for field in answer["needs"])
    print(dim("map a project by hand: `" + f"stint targets map {name} --project NAME {fields}".rstrip() + "`"))


VERBS = {
    "connect": Verb(
        "connect", run, "connect a billing system, to deliver approved hours to it", (Operand("TARGET"),), OPTIONS, DETAIL
    )
}
