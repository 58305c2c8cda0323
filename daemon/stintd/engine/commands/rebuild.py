"""Derives again what is not pinned, and answers the difference, before it is applied or after."""

from collections.abc import Callable
from datetime import date, datetime

from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.period import period, zone_of
from stintd.engine.queries.timers import counted_end
from stintd.engine.reply import Reply
from stintd.engine.sheet import rollup
from stintd.engine.sheet.settle import settle
from stintd.engine.step import DryRun, Step
from stintd.engine.wire_types import ChangesJson, DifferenceJson, EntryGistJson, ProjectDifferenceJson
from stintd.store import cursors, deliveries, heartbeats
from stintd.store.restore import REBUILD_DUE
from stintd.store.row_types import EntryRow
from stintd.store.rowio import fetch_all, fetch_value

MOST_LISTED = 200
"""How many changed entries a difference lists; its sums count all of them."""


def rebuild(
    step: Step, since: date | datetime | None = None, until: date | datetime | None = None, dry_run: bool = False
) -> DifferenceJson:
    """Derive a period again (without one: everything), and answer what that changed (dry run: would change)."""
    span = period(since, until, zone_of(step.policy.zone), step.now)
    return compare_after(
        step,
        lambda: None,
        span.lo_us if since is not None else None,
        span.hi_us if until is not None else None,
        is_dry=dry_run,
    )


def rebuild_all(step: Step) -> None:
    """Derive everything again and ask what billing systems hold: the database was restored from a backup, or put together
    from what was left of a damaged one."""
    rollup.rebuild(step.conn)
    deliveries.question(step.conn)
    evidence = heartbeats.bounds(step.conn)
    if evidence is not None:
        step.touch(*evidence)
    cursors.set_meta(step.conn, REBUILD_DUE, "")


def compare_after(step: Step, act: Callable[[], None], lo_us: int | None, hi_us: int | None, *, is_dry: bool) -> DifferenceJson:
    """Do something that affects evidence, derive the range again, and answer the difference. A dry run rolls everything back."""
    before = _load_sheet(step)
    act()
    evidence = heartbeats.bounds(step.conn)
    if evidence is not None:
        lo, hi = evidence[0] if lo_us is None else lo_us, evidence[1] if hi_us is None else hi_us
        if lo <= hi:
            step.touch(lo, hi)
    settle(step)
    answer: DifferenceJson = {"dryRun": is_dry, **_difference(step, before, _load_sheet(step))}
    if is_dry:
        raise DryRun(Reply(answer, is_new=False))
    return answer


def _load_sheet(step: Step) -> dict[str, EntryRow]:
    """Every entry as it is now."""
    columns = "id, start_us, end_us, last_evidence_us, origin, project_id, task, description, actor"
    return {row["id"]: row for row in fetch_all(step.conn, EntryRow, f"SELECT {columns} FROM entry")}  # noqa: S608  a constant


def _difference(step: Step, before: dict[str, EntryRow], after: dict[str, EntryRow]) -> ChangesJson:
    deleted_rows = [row for entry_id, row in before.items() if entry_id not in after]
    created_rows = [row for entry_id, row in after.items() if entry_id not in before]
    changed_pairs = [
        (row, after[entry_id]) for entry_id, row in before.items() if entry_id in after and _gist(row) != _gist(after[entry_id])
    ]
    pairs: list[tuple[EntryRow | None, EntryRow | None]] = [
        *((row, None) for row in deleted_rows),
        *((None, row) for row in created_rows),
        *changed_pairs,
    ]
    pairs.sort(key=_start_us)
    now_us = to_us(step.now)
    return {
        "created": len(created_rows),
        "updated": len(changed_pairs),
        "deleted": len(deleted_rows),
        "beforeSeconds": wire.seconds(sum(_length_us(row, now_us) for row in before.values() if row["actor"] == "human")),
        "afterSeconds": wire.seconds(sum(_length_us(row, now_us) for row in after.values() if row["actor"] == "human")),
        "projects": _project_differences(step, before, after, now_us),
        "entries": [{"before": _gist_json(step, old), "after": _gist_json(step, now)} for old, now in pairs[:MOST_LISTED]],
    }


def _gist(row: EntryRow) -> tuple[object, ...]:
    """The columns of an entry that a difference compares."""
    return row["start_us"], row["end_us"], row["project_id"], row["task"], row["description"], row["actor"]


def _start_us(pair: tuple[EntryRow | None, EntryRow | None]) -> int:
    row = pair[0] or pair[1]
    return row["start_us"] if row is not None else 0


def _length_us(row: EntryRow, now_us: int) -> int:
    return counted_end(row, now_us) - int(row["start_us"])


def _project_differences(
    step: Step, before: dict[str, EntryRow], after: dict[str, EntryRow], now_us: int
) -> list[ProjectDifferenceJson]:
    """Each project whose seconds of human time differ, the largest difference first."""
    sums: dict[str | None, list[int]] = {}
    for side, sheet in enumerate((before, after)):
        for row in sheet.values():
            if row["actor"] == "human":
                sums.setdefault(row["project_id"], [0, 0])[side] += _length_us(row, now_us)
    differences: list[ProjectDifferenceJson] = [
        {
            "projectId": key,
            "name": _project_name(step, key),
            "beforeSeconds": wire.seconds(was),
            "afterSeconds": wire.seconds(now),
        }
        for key, (was, now) in sums.items()
        if was != now
    ]
    return sorted(differences, key=lambda row: -abs(row["afterSeconds"] - row["beforeSeconds"]))


def _project_name(step: Step, project_id: str | None) -> str | None:
    return fetch_value(step.conn, str, "SELECT name FROM project WHERE id = ?", (project_id,))


def _gist_json(step: Step, row: EntryRow | None) -> EntryGistJson | None:
    if row is None:
        return None
    return {
        "id": row["id"],
        "projectId": row["project_id"],
        "projectName": _project_name(step, row["project_id"]),
        "taskName": row["task"],
        "start": wire.instant(row["start_us"]),
        "end": wire.instant(row["end_us"]),
        "description": row["description"],
        "actor": row["actor"],
    }
