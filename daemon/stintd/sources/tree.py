"""What every way of watching offers: cover the folders of a checkout, uncover them, report how it is doing."""

from collections.abc import Sequence
from typing import Literal, Protocol

from stintd.domain.model import WatchTier
from stintd.frozen import frozen

FolderKind = Literal["git", "file"]
"""What a covered folder is: one of git's, or one of the work tree."""
Backend = Literal["inotify", "observer", "polling"]


@frozen
class Coverage:
    """How a checkout is watched now. `tier`: `full`, `git` (only its git folders), `swept` (polled) or `none`.

    `folders`: how many are watched; `unreadable`: those that the system does not let us read; `reason`: why not all are.
    """

    tier: WatchTier
    folders: int
    unreadable: tuple[str, ...] = ()
    reason: str = ""


@frozen
class TreeStats:
    """The figures of one tree. `watches` counts folders; `budget` is their limit (0: none)."""

    backend: Backend
    watches: int
    budget: int
    tiers: dict[WatchTier, int]
    notes: int = 0
    overflows: int = 0
    lost: int = 0
    errors: int = 0
    unreadable: int = 0


class Tree(Protocol):
    """A way of watching. Call it from any thread; notes go to the handover that it was built with."""

    def start(self) -> None:
        """Start; raises `Unavailable` when the system has no room for it."""

    def stop(self) -> None:
        """Stop, and give back threads and descriptors."""

    def cover(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str]) -> Coverage:
        """Watch exactly these folders for `checkout` instead of those covered before; only the difference is changed.
        Folders that are gone are skipped."""

    def uncover(self, checkout: str) -> None:
        """Watch nothing for `checkout` any more; nothing happens when it is not covered."""

    def stats(self) -> TreeStats:
        """The figures of this tree."""
