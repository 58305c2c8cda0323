"""Words and numbers as people read them: safe text, lengths, local times, colours.

Colour only on a terminal, and not with NO_COLOR. Text that came from repositories goes through `for_terminal`, always.
"""

from __future__ import annotations

import os
import sys
from datetime import date, datetime

from stintd.cli.answer import Answer

UNKNOWN = "(no project)"
COLOURS = (36, 33, 35, 32, 34, 31, 96, 93, 95, 92, 94, 91)


def for_terminal(text: str | None) -> str:
    """Text from a repository made safe to print: control, bidi and format characters and lone surrogates become `�`.

    Line breaks and tabs become spaces, so that a name never opens a line of its own.
    """
    if text is None:
        return ""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)


def length(seconds: float) -> str:
    """`1h 05m`, `12m`, `40s`; never negative."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s" if whole else "0m"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m"


def plural(number: int, singular: str, many: str = "") -> str:
    """`1 entry`, `3 entries`; `many` where an s is not enough."""
    return f"{number} {singular if number == 1 else many or singular + 's'}"


def decimal_hours(seconds: float) -> str:
    """`1.25`, as timesheets want it; half a hundredth goes up."""
    hundredths = (int(seconds) * 100 + 1800) // 3600
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def local_time(instant: str) -> datetime:
    """The wire's instant in this machine's zone."""
    return datetime.fromisoformat(instant).astimezone()


def clock(instant: str) -> str:
    """`14:05` of the wire's instant."""
    return local_time(instant).strftime("%H:%M")


def day_name(day: date) -> str:
    """`Fri 20 Nov 2026`."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def short_id(identifier: str | None) -> str:
    """As much of an id as tells entries apart: time-sortable ids begin alike, so their end is shown."""
    return (identifier or "").replace("-", "")[-6:]


def is_plain() -> bool:
    """Whether output should carry no colour: a pipe, NO_COLOR or a dumb terminal."""
    return not sys.stdout.isatty() or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def has_blocks() -> bool:
    """Whether the output's encoding can carry block characters."""
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


def dot() -> str:
    """The sign for nothing in a column of numbers."""
    return "·" if has_blocks() else "."


def paint(text: str, *codes: int) -> str:
    """`text` in these SGR codes where colour is wanted."""
    if not text or is_plain():
        return text
    return f"\x1b[{';'.join(str(code) for code in codes)}m{text}\x1b[0m"


def bold(text: str) -> str:
    return paint(text, 1)


def dim(text: str) -> str:
    return paint(text, 2)


def warn(text: str) -> str:
    return paint(text, 33)


def paint_project(text: str, index: int) -> str:
    """`text` in the colour of the `index`-th project."""
    return paint(text, COLOURS[index % len(COLOURS)])


def project_of(entry: Answer) -> str:
    """The project's name of an entry, safe to print."""
    return for_terminal(entry.get("projectName")) or UNKNOWN


def state_mark(state: str) -> str:
    """One character for a timer's state."""
    marks = {"running": "●", "paused": "‖", "waiting": "○"} if has_blocks() else {"running": "*", "paused": "="}
    return marks.get(state, "." if not has_blocks() else "·")
