"""`stint live [FOLDER…]`: the daemon in the foreground with a live view; Ctrl-C stops both. For `scripts/run`.

On a terminal the view is redrawn in place; piped, each change is a line. A daemon that was running already is only watched
and keeps running.
"""

import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime

from stintd import paths
from stintd.cli import process
from stintd.cli.answer import Answer
from stintd.cli.commands import roots, status, watch
from stintd.cli.commands.repos import display_path
from stintd.cli.layout import columns, fit_painted
from stintd.cli.options import Operand, Verb, Words
from stintd.cli.text import bold, dim, length, warn
from stintd.client.control import Control
from stintd.errors import StintdError

RECENT, BEAT = 8, 1.0


class Feed(threading.Thread):
    """Reads the event stream into a queue, and puts None when it ends. One writer, one reader."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.changes: queue.Queue[tuple[str, Answer] | None] = queue.Queue()

    def run(self) -> None:
        try:
            for _, kind, payload in Control().changes():
                self.changes.put((kind, payload))
        except (StintdError, OSError):
            pass  # the daemon stopped: the None below says so
        self.changes.put(None)


class Screen:
    """Lines redrawn in place: the cursor moves back over what was drawn before."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, lines: Sequence[str]) -> None:
        room = columns()
        fitted = [fit_painted(line, room) for line in lines]
        back = f"\x1b[{self._drawn}F" if self._drawn else ""
        sys.stdout.write(back + "".join(f"\x1b[2K{line}\n" for line in fitted) + "\x1b[J")
        sys.stdout.flush()
        self._drawn = len(fitted)


def view(now: Answer, recent: Sequence[str], folders: Sequence[str], hints: Sequence[str] = ()) -> Iterator[str]:
    """The lines of the screen; `hints` stand where changes will be, as long as there are none."""
    time = datetime.now().astimezone().strftime("%H:%M:%S")
    yield f"{bold('stint')} {dim(time)}  today {bold(length(now['todaySeconds']))}  {dim('Ctrl-C stops')}"
    yield ""
    timers = list(status.timer_lines(now["timers"]))
    yield from timers or [dim("nothing is running; work in a watched repository starts a timer automatically")]
    yield ""
    yield from recent or hints or [dim("waiting for the first change")]
    yield ""
    yield from status.warning_lines(now.get("warnings") or [])
    yield from map(dim, _places(folders))


def _places(folders: Sequence[str]) -> Iterator[str]:
    yield f"watching {', '.join(map(display_path, folders)) or 'nothing'}"
    yield f"control socket {display_path(paths.control_socket())}"


def _empty_lines(folders: Sequence[str]) -> list[str]:
    """A line for each watched folder without a repository: work in it is not seen."""
    empty = roots.folders_without_repository(folders, list(Control().every("/api/repos")))
    return [warn(f"no git repository below {display_path(folder)}") for folder in empty]


def _follow(feed: Feed, folders: Sequence[str]) -> None:
    """Draw until the stream ends."""
    screen, control, printer = Screen(), Control(), watch.ChangePrinter()
    recent: deque[str] = deque(maxlen=RECENT)
    while True:
        now = control.get("/api/status")
        hints = [] if recent or not now.get("ready", True) else _empty_lines(folders)
        screen.draw(list(view(now, list(recent), folders, hints)))
        try:
            change = feed.changes.get(timeout=BEAT)
            while change is not None:
                recent.extend(printer.lines(*change))
                change = feed.changes.get_nowait()
        except queue.Empty:
            continue
        return


def _print(feed: Feed) -> None:
    printer = watch.ChangePrinter()
    while (change := feed.changes.get()) is not None:
        for line in printer.lines(*change):
            print(line, flush=True)


def _start(words: Words) -> subprocess.Popen[bytes] | None:
    folders = roots.absolute_folders(words.folder)
    if process.is_running():
        roots.add(folders)
        return None
    roots.add(folders)
    child, offset = process.spawn(in_background=False)
    process.wait_ready(child, offset)
    return child


def _end(child: subprocess.Popen[bytes] | None) -> None:
    """Stop the daemon that we started, and wait for it."""
    if child is None or child.poll() is not None:
        return
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(process.PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def run(words: Words) -> int:
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    child = _start(words)
    try:
        folders = roots.watched_folders()
        feed = Feed()
        feed.start()
        if sys.stdout.isatty():
            _follow(feed, folders)
        else:
            print(*_places(folders), sep="\n", flush=True)
            roots.wait_for_search()
            print("".join(f"{line}\n" for line in _empty_lines(folders)), end="", flush=True)
            _print(feed)
        print("stintd stopped", flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nstopping", flush=True)
        return 0
    finally:
        _end(child)


VERBS = {
    "live": Verb(
        "live",
        run,
        "the daemon in the foreground with a live view",
        (Operand("FOLDER", "*", complete="folders"),),
        has_json=False,
    )
}
