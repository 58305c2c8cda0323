"""`stint prompt`: the status line while it may be believed, for shells that cannot `cat` and compare. Never fails."""

import time

from stintd import paths
from stintd.cli.options import Option, Verb

PROGRAMS = ("bash", "fish", "i3", "i3blocks", "sh", "starship", "sway", "tmux", "waybar", "zsh")
OPTIONS = (Option("--for", "print the lines that show it in this program's prompt or bar", "PROGRAM", choices=PROGRAMS),)
DETAIL = """stint prompt                          the line, or nothing while there is none that holds
stint prompt --for zsh >> ~/.zshrc    also: """ + ", ".join(PROGRAMS)


def run(words):
    """Print the line without its validity, or nothing when it is out of date or not there."""
    try:
        with open(paths.status_file(), encoding="utf-8", errors="replace") as file:
            text, _, until = file.readline().rstrip("\n").rpartition(" ")
    except OSError:
        return
    if until.isdigit() and time.time() < int(until):
        print(text)


SUMMARY = "the current timer in one line, for shell prompts and status bars"
VERBS = {"prompt": Verb("prompt", run, SUMMARY, (), OPTIONS, DETAIL, has_json=False)}
