"""Entries, projects, tasks and clients as clients see them: the one JSON shape of the API and the change log."""

import json
from collections.abc import Iterable
from datetime import datetime
from sqlite3 import Connection
from typing import overload

from stintd.domain.derive.timesheet import WaitingSession
from stintd.domain.model import Assignment, Context, EntryState, ShownOrigin, from_us, to_us
from stintd.engine.view import Reader
from stintd.engine.wire_types import (
    ClientJson,
    CommitJson,
    EntryDeliveryJson,
    EntryJson,
    HeartbeatJson,
    Pin,
    ProjectJson,
    ProjectRepoJson,
    TaskJson,
)
from stintd.store import deliveries
from stintd.store.row_types import (
    ClientRow,
    CommitRow,
    EntryRow,
    NamedEntryRow,
    NamedProjectRow,
    SessionRow,
    TaskRow,
)
from stintd.store.rowio import fetch_all, fetch_one, fetch_value

ENTRY_SQL = """
SELECT e.*, p.name AS project_name, p.client_id, c.name AS client_name, t.id AS task_id, t.name AS task_name,
       r.name AS repo_name
FROM entry e LEFT JOIN project p ON p.id = e.project_id LEFT JOIN client c ON c.id = p.client_id
LEFT JOIN task t ON t.project_id = e.project_id AND t.key = e.task LEFT JOIN repo r ON r.id = e.repo_id
"""
WAITING_ID = "waiting."
PROVISIONAL_ID = "provisional."
SECOND = 1_000_000
REPOS_OF_PROJECT = "FROM repo r LEFT JOIN folder_answer a ON a.id = r.id WHERE coalesce(a.project_id, r.project_id) = ?"
PINS: tuple[Pin, ...] = ("time", "project", "text")


@overload
def instant(us: int) -> str: ...
@overload
def instant(us: int | None) -> str | None: ...
def instant(us: int | None) -> str | None:
    """RFC 3339 in UTC, with fractions only if there are any."""
    return None if us is None else from_us(us).replace(tzinfo=None).isoformat() + "Z"


def stamp(moment: datetime) -> str:
    """RFC 3339 of an aware instant."""
    return from_us(to_us(moment)).replace(tzinfo=None).isoformat() + "Z"


