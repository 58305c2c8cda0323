"""Importing past evidence (from git and agent logs): what of it is new, what it would change, storing it, and undoing it.
Writer thread. Live evidence goes first: a log adds nothing where the agent's hooks reported the work, and a reflog nothing
where the git event was noticed.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import field
from datetime import date, timedelta

from stintd.domain.estimate import band
from stintd.domain.interval import Interval, union
from stintd.domain.model import BACKFILLED, Context, GitSignal, Heartbeat, RepoId, to_us
from stintd.engine import wire
from stintd.engine.commands import hooksessions, rebuild
from stintd.engine.commands.restore_evidence import FROM_FILE
from stintd.engine.entries import project_names
from stintd.engine.sheet import checkout_rows, derive
from stintd.engine.sheet.derive import ingest
from stintd.engine.step import DryRun, Step
from stintd.engine.wire_types import BackfillChangesJson, BackfillCountsJson, BackfilledDayJson, BandJson
from stintd.errors import NotFound
from stintd.frozen import frozen
from stintd.store import heartbeats, rowio
from stintd.store.row_types import BackfillRow, EditedRow, RollupRow
from stintd.store.rowio import exists, fetch_all, fetch_one

NEAR_US = 60_000_000
"""How far an act of a live session in the log may lie from what its hooks sent: hooks report its end, a log its beginning."""
SAME_US = 1_000_000
"""Two acts of the same kind in the same place that lie this close are the same act, whatever their sessions."""
DAYS_SQL = """
SELECT day, project_id, actor, sum(hands_on_us) AS hands_on_us, sum(supervised_us) AS supervised_us, sum(total_us) AS total_us
FROM rollup WHERE day BETWEEN ? AND ? GROUP BY day, project_id, actor
"""
AGENTS = "agents"
"""The source whose acts are as dense as live ones, so its hours need no error band."""
LENGTHS = ("hands_on_us", "supervised_us", "agent_us")


@frozen
class Import:
    """What was read. `agents`: the agent of each session. `commits`: the subject and time of each commit among the acts."""

    id: str
    source: str
    beats: list[Heartbeat]
    agents: dict[str, str] = field(default_factory=dict)
    commits: list[tuple[RepoId, GitSignal]] = field(default_factory=list)


def add(step: Step, batch: Import, is_dry: bool) -> BackfillChangesJson:
    """Store what is new, and answer what that changed (dry run: would change) by project and day."""
    candidates = _drop_live(step, batch.beats)
    known_flags = heartbeats.are_known(step.conn, candidates)
    new_beats = derive.drop_unrecorded(
        step.conn, [beat for beat, is_known in zip(candidates, known_flags, strict=True) if not is_known]
    )
    counts: BackfillCountsJson = {
        "new": len(new_beats),
        "known": sum(known_flags),
        "live": len(batch.beats) - len(candidates),
        "notRecorded": len(candidates) - sum(known_flags) - len(new_beats),
    }
    before = _load_days(step, new_beats)
    difference = rebuild.compare_after(step, lambda: _store(step, batch, new_beats), 1, 0, is_dry=False)
    answer: BackfillChangesJson = {
        **difference,
        "dryRun": is_dry,
        "editId": _find_edit(step, batch.id) if new_beats and not is_dry else None,
        "heartbeats": counts,
        "sessions": len({beat.context.session for beat in new_beats}),
        "days": _changes(step, before, _load_days(step, new_beats), batch.source != AGENTS),
    }
    if is_dry:
        raise DryRun(answer)
    return answer


def _store(step: Step, batch: Import, new_beats: Sequence[Heartbeat]) -> None:
    if not new_beats:
        return
    first_at, last_at = min(beat.time for beat in new_beats), max(beat.time for beat in new_beats)
    row = {
        "id": batch.id,
        "source": batch.source,
        "at_us": to_us(step.now),
        "first_us": to_us(first_at),
        "last_us": to_us(last_at),
        "beats": len(new_beats),
    }
    ingest(step, new_beats)
    with step.edit("backfill", f"backfill {batch.source}, {first_at:%Y-%m-%d} to {last_at:%Y-%m-%d}"):
        rowio.insert(step.conn, "backfill", row)
        _note_sessions(step, batch, new_beats)
    for repo, signal in batch.commits:
        checkout_rows.keep_commit(step, repo, signal)


def _note_sessions(step: Step, batch: Import, new_beats: Sequence[Heartbeat]) -> None:
    """Store the sessions that no hook reported, closed at their last act."""
    by_session: dict[str, list[Heartbeat]] = defaultdict(list)
    for beat in new_beats:
        by_session[beat.context.session or ""].append(beat)
    for session, beats in by_session.items():
        if session and not exists(step.conn, "SELECT 1 FROM session WHERE id = ?", (session,)):
            beats.sort(key=lambda beat: beat.time)
            rowio.insert(
                step.conn,
                "session",
                {
                    "id": session,
                    "agent": batch.agents.get(session, ""),
                    "caller": BACKFILLED + batch.id,
                    "project_id": hooksessions.resolve_project(step, beats[0].context),
                    "started_us": to_us(beats[0].time),
                    "last_us": to_us(beats[-1].time),
                    "ended_us": to_us(beats[-1].time),
                    "end_reason": "backfill",
                },
            )


def remove(step: Step, row: BackfillRow) -> None:
    """Undo an import: remove its heartbeats, and derive again what rested on them."""
    mark = BACKFILLED + row["id"]
    numbers = None
    if not row["source"].startswith(FROM_FILE):
        numbers = [number for number, context in heartbeats.contexts(step.conn).items() if context.source_text == mark]
    for lo_us, hi_us in heartbeats.remove(step.conn, row["first_us"], row["last_us"], numbers):
        step.touch(lo_us, hi_us)


# ---------------------------------------------------------------- live evidence


def _drop_live(step: Step, beats: Sequence[Heartbeat]) -> list[Heartbeat]:
    """Leave out what hooks reported of the same session, or at the same moment in the same place for any session."""
    if not beats:
        return []
    live_stretches, live_moments = _load_live_evidence(
        step, to_us(min(beat.time for beat in beats)), to_us(max(beat.time for beat in beats))
    )
    return [beat for beat in beats if not (_is_covered(beat, live_stretches) or _is_at_live_moment(beat, live_moments))]


def _load_live_evidence(step: Step, lo_us: int, hi_us: int) -> tuple[dict[str, list[Interval]], dict[tuple[str, str], list[int]]]:
    """By session the stretches its hooks reported; by kind and place the moments they reported."""
    contexts = heartbeats.contexts(step.conn)
    silence = step.policy.session_idle_timeout // timedelta(microseconds=1)
    reach = silence + NEAR_US
    pairs_by_session: dict[str, list[Interval]] = defaultdict(list)
    moments: dict[tuple[str, str], list[int]] = defaultdict(list)
    for run in heartbeats.runs(step.conn, lo_us - reach, hi_us + reach):
        context = contexts[run.context]
        if context.source not in ("agent", "git") or context.is_backfilled:
            continue
        if context.session:
            pairs_by_session[context.session].append((run.first_us, run.last_us))
        moments[context.kind, _place(context)] += [at for at, _ in heartbeats.beats(step.conn, run)]
    stretches = {session: _join_stretches(pairs, silence) for session, pairs in pairs_by_session.items()}
    return stretches, {key: sorted(times) for key, times in moments.items()}


def _join_stretches(pairs: list[Interval], silence: int) -> list[Interval]:
    """Stretches without a silence longer than a session may have, widened by `NEAR_US` on both sides."""
    stretches = union((lo, hi + silence) for lo, hi in pairs)
    return [(lo - NEAR_US, hi - silence + NEAR_US) for lo, hi in stretches]


def _is_covered(beat: Heartbeat, live_stretches: dict[str, list[Interval]]) -> bool:
    at = to_us(beat.time)
    return any(lo <= at <= hi for lo, hi in live_stretches.get(beat.context.session or "", ()))


def _is_at_live_moment(beat: Heartbeat, live_moments: dict[tuple[str, str], list[int]]) -> bool:
    times = live_moments.get((beat.context.kind, _place(beat.context)), [])
    at = to_us(beat.time)
    return bisect_left(times, at - SAME_US) < bisect_right(times, at + SAME_US)


def _place(context: Context) -> str:
    return context.repo_path or context.folder or ""


# ---------------------------------------------------------------- what it changes


def _load_days(step: Step, beats: Sequence[Heartbeat]) -> dict[tuple[str, str], dict[str, int]]:
    """Microseconds by day and project, around these heartbeats."""
    if not beats:
        return {}
    day = timedelta(days=1)
    bounds = min(beat.time for beat in beats).date() - day, max(beat.time for beat in beats).date() + day
    out: dict[tuple[str, str], dict[str, int]] = {}
    for row in fetch_all(step.conn, RollupRow, DAYS_SQL, tuple(map(date.isoformat, bounds))):
        lengths = out.setdefault((row["day"], row["project_id"]), dict.fromkeys(LENGTHS, 0))
        if row["actor"] == "agent":
            lengths["agent_us"] += row["total_us"]
        else:
            lengths["hands_on_us"] += row["hands_on_us"]
            lengths["supervised_us"] += row["supervised_us"]
    return out


def _changes(
    step: Step, before: dict[tuple[str, str], dict[str, int]], after: dict[tuple[str, str], dict[str, int]], is_vague: bool
) -> list[BackfilledDayJson]:
    """How much each project gained (or lost) on each day."""
    none = dict.fromkeys(LENGTHS, 0)
    names = project_names(step.conn)
    out: list[BackfilledDayJson] = []
    for day, project in sorted(before.keys() | after.keys()):
        was, now = before.get((day, project), none), after.get((day, project), none)
        if was != now:
            gains = {name: wire.seconds(now[name]) - wire.seconds(was[name]) for name in LENGTHS}
            out.append(
                {
                    "day": day,
                    "projectId": project or None,
                    "projectName": names.get(project),
                    "handsOnSeconds": gains["hands_on_us"],
                    "supervisedSeconds": gains["supervised_us"],
                    "agentSeconds": gains["agent_us"],
                    "band": _band_json(gains["hands_on_us"]) if is_vague else None,
                }
            )
    return out


def _band_json(seconds: int) -> BandJson | None:
    low, high = band(seconds)
    return {"lowSeconds": low, "highSeconds": high} if seconds > 0 else None


def find_last_edit(step: Step) -> str:
    """The edit of the latest import that was not undone; `not_found` if there is none."""
    row = fetch_one(
        step.conn, BackfillRow, "SELECT id FROM backfill WHERE source NOT LIKE 'file:%' ORDER BY at_us DESC, id DESC LIMIT 1"
    )
    if row is None:
        raise NotFound("there is no import of past hours to undo", "`stint undo --list` lists the latest edits")
    return _find_edit(step, row["id"])


def _find_edit(step: Step, import_id: str) -> str:
    row = fetch_one(
        step.conn, EditedRow, "SELECT edit_id FROM edit_row WHERE table_name = 'backfill' AND row_id = ?", (import_id,)
    )
    return str(row["edit_id"]) if row else ""
