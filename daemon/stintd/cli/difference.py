"""How a change of rules would change the past: shown before it is applied (`map`, `rebuild`)."""

from stintd.cli.text import bold, dim, for_terminal, length

SHOWN = 20


def lines(answer):
    """The difference a dry run told: what is added, changed and taken away, and what that is in hours."""
    difference = answer.get("difference") or answer
    counts = [(name, difference.get(name)) for name in ("created", "updated", "deleted")]
    told = [f"{_count(value)} {name}" for name, value in counts if value]
    yield bold(", ".join(told)) if told else dim("nothing changes")
    for row in (difference.get("projects") or [])[:SHOWN]:
        before, after = row.get("beforeSeconds", 0), row.get("afterSeconds", 0)
        if before != after:
            sign = "+" if after > before else "−"
            name = for_terminal(row.get("name")) or "(unassigned)"
            yield f"  {name}  {length(before)} → {length(after)}  ({sign}{length(abs(after - before))})"


def _count(value):
    return len(value) if isinstance(value, list) else value
