"""Which folders might share a project without anybody knowing, as questions to their owner.

Pure: the questions follow from what is known of the folders, and only answers are stored. A folder that counts in another's
project asks whether that is right; one that began as a copy of another counts apart and asks whether it belongs there. Folders
that ask the same about the same other side are one question, and what its owner answered, mapped or wrote into a project file is
not asked (TRACKING, Project by folder name, Questions).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2s
from typing import Literal

from stintd.domain.mapping.remote import bare_path, local_remote
from stintd.domain.model import ProjectId, RepoId
from stintd.frozen import frozen

QuestionKind = Literal["clone", "copy", "joined"]
ID_BYTES = 4


@frozen
class DoubtfulFolder:
    """A repository's folder, and what is known of it.

    `places`: the paths of its checkouts and git directories. `project`: what work there counts as now; `kept`: the project that
    the folder keeps, as a guest by the remote `guest_of`; `joined`: the one that an earlier version gave it and nobody confirmed.
    `is_answered`: its owner answered. `is_settled`: a mapping or a project file decides. `has_work`: somebody worked there (of
    one that is gone: hours of it are not approved yet). `log`: the beginning of its reflog; `network`: what clones have alike.
    """

    repo: RepoId
    path: str
    places: tuple[str, ...] = ()
    project: ProjectId | None = None
    kept: ProjectId | None = None
    guest_of: str = ""
    joined: ProjectId | None = None
    is_answered: bool = False
    is_settled: bool = False
    is_submodule: bool = False
    is_bare: bool = False
    is_gone: bool = False
    has_work: bool = False
    remote: str = ""
    network: str = ""
    first_commit: str = ""
    log: str = ""
    begun_us: int = 0


@frozen
class Question:
    """Whether `folders` (by path) are the same project as `other`, the folder on the other side, if one is known.

    `project`: the project of the other side, None while it has none. `kind`: further clones and joined folders count there now;
    copies do not. `id` is the same as long as the question is.
    """

    id: str
    kind: QuestionKind
    folders: tuple[DoubtfulFolder, ...]
    project: ProjectId | None
    other: DoubtfulFolder | None

    @property
    def is_shared(self) -> bool:
        """Whether the folders count in the project of the other side until somebody answers."""
        return self.kind != "copy"


def ask(folders: Iterable[DoubtfulFolder]) -> list[Question]:
    """The questions about these folders, whatever their order."""
    return _Asker(sorted(folders, key=_age)).questions()


class _Asker:
    def __init__(self, folders: Sequence[DoubtfulFolder]) -> None:
        self._folders = folders
        self._homes: dict[ProjectId, DoubtfulFolder] = {}
        self._at: dict[str, DoubtfulFolder] = {}
        self._at_bare: dict[str, DoubtfulFolder] = {}
        self._first_of_log: dict[str, DoubtfulFolder] = {}
        self._first_of_commit: dict[str, DoubtfulFolder] = {}
        self._first_of_network: dict[str, DoubtfulFolder] = {}
        for folder in folders:
            self._learn(folder)

    def _learn(self, folder: DoubtfulFolder) -> None:
        """Folders come by age: the first of several is the one that was there first."""
        if folder.kept is not None and not folder.guest_of and folder.joined is None:
            self._homes.setdefault(folder.kept, folder)
        for place in folder.places:
            self._at.setdefault(place, folder)
            self._at_bare.setdefault(bare_path(place), folder)
        if folder.is_submodule or folder.is_answered:
            return
        if folder.network and folder.project is not None:  # else it will be a guest itself
            self._first_of_network.setdefault(folder.network, folder)
        if folder.log:
            self._first_of_log.setdefault(folder.log, folder)
        if folder.first_commit and not folder.remote:
            self._first_of_commit.setdefault(folder.first_commit, folder)

    def questions(self) -> list[Question]:
        groups: defaultdict[tuple[QuestionKind, str], list[DoubtfulFolder]] = defaultdict(list)
        sides: dict[tuple[QuestionKind, str], tuple[ProjectId | None, DoubtfulFolder | None]] = {}
        for folder in self._folders:
            doubt = self._doubt(folder)
            if doubt is not None:
                kind, project, other = doubt
                key = kind, other.repo if other is not None else project or ""
                groups[key].append(folder)
                sides[key] = project, other
        questions = [self._question(key, groups[key], *sides[key]) for key in groups]
        return sorted(
            (question for question in questions if not _is_idle(question)), key=lambda one: (one.kind, one.folders[0].path)
        )

    def _question(
        self,
        key: tuple[QuestionKind, str],
        folders: list[DoubtfulFolder],
        project: ProjectId | None,
        other: DoubtfulFolder | None,
    ) -> Question:
        text = "\n".join([*key, *sorted(folder.repo for folder in folders)])
        number = blake2s(text.encode(), digest_size=ID_BYTES).hexdigest()
        return Question(number, key[0], tuple(sorted(folders, key=lambda folder: folder.path)), project, other)

    def _doubt(self, folder: DoubtfulFolder) -> tuple[QuestionKind, ProjectId | None, DoubtfulFolder | None] | None:
        """(kind, project and folder of the other side) of the question about one folder; None when there is none."""
        if folder.is_settled or folder.is_answered or (folder.is_gone and not folder.has_work):
            return None
        if folder.joined is not None:
            return "joined", folder.joined, self._homes.get(folder.joined)
        if folder.guest_of:
            return ("clone", folder.kept, self._homes.get(folder.kept)) if folder.kept is not None else None
        other = self._original(folder)
        if other is None or (other.project is not None and other.project == folder.project):
            return None
        return "copy", other.project, other

    def _original(self, folder: DoubtfulFolder) -> DoubtfulFolder | None:
        """The folder that this one began as a copy of: the one that its remote names, else the oldest that has the same beginning
        of its reflog, the same remote on the network without being its host (somebody mapped it), or, if neither has a remote,
        the same first commit. Folders that were answered are not compared again.
        """
        if folder.is_submodule or folder.is_gone or not folder.has_work or folder.project is None:
            return None
        named = self._remote_of(folder)
        if named is not None and named.repo != folder.repo and not self._asks_back(named, folder):
            return named
        alike = [self._first_of_log.get(folder.log), self._first_of_network.get(folder.network)]
        if folder.first_commit and not folder.remote:
            alike.append(self._first_of_commit.get(folder.first_commit))
        older = [other for other in alike if other is not None and other.repo != folder.repo and _age(other) < _age(folder)]
        return min(older, key=_age, default=None)

    def _asks_back(self, other: DoubtfulFolder, folder: DoubtfulFolder) -> bool:
        """Whether the other folder's remote names this one, and the question is asked there, or was answered there."""
        return self._remote_of(other) is folder and (other.is_answered or _age(other) > _age(folder))

    def _remote_of(self, folder: DoubtfulFolder) -> DoubtfulFolder | None:
        """The folder on this machine that another one's remote names, with or without `.git`."""
        path = local_remote(folder.remote, folder.path) if folder.remote else ""
        return (self._at.get(path) or self._at_bare.get(bare_path(path))) if path else None


def _is_idle(question: Question) -> bool:
    """Whether there is nothing to tell apart: one clone of a store that nobody works in."""
    return (
        question.kind == "copy"
        and len(question.folders) == 1
        and question.other is not None
        and question.other.is_bare
        and not question.other.has_work
    )


def _age(folder: DoubtfulFolder) -> tuple[int, str, str]:
    """The order in which folders came to be; one that an earlier program saw was there before."""
    return folder.begun_us, folder.path, folder.repo
