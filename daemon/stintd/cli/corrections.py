"""Approved hours that later evidence or an edit would change, as lines below a sheet or a report.

Lengths are written as around them: `3h 30m`, but decimal hours on a timesheet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

from stintd.cli.answer import Answer, Rows
from stintd.cli.layout import wrap
from stintd.cli.period import Bounds
from stintd.cli.text import UNKNOWN, decimal_hours, for_terminal, length, local_time, warn
from stintd.client.control import Control
from stintd.errors import StintdError

LONGEST = 62
"""Days of the longest period whose approvals are always compared: all of its evidence is read for that."""
MOST = 8


def fetch_corrections(control: Control, bounds: Bounds, **filters: str | None) -> Rows:
    """The corrections of a period of days; none where it is too long, or not made of days."""
    try:
        first, last = (date.fromisoformat(bounds[name] or "") for name in ("from_", "to"))
    except ValueError:
        return []
    if not 0 <= (last - first).days < LONGEST:
        return []
    try:
        return list(control.every("/api/corrections", **bounds, **filters))
    except StintdError:  # the sheet is still worth showing; an older daemon has no corrections
        return []


def days_of(answer: Answer) -> Bounds:
    """The bounds of a report in local days, as far as it is made of them."""
    first, last = local_time(answer["from"]), local_time(answer["to"])
    if first.time() != first.time().min or last.time() != last.time().min:
        return {"from_": None, "to": None}
    return {"from_": first.date().isoformat(), "to": (last.date() - timedelta(days=1)).isoformat()}


def timesheet_length(seconds: float) -> str:
    return f"{decimal_hours(seconds)} h"


def text_of(correction: Answer, write: Callable[[float], str] = length) -> str:
    """`Wed 18 acme · DEV-12: approved 3h 30m, now 3h 45m (+15m)`; `write` writes the lengths."""
    day = date.fromisoformat(correction["day"])
    difference = correction["differenceSeconds"]
    signed = ("+" if difference > 0 else "-") + write(abs(difference))
    approved, current = write(correction["approvedSeconds"]), write(correction["nowSeconds"])
    return f"{day:%a} {day.day} {name_of(correction)}: approved {approved}, now {current} ({signed})"


def name_of(correction: Answer) -> str:
    project, task = for_terminal(correction.get("projectName")) or UNKNOWN, for_terminal(correction.get("taskName"))
    agent = " (agent)" if correction.get("actor") == "agent" else ""
    return (f"{project} · {task}" if task else project) + agent


def command(correction: Answer) -> str:
    """The command that settles the difference: unapprove the old hours, or approve the new ones."""
    verb = "unapprove" if correction["cause"] == "evidence" else "approve"
    project = f" --project {quote_word(for_terminal(correction['projectName']))}" if correction.get("projectName") else ""
    return f"stint {verb} {correction['day']}{project}"


def quote_word(text: str) -> str:
    """One word of a shell."""
    return text if text and all(c.isalnum() or c in "-_./" for c in text) else "'" + text.replace("'", "'\\''") + "'"


def lines(corrections: Rows, room: int, write: Callable[[float], str] = length) -> Iterator[str]:
    """What to print below a sheet."""
    for correction in corrections[:MOST]:
        why = "evidence that came later is not counted" if correction["cause"] == "evidence" else "the difference is not approved"
        yield from map(warn, wrap(f"! {text_of(correction, write)}, {why}: `{command(correction)}`", room))
    if len(corrections) > MOST:
        yield warn(f"! {len(corrections) - MOST} more: `stint review`")
