"""Writes the rows of repositories, their checkouts and commits, and absences from this device. Writer thread only."""

import json
import os
from collections.abc import Sequence
from sqlite3 import Connection

from stintd.domain import privacy
from stintd.domain.model import Absence, CheckoutFacts, FolderMarks, GitSignal, RepoId, to_us
from stintd.engine.checkouts import Checkout, Places
from stintd.engine.sheet import projects
from stintd.engine.step import Step
from stintd.store import absences, contexts, heartbeats, rowio
from stintd.store.row_types import CheckoutRow, CommitRow, RepoRow, SqlValue
from stintd.store.rowio import fetch_all, fetch_column, fetch_one

SUBJECT_LIMIT = 500
CHECKOUT = """
INSERT INTO checkout (path, repo_id, git_dir, common_dir, kind, parent, branch, head, trouble, git_mark, log_mark, mount,
begun_us, is_gone) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)
ON CONFLICT (path) DO UPDATE SET repo_id = excluded.repo_id, git_dir = excluded.git_dir, common_dir = excluded.common_dir,
kind = excluded.kind, parent = excluded.parent, branch = excluded.branch, head = excluded.head, trouble = excluded.trouble,
git_mark = excluded.git_mark, log_mark = excluded.log_mark, mount = excluded.mount, begun_us = excluded.begun_us, is_gone = 0
"""
LEFT = "UPDATE checkout SET is_gone = 1 WHERE repo_id = ? AND path <> ? AND kind <> 'worktree'"
"""A folder that is new at a path has left its earlier place."""
PLACE = ("repo_id", "kind", "parent", "is_gone")
"""The columns that decide what a place resolves to."""

SUBMODULES = """
SELECT module.repo_id FROM checkout module JOIN checkout super ON super.path = module.parent
WHERE module.kind = 'submodule' AND super.repo_id IN (SELECT value FROM json_each(?))
"""


def keep_checkout(step: Step, repo: RepoId, facts: CheckoutFacts) -> None:
    """Store a checkout that is new or has changed. Contexts are resolved anew only where the answer may differ. A guest whose
    remote or git directory became another one leaves its project.
    """
    before = fetch_one(step.conn, CheckoutRow, "SELECT * FROM checkout WHERE path = ?", (facts.path,))
    known = fetch_one(step.conn, RepoRow, "SELECT * FROM repo WHERE id = ?", (repo,))
    is_new = known is None or _update_repo(step, known, facts)
    if known is None:
        name = os.path.basename(facts.parent if facts.kind == "worktree" and facts.parent else facts.path)
        rowio.insert(step.conn, "repo", {"id": repo, "name": name, "created_us": to_us(step.now), **_repo_values(facts)})
    marks = facts.marks
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
        marks.git,
        marks.log,
        marks.mount,
        marks.begun_us,
    )
    step.conn.execute(CHECKOUT, columns)
    if before is None and facts.kind != "worktree":
        step.conn.execute(LEFT, (repo, facts.path))
    place = {"repo_id": repo, "kind": facts.kind, "parent": facts.parent, "is_gone": 0}
    if is_new or before is None or any(before[name] != place[name] for name in PLACE):  # type: ignore[literal-required]
        step.forget_places()
    if before is None or before["is_gone"]:
        _adopt(step, facts.path)
    is_begun_anew = before is not None and before["git_mark"] not in ("", marks.git)
    if known is not None and known["guest_of"] and (is_begun_anew or known["guest_of"] != facts.network):
        leave_project(step, repo)
    elif known is not None and known["guest_of"] and before is None:  # it was moved, and its name may be another
        resolve_again(step, repo)


def _adopt(step: Step, folder: str) -> None:
    """Give what was done in a folder before its repository was found to that repository."""
    outside = contexts.below(step.conn, folder)
    if outside:
        projects.ensure_projects(step, outside.values())
        bounds = heartbeats.bounds_of(step.conn, outside)
        if bounds is not None:
            step.touch(*bounds)


def _repo_values(facts: CheckoutFacts) -> dict[str, SqlValue]:
    return {
        "identity": facts.identity,
        "remote": facts.remote,
        "first_commit": facts.first_commit,
        "network": facts.network,
    }


def _update_repo(step: Step, known: RepoRow, facts: CheckoutFacts) -> bool:
    """Store what changed of a repository; whether anything did."""
    values = rowio.differences(known, _repo_values(facts))
    if values:
        rowio.update(step.conn, "repo", known["id"], values)
    return bool(values)


def leave_project(step: Step, repo: RepoId) -> None:
    """Let a guest's repository go back to a project of its own, with all its evidence that is not pinned."""
    rowio.update(step.conn, "repo", repo, {"project_id": None, "guest_of": ""})
    step.forget_places()
    resolve_again(step, repo)


def resolve_again(step: Step, repo: RepoId) -> None:
    """Give all evidence of a repository, and of its submodules, the project it belongs to now."""
    repos = with_submodules(step.conn, repo)
    contexts = {number: context for number, context in heartbeats.contexts(step.conn).items() if context.repo in repos}
    projects.ensure_projects(step, contexts.values())
    bounds = heartbeats.bounds_of(step.conn, contexts)
    if bounds is not None:
        step.touch(*bounds)


def with_submodules(conn: Connection, repo: RepoId) -> set[RepoId]:
    """A repository and those whose checkouts are its submodules, however deep."""
    repos = {repo}
    while more := set(fetch_column(conn, str, SUBMODULES, (json.dumps(sorted(repos)),))) - repos:
        repos |= {RepoId(inner) for inner in more}
    return repos


def mark_gone(step: Step, path: str) -> None:
    """Mark a checkout as gone from its path; its repository and its hours stay."""
    if step.conn.execute("UPDATE checkout SET is_gone = 1 WHERE path = ? AND is_gone = 0", (path,)).rowcount:
        step.forget_places()


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


def hide_folded(step: Step, repo: RepoId, commits: Sequence[str]) -> None:
    """Let no description name commits that a rebase folded into others. They count as nobody's own from now on; a later report
    of the same subject changes nothing of that."""
    for sha in commits:
        row = fetch_one(
            step.conn, CommitRow, "SELECT * FROM repo_commit WHERE repo_id = ? AND sha = ? AND is_own = 1", (repo, sha)
        )
        if row is not None:
            step.conn.execute("UPDATE repo_commit SET is_own = 0 WHERE repo_id = ? AND sha = ?", (repo, sha))
            step.touch(row["time_us"], row["time_us"])


def add_absence(step: Step, absence: Absence) -> None:
    """Store a time in which nobody worked, and derive again around it."""
    if absences.add(step.conn, absence):
        step.touch(to_us(absence.start), to_us(absence.end))


def load_checkouts(conn: Connection, places: Places) -> None:
    """Fill the map of places with what was stored when the daemon stopped; the tracker confirms or corrects it."""
    identities = {row["id"]: row for row in fetch_all(conn, RepoRow, "SELECT id, identity, network FROM repo")}
    for row in fetch_all(conn, CheckoutRow, "SELECT * FROM checkout"):
        repo = identities.get(row["repo_id"])
        facts = CheckoutFacts(
            row["path"],
            row["git_dir"],
            row["common_dir"],
            row["kind"],
            repo["identity"] if repo is not None else "",
            branch=row["branch"],
            head=row["head"],
            parent=row["parent"],
            trouble=row["trouble"],
            network=repo["network"] if repo is not None else "",
            marks=FolderMarks(row["git_mark"], row["log_mark"], row["mount"], row["begun_us"]),
        )
        places.learn(Checkout(row["path"], row["repo_id"], facts, bool(row["is_gone"])))
