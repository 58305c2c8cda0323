"""Purging: permanently deletes a project or a period from everything stored. Writer thread only; no undo. Purged hours go to
no other project: where an entry of the project was, the bare stretch is kept as taken, so that no other project's evidence
grows into it; a purged period becomes a stretch in which recording was off. Hours already sent to billing systems stay there:
the answer counts them.
"""

import json
from dataclasses import dataclass, field
from sqlite3 import Connection

from stintd.domain.interval import Interval, union
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import Absence, from_us, to_us
from stintd.engine import wire
from stintd.engine.commands import entry_rows
from stintd.engine.entry_texts import ALL_PINS
from stintd.engine.period import Period
from stintd.engine.resolver import project_aliases
from stintd.engine.rows import LONGEST_US
from stintd.engine.sheet import rollup
from stintd.engine.sheet.settle import settle
from stintd.engine.step import Step
from stintd.engine.wire_types import PurgedRowsJson
from stintd.errors import NotFound
from stintd.store import absences, heartbeats, purge, rowio
from stintd.store.row_types import CheckoutRow, EntryColumns, EntryRow, ProjectRow, RepoRow, SessionRow, TaskRow
from stintd.store.rowio import fetch_all, fetch_one

ENTRY_SQL = (
    "DELETE FROM entry WHERE id = ?", "DELETE FROM delivery WHERE entry_id = ?",
    "DELETE FROM delivery_dirty WHERE entry_id = ?", "DELETE FROM merged_entry WHERE merged_into = ?",
)  # fmt: skip
PROJECT_SQL = (
    "DELETE FROM task WHERE project_id = ?", "DELETE FROM mapping WHERE project = ?", "DELETE FROM taken WHERE project_id = ?",
    "DELETE FROM cut WHERE project_id = ?", "DELETE FROM rollup WHERE project_id = ?",
    "DELETE FROM project_alias WHERE project_id = ?", "DELETE FROM project WHERE id = ?",
)  # fmt: skip
PERIOD_SQL = (
    "DELETE FROM absence WHERE start_us >= ? AND end_us <= ?", "DELETE FROM blind WHERE start_us >= ? AND end_us <= ?",
    "DELETE FROM taken WHERE start_us >= ? AND end_us <= ?", "DELETE FROM cut WHERE at_us >= ? AND at_us <= ?",
    "DELETE FROM outbox WHERE created_us >= ? AND created_us < ?", "DELETE FROM idempotency WHERE at_us >= ? AND at_us < ?",
)  # fmt: skip
END_SQL = "coalesce(end_us, last_evidence_us, start_us)"


@dataclass(slots=True)
class Deletions:
    """What was deleted: ids and names that nothing may mention any more, and the counts for the answer."""

    ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("entries", "heartbeats", "commits", "sessions"), 0))
    removed_us: int = 0
    deliveries: dict[str, int] = field(default_factory=dict)
    still_watched: list[str] = field(default_factory=list)


def purge_project(step: Step, project_id: str, watched_paths: frozenset[str]) -> PurgedRowsJson:
    """Purge a project. `watched_paths`: checkouts that are still watched; their bare rows stay."""
    row = fetch_one(step.conn, ProjectRow, "SELECT * FROM project WHERE id = ?", (project_id,))
    if row is None:
        raise NotFound(f"there is no project {project_id[:40]}", "`stint projects` lists them")
    deletions = Deletions({project_id}, {row["name"], *project_aliases(step.conn).get(row["id"], ())})
    resolver = step.state.resolver(step.conn, step.policy)
    sessions = _delete_beats(step, deletions, resolver, project_id)
    _keep_moved_entries(step, project_id)
    entries = fetch_all(step.conn, EntryRow, "SELECT * FROM entry WHERE project_id = ?", (project_id,))
    _delete_entries(step, deletions, entries)
    _delete_sessions(
        step, deletions, fetch_all(step.conn, SessionRow, "SELECT id FROM session WHERE project_id = ?", (project_id,)), sessions
    )
    _delete_repos(step, deletions, project_id, watched_paths)
    _delete_catalog_rows(step.conn, deletions, row)
    for lo_us, hi_us in _human_stretches(step, entries):
        entry_rows.take_stretch(step, lo_us, hi_us, "human", None)
    step.publish("project.deleted", {"id": project_id, "name": ""})
    return _finish(step, deletions, "one project")


