"""Separates folders that an earlier version joined under one repository, without changing whose hours they are.

Every folder becomes a repository of its own. Those beside the first keep the project by an answer that nobody gave yet: it is
asked about, and evidence from now on waits for it (TRACKING, Project by folder name).
"""

from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Connection

from stintd.domain.model import ProjectId, RepoId, to_us
from stintd.store import contexts, cursors, rowio
from stintd.store.ids import new_id
from stintd.store.row_types import CheckoutRow, RepoRow
from stintd.store.rowio import fetch_all, fetch_value

DONE = "folders:separated"
"""Cursor that says that the joins of earlier versions were separated."""
FOLDERS = "SELECT * FROM checkout WHERE repo_id = ? AND kind <> 'worktree' AND is_gone = 0 ORDER BY path"
COMMITS = """
INSERT INTO repo_commit (repo_id, sha, time_us, subject, branch, is_own)
SELECT ?, sha, time_us, subject, branch, is_own FROM repo_commit WHERE repo_id = ?
"""


def separate(conn: Connection, now: datetime) -> int:
    """Give each folder a repository of its own, once; how many were separated. Writer's transaction, before anything is read."""
    if cursors.get(conn, DONE) is not None:
        return 0
    count = 0
    for repo in fetch_all(conn, RepoRow, "SELECT * FROM repo ORDER BY created_us, id"):
        folders = fetch_all(conn, CheckoutRow, FOLDERS, (repo["id"],))
        first = _first(conn, repo["project_id"], folders) if len(folders) > 1 else None
        for folder in folders if first is not None else ():
            if folder["path"] != first:
                _separate(conn, repo, folder, now)
                count += 1
    cursors.put(conn, {DONE: now.isoformat()})
    return count


def _first(conn: Connection, project: ProjectId | None, folders: Sequence[CheckoutRow]) -> str:
    """The folder that the project was made for, else that of the oldest evidence, else the first path."""
    made_for = fetch_value(conn, str, "SELECT folder FROM project WHERE id = ?", (project,))
    paths = [folder["path"] for folder in folders]
    if made_for in paths:
        return made_for
    sql = "SELECT min(s.id) FROM span s JOIN context c ON c.id = s.context_id WHERE c.repo_path = ?"
    oldest = {path: fetch_value(conn, int, sql, (path,)) for path in paths}
    return min(paths, key=lambda path: (oldest[path] is None, oldest[path] or 0, path))


def _separate(conn: Connection, repo: RepoRow, folder: CheckoutRow, now: datetime) -> None:
    own = RepoId(new_id(now))
    rowio.insert(conn, "repo", {**repo, "id": own, "name": folder["path"].rpartition("/")[2] or repo["name"]})
    if repo["project_id"] is not None:
        answer = {"id": own, "project_id": repo["project_id"], "is_open": 1, "since_us": to_us(now)}
        rowio.insert(conn, "folder_answer", answer)
    beside = "SELECT path FROM checkout WHERE repo_id = ? AND kind = 'worktree' AND common_dir = ?"
    paths = [folder["path"], *(row[0] for row in conn.execute(beside, (repo["id"], folder["common_dir"])))]
    for path in paths:
        conn.execute("UPDATE checkout SET repo_id = ? WHERE path = ?", (own, path))
        contexts.move_to_repo(conn, repo["id"], path, own)
    conn.execute(COMMITS, (own, repo["id"]))
