"""Approving a period pins and locks its entries and releases them for delivery; unapproving gives them back as they were."""

import json
from datetime import date, datetime
from typing import Any

from stintd.domain import edits
from stintd.domain.edits import Surroundings
from stintd.domain.model import EntryId, to_us
from stintd.engine import rolling, shape
from stintd.engine.commands import keeping
from stintd.engine.period import period, zone_of
from stintd.engine.queries.entries import conditions, find, overlapping
from stintd.engine.rows import Row, first
from stintd.engine.step import Step
from stintd.errors import Conflict


def approve(
    step: Step, since: date | datetime, until: date | datetime | None = None, client: str | None = None,
    project_id: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Approve the finished entries of a period; what has no project yet must get one first."""
    rows = [row for row in _rows(step, since, until, client, project_id) if row["approved_us"] is None]
    lost = [row["id"] for row in rows if row["project_id"] is None]
    if lost:
        raise Conflict(f"{len(lost)} entries have no project", "give them one, or delete them", {"entries": lost[:20]})
    approved = edits.approve([rolling.entry_of(row) for row in rows], Surroundings(step.now, step.policy, _no_id))
    pins = {one.id: {"pinned": " ".join(sorted(one.pinned)), "is_confirmed": int(one.is_confirmed)} for one in approved.updated}
    stamp = {"approved_us": to_us(step.now), "locked": 1}
    return _change(step, "approve", rows, lambda row: {**pins[row["id"]], **stamp})


def _no_id() -> EntryId:
    raise Conflict("approving makes no entry")


def unapprove(
    step: Step, since: date | datetime, until: date | datetime | None = None, client: str | None = None,
    project_id: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Release a period: entries get back the pins they had, and follow their evidence again where they did."""
    rows = [row for row in _rows(step, since, until, client, project_id) if row["approved_us"] is not None]
    return _change(step, "unapprove", rows, lambda row: {"approved_us": None, "locked": 0, **_before(step, row)})


def _rows(
    step: Step, since: date | datetime, until: date | datetime | None, client: str | None, project_id: str | None
) -> list[Row]:
    span = period(since, until if until is not None else since, zone_of(step.policy.zone), step.now)
    clauses, values = overlapping(span.lo_us, span.hi_us)
    more, wanted = conditions({"client": client, "project_id": project_id})
    found = find(step, [*clauses, *more, "e.end_us IS NOT NULL"], [*values, *wanted])
    return [keeping.row_of(step, row["id"]) for row in found]


def _before(step: Step, row: Row) -> Row:
    """The pins and the confirmation an entry had when it was approved."""
    found = first(
        step.conn, "SELECT r.before FROM edit_row r JOIN edit e ON e.id = r.edit_id WHERE r.row_id = ? AND e.verb = 'approve'"
        " AND r.before IS NOT NULL ORDER BY e.rowid DESC LIMIT 1", (row["id"],),
    )  # fmt: skip
    before = json.loads(found["before"]) if found is not None else row
    return {"pinned": before["pinned"], "is_confirmed": before["is_confirmed"]}


def _change(step: Step, verb: str, rows: list[Row], values: Any) -> dict[str, Any]:
    with step.edit(verb, f"{verb} {len(rows)} entries"):
        for row in rows:
            keeping.change(step, row, values(row))
    step.settle()
    shown = shape.entries_by_id(step, [row["id"] for row in rows])
    return {"entries": shown, "count": len(shown), "seconds": sum(one["durationSeconds"] for one in shown)}
