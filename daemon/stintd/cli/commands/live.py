"""`stint live [FOLDER…]`: the daemon in the foreground with a view of what it sees; Ctrl-C stops both. For
`scripts/run`.

On a terminal the view is redrawn in place; piped, each change is a line. A daemon that ran before is watched and left
alone.
"""

import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from datetime import datetime

from stintd import paths
from stintd.cli import process
from stintd.cli.commands import roots, status, watch
from stintd.cli.commands.repos import shown_path
from stintd.cli.layout import columns, fit_painted
from stintd.cli.options import Operand, Verb
from stintd.cli.text import bold, dim, length
from stintd.client.control import Control
from stintd.errors import StintdError

RECENT, BEAT = 8, 1.0


class Feed(threading.Thread):
    """Reads the stream of changes into a queue; puts None when it ends. One writer, one reader."""

    def __init__(self):
        super().__init__(daemon=True)
        self.changes = queue.Queue()

    def run(self):
        try:
            for _, kind, payload in Control().changes():
                self.changes.put((kind, payload))
        except (StintdError, OSError):
            pass  # the daemon ended: the None below says so
        self.changes.put(None)


class Screen:
    """Lines redrawn in place: the cursor goes back over what was drawn before."""

    def __init__(self):
        self._drawn = 0

    def draw(self, lines):
        room = columns()
        shown = [fit_painted(line, room) for line in lines]
        back = f"\x1b[{self._drawn}F" if self._drawn else ""
        sys.stdout.write(back + "".join(f"\x1b[2K{line}\n" for line in shown) + "\x1b[J")
        sys.stdout.flush()
        self._drawn = len(shown)


def view(now, recent, folders):
    """The lines of the screen."""
    at = datetime.now().astimezone().strftime("%H:%M:%S")
    yield f"{bold('stint')} {dim(at)}  today {bold(length(now['todaySeconds']))}  {dim('Ctrl-C stops')}"
    yield ""
    timers = list(status.timer_lines(now["timers"]))
    yield from timers or [dim("nothing runs; work in a watched repository starts a timer by itself")]
    yield ""
    yield from recent or [dim("waiting for the first change")]
    yield ""
    yield from status.warning_lines(now.get("warnings") or [])
    yield from map(dim, _places(folders))


def _places(folders):
    yield f"watching {', '.join(map(shown_path, folders)) or 'nothing'}"
    yield f"control socket {shown_path(paths.control_socket())}"


def _follow(feed, folders):
    """Draw until the stream ends."""
    screen, recent, control, teller = Screen(), deque(maxlen=RECENT), Control(), watch.Teller()
    while True:
        screen.draw(list(view(control.get("/api/status"), list(recent), folders)))
        try:
            change = feed.changes.get(timeout=BEAT)
            while change is not None:
                recent.extend(teller.lines(*change))
                change = feed.changes.get_nowait()
        except queue.Empty:
            continue
        return


def _print(feed):
    teller = watch.Teller()
    while (change := feed.changes.get()) is not None:
        for line in teller.lines(*change):
            print(line, flush=True)


def _start(words):
    folders = roots.absolute(words.folder)
    if process.is_running():
        roots.add(folders)
        return None
    roots.add(folders)
    child, offset = process.spawn(in_background=False)
    process.wait_ready(child, offset)
    return child


def _end(child):
    """Stop the daemon we started, and wait for it."""
    if child is None or child.poll() is not None:
        return
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(process.PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def run(words):
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    child = _start(words)
    try:
        folders = roots.listed()
        feed = Feed()
        feed.start()
        if sys.stdout.isatty():
            _follow(feed, folders)
        else:
            print(*_places(folders), sep="\n", flush=True)
            _print(feed)
        print("stintd ended", flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nstopping", flush=True)
        return 0
    finally:
        _end(child)


VERBS = {
    "live": Verb(
        "live", run, "the daemon in the foreground with a live view", (Operand("FOLDER", "*", complete="folders"),),
        has_json=False,
    )
}  # fmt: skip
