"""Which checkout or folder a path belongs to: the checkouts, roots and branches known now, in memory for the hot path.

Read and written on the event loop's thread only. The rows behind it are written by the engine's steps.
"""

import os
from collections.abc import Iterable
from dataclasses import replace

from stintd.domain.mapping.folders import SeenFolder
from stintd.domain.model import CheckoutFacts, RepoId
from stintd.domain.pattern import compose
from stintd.frozen import frozen


@frozen
class Checkout:
    """One known checkout: its repository, and the branch its HEAD names now."""

    path: str
    repo: RepoId
    facts: CheckoutFacts
    is_gone: bool = False

    @property
    def branch(self) -> str | None:
        return self.facts.branch


@frozen
class Place:
    """What a path resolves to: inside a checkout (`checkout`, `entity` relative to it), else a `folder`. `is_of_another`: it is
    git's file for a worktree of that checkout's repository that is not known, so the checkout's branch says nothing."""

    checkout: Checkout | None
    folder: str | None
    entity: str
    is_of_another: bool = False


class Places:
    """Known checkouts by path, and repositories by where their data lies."""

    def __init__(self, roots: tuple[str, ...] = ()) -> None:
        self._roots = roots
        self._checkouts: dict[str, Checkout] = {}
        self._plain: frozenset[str] = frozenset()
        self._stores: dict[str, RepoId] = {}
        self._git_dirs: dict[str, str] = {}
        self._folder_stores: set[str] = set()
        self._by_remote: dict[str, RepoId] | None = None
        self._spellings = _spellings(roots)

    @property
    def roots(self) -> tuple[str, ...]:
        """The watched folders."""
        return self._roots

    def set_roots(self, roots: tuple[str, ...]) -> None:
        """Watch these folders from now on."""
        self._roots = roots
        self._spellings = _spellings([*roots, *self._checkouts])

    def set_plain(self, folders: frozenset[str]) -> None:
        """These folders without git count by their saves: what happens in one of them is told by its path in it."""
        self._plain = folders

    def is_plain(self, folder: str) -> bool:
        """Whether a folder without git counts by its saves."""
        return folder in self._plain

    def repo_with_remote(self, remote: str) -> RepoId | None:
        """The repository with this normalised remote; of several clones the one that was known first."""
        if self._by_remote is None:
            self._by_remote = {}
            for checkout in sorted(self.checkouts(), key=lambda checkout: checkout.repo, reverse=True):  # ids sort by time
                self._by_remote[checkout.facts.identity] = checkout.repo
        return self._by_remote.get(remote)

    def learn(self, checkout: Checkout) -> None:
        """Remember a checkout that is new or has changed. A folder that is new here has left its earlier place; a bare
        repository and the folder whose `.git` file names it are both there.
        """
        if checkout.facts.kind != "worktree" and checkout.path not in self._checkouts and not checkout.is_gone:
            for other in [known for known in self._checkouts.values() if known.repo == checkout.repo]:
                is_pair = (other.facts.kind == "bare") != (checkout.facts.kind == "bare")
                if other.facts.kind != "worktree" and not is_pair:
                    self.forget(other.path)
        self._checkouts[checkout.path] = checkout
        self._spellings |= _spellings([checkout.path])
        self._learn_git_dir(checkout)
        self._stores[checkout.facts.common_dir] = checkout.repo
        if checkout.facts.kind != "worktree":
            self._folder_stores.add(checkout.facts.common_dir)
        self._by_remote = None

    def _learn_git_dir(self, checkout: Checkout) -> None:
        """Remember whose files a git dir has. A copied `.git` file names that of another checkout: then the folder it lies in, or
        the first name, decides."""
        git_dir, path = checkout.facts.git_dir, checkout.path
        before = self._checkouts.get(self._git_dirs.get(git_dir, ""))
        is_taken = before is not None and not before.is_gone and before.path != path and before.facts.git_dir == git_dir
        if git_dir and not (is_taken and before is not None and _claim(before.path, git_dir) < _claim(path, git_dir)):
            self._git_dirs[git_dir] = path

    def repo_of_store(self, common_dir: str) -> RepoId | None:
        """The repository whose data lies in this directory: that of a linked worktree's main checkout."""
        return self._stores.get(common_dir)

    def forget(self, path: str) -> None:
        """Mark a checkout as gone from its path; its repository and its hours stay."""
        if path in self._checkouts:
            self._checkouts[path] = replace(self._checkouts[path], is_gone=True)
            self._by_remote = None

    def checkout(self, path: str) -> Checkout | None:
        """The checkout whose top folder is exactly `path`."""
        return self._checkouts.get(path)

    def checkouts(self) -> list[Checkout]:
        """All checkouts that exist now."""
        return [checkout for checkout in self._checkouts.values() if not checkout.is_gone]

    def has_folder(self, common_dir: str) -> bool:
        """Whether a folder that is no linked worktree has its data in this directory."""
        return common_dir in self._folder_stores

    def root_of(self, path: str) -> str | None:
        """The watched root that is or contains `path`."""
        path = self._spell(path)
        return next((root for root in self._roots if path == root or path.startswith(root.rstrip("/") + "/")), None)

    def seen_folders(self) -> list[SeenFolder]:
        """Every folder with a repository of its own, those of before included."""
        known = (checkout for checkout in self._checkouts.values() if checkout.facts.kind != "worktree")
        return [SeenFolder(checkout.repo, checkout.facts, checkout.is_gone) for checkout in known]

    def checkouts_of(self, repo: RepoId) -> list[Checkout]:
        """The checkouts of a repository, the main one first."""
        return sorted(
            (checkout for checkout in self.checkouts() if checkout.repo == repo),
            key=lambda checkout: (checkout.facts.kind != "main", checkout.path),
        )

    def holder_of(self, path: str) -> str | None:
        """The top folder of the checkout that contains a path, or of the folder without git that counts by its saves."""
        place = self.locate(path)
        if place.checkout is not None:
            return place.checkout.path
        return place.folder if place.folder in self._plain else None

    def is_below_root(self, path: str) -> bool:
        """Whether a path lies inside a watched root."""
        path = self._spell(path)
        return any(path.startswith(root.rstrip("/") + "/") for root in self.roots)

    def locate(self, path: str) -> Place:
        """The deepest known checkout, or folder without git that counts, that contains `path`; else the first folder below a
        watched root; else the path itself.

        The path need not exist; nothing is read from disk (DETAILS, Projects, `path`).
        """
        path = folder = self._spell(os.path.normpath(path))
        while folder:  # without os.path: this runs for every heartbeat
            checkout = self._checkouts.get(folder)
            if checkout is not None and not checkout.is_gone:
                return Place(checkout, None, path[len(folder) + 1 :] if folder != "/" else path[1:])
            if folder in self._plain:
                return Place(None, folder, path[len(folder) + 1 :])
            if folder in self._git_dirs and path != folder:
                place = self._place_in_git_dir(folder, path[len(folder) + 1 :])
                if place is not None:
                    return place
            folder = folder.rpartition("/")[0] or ("/" if len(folder) > 1 and folder[0] == "/" else "")
        return Place(None, self._folder_of(path), path)

    def _spell(self, path: str) -> str:
        """The path with the folder above it spelled as it is known: an accent may be one letter or two, and is one folder. A
        folder that is known exactly as it is told stays that one.
        """
        if path.isascii() or not self._spellings:  # this runs for every heartbeat
            return path
        folder = path
        while folder and not folder.isascii():
            known = folder if folder in self._checkouts else self._spellings.get(compose(folder))
            if known is not None:
                return known + path[len(folder) :]
            folder = folder.rpartition("/")[0]
        return path

    def _place_in_git_dir(self, git_dir: str, name: str) -> Place | None:
        """Git's own file of a checkout (the message of a commit that is being written) belongs to that checkout."""
        checkout = self._checkouts.get(self._git_dirs[git_dir])
        if checkout is None or checkout.is_gone or checkout.facts.git_dir != git_dir:
            return None
        return Place(checkout, None, f".git/{name}", name.startswith(("worktrees/", "modules/")))

    def _folder_of(self, path: str) -> str:
        for root in self.roots:
            if path != root and path.startswith(root.rstrip("/") + "/"):
                first = path[len(root.rstrip("/")) + 1 :].split("/", 1)[0]
                return os.path.join(root, first)
        is_file = "." in os.path.basename(path).lstrip(".")  # judged by its name: nothing is read from disk here
        return os.path.dirname(path) if is_file else path


def _spellings(paths: Iterable[str]) -> dict[str, str]:
    """The paths that are not ASCII as they are spelled on disk, by the one form in which they are compared."""
    return {compose(path): path for path in paths if not path.isascii()}


def _claim(path: str, git_dir: str) -> tuple[bool, str]:
    """How well a checkout claims a git dir; the smallest wins."""
    return not git_dir.startswith(path + "/"), path
