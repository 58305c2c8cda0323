"""`stint start`, `stop` and `switch` at a time: the slower half of `start`, which understands times."""

from stintd.cli.commands import start as fast
from stintd.cli.options import Verb
from stintd.cli.period import instant_of
from stintd.client.control import Control


def _at(words):
    return instant_of(words.at) if words.at else None


def start(words):
    fast.start(words, _at(words))


def stop(words):
    fast.stop(words, _at(words))


def switch(words):
    body = fast.start_body(words)
    if words.at:
        body["at"] = _at(words)
    fast.tell_started(words, Control().post("/api/timer/switch", body))


VERBS = {
    "start": Verb("start", start, fast.VERBS["start"].summary, (fast.PROJECT,), fast.START_OPTIONS),
    "stop": Verb("stop", stop, fast.VERBS["stop"].summary, (fast.PROJECT,), (fast.AT,)),
    "switch": Verb("switch", switch, "stop what runs and start a timer for PROJECT by hand", (fast.PROJECT,), fast.START_OPTIONS),
}
