"""Which folders share a project, decided from what really happened to them: an independent model of TRACKING's "Project by folder
name", for histories of folders that a test makes. It knows folders as objects, where stintd has only marks to go by.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

_numbers = count(1)


@dataclass(eq=False)
class Folder:
    """A folder that is really there. `git`: which git directory it has; a copy has another. `log`: the acts in its reflog."""

    path: Path
    remote: str = ""
    log: list[str] = field(default_factory=list)
    git: int = field(default_factory=lambda: next(_numbers))

    @property
    def begun(self) -> tuple[int, str]:
        return self.git, str(self.path)

    def copy(self, path: Path) -> "Folder":
        return Folder(path, self.remote, list(self.log))


@dataclass(eq=False)
class Part:
    """A linked worktree or a submodule of a folder: its acts are those of the folder's project."""

    path: Path
    owner: Folder
    log: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Project:
    """A project, by the folder that it was made for."""

    folder: Path


@dataclass(eq=False)
class Identity:
    """One folder to its owner, whatever happens to it: what stintd calls a repository. As it was last seen."""

    path: Path
    git: int
    remote: str
    log: list[str]
    project: Project | None = None
    guest_of: str = ""
    acts: list[str] = field(default_factory=list)


class Model:
    """What stintd should know. `observe` whenever it can look."""

    def __init__(self, roots: Iterable[Path]) -> None:
        self.roots = tuple(roots)
        self.identities: list[Identity] = []
        self.reported: set[str] = set()
        self.last_at: dict[Path, Identity] = {}
        self.met: set[Part] = set()

    def observe(self, folders: Iterable[Folder], parts: Iterable[Part], since: str) -> None:
        """stintd looks: everything that is there is seen at once. Of a folder that it meets for the first time, acts before
        `since` (when it watched last) belong to a backfill."""
        here = {folder.path: folder for folder in folders if any(self._is_below(folder.path, root) for root in self.roots)}
        matched = self._match(here)
        for path, folder in here.items():
            matched.setdefault(path, self._new(folder))
        for path, folder in here.items():
            if matched[path] not in self.identities:
                self.reported.update(act for act in folder.log if act < since)
            self._see(matched[path], folder)
        for folder in sorted(here.values(), key=lambda folder: folder.begun):
            identity = matched[folder.path]
            for act in folder.log:
                if act not in self.reported:
                    self.reported.add(act)
                    identity.acts.append(act)
        for part in parts:
            if part.owner.path in here:
                matched[part.owner.path].acts += self._acts_of(part, since)
        for identity in matched.values():
            if identity.acts:
                self._ensure(identity, matched.values())

    def _acts_of(self, part: Part, since: str) -> list[str]:
        """What is new in a worktree or submodule; of one that was not there before only what is not from before `since`."""
        is_met = part in self.met
        self.met.add(part)
        new = [act for act in part.log if act not in self.reported and (is_met or act >= since)]
        self.reported.update(part.log)
        return new

    def _is_below(self, path: Path, root: Path) -> bool:
        return root in path.parents and root.is_dir()

    def _match(self, here: dict[Path, Folder]) -> dict[Path, Identity]:
        matched: dict[Path, Identity] = {}
        for path, folder in here.items():
            same = [identity for identity in self.identities if identity.git == folder.git]
            if same:
                matched[path] = same[0]
        for path in here:
            if path not in matched:
                before = self.last_at.get(path)
                if before is not None and before not in matched.values() and not self._lives(before, path):
                    matched[path] = before
        claims: dict[Path, Identity] = {}
        for path, folder in here.items():
            if path in matched or not folder.log:
                continue
            alike = [other for other in here.values() if other is not folder and other.log[:1] == folder.log[:1]]
            lost = [i for i in self.identities if i.log[:1] == folder.log[:1] and self._is_lost(i)]
            going_on = [i for i in lost if folder.log[: len(i.log)] == i.log and i not in matched.values()]
            if not alike and len(going_on) == 1:
                claims[path] = going_on[0]
        matched |= {path: i for path, i in claims.items() if list(claims.values()).count(i) == 1}
        return matched

    def _lives(self, identity: Identity, path: Path) -> bool:
        """Whether it is somewhere else than at `path`, as far as anybody can tell."""
        return identity.path != path and not self._is_lost(identity)

    def _is_lost(self, identity: Identity) -> bool:
        """Whether its folder is really gone: a disk that is not there says nothing about what lies on it."""
        roots = [root for root in self.roots if root in identity.path.parents]
        return all(root.is_dir() for root in roots) and not identity.path.exists()

    def _new(self, folder: Folder) -> Identity:
        return Identity(folder.path, folder.git, folder.remote, [])

    def _see(self, identity: Identity, folder: Folder) -> None:
        if identity not in self.identities:
            self.identities.append(identity)
        is_other = identity.git != folder.git and identity.path == folder.path
        if identity.guest_of and (is_other or identity.guest_of != folder.remote):
            identity.project, identity.guest_of = None, ""
        self.last_at[folder.path] = identity
        identity.path, identity.git, identity.remote, identity.log = folder.path, folder.git, folder.remote, list(folder.log)

    def _ensure(self, identity: Identity, here: Iterable[Identity]) -> None:
        if identity.project is not None:
            return
        clones = [i for i in self.identities if i.remote and i.remote == identity.remote and not i.guest_of]
        owners = {i.project for i in clones if i.project is not None}
        if len(owners) == 1:
            identity.project, identity.guest_of = owners.pop(), identity.remote
            return
        if not owners:
            living = [i for i in clones if i in here]
            first = min(living, key=lambda i: (i.git, str(i.path)), default=identity)
            if first is not identity:
                first.project = Project(first.path)
                identity.project, identity.guest_of = first.project, identity.remote
                return
        identity.project = Project(identity.path)

    def expected(self) -> dict[str, tuple[int, bool]]:
        """For each act the project it counts for (as a number) and whether it is confirmed."""
        numbers: dict[Project, int] = {}
        out = {}
        for identity in self.identities:
            for act in identity.acts:
                assert identity.project is not None
                number = numbers.setdefault(identity.project, len(numbers))
                is_named_alike = identity.path.name == identity.project.folder.name
                out[act] = number, not identity.guest_of or is_named_alike
        return out