def purge_period(step: Step, span: Period) -> PurgedRowsJson:
    """Purge a period; entries that reach beyond it are cut at its ends."""
    deletions, lo_us, hi_us = Deletions(), span.lo_us, min(span.hi_us, to_us(step.now))
    count, ranges = purge.delete_heartbeats(step.conn, lambda context, at, entity: lo_us <= at < hi_us, (lo_us, hi_us - 1))
    deletions.counts["heartbeats"] = count
    for ends in ranges:
        step.touch(*ends)
    sql = f"SELECT * FROM entry WHERE start_us BETWEEN ? AND ? AND {END_SQL} > ?"  # noqa: S608  our own words
    rows = fetch_all(step.conn, EntryRow, sql, (lo_us - LONGEST_US, hi_us - 1, lo_us))
    inside_rows = [row for row in rows if row["start_us"] >= lo_us and _end_us(step, row) <= hi_us]
    _delete_entries(step, deletions, inside_rows)
    inside_ids = {row["id"] for row in inside_rows}
    for row in rows:
        if row["id"] not in inside_ids and (row["origin"] != "auto" or "time" in row["pinned"].split()):
            _clip(step, deletions, row, lo_us, hi_us)
    _delete_other_rows(step, deletions, lo_us, hi_us)
    absences.add(step.conn, Absence(from_us(lo_us), from_us(hi_us), "off", step.state.device_id))
    step.touch(lo_us, hi_us)
    return _finish(step, deletions, f"{span.start:%Y-%m-%d %H:%M} to {from_us(hi_us):%Y-%m-%d %H:%M} UTC")


# ---------------------------------------------------------------- parts


def _delete_beats(step: Step, deletions: Deletions, resolver: Resolver, project_id: str) -> set[str]:
    """Delete the project's heartbeats, each by the mapping of its time; answers the sessions they came in."""
    contexts = heartbeats.contexts(step.conn)
    sessions: set[str] = set()

    def is_gone(number: int, at_us: int, entity: str) -> bool:
        context = contexts[number]
        if resolver.resolver_at(at_us).resolve(context, entity).project != project_id:
            return False
        if context.session:
            sessions.add(context.session)
        return True

    def are_gone(number: int, first_us: int, last_us: int) -> bool | None:
        """A run that one mapping assigns as a whole is decided by its first heartbeat: a million heartbeats are some thousand
        runs.
        """
        context = contexts[number]
        era = resolver.resolver_at(first_us)
        if era is not resolver.resolver_at(last_us) or era.differs_by_entity(context):
            return None
        return is_gone(number, first_us, "")

    count, ranges = purge.delete_heartbeats(step.conn, is_gone, are_gone=are_gone)
    deletions.counts["heartbeats"] = count
    for ends in ranges:
        step.touch(*ends)
    return sessions


def _keep_moved_entries(step: Step, project_id: str) -> None:
    """Entries that the owner moved to another project stay there, although the evidence they were derived from goes."""
    for row in fetch_all(
        step.conn, EntryRow, "SELECT * FROM entry WHERE derived_project_id = ? AND project_id IS NOT ?", (project_id,) * 2
    ):
        step.conn.execute(
            "UPDATE entry SET pinned = ?, end_us = ?, state = 'finished', derived_project_id = NULL, derived_task = NULL,"
            " repo_id = NULL, branch = NULL, session = NULL WHERE id = ?",
            (ALL_PINS, _end_us(step, row), row["id"]),
        )


def _end_us(step: Step, row: EntryRow) -> int:
    """The end of an entry; an open one ends with its last evidence, or now."""
    return int(row["end_us"] or row["last_evidence_us"] or max(row["start_us"], to_us(step.now)))


