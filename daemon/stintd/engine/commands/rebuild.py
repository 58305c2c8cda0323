"""Derive again what is not pinned, and show the difference, before it is applied or after."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from stintd.domain.model import to_us
from stintd.engine import wire
from stintd.engine.period import period, zone_of
from stintd.engine.queries.timers import counted_end
from stintd.engine.reply import Reply
from stintd.engine.rows import Row, first, select
from stintd.engine.sheet import rollup
from stintd.engine.sheet.settle import settle
from stintd.engine.step import DryRun, Step
from stintd.store import cursors, deliveries, heartbeats
from stintd.store.restore import REBUILD_DUE

SHOWN = 200
"""How many changed entries a difference lists; its sums count all."""
_TOLD = ("start_us", "end_us", "project_id", "task", "description", "actor")


def rebuild(
    step: Step, since: date | datetime | None = None, until: date | datetime | None = None, dry_run: bool = False
) -> dict[str, Any]:
    """Derive a period again (without one: everything) and answer what that changed, or would change."""
    span = period(since, until, zone_of(step.policy.zone), step.now)
    return compared(
        step, lambda: None, span.lo_us if since is not None else None, span.hi_us if until is not None else None,
        is_dry=dry_run,
    )  # fmt: skip


def rebuild_all(step: Step) -> None:
    """Derive everything again and ask what billing systems hold: the database was restored from a backup, or put together
    from what was left of a damaged one."""
    rollup.rebuild(step.conn)
    deliveries.question(step.conn)
    evidence = heartbeats.bounds(step.conn)
    if evidence is not None:
        step.touch(*evidence)
    cursors.set_meta(step.conn, REBUILD_DUE, "")


def compared(step: Step, act: Callable[[], None], lo_us: int | None, hi_us: int | None, *, is_dry: bool) -> dict[str, Any]:
    """Do something that bears on evidence, derive the range again, and say what is different. A dry run undoes it all."""
    before = _sheet(step)
    act()
    evidence = heartbeats.bounds(step.conn)
    if evidence is not None:
        lo, hi = evidence[0] if lo_us is None else lo_us, evidence[1] if hi_us is None else hi_us
        if lo <= hi:
            step.touch(lo, hi)
    settle(step)
    answer = {"dryRun": is_dry, **_difference(step, before, _sheet(step))}
    if is_dry:
        raise DryRun(Reply(answer, is_new=False))
    return answer


def _sheet(step: Step) -> dict[str, Row]:
    """Every entry as it stands."""
    columns = "id, start_us, end_us, last_evidence_us, origin, project_id, task, description, actor"
    return {row["id"]: row for row in select(step.conn, f"SELECT {columns} FROM entry")}  # noqa: S608  a constant


def _difference(step: Step, before: dict[str, Row], after: dict[str, Row]) -> dict[str, Any]:
    gone = [row for entry_id, row in before.items() if entry_id not in after]
    new = [row for entry_id, row in after.items() if entry_id not in before]
    changed = [
        (row, after[entry_id]) for entry_id, row in before.items()
        if entry_id in after and any(row[name] != after[entry_id][name] for name in _TOLD)
    ]  # fmt: skip
    pairs = [*((row, None) for row in gone), *((None, row) for row in new), *changed]
    pairs.sort(key=lambda pair: (pair[0] or pair[1] or {})["start_us"])
    now_us = to_us(step.now)
    return {
        "created": len(new), "updated": len(changed), "deleted": len(gone),
        "beforeSeconds": wire.seconds(sum(_length(row, now_us) for row in before.values() if row["actor"] == "human")),
        "afterSeconds": wire.seconds(sum(_length(row, now_us) for row in after.values() if row["actor"] == "human")),
        "projects": _by_project(step, before, after, now_us),
        "entries": [{"before": _told(step, old), "after": _told(step, now)} for old, now in pairs[:SHOWN]],
    }  # fmt: skip


def _length(row: Row, now_us: int) -> int:
    return counted_end(row, now_us) - int(row["start_us"])


def _by_project(step: Step, before: dict[str, Row], after: dict[str, Row], now_us: int) -> list[dict[str, Any]]:
    """Each project whose seconds of a person differ, the largest difference first."""
    sums: dict[str | None, list[int]] = {}
    for place, sheet in enumerate((before, after)):
        for row in sheet.values():
            if row["actor"] == "human":
                sums.setdefault(row["project_id"], [0, 0])[place] += _length(row, now_us)
    moved = [
        {"projectId": key, "name": _name(step, key), "beforeSeconds": wire.seconds(was), "afterSeconds": wire.seconds(is_now)}
        for key, (was, is_now) in sums.items()
        if was != is_now
    ]
    return sorted(moved, key=lambda one: -abs(one["afterSeconds"] - one["beforeSeconds"]))


def _name(step: Step, project_id: str | None) -> str | None:
    row = first(step.conn, "SELECT name FROM project WHERE id = ?", (project_id,))
    return row["name"] if row else None


def _told(step: Step, row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "id": row["id"], "projectId": row["project_id"], "projectName": _name(step, row["project_id"]),
        "taskName": row["task"], "start": wire.instant(row["start_us"]), "end": wire.instant(row["end_us"]),
        "description": row["description"], "actor": row["actor"],
    }  # fmt: skip
