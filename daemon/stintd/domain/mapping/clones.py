"""Which folder a further clone of the same remote is a guest of (TRACKING, Project by folder name, 6). Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from stintd.domain.model import CheckoutKind, ProjectId, RepoId
from stintd.frozen import frozen

HOMES: frozenset[CheckoutKind] = frozenset({"main", "bare"})
"""The kinds of checkouts that a project can be made for. A submodule has the project of what it lies in."""


@frozen
class KnownRepo:
    """A repository: a folder with a git directory, wherever it moves.

    `remote`: what a mapping by remote compares. `project`: the project it keeps; one whose project was deleted gets no other.
    `network`: the remote that says which folders are clones of each other. `guest_of`: the remote by which it is a guest of its
    project. `answer`: the project that its owner named; `doubted_since_us`: from when evidence waits because nobody did yet.
    """

    id: RepoId
    remote: str = ""
    project: ProjectId | None = None
    network: str = ""
    guest_of: str = ""
    answer: ProjectId | None = None
    doubted_since_us: int | None = None


@frozen
class KnownCheckout:
    """A checkout of a repository; `kind` and `parent` are as in CheckoutFacts, `begun_us` as in FolderMarks."""

    path: str
    repo: RepoId
    kind: CheckoutKind = "main"
    parent: str | None = None
    begun_us: int = 0
    is_gone: bool = False


class Clones:
    """The folders that are clones of one remote."""

    def __init__(self, repos: Iterable[KnownRepo], checkouts: Iterable[KnownCheckout]) -> None:
        self._folders: dict[RepoId, KnownCheckout] = {}
        for checkout in sorted(checkouts, key=lambda one: (not one.is_gone, one.kind == "main", one.path)):
            if checkout.kind in HOMES:
                self._folders[checkout.repo] = checkout  # one that is there is preferred, then one that has files
        self._of_remote: defaultdict[str, list[KnownRepo]] = defaultdict(list)
        for repo in repos:
            is_joined = repo.answer is not None and repo.doubted_since_us is not None
            if repo.network and not repo.guest_of and not is_joined and repo.id in self._folders:
                named = repo if repo.answer is None else replace(repo, project=repo.answer)
                self._of_remote[repo.network].append(named)

    def folder(self, repo: RepoId) -> KnownCheckout | None:
        """The folder of a repository, the one that it was in last."""
        return self._folders.get(repo)

    def host(self, repo: KnownRepo) -> KnownRepo | None:
        """The repository whose project a clone shares as a guest: the only one with a project; while none has one, the folder
        that is there longest. None when this repository is no guest.
        """
        clones = self._of_remote.get(repo.network, []) if repo.id in self._folders else []
        owners = [other for other in clones if other.project is not None and other.id != repo.id]
        if owners:
            return min(owners, key=self._age) if len({other.project for other in owners}) == 1 else None
        living = [other for other in clones if not self._folders[other.id].is_gone]
        first = min(living, key=self._age, default=repo)
        return None if first.id == repo.id else first

    def _age(self, repo: KnownRepo) -> tuple[int, str]:
        folder = self._folders[repo.id]
        return folder.begun_us, folder.path
