"""`stint start`, `stop` and `switch` at a time: the slower part of `start`, which understands times."""

from stintd.cli.commands import start as fast
from stintd.cli.options import Verb, Words
from stintd.cli.period import instant_of
from stintd.client.control import Control


def _instant(words: Words) -> str | None:
    return instant_of(words.at) if words.at else None


def start(words: Words) -> None:
    fast.start(words, _instant(words))


def stop(words: Words) -> None:
    fast.stop(words, _instant(words))


def switch(words: Words) -> None:
    body = fast.start_body(words)
    if words.at:
        body["at"] = _instant(words)
    fast.print_started(words, Control().post("/api/timer/switch", body))


VERBS = {
    "start": Verb("start", start, fast.VERBS["start"].summary, (fast.PROJECT,), fast.START_OPTIONS),
    "stop": Verb("stop", stop, fast.VERBS["stop"].summary, (fast.PROJECT,), (fast.AT,)),
    "switch": Verb(
        "switch", switch, "stop the running timer and start a manual one for PROJECT", (fast.PROJECT,), fast.START_OPTIONS
    ),
}
