"""`stint prompt`: the status line while it may be believed, for shells that cannot `cat` and compare. Never fails."""

import time

from stintd import paths
from stintd.cli.options import Verb


def run(words):
    """Print the line without its validity, or nothing when it is out of date or not there."""
    try:
        with open(paths.status_file(), encoding="utf-8", errors="replace") as file:
            text, _, until = file.readline().rstrip("\n").rpartition(" ")
    except OSError:
        return
    if until.isdigit() and time.time() < int(until):
        print(text)


VERBS = {"prompt": Verb("prompt", run, "the current timer in one line, for shell prompts and status bars", has_json=False)}
