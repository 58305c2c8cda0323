"""Gives each checkout its repository: a linked worktree that of its main checkout, a folder the one that it had or was moved
with, else a new one. Loop thread only.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from stintd.domain.mapping.folders import FolderHistory, Presence, match_folders
from stintd.domain.model import CheckoutFacts, RepoId
from stintd.engine.checkouts import Places
from stintd.store.ids import new_id


class Repositories:
    """`presence`: whether a folder below one of the roots (the second argument) is there. `continues`: whether a checkout's
    reflog begins with the one that had a mark.
    """

    def __init__(
        self,
        places: Places,
        presence: Callable[[CheckoutFacts, str], Presence],
        continues: Callable[[CheckoutFacts, str], bool],
    ) -> None:
        self._places, self._presence, self._continues = places, presence, continues
        self._displaced: dict[str, RepoId] = {}
        """By the mark of its git directory: a repository in whose place another one was found, until it is found itself."""

    def assign(self, checkouts: Sequence[CheckoutFacts], now: datetime) -> dict[str, RepoId]:
        """The repository of each checkout by path. Those that were found together are passed together."""
        folders = [facts for facts in checkouts if facts.kind != "worktree"]
        repos = self._same(folders)
        shared: dict[str, RepoId] = {}
        if len(repos) < len(folders):
            repos = match_folders(folders, FolderHistory(self._places.seen_folders(), self.presence, self._continues))
            repos |= {facts.path: self._displaced[mark] for facts in folders if (mark := facts.marks.git) in self._displaced}
            shared = self._shared_stores(folders)
        owners: dict[str, CheckoutFacts] = {}
        for facts in sorted(checkouts, key=lambda facts: (facts.kind == "worktree", facts.path)):
            store = facts.common_dir
            owner = owners.setdefault(store, facts)
            is_part = facts.kind == "worktree" or _is_bare_pair(facts, owner)
            repo = repos.get(facts.path) or shared.get(store) or (repos.get(owner.path) if is_part else None)
            if repo is None and (facts.kind == "worktree" or not self._places.has_folder(store)):
                repo = self._places.repo_of_store(store)
            repos[facts.path] = repo or RepoId(new_id(now))
        self._note_displaced(folders, repos)
        return repos

    def _note_displaced(self, folders: Sequence[CheckoutFacts], repos: dict[str, RepoId]) -> None:
        """Remember whose places were taken: of folders that changed places, the other one may be heard of later."""
        for facts in folders:
            before = self._places.checkout(facts.path)
            if before is not None and not before.is_gone and before.facts.marks.git and before.repo != repos[facts.path]:
                self._displaced[before.facts.marks.git] = before.repo
        settled = set(repos.values())
        self._displaced = {mark: repo for mark, repo in self._displaced.items() if repo not in settled}

    def _same(self, folders: Sequence[CheckoutFacts]) -> dict[str, RepoId]:
        """The repositories of the folders that are what they were: nothing has to be compared for them."""
        same: dict[str, RepoId] = {}
        for facts in folders:
            before = self._places.checkout(facts.path)
            if before is not None and not before.is_gone and before.facts.marks.git == facts.marks.git:
                same[facts.path] = before.repo
        return same

    def _shared_stores(self, folders: Sequence[CheckoutFacts]) -> dict[str, RepoId]:
        """The repositories of bare git directories that are there and that a folder's `.git` file names, or the other way round:
        they are one. A directory that only lies where another one lay has another mark.
        """
        found = {facts.common_dir: facts for facts in folders if facts.marks.git}
        pairs = (
            (found.get(known.facts.common_dir), known) for known in self._places.checkouts() if known.facts.kind != "worktree"
        )
        return {facts.common_dir: known.repo for facts, known in pairs if facts is not None and _is_bare_pair(facts, known.facts)}

    def presence(self, facts: CheckoutFacts) -> Presence:
        """Whether a folder that was seen earlier is there."""
        root = self._places.root_of(facts.path)
        return "out of reach" if root is None else self._presence(facts, root)


def _is_bare_pair(facts: CheckoutFacts, other_facts: CheckoutFacts) -> bool:
    """Whether one is a bare repository, and the other a folder whose `.git` file names it."""
    return facts.marks.git == other_facts.marks.git and (facts.kind == "bare") != (other_facts.kind == "bare")
