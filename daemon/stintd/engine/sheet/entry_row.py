"""Makes the entry row of a derived stretch, with its task, description, tags and billing. Writer thread only."""

import json
from datetime import timedelta

from stintd.domain.describe import describe, ticket_in
from stintd.domain.model import Stretch, to_us
from stintd.engine.sheet import billable as billing
from stintd.engine.step import Step
from stintd.store.row_types import CommitRow, EntryColumns, ProjectRow, SessionRow
from stintd.store.rowio import fetch_all, fetch_one

COMMITS = """
SELECT subject, time_us FROM repo_commit
WHERE CASE WHEN :repo IS NULL THEN repo_id IN (SELECT id FROM repo WHERE project_id = :project) ELSE repo_id = :repo END
AND time_us BETWEEN :start AND :end AND (branch IN (:branch, '') OR :branch IS NULL) AND is_own = 1 ORDER BY time_us, sha
"""
NEXT_COMMIT = """
SELECT subject FROM repo_commit WHERE repo_id = ? AND branch = ? AND time_us > ? AND time_us <= ? AND is_own = 1
ORDER BY time_us, sha LIMIT 1
"""
DAY_US = 86_400_000_000


def entry_columns(step: Step, stretch: Stretch) -> EntryColumns:
    """The columns of an automatic entry for this stretch, without its id and the columns that its creation adds."""
    end_us = None if stretch.is_open else to_us(stretch.end)
    subjects = _subjects(step, stretch)
    project = (
        fetch_one(step.conn, ProjectRow, "SELECT * FROM project WHERE id = ?", (stretch.project,)) if stretch.project else None
    )
    task = stretch.task or ticket_in(subjects, step.policy) or (project["default_task"] if project else None)
    session_words = _session_words(step, stretch.session)
    description = session_words.pop("description", "") or describe(subjects, _next_subject(step, stretch), stretch.branch)
    return {
        "actor": stretch.actor,
        "origin": "auto",
        "project_id": stretch.project,
        "task": task,
        "start_us": to_us(stretch.start),
        "end_us": end_us,
        "state": "running" if stretch.is_open else "finished",
        "description": description,
        **_billing_columns(step, stretch, project),
        **session_words,
        "hands_on_us": _microseconds(stretch.hands_on),
        "supervised_us": _microseconds(stretch.supervised),
        "last_evidence_us": to_us(stretch.last_evidence),
        "evidence_us": None if stretch.evidence is None else to_us(stretch.evidence),
        "repo_id": stretch.repo,
        "branch": stretch.branch,
        "session": stretch.session,
        "is_confirmed": int(stretch.is_confirmed),
        "is_estimated": int(stretch.is_estimated),
        "derived_project_id": stretch.project,
        "derived_task": stretch.task,
        "zone": step.state.zone,
    }


def _session_words(step: Step, session: str | None) -> EntryColumns:
    """What the start of a session said about the work: of description, tags and billable only those it named."""
    sql = "SELECT description, tags, billable FROM session WHERE id = ?"
    row = fetch_one(step.conn, SessionRow, sql, (session,)) if session else None
    values: EntryColumns = {}
    if row is None:
        return values
    if row["description"]:
        values["description"] = row["description"]
    if row["tags"] not in ("", "[]"):
        values["tags"] = row["tags"]
    if row["billable"] is not None:
        values["billable"] = row["billable"]
    return values


def _microseconds(length: timedelta) -> int:
    return length // timedelta(microseconds=1)


def _subjects(step: Step, stretch: Stretch) -> list[str]:
    if stretch.project is None:
        return []
    where = {"repo": stretch.repo, "project": stretch.project, "branch": stretch.branch}
    commits = fetch_all(step.conn, CommitRow, COMMITS, {**where, "start": to_us(stretch.start), "end": to_us(stretch.end)})
    return [row["subject"] for row in commits]


def _next_subject(step: Step, stretch: Stretch) -> str | None:
    """The subject of the next own commit on that branch within a day, for work that was not committed yet."""
    if stretch.repo is None:
        return None
    end_us = to_us(stretch.end)
    commit = fetch_one(step.conn, CommitRow, NEXT_COMMIT, (stretch.repo, stretch.branch or "", end_us, end_us + DAY_US))
    return commit["subject"] if commit else None


def _billing_columns(step: Step, stretch: Stretch, project: ProjectRow | None) -> EntryColumns:
    """The columns `billable` and `tags`: by the owner's mapping, else by the project's own setting, else by whether it has a
    client."""
    rule = billing.rule_of(step, project, stretch.repo, stretch.branch) if project else None
    billable = billing.is_billable(rule, project, stretch.actor)
    return {"billable": int(billable), "tags": json.dumps(list(rule.tags) if rule else [], ensure_ascii=False)}
