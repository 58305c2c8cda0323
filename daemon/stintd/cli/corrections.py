"""Approved hours that later evidence or an edit would change, as lines below a sheet or a report."""

from datetime import date, timedelta

from stintd.cli.layout import wrap
from stintd.cli.text import UNKNOWN, decimal_hours, for_terminal, local, warn
from stintd.errors import StintdError

LONGEST = 62
"""Days of a period whose approvals are compared unasked: all of its evidence is read for it."""
MOST = 8


def fetch_corrections(control, bounds, **filters):
    """The corrections of a period of days; none where it is too long, or not made of days."""
    try:
        first, last = (date.fromisoformat(bounds[name] or "") for name in ("from_", "to"))
    except ValueError:
        return []
    if not 0 <= (last - first).days < LONGEST:
        return []
    try:
        return list(control.every("/api/corrections", **bounds, **filters))
    except StintdError:  # a sheet is worth showing without them; a daemon of an earlier version knows none
        return []


def days_of(answer):
    """The bounds of a report in local days, as far as it is made of them."""
    first, last = local(answer["from"]), local(answer["to"])
    if first.time() != first.time().min or last.time() != last.time().min:
        return {"from_": None, "to": None}
    return {"from_": first.date().isoformat(), "to": (last.date() - timedelta(days=1)).isoformat()}


def text_of(one):
    """`Wed 18 acme · DEV-12: approved 3.50 h, now 3.75 h (+0.25)`."""
    day = date.fromisoformat(one["day"])
    difference = one["differenceSeconds"]
    signed = ("+" if difference > 0 else "-") + decimal_hours(abs(difference))
    return (
        f"{day:%a} {day.day} {name_of(one)}: approved {decimal_hours(one['approvedSeconds'])} h, "
        f"now {decimal_hours(one['nowSeconds'])} h ({signed})"
    )


def name_of(one):
    project, task = for_terminal(one.get("projectName")) or UNKNOWN, for_terminal(one.get("taskName"))
    agent = " (agent)" if one.get("actor") == "agent" else ""
    return (f"{project} · {task}" if task else project) + agent


def command(one):
    """What takes the difference over: the approval is taken back, or given to what is new."""
    verb = "unapprove" if one["cause"] == "evidence" else "approve"
    project = f" --project {quote_word(for_terminal(one['projectName']))}" if one.get("projectName") else ""
    return f"stint {verb} {one['day']}{project}"


def quote_word(text):
    """One word of a shell."""
    return text if text and all(c.isalnum() or c in "-_./" for c in text) else "'" + text.replace("'", "'\\''") + "'"


def lines(found, room):
    """What to print below a sheet."""
    for one in found[:MOST]:
        why = "later evidence is kept out" if one["cause"] == "evidence" else "the difference is not approved"
        yield from map(warn, wrap(f"! {text_of(one)}, {why}: `{command(one)}`", room))
    if len(found) > MOST:
        yield warn(f"! {len(found) - MOST} more: `stint review`")
