"""`stint dash`: the dashboard in the browser, through a link that works once."""

from __future__ import annotations

import json
import os
import sys
import webbrowser

from stintd.cli.options import Option, Verb, Words
from stintd.cli.text import dim, plural
from stintd.client.control import Control

DETAIL = """The link works once, within five minutes, and signs one browser in for 30 days. `stint keys list` lists the browsers
that are signed in, `stint keys revoke NAME` signs one of them out, `stint dash --revoke` signs out all of them.
On a machine without a screen: `stint dash --no-open`, and `ssh -L 7846:127.0.0.1:7846 HOST` where the browser is."""
SCREENS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
OPTIONS = (
    Option("--no-open", "only print the link"),
    Option("--revoke", "sign out every browser; links that were not opened stop working"),
)


def run(words: Words) -> int:
    control = Control()
    if words.revoke:
        gone = control.delete("/api/dashboard/browsers")
        print(json.dumps(gone) if words.json else _dismissal(gone["browsers"]))
        return 0
    link = control.post("/api/dashboard/links")
    if words.json:
        print(json.dumps(link))
        return 0
    print(link["url"])
    if words.no_open or not _open(link["url"]):
        print(dim("open it in a browser on this machine within five minutes; it works once"))
    return 0


def _dismissal(count: int) -> str:
    return f"signed out {plural(count, 'browser')}" if count else "no browser was signed in"


def _open(url: str) -> bool:
    """Whether a browser took the link; if not, the printed link is there. On a machine without a screen none is tried: a
    text browser would take over the terminal and show nothing.
    """
    if not (sys.platform in ("darwin", "win32") or any(map(os.environ.get, SCREENS))):
        return False
    try:
        return webbrowser.get().open(url)
    except (webbrowser.Error, OSError):
        return False


VERBS = {"dash": Verb("dash", run, "open the dashboard in the browser", (), OPTIONS, DETAIL)}
