"""Periods and times as people type them, on their way to the wire; and entries of a period.

`protocol.when` understands the words; here they become `from` and `to`, which take local dates or instants.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from stintd.cli.answer import Answer, Rows
from stintd.cli.options import Operand, Option, Words
from stintd.cli.text import day_name, local_time
from stintd.client.control import Control
from stintd.protocol import when

Bounds = dict[str, str | None]
"""`from_` and `to`: local dates or instants of the wire, None where the period is open."""
PERIOD = Operand("PERIOD", "*")
RANGE = (
    Option("--from", "from this day or time", "WHEN"),
    Option("--to", "up to and including this day, or up to this time", "WHEN"),
)


def now() -> datetime:
    return datetime.now(UTC)


def to_wire(instant: datetime) -> str:
    """An instant as the wire wants it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def instant_of(text: str) -> str:
    """The wire's instant of a time a person typed."""
    return to_wire(when.instant(text, now()))


def to_bound(text: str) -> str:
    """`--from` or `--to`: a day stays a day, so that your days hold; anything else becomes an instant."""
    day = when.day_or_none(text, now())
    return day.isoformat() if day else instant_of(text)


def range_of(words: Words, default: str | None) -> Bounds:
    """`{from_, to}` of PERIOD, `--from` and `--to`; `default` where there is none (None: the daemon decides)."""
    period = " ".join(getattr(words, "period", None) or []) or (None if getattr(words, "from") or words.to else default)
    first, last = when.period(period, now()) if period else (None, None)
    bounds = {"from_": first.isoformat() if first else None, "to": last.isoformat() if last else None}
    if getattr(words, "from"):
        bounds["from_"] = to_bound(getattr(words, "from"))
        bounds["to"] = bounds["to"] or date.today().isoformat()
    if words.to:
        bounds["to"] = to_bound(words.to)
    return bounds


def range_title(answer: Answer) -> str:
    """What a report covers: `Mon 16 – Sun 22 Nov 2026`."""
    first, last = _day(answer["from"]), _day(answer["to"], is_end=True)
    return day_name(first) if first == last else f"{day_name(first)} – {day_name(last)}"


def _day(text: str, is_end: bool = False) -> date:
    if len(text) == 10:
        return date.fromisoformat(text)
    moment = local_time(text)
    if is_end and moment.time() == moment.time().min:
        moment -= timedelta(seconds=1)
    return moment.date()


def entries_between(control: Control, bounds: Bounds, project: str | None = None, with_agents: bool = True) -> Rows:
    """All entries that overlap the range."""
    entries = control.every("/api/entries", **bounds, project=project)
    return [entry for entry in entries if with_agents or entry.get("actor") != "agent"]
