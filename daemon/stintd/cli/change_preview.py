"""How a change of rules would change the past: shown before it is applied (`map`, `rebuild`)."""

from stintd.cli.text import UNKNOWN, bold, dim, for_terminal, length

SHOWN = 20


def lines(answer):
    """The difference the daemon told: what is made, changed and taken away, and what each project wins or loses."""
    told = answer.get("difference") or answer
    counts = [f"{told[name]} {name}" for name in ("created", "updated", "deleted") if told.get(name)]
    if not counts:
        yield dim("nothing changes")
        return
    before, after = told.get("beforeSeconds", 0), told.get("afterSeconds", 0)
    yield bold("entries: " + ", ".join(counts)) + f"  {length(before)} → {length(after)}"
    for row in (told.get("projects") or [])[:SHOWN]:
        more = row["afterSeconds"] - row["beforeSeconds"]
        yield f"  {'+' if more > 0 else '−'}{length(abs(more))}  {for_terminal(row.get('name')) or UNKNOWN}"