def _delete_entries(step: Step, deletions: Deletions, rows: list[EntryRow]) -> None:
    for row in rows:
        targets = step.conn.execute("SELECT target FROM delivery WHERE entry_id = ? AND held IS NOT NULL", (row["id"],))
        for (target,) in targets.fetchall():
            deletions.deliveries[target] = deletions.deliveries.get(target, 0) + 1
        for sql in ENTRY_SQL:
            step.conn.execute(sql, (row["id"],))
        rollup.remove(step, row)
        deletions.ids.add(row["id"])
        deletions.removed_us += wire.length_us(row, to_us(step.now)) if row["actor"] == "human" else 0
        step.publish("time_entry.deleted", {"id": row["id"], "mergedInto": None, "projectId": row["project_id"]})
    deletions.counts["entries"] = len(rows)


def _clip(step: Step, deletions: Deletions, row: EntryRow, lo_us: int, hi_us: int) -> None:
    """Cut a manual entry that reaches beyond the period, so that it keeps only what lies outside."""
    start_us, end_us = row["start_us"], _end_us(step, row)
    left, right = (start_us, lo_us) if start_us < lo_us else None, (hi_us, end_us) if end_us > hi_us else None
    if left is not None:
        entry_rows.change(step, row, {"start_us": left[0], "end_us": left[1], "state": "finished", **_clipped_pauses(row, *left)})
    if left is not None and right is not None:
        entry_rows.add(
            step,
            {
                "project_id": row["project_id"],
                "task": row["task"],
                "description": row["description"],
                "billable": row["billable"],
                "tags": row["tags"],
                "origin": row["origin"],
                "actor": row["actor"],
                "pinned": row["pinned"],
                "start_us": right[0],
                "end_us": right[1],
                **_clipped_pauses(row, *right),
            },
        )
    elif right is not None:
        entry_rows.change(step, row, {"start_us": right[0], **_clipped_pauses(row, *right)})
    deletions.removed_us += (min(end_us, hi_us) - max(start_us, lo_us)) if row["actor"] == "human" else 0


def _clipped_pauses(row: EntryRow, lo_us: int, hi_us: int) -> EntryColumns:
    """The pauses of an entry inside the part that is left."""
    pauses = [[max(start, lo_us), end if end is None else min(end, hi_us)] for start, end in json.loads(row["pauses"])]
    return {"pauses": json.dumps([pair for pair in pauses if pair[0] < hi_us and (pair[1] is None or pair[1] > pair[0])])}


def _delete_sessions(step: Step, deletions: Deletions, rows: list[SessionRow], heartbeat_sessions: set[str]) -> None:
    """Delete sessions of which nothing is left, and note their names."""
    ids = {row["id"] for row in rows} | heartbeat_sessions
    remaining = {context.session for context in heartbeats.contexts(step.conn).values()} if ids else set()
    for session in ids:
        if session in heartbeat_sessions and session in remaining and _has_beats(step.conn, session):
            continue
        deletions.counts["sessions"] += step.conn.execute("DELETE FROM session WHERE id = ?", (session,)).rowcount
        deletions.ids.add(session)


def _has_beats(conn: Connection, session: str) -> bool:
    sql = "SELECT 1 FROM span JOIN context ON context.id = context_id WHERE session = ? LIMIT 1"
    return conn.execute(sql, (session,)).fetchone() is not None


def _delete_repos(step: Step, deletions: Deletions, project_id: str, watched_paths: frozenset[str]) -> None:
    """Delete the commits of the project's repositories, and the repositories themselves unless they are still watched."""
    conn = step.conn
    for repo in fetch_all(conn, RepoRow, f"SELECT r.* {wire.REPOS_OF_PROJECT}", (project_id,)):
        deletions.counts["commits"] += conn.execute("DELETE FROM repo_commit WHERE repo_id = ?", (repo["id"],)).rowcount
        checkouts = fetch_all(conn, CheckoutRow, "SELECT * FROM checkout WHERE repo_id = ?", (repo["id"],))
        deletions.still_watched += [row["path"] for row in checkouts if row["path"] in watched_paths]
        for row in checkouts:
            if row["path"] in watched_paths:
                conn.execute("UPDATE checkout SET branch = NULL, head = '' WHERE path = ?", (row["path"],))
                continue
            conn.execute("DELETE FROM checkout WHERE path = ?", (row["path"],))
            for name in (
                f"reflog:{row['git_dir']}",
                f"push:{row['common_dir']}",
                f"root:{row['common_dir']}",
                f"project files:{row['path']}",
            ):
                conn.execute("DELETE FROM cursor WHERE name = ?", (name,))
        if any(row["path"] in watched_paths for row in checkouts):
            conn.execute("UPDATE repo SET project_id = NULL, guest_of = '' WHERE id = ?", (repo["id"],))
        else:
            conn.execute("DELETE FROM repo WHERE id = ?", (repo["id"],))
            deletions.ids.add(repo["id"])
    conn.execute(
        "UPDATE repo SET project_id = NULL, guest_of = '' WHERE project_id = ?", (project_id,)
    )  # those answered elsewhere
    conn.execute("DELETE FROM folder_answer WHERE project_id = ?", (project_id,))


