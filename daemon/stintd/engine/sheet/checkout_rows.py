"""Writes the rows of repositories, their checkouts and commits, and absences from this device. Writer thread only."""

import os
from sqlite3 import Connection

from stintd.domain import privacy
from stintd.domain.mapping.remote import plain_remote
from stintd.domain.model import Absence, CheckoutFacts, GitSignal, RepoId, to_us
from stintd.engine.checkouts import Checkout, Places
from stintd.engine.step import Step
from stintd.store import absences, rowio
from stintd.store.row_types import CheckoutRow, RepoRow
from stintd.store.rowio import fetch_all, fetch_one

SUBJECT_LIMIT = 500
CHECKOUT = """
INSERT INTO checkout (path, repo_id, git_dir, common_dir, kind, parent, branch, head, is_gone, trouble)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)
ON CONFLICT (path) DO UPDATE SET repo_id = excluded.repo_id, git_dir = excluded.git_dir, common_dir = excluded.common_dir,
kind = excluded.kind, parent = excluded.parent, branch = excluded.branch, head = excluded.head, is_gone = 0,
trouble = excluded.trouble
"""


def keep_checkout(step: Step, repo: RepoId, facts: CheckoutFacts) -> None:
    """Store a checkout that is new or has changed. Contexts are resolved anew only for a new place or identity."""
    name = os.path.basename(facts.parent if facts.kind == "worktree" and facts.parent else facts.path)
    repo_row = fetch_one(step.conn, RepoRow, "SELECT identity, remote FROM repo WHERE id = ?", (repo,))
    if repo_row is None:
        row = {
            "id": repo,
            "identity": facts.identity,
            "name": name,
            "remote": facts.remote,
            "first_commit": facts.first_commit,
            "created_us": to_us(step.now),
        }
        rowio.insert(step.conn, "repo", row)
    elif repo_row["identity"] != facts.identity:
        values = {"identity": facts.identity, "remote": facts.remote, "first_commit": facts.first_commit}
        rowio.update(step.conn, "repo", repo, values)
    elif repo_row["remote"] != plain_remote(repo_row["remote"]):  # stored by a version that kept a token in it
        rowio.update(step.conn, "repo", repo, {"remote": plain_remote(repo_row["remote"])})
    checkout_row = fetch_one(step.conn, CheckoutRow, "SELECT repo_id, kind, parent FROM checkout WHERE path = ?", (facts.path,))
    place = (repo, facts.kind, facts.parent)
    is_moved = checkout_row is None or (checkout_row["repo_id"], checkout_row["kind"], checkout_row["parent"]) != place
    columns = (
        facts.path,
        repo,
        facts.git_dir,
        facts.common_dir,
        facts.kind,
        facts.parent,
        privacy.branch(facts.branch, step.policy, step.state.device_id),
        facts.head,
        facts.trouble,
    )
    step.conn.execute(CHECKOUT, columns)
    is_known = repo_row is not None and repo_row["identity"] == facts.identity
    if not is_known or is_moved:
        step.forget_places()


def mark_gone(step: Step, path: str) -> None:
    """Mark a checkout as gone from its path; its repository and its hours stay."""
    step.conn.execute("UPDATE checkout SET is_gone = 1 WHERE path = ?", (path,))


def keep_commit(step: Step, repo: RepoId, signal: GitSignal) -> None:
    """Store a commit's subject and time. A hook does not know the subject; the reflog fills it in later."""
    is_own = 1 if signal.is_own is None else int(signal.is_own)
    subject = privacy.subject(signal.subject[:SUBJECT_LIMIT], step.policy)
    branch = privacy.branch(signal.branch, step.policy, step.state.device_id)
    values = (repo, signal.new, to_us(signal.time), subject, branch or "", is_own)
    changed = step.conn.execute(
        "INSERT INTO repo_commit (repo_id, sha, time_us, subject, branch, is_own) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (repo_id, sha) DO UPDATE SET subject = excluded.subject, is_own = excluded.is_own"
        " WHERE excluded.subject <> '' AND subject <> excluded.subject",
        values,
    ).rowcount
    if changed:
        step.touch(to_us(signal.time), to_us(signal.time))


def add_absence(step: Step, absence: Absence) -> None:
    """Store a time in which nobody worked, and derive again around it."""
    if absences.add(step.conn, absence):
        step.touch(to_us(absence.start), to_us(absence.end))


def load_checkouts(conn: Connection, places: Places) -> None:
    """Fill the map of places with what was stored when the daemon stopped; the tracker confirms or corrects it."""
    identities = {row["id"]: row["identity"] for row in fetch_all(conn, RepoRow, "SELECT id, identity FROM repo")}
    for repo, identity in identities.items():
        places.remember_identity(identity, repo)
    for row in fetch_all(conn, CheckoutRow, "SELECT * FROM checkout"):
        facts = CheckoutFacts(
            row["path"],
            row["git_dir"],
            row["common_dir"],
            row["kind"],
            identities.get(row["repo_id"], ""),
            branch=row["branch"],
            head=row["head"],
            parent=row["parent"],
            trouble=row["trouble"],
        )
        places.learn(Checkout(row["path"], row["repo_id"], facts, bool(row["is_gone"])))