def seconds(us: int) -> int:
    """Whole seconds of microseconds, rounded to the nearest."""
    return (us + SECOND // 2) // SECOND


def entry(reader: Reader, row: NamedEntryRow) -> EntryJson:
    """An Entry. `row` comes from ENTRY_SQL; a running entry counts up to now."""
    now_us = to_us(reader.now)
    pause_pairs = pauses(row["pauses"])
    total = length_us(row, now_us)
    supervised = min(row["supervised_us"], total) if row["actor"] == "human" else 0
    return {
        "id": row["id"],
        "projectId": row["project_id"],
        "projectName": row["project_name"],
        "clientId": row["client_id"],
        "clientName": row["client_name"],
        "taskId": row["task_id"],
        "taskName": row["task_name"] or row["task"],
        "description": row["description"],
        "start": instant(row["start_us"]),
        "end": instant(row["end_us"]),
        "durationSeconds": seconds(total),
        "state": row["state"],
        "actor": row["actor"],
        "origin": origin(row),
        "handsOnSeconds": seconds(total) - seconds(supervised) if row["actor"] == "human" else 0,
        "supervisedSeconds": seconds(supervised),
        "billable": bool(row["billable"]),
        "tags": json.loads(row["tags"]),
        "pauses": [{"start": instant(lo), "end": instant(hi)} for lo, hi in pause_pairs],
        "branch": row["branch"],
        "repo": row["repo_name"],
        "commits": commits(reader.conn, row, now_us),
        "sessionId": row["session"],
        "pinned": [pin for pin in PINS if pin in row["pinned"].replace(",", " ").split()],
        "locked": bool(row["locked"]),
        "approvedAt": instant(row["approved_us"]),
        "confirmed": bool(row["is_confirmed"]),
        "lastEvidenceAt": instant(row["last_evidence_us"]),
        "userId": row["user_id"],
        "workspaceId": row["workspace_id"],
        "revision": row["revision"],
        "updatedAt": instant(row["updated_us"]),
        "deliveries": deliveries_of(reader.conn, row["id"]),
    }


def origin(row: EntryRow) -> ShownOrigin:
    """Where an entry comes from, as clients see it: an automatic entry from imported past evidence is an estimate."""
    return "backfill" if row["is_estimated"] and row["origin"] == "auto" else row["origin"]


def deliveries_of(conn: Connection, entry_id: str) -> list[EntryDeliveryJson]:
    """What an entry shows of its deliveries: one for each target and part."""
    return [
        {"target": row["target"], "state": row["state"], "remoteId": row["remote_id"] or None}
        for row in deliveries.summaries_of(conn, entry_id)
    ]


def pauses(text: str) -> list[tuple[int, int | None]]:
    """The pauses of an entry row: JSON pairs of microseconds; the last end is null while the entry is paused."""
    return [] if text == "[]" else [(pause[0], pause[1]) for pause in json.loads(text)]


def length_us(row: EntryRow, now_us: int) -> int:
    """The duration: start to end (or now) without the pauses."""
    end = row["end_us"] if row["end_us"] is not None else max(now_us, row["start_us"])
    paused_us = sum(max(0, min(hi if hi is not None else end, end) - lo) for lo, hi in pauses(row["pauses"]))
    return int(max(0, end - row["start_us"] - paused_us))


def commit_rows(conn: Connection, row: EntryRow, now_us: int) -> list[CommitRow]:
    """The owner's commits inside an entry, in its repository, else in its project's repositories, oldest first.

    An automatic entry whose time was not edited is cut where the branch changes: commits on another branch belong to its
    neighbour.
    """
    end = row["end_us"] if row["end_us"] is not None else now_us
    if row["repo_id"]:
        where, place = "repo_id = ?", str(row["repo_id"])
    elif row["project_id"]:
        where, place = f"repo_id IN (SELECT r.id {REPOS_OF_PROJECT})", row["project_id"]
    else:
        return []
    is_whole = row["origin"] == "auto" and "time" not in row["pinned"]
    branch = row["branch"] if is_whole else None
    sql = f"SELECT sha, subject, time_us FROM repo_commit WHERE {where} AND time_us BETWEEN ? AND ? AND is_own = 1"  # noqa: S608
    sql += " AND (branch IN (?, '') OR ? IS NULL) ORDER BY time_us, sha"
    return fetch_all(conn, CommitRow, sql, (place, row["start_us"], end, branch, branch))


def commits(conn: Connection, row: EntryRow, now_us: int) -> list[CommitJson]:
    """The commits of an entry as clients see them."""
    rows = commit_rows(conn, row, now_us)
    return [{"sha": commit["sha"], "subject": commit["subject"], "time": instant(commit["time_us"])} for commit in rows]


def waiting_timer(reader: Reader, session: WaitingSession) -> EntryJson:
    """A session that has not acted yet, shown as a timer; it has no entry until it has time of its own."""
    row = fetch_one(reader.conn, SessionRow, "SELECT description, tags FROM session WHERE id = ?", (session.session,))
    timer = _timer_without_entry(reader, "waiting", session.project, session.task, session.start)
    if row is not None:
        timer |= {"description": row["description"], "tags": json.loads(row["tags"])}
    return {**timer, "id": WAITING_ID + (session.session or "session"), "sessionId": session.session}


def provisional_timer(reader: Reader, context: Context, time: datetime, assignment: Assignment) -> EntryJson:
    """Work that was just noticed and may still turn out to be noise, shown as a timer."""
    place = context.repo_path or context.folder or ""
    timer = _timer_without_entry(reader, "running", assignment.project, assignment.task, time)
    name = timer["projectName"] or place.rstrip("/").rpartition("/")[2] or None
    return {**timer, "id": PROVISIONAL_ID + place, "branch": context.branch, "projectName": name, "provisional": True}


def _timer_without_entry(
    reader: Reader, state: EntryState, project_id: str | None, task_key: str | None, start: datetime
) -> EntryJson:
    """The fields of a timer without an entry; the caller sets its id."""
    project = fetch_one(reader.conn, NamedProjectRow, PROJECT_SQL + " WHERE p.id = ?", (project_id,))
    return {
        "id": "",
        "projectId": project_id,
        "projectName": project["name"] if project else None,
        "clientId": project["client_id"] if project else None,
        "clientName": project["client_name"] if project else None,
        "taskId": None,
        "taskName": task_key,
        "description": "",
        "start": stamp(start),
        "end": None,
        "durationSeconds": 0,
        "state": state,
        "actor": "human",
        "origin": "auto",
        "handsOnSeconds": 0,
        "supervisedSeconds": 0,
        "billable": False,
        "tags": [],
        "pauses": [],
        "branch": None,
        "repo": None,
        "commits": [],
        "sessionId": None,
        "pinned": [],
        "locked": False,
        "approvedAt": None,
        "confirmed": True,
        "lastEvidenceAt": None,
        "userId": None,
        "workspaceId": None,
        "revision": 0,
        "updatedAt": stamp(start),
        "deliveries": [],
    }


def entries_by_id(reader: Reader, ids: Iterable[str]) -> list[EntryJson]:
    """Entries in the order of their ids in `ids`; missing ones are left out."""
    rows = (fetch_one(reader.conn, NamedEntryRow, ENTRY_SQL + " WHERE e.id = ?", (entry_id,)) for entry_id in ids)
    return [entry(reader, row) for row in rows if row is not None]


PROJECT_SQL = "SELECT p.*, c.name AS client_name FROM project p LEFT JOIN client c ON c.id = p.client_id"


def _amount(text: str | None) -> float | None:
    return None if text is None else float(text)


def project(conn: Connection, row: NamedProjectRow) -> ProjectJson:
    """A Project. `row` comes from PROJECT_SQL. A null `billable` means: billable if it has a client."""
    sql = f"SELECT r.id, r.name, r.remote {REPOS_OF_PROJECT} ORDER BY r.name, r.id"
    repos = fetch_all(conn, ProjectRepoJson, sql, (row["id"],))
    aliases = conn.execute("SELECT name FROM project_alias WHERE project_id = ? ORDER BY since_us, name", (row["id"],))
    billable = row["billable"] if row["billable"] is not None else row["client_id"] is not None
    return {
        "id": row["id"],
        "name": row["name"],
        "aliases": [name for (name,) in aliases],
        "clientId": row["client_id"],
        "clientName": row["client_name"],
        "hourlyRate": _amount(row["hourly_rate"]),
        "currency": row["currency"],
        "budgetHours": row["budget_hours"],
        "budgetAmount": _amount(row["budget_amount"]),
        "billable": bool(billable),
        "billAgentTime": bool(row["bill_agent_time"]),
        "billSupervised": bool(row["bill_supervised"]),
        "defaultTask": row["default_task"],
        "archived": bool(row["archived"]),
        "origin": row["origin"],
        "repos": repos,
        "revision": row["revision"],
        "createdAt": instant(row["created_us"]),
    }


def task(row: TaskRow) -> TaskJson:
    """A Task."""
    return {
        "id": row["id"],
        "key": row["key"],
        "name": row["name"],
        "projectId": row["project_id"],
        "status": row["status"],
        "estimatedHours": row["estimated_hours"],
        "hourlyRate": _amount(row["hourly_rate"]),
        "revision": row["revision"],
    }


def client(row: ClientRow) -> ClientJson:
    """A Client."""
    return {"id": row["id"], "name": row["name"], "archived": bool(row["archived"]), "revision": row["revision"]}


def source_word(context: Context) -> str:
    """The source as its sender named it."""
    return context.source_text or context.source if context.source == "api" else context.source


def client_word(context: Context) -> str | None:
    """The program that sent it, if known: an editor's name."""
    return context.source_text or None if context.source != "api" else None


def beat(conn: Connection, time_us: int, entity: str, context: Context, assignment: Assignment) -> HeartbeatJson:
    """A heartbeat with the project it resolves to now."""
    project_name = fetch_value(conn, str, "SELECT name FROM project WHERE id = ?", (assignment.project,))
    repo_name = fetch_value(conn, str, "SELECT name FROM repo WHERE id = ?", (context.repo,))
    place = context.repo_path or context.folder
    return {
        "id": None,
        "time": instant(time_us),
        "project": project_name,
        "projectId": assignment.project,
        "taskName": assignment.task,
        "repo": repo_name,
        "path": place,
        "branch": context.branch,
        "entity": entity or None,
        "kind": context.kind,
        "source": source_word(context),
        "client": client_word(context),
        "actor": context.actor,
        "device": context.device or None,
        "sessionId": context.session,
    }