def _delete_catalog_rows(conn: Connection, deletions: Deletions, row: ProjectRow) -> None:
    """Delete the project's own rows, and its client if it has no other project."""
    deletions.ids |= {task_id for (task_id,) in conn.execute("SELECT id FROM task WHERE project_id = ?", (row["id"],))}
    deletions.ids |= {mapping_id for (mapping_id,) in conn.execute("SELECT id FROM mapping WHERE project = ?", (row["id"],))}
    for sql in PROJECT_SQL:
        conn.execute(sql, (row["id"],))
    client = row["client_id"]
    if client and not conn.execute("SELECT 1 FROM project WHERE client_id = ? AND deleted = 0", (client,)).fetchone():
        name = conn.execute("DELETE FROM client WHERE id = ? RETURNING name", (client,)).fetchone()
        deletions.ids.add(client)
        deletions.names |= {name[0]} if name else set()


def _human_stretches(step: Step, rows: list[EntryRow]) -> list[Interval]:
    """The time of a person's entries, without names."""
    return union(
        (row["start_us"], _end_us(step, row)) for row in rows if row["actor"] == "human" and _end_us(step, row) > row["start_us"]
    )


def _delete_other_rows(step: Step, deletions: Deletions, lo_us: int, hi_us: int) -> None:
    """Delete what else lies in a period: commits, sessions, absences, taken time, cuts, tasks that only its entries had."""
    conn, ends = step.conn, (lo_us, hi_us)
    deletions.counts["commits"] = conn.execute("DELETE FROM repo_commit WHERE time_us >= ? AND time_us < ?", ends).rowcount
    sql = "SELECT id FROM session WHERE started_us >= ? AND max(last_us, coalesce(ended_us, 0)) < ?"
    _delete_sessions(step, deletions, fetch_all(conn, SessionRow, sql, ends), set())
    for sql in PERIOD_SQL:
        conn.execute(sql, ends)
    tasks = fetch_all(
        conn,
        TaskRow,
        "SELECT id FROM task WHERE created_us >= ? AND created_us < ? AND NOT EXISTS (SELECT 1 FROM entry"
        " WHERE entry.project_id = task.project_id AND entry.task = task.key)",
        ends,
    )
    for row in tasks:
        conn.execute("DELETE FROM task WHERE id = ?", (row["id"],))
        deletions.ids.add(row["id"])


def _finish(step: Step, deletions: Deletions, what: str) -> PurgedRowsJson:
    """Derive the neighbouring time again, delete every mention, and leave one line that says what was done."""
    purge.drop_orphans(step.conn)
    step.forget_places()
    settle(step)
    edits = purge.forget(step.conn, purge.Mentions(deletions.ids, deletions.names))
    edit_id, counts = step.new_id(), deletions.counts
    summary = f"purged {what}: {counts['entries']} entries, {counts['heartbeats']} heartbeats"
    row = {
        "id": edit_id,
        "at_us": to_us(step.now),
        "who": step.who,
        "verb": "purge",
        "summary": summary,
        "undone_us": None,
    }
    rowio.insert(step.conn, "edit", row)
    return {
        "entries": counts["entries"],
        "heartbeats": counts["heartbeats"],
        "commits": counts["commits"],
        "sessions": counts["sessions"],
        "edits": edits,
        "seconds": wire.seconds(deletions.removed_us),
        "deliveries": [{"target": target, "entries": number} for target, number in sorted(deletions.deliveries.items())],
        "stillWatched": sorted(deletions.still_watched),
        "editId": edit_id,
        "summary": summary,
    }
