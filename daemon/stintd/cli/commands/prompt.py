"""`stint prompt`: the status line while it is valid, for shells that cannot `cat` and compare. Never fails."""

from __future__ import annotations

import time

from stintd import paths
from stintd.cli.options import Option, Verb, Words

PROGRAMS = ("bash", "fish", "i3", "i3blocks", "sh", "starship", "sway", "tmux", "waybar", "zsh")
OPTIONS = (Option("--for", "print the settings that show it in this program's prompt or bar", "PROGRAM", choices=PROGRAMS),)
DETAIL = """stint prompt                          print the line; print nothing if it is out of date
stint prompt --for zsh >> ~/.zshrc    also: """ + ", ".join(PROGRAMS)


def run(words: Words) -> None:
    """Print the line without its expiry time, or nothing when it is out of date or missing."""
    try:
        with open(paths.status_file(), encoding="utf-8", errors="replace") as file:
            text, _, until = file.readline().rstrip("\n").rpartition(" ")
    except OSError:
        return
    if until.isdigit() and time.time() < int(until):
        print(text)


SUMMARY = "the current timer in one line, for shell prompts and status bars"
VERBS = {"prompt": Verb("prompt", run, SUMMARY, (), OPTIONS, DETAIL, has_json=False)}
