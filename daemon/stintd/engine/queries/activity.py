"""What the hours were spent on: entries of a period cut at their heartbeats, and lengths in the form of WakaTime's answers."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from stintd.domain import report as rules
from stintd.domain.kinds import AGENT_KINDS
from stintd.domain.model import Actor, Context, to_us
from stintd.domain.slicing import Mark, Slice, WorkPiece, slices
from stintd.engine import wire
from stintd.engine.entries import PROJECT_OF_NAME, find_entries, overlap_clauses
from stintd.engine.period import DAY, midnight
from stintd.engine.sheet import rollup
from stintd.engine.view import View
from stintd.engine.wire_types import WakaTimeLengthJson, WakaTimeShareJson
from stintd.store import heartbeats
from stintd.store.row_types import NamedEntryRow
from stintd.store.rowio import fetch_value

UNKNOWN_PROJECT = "Unknown Project"


class WorkSlices(NamedTuple):
    """What was done in a stretch of days: slices, and the names of projects."""

    slices: list[Slice]
    names: dict[str | None, str | None]

    def name_of(self, part: Slice) -> str:
        return self.names.get(part.project) or UNKNOWN_PROJECT

    def days(self, zone: ZoneInfo) -> dict[date, list[Slice]]:
        """The slices by local day."""
        by_day: dict[date, list[Slice]] = defaultdict(list)
        for part in self.slices:
            for day, start, end in rules.split_days(part.start_us, part.end_us, zone):
                by_day[day].append(part._replace(start_us=start, end_us=end))
        return by_day


# ---------------------------------------------------------------- the slices of a period


def load_work(view: View, first_day: date, last_day: date, zone: ZoneInfo, project: str | None = None) -> WorkSlices:
    """Slices of all entries in these local days; of one project (by name or id) if named."""
    lo, hi = to_us(midnight(first_day, zone)), to_us(midnight(last_day + DAY, zone))
    rows = find_entries(view, *overlap_clauses(lo, hi))
    names: dict[str | None, str | None] = {row["project_id"]: row["project_name"] for row in rows}
    if project is not None:
        meant = fetch_value(view.conn, str, PROJECT_OF_NAME, (project, project))
        rows = [row for row in rows if row["project_id"] in (project, meant)]
    pieces = [piece for row in rows for piece in _pieces(view, row, lo, hi)]
    return WorkSlices(slices(pieces, marks(view, lo, hi) if pieces else []), names)


def _pieces(view: View, row: NamedEntryRow, lo: int, hi: int) -> Iterable[WorkPiece]:
    """The counted stretches of an entry inside the period."""
    for start, end in rules.counted_spans(rollup.entry_of(row), view.now):
        if start < hi and end > lo:
            yield WorkPiece(max(start, lo), min(end, hi), row["actor"], row["project_id"], row["branch"] or "")


def marks(view: View, lo: int, hi: int) -> list[Mark]:
    """The heartbeats of the period, with their project as it resolves now."""
    contexts, resolver = heartbeats.contexts(view.conn), view.resolver()
    marks = []
    for run in heartbeats.runs(view.conn, lo, hi):
        context = contexts[run.context]
        if context.kind == "presence":
            continue
        actor: Actor = (
            "agent" if context.actor == "agent" or context.witness == "agent" or context.kind in AGENT_KINDS else "human"
        )
        branch, client = context.branch or "", wire.client_word(context) or ""
        for time_us, entity in heartbeats.beats(view.conn, run):
            if lo <= time_us < hi:
                place = resolver.resolver_at(time_us).resolve(context, entity)
                marks.append(Mark(time_us, actor, place.project, branch, _file_path(context, entity), client))
    return sorted(marks)


def _file_path(context: Context, entity: str) -> str:
    """The full path of a file; "" for anything else."""
    if context.kind not in ("edit", "read", "tool") or context.source == "browser" or not entity:
        return ""
    base = context.repo_path or ""
    return entity if entity.startswith("/") or not base else f"{base.rstrip('/')}/{entity}"


# ---------------------------------------------------------------- words


def length_text(seconds: float) -> str:
    """`3 hrs 2 mins`, `1 hr`, `45 secs`."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    if not hours and not minutes:
        return _count_of(int(seconds), "sec")
    parts = [_count_of(hours, "hr")] if hours else []
    return " ".join([*parts, *([_count_of(minutes, "min")] if minutes or not hours else [])])


def _count_of(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def length_json(us: int) -> WakaTimeLengthJson:
    """A length in the fields that all WakaTime objects have."""
    total = us / wire.SECOND
    hours, minutes = divmod(int(total) // 60, 60)
    return {
        "total_seconds": round(total, 3),
        "digital": f"{hours}:{minutes:02d}",
        "decimal": f"{total / 3600:.2f}",
        "text": length_text(total),
        "hours": hours,
        "minutes": minutes,
    }


def _shares(lengths: dict[str, int]) -> list[WakaTimeShareJson]:
    """Names with their lengths and shares, the longest first."""
    total = sum(lengths.values()) or 1
    ordered = sorted(lengths.items(), key=lambda item: (-item[1], item[0]))
    return [
        {"name": name, **length_json(us), "seconds": int(us / wire.SECOND) % 60, "percent": round(100 * us / total, 2)}
        for name, us in ordered
        if us > 0
    ]


def shares_by_name(
    parts: Iterable[Slice], name_of: Callable[[Slice], str], actor: Actor | Literal[""] = "human"
) -> list[WakaTimeShareJson]:
    lengths: dict[str, int] = defaultdict(int)
    for part in parts:
        if name_of(part) and (actor == "" or part.actor == actor):
            lengths[name_of(part)] += part.length_us
    return _shares(lengths)


def human_us(parts: Iterable[Slice]) -> int:
    """The person's time."""
    return sum(part.length_us for part in parts if part.actor == "human")
