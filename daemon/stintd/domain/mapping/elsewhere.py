"""Which project a folder outside every known one looks like: in a container, or on a machine that an editor reaches.

Pure, and only a proposal: a folder of that name may be anybody's, so its hours wait until the owner confirms it (TRACKING,
Elsewhere).
"""

from collections import defaultdict
from collections.abc import Iterable

from stintd.domain.mapping.naming import folder_names
from stintd.domain.model import ProjectId
from stintd.domain.pattern import compose
from stintd.frozen import frozen

SILENT = frozenset({"src", "app", "work", "workspace", "workspaces", "code", "repo", "project", "home"})
"""Names of folders that say nothing of what is in them."""


@frozen
class Likeness:
    """The project that a folder looks like. `folder`: the part of the path that has the name of the project's folder."""

    project: ProjectId
    folder: str


class FolderNames:
    """The names of the folders of projects."""

    def __init__(self, folders: Iterable[tuple[ProjectId, str]]) -> None:
        self._projects: defaultdict[str, set[ProjectId]] = defaultdict(set)
        for project, folder in folders:
            self._projects[compose(folder_names(folder)[0])].add(project)

    def likeness(self, path: str) -> Likeness | None:
        """The project whose folder has exactly the name of a folder in this path; None where that is not exactly one project."""
        parts = path.replace("\\", "/").split("/")
        likenesses = [
            Likeness(project, "/".join(parts[: at + 1]))
            for at, part in enumerate(parts)
            if part and part not in SILENT
            for project in self._projects.get(compose(part), ())
        ]
        return likenesses[0] if len({likeness.project for likeness in likenesses}) == 1 else None
