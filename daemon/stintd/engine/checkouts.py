"""Which checkout or folder a path belongs to: the checkouts, roots and branches known now, in memory for the hot path.

Read and written on the event loop's thread only. The rows behind it are written by the engine's steps.
"""

import os
from dataclasses import replace

from stintd.domain.model import CheckoutFacts, RepoId
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
    """What a path resolves to: inside a checkout (`checkout`, `entity` relative to it), else a `folder`."""

    checkout: Checkout | None
    folder: str | None
    entity: str


class Places:
    """Known checkouts by path and repositories by identity."""

    def __init__(self, roots: tuple[str, ...] = ()) -> None:
        self._roots = roots
        self._checkouts: dict[str, Checkout] = {}
        self._repos: dict[str, RepoId] = {}

    @property
    def roots(self) -> tuple[str, ...]:
        """The watched folders."""
        return self._roots

    def set_roots(self, roots: tuple[str, ...]) -> None:
        """Watch these folders from now on."""
        self._roots = roots

    def repo_of_identity(self, identity: str) -> RepoId | None:
        """The repository with this identity."""
        return self._repos.get(identity)

    def learn(self, checkout: Checkout) -> None:
        """Remember a checkout that is new or has changed."""
        self._checkouts[checkout.path] = checkout
        self._repos[checkout.facts.identity] = checkout.repo

    def remember_identity(self, identity: str, repo: RepoId) -> None:
        """Remember a stored repository; all its checkouts may be gone."""
        self._repos[identity] = repo

    def forget(self, path: str) -> None:
        """Mark a checkout as gone from its path; its repository and its hours stay."""
        if path in self._checkouts:
            self._checkouts[path] = replace(self._checkouts[path], is_gone=True)

    def checkout(self, path: str) -> Checkout | None:
        """The checkout whose top folder is exactly `path`."""
        return self._checkouts.get(path)

    def checkouts(self) -> list[Checkout]:
        """All checkouts that exist now."""
        return [checkout for checkout in self._checkouts.values() if not checkout.is_gone]

    def checkouts_of(self, repo: RepoId) -> list[Checkout]:
        """The checkouts of a repository, the main one first."""
        return sorted(
            (checkout for checkout in self.checkouts() if checkout.repo == repo),
            key=lambda checkout: (checkout.facts.kind != "main", checkout.path),
        )

    def holder_of(self, path: str) -> str | None:
        """The top folder of the checkout that contains a path."""
        checkout = self.locate(path).checkout
        return checkout.path if checkout is not None else None

    def is_below_root(self, path: str) -> bool:
        """Whether a path lies inside a watched root."""
        return any(path.startswith(root.rstrip("/") + "/") for root in self.roots)

    def locate(self, path: str) -> Place:
        """The deepest known checkout that contains `path`; else the first folder below a watched root; else the path itself.

        The path need not exist; nothing is read from disk (DETAILS, Projects, `path`).
        """
        path = folder = os.path.normpath(path)
        while folder:  # without os.path: this runs for every heartbeat
            checkout = self._checkouts.get(folder)
            if checkout is not None and not checkout.is_gone:
                return Place(checkout, None, path[len(folder) + 1 :] if folder != "/" else path[1:])
            folder = folder.rpartition("/")[0] or ("/" if len(folder) > 1 and folder[0] == "/" else "")
        return Place(None, self._folder_of(path), path)

    def _folder_of(self, path: str) -> str:
        for root in self.roots:
            if path != root and path.startswith(root.rstrip("/") + "/"):
                first = path[len(root.rstrip("/")) + 1 :].split("/", 1)[0]
                return os.path.join(root, first)
        is_file = "." in os.path.basename(path).lstrip(".")  # judged by its name: nothing is read from disk here
        return os.path.dirname(path) if is_file else path
