"""How a change of rules would change the past: shown before it is applied (`map`, `rebuild`)."""

from __future__ import annotations

from collections.abc import Iterator

from stintd.cli.answer import Answer
from stintd.cli.text import UNKNOWN, bold, dim, for_terminal, length

SHOWN = 20


def lines(answer: Answer) -> Iterator[str]:
    """The difference: entries created, changed and deleted, and the time each project gains or loses."""
    difference = answer.get("difference") or answer
    counts = [f"{difference[name]} {name}" for name in ("created", "updated", "deleted") if difference.get(name)]
    if not counts:
        yield dim("nothing changes")
        return
    before, after = difference.get("beforeSeconds", 0), difference.get("afterSeconds", 0)
    yield bold("entries: " + ", ".join(counts)) + f"  {length(before)} → {length(after)}"
    for row in (difference.get("projects") or [])[:SHOWN]:
        more = row["afterSeconds"] - row["beforeSeconds"]
        yield f"  {'+' if more > 0 else '−'}{length(abs(more))}  {for_terminal(row.get('name')) or UNKNOWN}"
