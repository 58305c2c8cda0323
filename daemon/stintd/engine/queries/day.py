"""One day in one answer: its entries, what was observed beside them, its gaps, and its git events.

The evidence is derived as if nobody had edited anything, so that a person who corrects an entry sees the original.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Literal, Protocol, TypeVar, cast, get_args

from stintd.domain.derive import timesheet
from stintd.domain.interval import subtract
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import Context, Stretch, to_us
from stintd.engine import wire
from stintd.engine.entries import find_entries, overlap_clauses, project_names
from stintd.engine.period import Period, period, zone_of
from stintd.engine.queries import gaps, reports
from stintd.engine.queries.workspaces import totals_of
from stintd.engine.sheet.derive import derive_range
from stintd.engine.view import View
from stintd.engine.wire_types import DayEvidenceJson, DayJson, DayMarkJson
from stintd.store import absences, heartbeats
from stintd.store.row_types import OwnCommitRow
from stintd.store.rowio import fetch_all

ActKind = Literal["commit", "checkout", "merge", "rebase", "pull", "push"]
GIT_ACTS = frozenset(get_args(ActKind))
SAME_COMMIT_US = 2_000_000
"""A commit and the heartbeat that reported it are no further apart than this."""
COMMITS = """
SELECT c.sha, c.subject, c.time_us, c.branch, r.project_id, p.name AS project_name
FROM repo r JOIN repo_commit c ON c.repo_id = r.id LEFT JOIN project p ON p.id = r.project_id
WHERE c.time_us >= ? AND c.time_us < ? AND c.is_own = 1
"""


def day(view: View, on: date | None = None) -> DayJson:
    """The owner's local day; today unless another is named."""
    zone = zone_of(view.policy.zone)
    local_day = on or view.now.astimezone(zone).date()
    span = period(local_day, local_day, zone, view.now)
    clauses, values = overlap_clauses(span.lo_us, span.hi_us)
    rows = find_entries(view, clauses, values, " ORDER BY e.start_us, e.id")
    names = project_names(view.conn)
    open_gaps = gaps.gaps(view, span)
    return {
        "date": local_day.isoformat(),
        "timezone": view.policy.zone,
        "start": wire.stamp(span.start),
        "end": wire.stamp(span.end),
        "now": wire.stamp(view.now),
        "entries": [wire.entry(view, row) for row in rows],
        "evidence": sorted(_evidence(view, span, names), key=lambda item: (item["start"], item["end"], item["state"])),
        "absences": [
            {"start": start, "end": end, "kind": absence.kind}
            for absence, start, end in _clip(absences.absences_in(view.conn, span.lo_us, span.hi_us), span)
        ],
        "blind": [
            {"start": start, "end": end, "reason": blind.reason}
            for blind, start, end in _clip(absences.blind_stretches(view.conn, span.lo_us, span.hi_us), span)
        ],
        "gaps": open_gaps,
        "marks": sorted(_marks(view, span, names), key=lambda mark: (mark["time"], mark["kind"], mark["text"])),
        "totals": totals_of(reports.report(view, local_day, local_day)["totals"]),
    }


def _evidence(view: View, span: Period, names: dict[str, str]) -> Iterator[DayEvidenceJson]:
    """What was observed inside the day, each stretch in one state."""
    island = heartbeats.island(view.conn, span.lo_us, span.hi_us, timesheet.island_gap(view.policy))
    resolver: Resolver = view.resolver()
    sheet = derive_range(view.conn, resolver, view.policy, *island, view.now, is_shadow=True)
    for stretch in sheet.stretches:
        for state, start, end in _states(stretch):
            lo, hi = max(start, span.lo_us), min(end, span.hi_us)
            if lo < hi:
                yield {
                    "start": wire.instant(lo),
                    "end": wire.instant(hi),
                    "state": state,
                    "projectId": stretch.project,
                    "projectName": names.get(stretch.project or ""),
                }


def _states(stretch: Stretch) -> Iterator[tuple[Literal["handsOn", "supervised", "agent"], int, int]]:
    whole = to_us(stretch.start), to_us(stretch.end)
    if stretch.actor != "human":
        yield "agent", *whole
        return
    watched = [(to_us(lo), to_us(hi)) for lo, hi in stretch.watched]
    yield from (("supervised", lo, hi) for lo, hi in watched)
    yield from (("handsOn", lo, hi) for lo, hi in subtract(whole, watched))


class _Timed(Protocol):
    """Anything with a start and an end."""

    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...


Timed = TypeVar("Timed", bound=_Timed)


def _clip(items: Iterable[Timed], span: Period) -> Iterator[tuple[Timed, str, str]]:
    """The stretches, cut to the day."""
    for item in items:
        if item.start < span.end and item.end > span.start:
            yield item, wire.stamp(max(item.start, span.start)), wire.stamp(min(item.end, span.end))


def _marks(view: View, span: Period, names: dict[str, str]) -> Iterator[DayMarkJson]:
    """The owner's commits, and all other git events. A commit outside the known repositories appears through its heartbeat."""
    commits = fetch_all(view.conn, OwnCommitRow, COMMITS, (span.lo_us, span.hi_us))
    for row in commits:
        yield {
            "time": wire.instant(row["time_us"]),
            "kind": "commit",
            "actor": "human",
            "projectId": row["project_id"],
            "projectName": row["project_name"],
            "branch": row["branch"] or None,
            "sha": row["sha"],
            "text": row["subject"],
        }
    for time_us, entity, context, project in _acts(view, span):
        is_known = context.kind == "commit" and any(
            row["project_id"] == project and abs(row["time_us"] - time_us) <= SAME_COMMIT_US for row in commits
        )
        if not is_known:
            yield _act_mark(time_us, entity, context, project, names)


def _acts(view: View, span: Period) -> Iterator[tuple[int, str, Context, str | None]]:
    contexts, resolver = heartbeats.contexts(view.conn), view.resolver()
    for run in heartbeats.runs(view.conn, span.lo_us, span.hi_us - 1):
        context = contexts[run.context]
        for time_us, entity in heartbeats.beats(view.conn, run) if context.kind in GIT_ACTS else ():
            if span.lo_us <= time_us < span.hi_us:
                yield time_us, entity, context, resolver.resolver_at(time_us).resolve(context, entity).project


def _act_mark(time_us: int, entity: str, context: Context, project: str | None, names: dict[str, str]) -> DayMarkJson:
    return {
        "time": wire.instant(time_us),
        "kind": cast("ActKind", context.kind),
        "actor": context.actor,
        "projectId": project,
        "projectName": names.get(project or ""),
        "branch": context.branch,
        "sha": None,
        "text": _mark_text(context, entity),
    }


def _mark_text(context: Context, entity: str) -> str:
    """For a commit its reported text; for other events the branch, because the rest is an object's name."""
    first, second = (entity, context.branch) if context.kind == "commit" else (context.branch, entity)
    return first or second or ""
