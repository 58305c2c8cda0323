"""Approving a period pins and locks its entries and releases them for delivery; unapproving gives them back as they were."""

import json
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

from stintd.domain import edits
from stintd.domain.edits import Surroundings
from stintd.domain.lengths import short_length
from stintd.domain.model import EntryId, to_us
from stintd.engine import wire
from stintd.engine.commands import entry_rows
from stintd.engine.entries import conditions, find_entries, overlap_clauses
from stintd.engine.entry_texts import pins_text
from stintd.engine.period import period, zone_of
from stintd.engine.queries import questions
from stintd.engine.sheet import rollup
from stintd.engine.sheet.settle import settle
from stintd.engine.step import Step
from stintd.engine.wire_types import ApprovalJson
from stintd.errors import Conflict
from stintd.store.row_types import EditRow, EntryColumns, EntryRow
from stintd.store.rowio import fetch_one, fetch_value


def approve(
    step: Step,
    since: date | datetime,
    until: date | datetime | None = None,
    client: str | None = None,
    project_id: str | None = None,
    limit: int | None = None,
    edit_id: str | None = None,
) -> ApprovalJson:
    """Approve the finished entries of a period; entries without a project are refused. At most `limit` of them, the earliest:
    a client that approves years repeats the request until none are left, each time with the `edit_id` of the previous answer,
    so that they become one edit and other requests are answered in between.
    """
    scope = _Scope(step, since, until, client, project_id, "e.approved_us IS NULL")
    unassigned_ids = scope.ids(" AND e.project_id IS NULL")
    if unassigned_ids:
        count = "1 entry has" if len(unassigned_ids) == 1 else f"{len(unassigned_ids)} entries have"
        raise Conflict(
            f"{count} no project", "`stint edit ID --project NAME`, or `stint delete ID`", {"entries": unassigned_ids[:20]}
        )
    waiting = _waiting(step, scope)
    rows = scope.rows(limit, without={row["id"] for row in waiting})
    notice, seconds = _waiting_notice(step, waiting)
    if waiting and not rows and edit_id is None:
        raise Conflict(notice, questions.REMEDY, {"entries": [row["id"] for row in waiting][:20]})
    change = edits.approve([rollup.entry_of(row) for row in rows], Surroundings(step.now, step.policy, _refuse_new_id))
    pins: dict[str, EntryColumns] = {
        entry.id: {"pinned": pins_text(entry.pinned), "is_confirmed": int(entry.is_confirmed)} for entry in change.updated
    }
    now_us = to_us(step.now)
    answer = _change(step, "approve", rows, lambda row: {**pins[row["id"]], "approved_us": now_us, "locked": 1}, edit_id)
    if waiting:
        answer |= {"waitingCount": len(waiting), "waitingSeconds": seconds, "notice": f"{notice}; {questions.REMEDY}"}
    return answer


def _waiting(step: Step, scope: "_Scope") -> list[EntryRow]:
    """The entries that wait until their owner answers whose hours they are: an approval would bill them unsaid."""
    rows = find_entries(step, [*scope.clauses, "e.is_confirmed = 0"], scope.values, " ORDER BY e.start_us, e.id")
    return questions.waiting_rows(step, rows)


def _waiting_notice(step: Step, rows: Sequence[EntryRow]) -> tuple[str, int]:
    """(that these entries were left out, their seconds)."""
    now_us = to_us(step.now)
    seconds = wire.seconds(sum(wire.length_us(row, now_us) for row in rows))
    count = "1 entry waits" if len(rows) == 1 else f"{len(rows)} entries wait"
    return f"not approved: {count} for your answer whose hours they are ({short_length(seconds)})", seconds


def _refuse_new_id() -> EntryId:
    raise Conflict("approving makes no entry")


def unapprove(
    step: Step,
    since: date | datetime,
    until: date | datetime | None = None,
    client: str | None = None,
    project_id: str | None = None,
    limit: int | None = None,
    edit_id: str | None = None,
) -> ApprovalJson:
    """Unapprove a period: entries get back the pins they had, and follow their evidence again if they did before. `limit` and
    `edit_id` as for `approve`.
    """
    rows = _Scope(step, since, until, client, project_id, "e.approved_us IS NOT NULL").rows(limit)
    return _change(step, "unapprove", rows, lambda row: {**_pins_before(step, row), "approved_us": None, "locked": 0}, edit_id)


class _Scope:
    """The finished entries to change: of a period, and of a client or project if one is named."""

    def __init__(
        self,
        step: Step,
        since: date | datetime,
        until: date | datetime | None,
        client: str | None,
        project_id: str | None,
        state: str,
    ) -> None:
        span = period(since, until if until is not None else since, zone_of(step.policy.zone), step.now)
        clauses, values = overlap_clauses(span.lo_us, span.hi_us)
        more_clauses, more_values = conditions({"client": client, "project_id": project_id})
        self.step = step
        self.clauses = [*clauses, *more_clauses, "e.end_us IS NOT NULL", state]
        self.values = [*values, *more_values]

    def ids(self, tail: str) -> list[str]:
        return [row["id"] for row in find_entries(self.step, self.clauses, self.values, tail)]

    def rows(self, limit: int | None, without: Collection[str] = ()) -> list[EntryRow]:
        """The entries but some, the earliest first."""
        most = f" LIMIT {limit + len(without)}" if limit is not None else ""
        ids = [entry_id for entry_id in self.ids(f" ORDER BY e.start_us, e.id{most}") if entry_id not in without]
        return [entry_rows.find_row(self.step, entry_id) for entry_id in ids[:limit]]


def _pins_before(step: Step, row: EntryRow) -> EntryColumns:
    """The pins and the confirmation an entry had when it was approved."""
    text = fetch_value(
        step.conn,
        str,
        "SELECT r.before FROM edit_row r JOIN edit e ON e.id = r.edit_id WHERE r.row_id = ?"
        " AND e.verb = 'approve' AND r.before IS NOT NULL ORDER BY e.rowid DESC LIMIT 1",
        (row["id"],),
    )
    before: EntryRow = json.loads(text) if text is not None else row
    return {"pinned": before["pinned"], "is_confirmed": before["is_confirmed"]}


def _change(
    step: Step, verb: str, rows: list[EntryRow], values: Callable[[EntryRow], EntryColumns], edit_id: str | None
) -> ApprovalJson:
    _check_edit(step, verb, edit_id)
    with step.edit(verb, f"{verb} {len(rows)} entries", edit_id) as edit_id:
        for row in rows:
            entry_rows.change(step, row, values(row))
    settle(step)
    entries = wire.entries_by_id(step, [row["id"] for row in rows])
    seconds = sum(entry["durationSeconds"] for entry in entries)
    return {
        "entries": entries,
        "count": len(entries),
        "seconds": seconds,
        "editId": edit_id,
        "waitingCount": 0,
        "waitingSeconds": 0,
        "notice": None,
    }


def _check_edit(step: Step, verb: str, edit_id: str | None) -> None:
    """An edit can be continued only by the same verb and client, and only while it is not undone."""
    edit = fetch_one(step.conn, EditRow, "SELECT verb, who, undone_us FROM edit WHERE id = ?", (edit_id,))
    if edit_id is not None and (edit is None or (edit["verb"], edit["who"], edit["undone_us"]) != (verb, step.who, None)):
        raise Conflict("this editId cannot be continued", "start without one, and continue with the one in the answer")
