"""Which repository a folder is: the one that was there, one that was moved there, or a new one.

Pure. Evidence keeps the repository it happened in, so this decides whose hours they are. Two folders that exist at the same
time are never one repository, whatever they share: which of them share a project is decided later, and asked about
(TRACKING, Project by folder name).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from stintd.domain.model import CheckoutFacts, RepoId
from stintd.frozen import frozen

Presence = Literal["there", "replaced", "gone", "out of reach"]
"""Of a folder that was seen earlier. Replaced: another git directory is at its place. Out of reach: its disk is not mounted, or
nobody watches there any more."""


@frozen
class SeenFolder:
    """A main, bare or submodule checkout as it was last seen. `is_gone`: it was really gone when somebody looked."""

    repo: RepoId
    facts: CheckoutFacts
    is_gone: bool = False


@frozen
class FolderHistory:
    """What is known of folders. `presence`: whether one is still at its place. `continues`: whether a checkout's reflog begins
    with the one that had a mark.
    """

    seen: Sequence[SeenFolder]
    presence: Callable[[CheckoutFacts], Presence]
    continues: Callable[[CheckoutFacts, str], bool]


def match_folders(folders: Sequence[CheckoutFacts], history: FolderHistory) -> dict[str, RepoId]:
    """The known repository of each folder by path; a folder without one is new. `folders` were found together: their order
    means nothing. A moved folder is recognised by its git directory, else by its reflog if nobody else can claim it.
    """
    return _Match(folders, history).run()


class _Match:
    def __init__(self, folders: Sequence[CheckoutFacts], history: FolderHistory) -> None:
        self._folders = {facts.path: facts for facts in folders}
        self._history = history
        self._matched: dict[str, RepoId] = {}
        self._by_mark, self._at_path, self._of_repo = _Index(), _Index(), _Index()
        for seen in history.seen:
            self._by_mark[seen.facts.marks.git].append(seen)
            self._at_path[seen.facts.path].append(seen)
            self._of_repo[seen.repo].append(seen)

    def run(self) -> dict[str, RepoId]:
        """The known repository of each folder that has one. A repository that two folders claim alike is nobody's."""
        for rule in (self._match_git_directory, self._match_path, self._match_log):
            waiting = [facts for path, facts in self._folders.items() if path not in self._matched]
            claims = {facts.path: repo for facts in waiting if (repo := rule(facts)) is not None}
            taken, counts = set(self._matched.values()), Counter(claims.values())
            self._matched |= {path: repo for path, repo in claims.items() if repo not in taken and counts[repo] == 1}
        return self._matched

    def _match_git_directory(self, facts: CheckoutFacts) -> RepoId | None:
        """The repository whose git directory this is, moved here from a place that it left."""
        candidates = self._by_mark[facts.marks.git] if facts.marks.git else []
        return _single_repo(seen.repo for seen in candidates if seen.facts.path != facts.path and self._has_left(seen))

    def _match_path(self, facts: CheckoutFacts) -> RepoId | None:
        """The repository that was at this path, unless it lives elsewhere now. A folder stays itself whatever happens to its
        remote or its `.git`.
        """
        repo = _single_repo(seen.repo for seen in self._at_path[facts.path])
        return repo if repo is not None and not self._lives_elsewhere(repo, facts.path) else None

    def _match_log(self, facts: CheckoutFacts) -> RepoId | None:
        """The repository whose reflog goes on here, if its folder is gone and no other folder has that reflog."""
        if any(_is_alike(other, facts) for other in self._living_folders() if other.path != facts.path):
            return None
        return _single_repo(seen.repo for seen in self._history.seen if self._continues_log(seen, facts))

    def _continues_log(self, seen: SeenFolder, facts: CheckoutFacts) -> bool:
        if not _is_alike(seen.facts, facts) or self._history.presence(seen.facts) != "gone":
            return False
        return not seen.facts.marks.log or self._history.continues(facts, seen.facts.marks.log)

    def _has_left(self, seen: SeenFolder) -> bool:
        """Whether a folder is at its place no more, or another git directory is."""
        now = self._folders.get(seen.facts.path)
        if now is not None:
            return now.marks.git != seen.facts.marks.git
        return self._history.presence(seen.facts) in ("gone", "replaced")

    def _lives_elsewhere(self, repo: RepoId, path: str) -> bool:
        elsewhere = (seen for seen in self._of_repo[repo] if seen.facts.path != path and not seen.is_gone)
        return any(not self._has_left(seen) for seen in elsewhere)

    def _living_folders(self) -> Iterable[CheckoutFacts]:
        yield from self._folders.values()
        for seen in self._history.seen:
            is_here = seen.facts.path in self._folders
            if not is_here and not seen.is_gone and self._history.presence(seen.facts) != "gone":
                yield seen.facts


class _Index(defaultdict[str, list[SeenFolder]]):
    """Folders by one of their properties."""

    def __init__(self) -> None:
        super().__init__(list)


def _is_alike(facts: CheckoutFacts, other_facts: CheckoutFacts) -> bool:
    """Whether two folders have the same reflog's beginning; of folders that an earlier program saw, the same name."""
    if facts.marks.log and other_facts.marks.log:
        return facts.marks.log.partition(":")[0] == other_facts.marks.log.partition(":")[0]
    is_from_before = not facts.marks.git or not other_facts.marks.git
    return is_from_before and facts.identity == other_facts.identity and not facts.identity.startswith("path:")


def _single_repo(repos: Iterable[RepoId]) -> RepoId | None:
    """The repository, if there is exactly one."""
    distinct = set(repos)
    return distinct.pop() if len(distinct) == 1 else None
