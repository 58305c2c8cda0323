"""The status file: one short line for prompts and bars, which `cat` can read.

`acme DEV-12 1:23 · today 5:41 1767600123`: what runs and for how long, today's total, and last the epoch second until
which the line may be believed, so that a dead daemon's line is not. Written on the event loop's thread.
"""

import contextlib
import os
from datetime import datetime, timedelta

from stintd.domain.model import TimeEntry

TICK = timedelta(minutes=1)
GRACE = timedelta(seconds=30)
NAME_LIMIT = 40
CONTROLS = {code: "" for code in [*range(32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]}


def clock_length(length: timedelta) -> str:
    """Hours and minutes: 1:05."""
    minutes = max(0, int(length.total_seconds())) // 60
    return f"{minutes // 60}:{minutes % 60:02d}"


def _name(text: str) -> str:
    """One field of the line: no control characters, no spaces that would make it two, not too long."""
    clean = "".join(c for c in text.translate(CONTROLS) if not 0xD800 <= ord(c) <= 0xDFFF)
    return "_".join(clean.split())[:NAME_LIMIT] or "?"


def timer_text(timer: TimeEntry, project_name: str, now: datetime) -> str:
    """One timer: project, task, length; a paused or waiting one says so."""
    paused = sum(((pause.end or now) - pause.start for pause in timer.pauses), timedelta())
    words = [_name(project_name), *([_name(timer.task)] if timer.task else [])]
    words.append(clock_length((timer.end or now) - timer.start - paused) if timer.state != "waiting" else "waiting")
    if timer.state == "paused":
        words.append("paused")
    return " ".join(words)


def line(timers: list[tuple[TimeEntry, str]], today: timedelta, now: datetime, midnight: datetime) -> str:
    """The whole line. While a timer runs it holds for a tick and some grace; else until today's total ends at midnight."""
    shown = [timer_text(timer, name, now) for timer, name in timers if timer.actor == "human"]
    is_running = any(timer.state == "running" for timer, _ in timers)
    until = now + TICK + GRACE if is_running else midnight
    parts = [", ".join(shown) or "-", f"today {clock_length(today)}"]
    return f"{' · '.join(parts)} {int(until.timestamp())}\n"


def write(path: str, text: str) -> None:
    """Replace the file at once; a reader sees the old line or the new one."""
    temporary = f"{path}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
    os.replace(temporary, path)


def remove(path: str) -> None:
    """The daemon stops: nothing to believe any more."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
