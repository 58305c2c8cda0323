"""What every way of watching offers: cover the folders of a checkout, uncover them, tell how things stand."""

from collections.abc import Sequence
from typing import Protocol

from stintd.frozen import frozen


@frozen
class Coverage:
    """How a checkout is watched now. `tier`: `full`, `git` (its git folders only), `swept` (polled) or `none`.

    `folders`: how many are watched; `unreadable`: those the system refuses to show; `reason`: why not all are.
    """

    tier: str
    folders: int
    unreadable: tuple[str, ...] = ()
    reason: str = ""


@frozen
class TreeStats:
    """How one tree does. `watches` counts folders, `budget` is their bound (0: none)."""

    backend: str
    watches: int
    budget: int
    tiers: dict[str, int]
    notes: int = 0
    overflows: int = 0
    lost: int = 0
    errors: int = 0
    unreadable: int = 0


class Tree(Protocol):
    """A way of watching. All calls from any thread; notes come through the handover it was built with."""

    def start(self) -> None:
        """Begin; raises `Unavailable` when the system has no room for it."""

    def stop(self) -> None:
        """End, and give back threads and descriptors."""

    def cover(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str]) -> Coverage:
        """Watch exactly these folders for `checkout`, which replaces what was covered for it; only the difference is
        armed. Folders that are gone are passed over."""

    def uncover(self, checkout: str) -> None:
        """Watch nothing for `checkout`. Not covered: nothing happens."""

    def stats(self) -> TreeStats:
        """How it does."""
