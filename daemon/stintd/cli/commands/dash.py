"""`stint dash`: the dashboard in the browser, through a link that is good once."""

import json
import os
import sys
import webbrowser

from stintd.cli.options import Option, Verb
from stintd.cli.text import dim
from stintd.client.control import Control

DETAIL = """The link lets one browser in, once, within five minutes; the browser stays in for 30 days. `stint keys list` shows the
browsers that are in, `stint keys revoke NAME` sends one away, `stint dash --revoke` all of them.
On a machine without a screen: `stint dash --no-open`, and `ssh -L 7846:127.0.0.1:7846 HOST` from where the browser is."""
SCREENS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")
OPTIONS = (
    Option("--no-open", "only print the link"),
    Option("--revoke", "send every browser away that is in, and void links that were not opened"),
)


def run(words):
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
        print(dim("open it in a browser of this machine within five minutes; it is good once"))
    return 0


def _dismissal(count):
    return f"sent {count} {'browser' if count == 1 else 'browsers'} away" if count else "no browser was in"


def _open(url):
    """Whether a browser took the link. Without one, or with a broken one, the printed link is there. On a machine without
    a screen none is tried: a browser of the terminal would take the terminal and show nothing.
    """
    if not (sys.platform in ("darwin", "win32") or any(map(os.environ.get, SCREENS))):
        return False
    try:
        return webbrowser.get().open(url)
    except (webbrowser.Error, OSError):
        return False


VERBS = {"dash": Verb("dash", run, "the dashboard in the browser", (), OPTIONS, DETAIL)}
