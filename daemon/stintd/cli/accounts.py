"""What `stint connect` asks for at a terminal: settings that this kind of account needs and that were not given."""

from __future__ import annotations

import sys

from stintd.cli.answer import Answer, Rows
from stintd.cli.text import dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid


def complete_options(control: Control, body: Answer) -> Answer:
    """The options of an account, with missing ones chosen from what the service offers, or typed."""
    options = dict(body.get("options") or {})
    wanted = [name for name in control.get(f"/api/targets/kinds/{body['kind']}")["settings"] if not options.get(name)]
    if not wanted or not sys.stdin.isatty():
        return options
    account = {name: body[name] for name in ("kind", "baseUrl", "secret", "keyEnv", "keyFile") if body.get(name) is not None}
    for name in wanted:
        offered = control.post("/api/targets/choices", {**account, "setting": name, **({"options": options} if options else {})})
        options[name] = _choose(name, offered["data"])
    return options


def _choose(name: str, choices: Rows) -> str:
    if len(choices) == 1:
        print(dim(f"{name}: {for_terminal(choices[0]['name'])} ({for_terminal(choices[0]['value'])})"))
        return str(choices[0]["value"])
    for number, choice in enumerate(choices, 1):
        print(f"  {number}  {for_terminal(choice['name'])}  {dim(for_terminal(choice['value']))}")
    which = " (a number of the list, or an id)" if choices else ""
    print(f"{name}{which}: ", end="", file=sys.stderr, flush=True)
    text = sys.stdin.readline().strip()
    if not text:
        raise Invalid(f"{name} is needed", f"set it with --set {name}=ID")
    is_number = text.isdigit() and 1 <= int(text) <= len(choices)
    return str(choices[int(text) - 1]["value"]) if is_number else text
