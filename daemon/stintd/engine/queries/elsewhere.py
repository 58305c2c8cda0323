"""What was done in folders that no project has: outside every watched folder (a container, a remote editor, a home folder) and
in folders without git. The hours wait for the owner to say whose they are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import field
from sqlite3 import Connection

from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import Context, ProjectId
from stintd.domain.pattern import is_within
from stintd.engine.period import Period
from stintd.engine.view import View
from stintd.frozen import frozen
from stintd.store.row_types import EntryRow
from stintd.store.rowio import exists

RUNS = """
SELECT c.folder, s.first_us, s.last_us FROM span s JOIN context c ON c.id = s.context_id
WHERE s.id >= ? AND s.id < ? AND c.folder <> '' AND c.repo_id = '' AND c.project = '' AND c.kind <> 'presence' ORDER BY s.id
"""
LENGTH_US = 35 * 60_000_000
"""The longest run of heartbeats that is stored as one (schema 0001)."""


@frozen
class UnclaimedFolder:
    """A folder without a project, the project it looks like, and the entries without a project in which it was worked on."""

    folder: str
    project: ProjectId | None
    entries: list[EntryRow] = field(default_factory=list)


def unclaimed_folders(view: View, span: Period, unassigned: Sequence[EntryRow]) -> list[UnclaimedFolder]:
    """The folders without a project that these entries without a project were worked on in, by their path."""
    if not unassigned:
        return []
    resolver = view.resolver()
    runs = view.conn.execute(RUNS, ((span.lo_us - LENGTH_US) * 1024, span.hi_us * 1024)).fetchall()
    folders = sorted({folder for folder, _, _ in runs if not holds_repositories(view.conn, folder, view.roots)})
    groups = _groups(resolver, folders)
    for row in unassigned:
        end_us = row["end_us"] or row["start_us"]
        there = (groups.get(folder) for folder, first_us, last_us in runs if first_us <= end_us and last_us >= row["start_us"])
        group = next((group for group in there if group is not None), None)
        if group is not None:
            group.entries.append(row)
    by_folder = {group.folder: group for group in groups.values() if group.entries}
    return [by_folder[folder] for folder in sorted(by_folder)]


def holds_repositories(conn: Connection, folder: str, roots: Iterable[str]) -> bool:
    """Whether a watched folder or a repository lies in a folder. To map it would take the hours of all of them."""
    if any(is_within(root, folder) for root in roots):
        return True
    top = folder.rstrip("/")
    return exists(conn, "SELECT 1 FROM checkout WHERE path > ? AND path < ?", (f"{top}/", f"{top}0"))


def _groups(resolver: Resolver, folders: Sequence[str]) -> dict[str, UnclaimedFolder]:
    """The group of each folder without a project: those that look like one project are one; else a folder with what is below."""
    by_top: dict[str, UnclaimedFolder] = {}
    groups: dict[str, UnclaimedFolder] = {}
    for folder in folders:
        if resolver.placement(Context("api", "edit", folder=folder)).project is not None:
            continue
        likeness = resolver.likeness(folder)
        above = next((top for top, group in by_top.items() if group.project is None and is_within(folder, top)), folder)
        top, project = (likeness.folder, likeness.project) if likeness is not None else (above, None)
        groups[folder] = by_top.setdefault(top, UnclaimedFolder(top, project))
    return groups
