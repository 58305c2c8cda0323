"""`stint off` and `on`: stop recording, and record again."""

import json

from stintd.cli.answer import Answer
from stintd.cli.options import Option, Verb, Words
from stintd.client.control import Control
from stintd.protocol import when


def switch_off(words: Words) -> None:
    length = getattr(words, "for")
    body: Answer = {"recording": False}
    if length:
        body["minutes"] = when.length(length).total_seconds() / 60
    answer = Control().post("/api/recording", body)
    if words.json:
        print(json.dumps(answer))
    else:
        print(f"recording is off {f'for {length}' if length else 'until `stint on`'}; until then nothing is stored")


def switch_on(words: Words) -> None:
    answer = Control().post("/api/recording", {"recording": True})
    print(json.dumps(answer) if words.json else "recording is on")


VERBS = {
    "off": Verb("off", switch_off, "record nothing until `stint on`", (), (Option("--for", "for this long only", "LENGTH"),)),
    "on": Verb("on", switch_on, "record again"),
}
