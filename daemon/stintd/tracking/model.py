"""What the tracker works with: the sources it is handed, as protocols, and what it keeps of each checkout.

The engine must not import sources, so their shapes are written here; the composition root passes the real ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from stintd.domain.model import CheckoutFacts, FileSignal, GitSignal, Signal
from stintd.frozen import frozen

SignalSink = Callable[[list[Signal], dict[str, str]], None]
"""Takes signals and the cursors to store in the same transaction. Called on the loop's thread; never blocks."""


class WatchNote(Protocol):
    """What the watcher saw. `kind`: git, file, folder, overflow or lost; `checkout` as given to `cover`; `path`
    (absolute): what was created, written, moved or deleted."""

    @property
    def kind(self) -> str: ...
    @property
    def checkout(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def mask(self) -> int: ...
    @property
    def time(self) -> datetime: ...


CREATED = 0x100
"""The bit of a note's mask that says that the path appeared; inotify's own."""


class WatchCoverage(Protocol):
    """How a checkout is watched: `tier` full, git (its git folders only), swept (polled) or none; `reason`: why so."""

    @property
    def tier(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Watcher(Protocol):
    """Watches the folders it is told, and no others. Covering again replaces."""

    def cover(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str], /) -> WatchCoverage: ...
    def uncover(self, checkout: str, /) -> None: ...


class FolderContents(Protocol):
    """What lies below a folder: see `sources.discover`."""

    @property
    def checkouts(self) -> tuple[str, ...]: ...
    @property
    def containers(self) -> tuple[str, ...]: ...
    @property
    def is_cut(self) -> bool: ...


class GitLook(Protocol):
    """What a look at a reflog found: see `sources.gitreader`."""

    @property
    def signals(self) -> tuple[GitSignal, ...]: ...
    @property
    def cursor(self) -> str: ...
    @property
    def is_waiting(self) -> bool: ...


class GitReader(Protocol):
    """Reads checkouts. Blocking, but `facts_of` and `look` of one that `needs_git` not are done in 0.1 ms."""

    def facts_of(self, path: str, first_commit: str = "") -> CheckoutFacts | None: ...
    def first_commit_of(self, facts: CheckoutFacts) -> str: ...
    def needs_git(self, facts: CheckoutFacts) -> bool: ...
    def git_folders(self, facts: CheckoutFacts) -> list[str]: ...
    def linked_worktrees(self, facts: CheckoutFacts) -> list[str]: ...
    def last_touch_us(self, facts: CheckoutFacts) -> int: ...
    def look(
        self, facts: CheckoutFacts, cursor: str | None, owner: frozenset[str], is_settled: bool, after_us: int | None
    ) -> GitLook: ...
    def end_of(self, facts: CheckoutFacts) -> str: ...
    def pushes_since(self, facts: CheckoutFacts, after_us: int, owner: frozenset[str]) -> tuple[list[GitSignal], int]: ...


class WorkTreeReader(Protocol):
    """Which folders of a work tree matter, and what changed in them unwatched. Blocking, but `is_ignored`."""

    def plan(self, facts: CheckoutFacts) -> Sequence[str]: ...
    def sweep(self, facts: CheckoutFacts, since: datetime) -> Sequence[FileSignal]: ...
    def is_ignored(self, facts: CheckoutFacts, path: str) -> bool: ...
    def trouble(self, facts: CheckoutFacts) -> str: ...


@frozen
class TrackerSources:
    """The sources a tracker drives."""

    watcher: Watcher
    git: GitReader
    folders: WorkTreeReader
    discover: Callable[[str, bool], FolderContents]


@frozen
class TrackerSettings:
    """`owner`: addresses of the owner (empty: everybody who writes this machine's reflogs). `known_since`: the last
    moment the daemon is known to have watched; None on its first start, when history is left to a backfill."""

    roots: tuple[str, ...]
    cold_after: timedelta = timedelta(days=14)
    owner: frozenset[str] = frozenset()
    known_since: datetime | None = None
    patrol: timedelta = timedelta(minutes=10)


@frozen
class CheckoutReading:
    """What a thread read of a checkout before it is adopted. `end`: the cursor behind its whole reflog."""

    facts: CheckoutFacts
    git_folders: tuple[str, ...] = ()
    last_touch_us: int = 0
    end: str = ""


@dataclass(slots=True)
class TrackedCheckout:
    """One checkout under watch. Written on the loop's thread only.

    `cursor` None: all of its reflog is news. `swept`: what was written before is known. `problem`: what is odd about
    its files; `limit`: why it is not watched in full.
    """

    facts: CheckoutFacts
    cursor: str | None
    push_us: int
    last_active: datetime
    swept: datetime | None
    tier: str = "waiting"
    git_folders: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    problem: str = ""
    limit: str = ""
    is_locked: bool = False


@frozen
class RepoState:
    """A checkout as `stint repos` shows it. `tier`: that of its coverage, else waiting (to be planned), cold (only its
    git folders, for want of activity) or refused. `problem` says what is wrong or why it is not watched in full."""

    path: str
    kind: str
    identity: str
    branch: str | None
    tier: str
    last_active: datetime
    problem: str = ""
    folders: int = 0
