"""`stint off` and `on`: record nothing meanwhile."""

import json

from stintd.cli.options import Option, Verb
from stintd.client.control import Control
from stintd.protocol import when


def off(words):
    length = getattr(words, "for")
    body = {"recording": False}
    if length:
        body["minutes"] = when.length(length).total_seconds() / 60
    answer = Control().post("/api/recording", body)
    if words.json:
        print(json.dumps(answer))
    else:
        print(f"recording is off {f'for {length}' if length else 'until `stint on`'}; nothing is stored meanwhile")


def on(words):
    answer = Control().post("/api/recording", {"recording": True})
    print(json.dumps(answer) if words.json else "recording is on")


VERBS = {
    "off": Verb("off", off, "record nothing until `stint on`", (), (Option("--for", "only for this long", "LENGTH"),)),
    "on": Verb("on", on, "record again"),
}
