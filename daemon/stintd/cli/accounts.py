"""What `stint connect` asks for at a terminal: the settings of an account that its kind needs and nobody named."""

import sys

from stintd.cli.text import dim, for_terminal
from stintd.errors import Invalid


def complete_options(control, body):
    """The options of an account, with what was missing chosen from what the service offers, or typed."""
    options = dict(body.get("options") or {})
    wanted = [name for name in control.get(f"/api/targets/kinds/{body['kind']}")["settings"] if not options.get(name)]
    if not wanted or not sys.stdin.isatty():
        return options
    asked = {name: body[name] for name in ("kind", "baseUrl", "secret", "keyEnv", "keyFile") if body.get(name) is not None}
    for name in wanted:
        offered = control.post("/api/targets/choices", {**asked, "setting": name, **({"options": options} if options else {})})
        options[name] = _choose(name, offered["data"])
    return options


def _choose(name, offered):
    if len(offered) == 1:
        print(dim(f"{name}: {for_terminal(offered[0]['name'])} ({for_terminal(offered[0]['value'])})"))
        return offered[0]["value"]
    for number, one in enumerate(offered, 1):
        print(f"  {number}  {for_terminal(one['name'])}  {dim(for_terminal(one['value']))}")
    which = " (a number of the list, or an id)" if offered else ""
    print(f"{name}{which}: ", end="", file=sys.stderr, flush=True)
    text = sys.stdin.readline().strip()
    if not text:
        raise Invalid(f"{name} is needed", f"name it with --set {name}=ID")
    is_number = text.isdigit() and 1 <= int(text) <= len(offered)
    return offered[int(text) - 1]["value"] if is_number else text
