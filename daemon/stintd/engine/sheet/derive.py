"""Keeps the `entry` rows equal to what the rules derive: loads the islands that were touched, derives them, and writes only
differences.

Live tracking and a rebuild are the same call with different ranges, so they agree. Writer thread only.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from sqlite3 import Connection
from typing import cast
from zoneinfo import ZoneInfo

from stintd.domain.derive import timesheet
from stintd.domain.derive.evidence import Evidence, Run
from stintd.domain.derive.timesheet import Sheet
from stintd.domain.mapping.projectfile import ProjectFile
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import Heartbeat, to_us
from stintd.domain.override import Claim, Cut, Edits, RemovedTime
from stintd.domain.policy import Policy
from stintd.engine.rows import LONGEST_US
from stintd.engine.sheet import habits, projects, reconcile
from stintd.engine.step import Step
from stintd.store import absences, cursors, heartbeats
from stintd.store.row_types import CutRow, EntryRow, TakenRow
from stintd.store.rowio import fetch_all

CLAIMS = """
SELECT * FROM entry WHERE pinned <> '' AND start_us BETWEEN ? AND ? AND end_us >= ?
AND (origin <> 'auto' OR instr(pinned, 'time') > 0)
UNION ALL SELECT * FROM entry WHERE end_us IS NULL AND start_us <= ? AND (origin <> 'auto' OR instr(pinned, 'time') > 0)
"""


def ingest(step: Step, beats: Sequence[Heartbeat]) -> None:
    """Store heartbeats, give their places a project, and touch the ranges that they change."""
    recorded = drop_unrecorded(step.conn, beats)
    if recorded:
        added = heartbeats.add(step.conn, recorded)
        projects.ensure_projects(step, added.new_contexts)
        for lo_us, hi_us in added.touched:
            step.touch(lo_us, hi_us)


def touch_open_ranges(step: Step) -> None:
    """At the start: touch everything that was open, so that it is derived again for the present time."""
    for row in fetch_all(step.conn, EntryRow, "SELECT start_us FROM entry WHERE end_us IS NULL"):
        step.touch(row["start_us"], to_us(step.now))
    last = heartbeats.last_us(step.conn)
    if last is not None:
        step.touch(last, last)


def learn_files(step: Step, checkout: str, files: tuple[ProjectFile, ...]) -> None:
    """Take over what the project files of a checkout, or of a folder without git, say now. A difference corrects everything that
    is not pinned, also in the past."""
    step.state.learn_files(checkout, files)
    name, text = f"project files:{checkout}", repr(files) if files else ""
    if (cursors.get(step.conn, name) or "") == text:
        return
    cursors.put(step.conn, {name: text})
    step.forget_places()
    contexts = [c for c in heartbeats.contexts(step.conn).values() if checkout in (c.repo_path, c.folder)]
    projects.ensure_projects(step, contexts)
    bounds = heartbeats.bounds(step.conn)
    if bounds is not None and contexts:
        step.touch(*bounds)


def drop_unrecorded(conn: Connection, beats: Sequence[Heartbeat]) -> list[Heartbeat]:
    """The heartbeats without those from times when the owner had switched recording off; such heartbeats may come late."""
    if not beats:
        return []
    times = [to_us(beat.time) for beat in beats]
    off = [absence for absence in absences.absences_in(conn, min(times), max(times)) if absence.kind == "off"]
    return [beat for beat in beats if not any(absence.start <= beat.time < absence.end for absence in off)]


def refresh(step: Step, touched: Iterable[tuple[int, int]]) -> None:
    """Derive every island again that a touched range meets, and write the differences."""
    ranges = list(touched)
    live = step.state.live_range(step.now)
    if live is not None:
        ranges.append(live)
    if ranges:
        _derive_again(step, ranges)


def _derive_again(step: Step, ranges: list[tuple[int, int]]) -> None:
    gap_us = timesheet.island_gap(step.policy)
    for lo_us, hi_us in merge_ranges([heartbeats.island(step.conn, lo, hi, gap_us) for lo, hi in ranges], gap_us):
        _learn_habits(step, lo_us, hi_us)
        sheet = derive_range(step.conn, step.state.resolver(step.conn, step.policy), step.policy, lo_us, hi_us, step.now)
        reconcile.write(step, sheet, lo_us, hi_us, timesheet.reach(step.policy))
        step.state.note_live(lo_us, hi_us, sheet)


def _learn_habits(step: Step, lo_us: int, hi_us: int) -> None:
    """Let the days of a range learn their habits before they are derived, as far as there is evidence."""
    bounds = heartbeats.bounds(step.conn)
    if bounds is not None and max(lo_us, bounds[0]) <= min(hi_us, bounds[1]):
        habits.learn(step.conn, max(lo_us, bounds[0]), min(hi_us, bounds[1]), ZoneInfo(step.state.zone), step.policy)


def derive_range(
    conn: Connection,
    resolver: Resolver,
    policy: Policy,
    lo_us: int,
    hi_us: int,
    now: datetime,
    *,
    is_shadow: bool = False,
    without: frozenset[str] = frozenset(),
) -> Sheet:
    """The sheet of the whole islands between these instants. `is_shadow`: as if nobody had edited anything. `without`: as if
    these entries were not the owner's. Reads only.
    """
    reach_us = timesheet.reach(policy)
    around = lo_us - reach_us, hi_us + reach_us
    evidence = Evidence(
        contexts=heartbeats.contexts(conn),
        runs=cast("Sequence[Run]", heartbeats.runs(conn, lo_us, hi_us)),
        beats=lambda run: heartbeats.beats(conn, run),
        absences=absences.absences_in(conn, *around),
    )
    edits = Edits() if is_shadow else load_edits(conn, *around, without)
    return timesheet.derive(evidence, edits, policy, resolver, now, habits.Habits(conn, ZoneInfo(policy.zone)))


def merge_ranges(ranges: Iterable[tuple[int, int]], gap_us: int = 0) -> list[tuple[int, int]]:
    """The ranges in order, with those joined that overlap or are at most `gap_us` apart."""
    merged: list[tuple[int, int]] = []
    for lo, hi in sorted(ranges):
        if merged and lo <= merged[-1][1] + gap_us:
            merged[-1] = (merged[-1][0], max(merged[-1][1], hi))
        else:
            merged.append((lo, hi))
    return merged


def load_edits(conn: Connection, lo_us: int, hi_us: int, without: frozenset[str] = frozenset()) -> Edits:
    """The owner's edits that affect a range, except those of the entries `without`."""
    claiming = fetch_all(conn, EntryRow, CLAIMS, (lo_us - LONGEST_US, hi_us, lo_us, hi_us))
    taken = fetch_all(conn, TakenRow, "SELECT * FROM taken WHERE start_us <= ? AND end_us >= ?", (hi_us, lo_us))
    cuts = fetch_all(conn, CutRow, "SELECT * FROM cut WHERE at_us BETWEEN ? AND ?", (lo_us, hi_us))
    return Edits(
        claims=[claim for row in claiming if row["id"] not in without for claim in _claims(row)],
        taken=[RemovedTime(row["start_us"], row["end_us"], row["actor"], row["project_id"]) for row in taken],
        cuts=[Cut(row["at_us"], row["actor"], row["project_id"]) for row in cuts],
    )


def _claims(row: EntryRow) -> list[Claim]:
    """The claims of an owner's entry: the stretches that count. Its pauses are free for automatic tracking."""
    bounds: list[int | None] = [row["start_us"]]
    for lo, hi in json.loads(row["pauses"]):
        bounds += [lo, hi]
    bounds.append(row["end_us"])
    claims = []
    for start, end in zip(bounds[::2], bounds[1::2], strict=True):
        if start is not None and (end is None or end > start):
            claims.append(Claim(row["actor"], row["project_id"], row["task"], start, end, bool(row["may_overlap"])))
    return claims
