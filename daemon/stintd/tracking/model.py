"""What the tracker works with: the sources it is given, as protocols, and what it keeps of each checkout.

Tracking must not import sources, so their interfaces are declared here; the composition root passes the real ones.
"""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from stintd.domain.model import CheckoutFacts, FileSignal, GitSignal, NoteKind, Signal, WatchTier
from stintd.frozen import frozen

RepoTier = WatchTier | Literal["waiting", "cold", "refused"]
SignalSink = Callable[[list[Signal], dict[str, str]], None]
"""Takes signals and the cursors to store in the same transaction. Called on the loop's thread; never blocks."""


class WatchNote(Protocol):
    """What the watcher saw. `kind`: git, file, folder, overflow or lost; `checkout` as given to `cover`; `path`
    (absolute): what was created, written, moved or deleted."""

    @property
    def kind(self) -> NoteKind: ...
    @property
    def checkout(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def mask(self) -> int: ...
    @property
    def time(self) -> datetime: ...


WRITTEN = 0x8
CREATED = 0x100
"""The bits of a note's mask that say that the path was written, and that it appeared, as in inotify."""


class WatchCoverage(Protocol):
    """How a checkout is watched: `tier` full, git (only its git folders), swept (polled) or none; `reason`: why not in full."""

    @property
    def tier(self) -> WatchTier: ...
    @property
    def reason(self) -> str: ...


class Watcher(Protocol):
    """Watches exactly the folders it is given. Covering a checkout again replaces its folders."""

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
    @property
    def is_blind(self) -> bool: ...
    @property
    def marked(self) -> tuple[str, ...]: ...


class LinkedPlaces(Protocol):
    """The worktrees and submodules that a repository's own files name: see `sources.linked`."""

    @property
    def paths(self) -> tuple[str, ...]: ...
    @property
    def is_half_made(self) -> bool: ...


class GitLook(Protocol):
    """The acts that a look at a reflog found: see `sources.gitreader`."""

    @property
    def signals(self) -> tuple[GitSignal, ...]: ...
    @property
    def cursor(self) -> str: ...
    @property
    def is_waiting(self) -> bool: ...
    @property
    def needs_thread(self) -> bool: ...


class GitReader(Protocol):
    """Reads checkouts. Blocking; but where `needs_git` is False, `facts_of` and, unless they may run git, `read_acts` take
    only 0.1 ms."""

    def facts_of(self, path: str, first_commit: str = "", roots: tuple[str, ...] = ()) -> CheckoutFacts | None: ...
    def first_commit_of(self, facts: CheckoutFacts) -> str: ...
    def needs_git(self, facts: CheckoutFacts) -> bool: ...
    def git_folders(self, facts: CheckoutFacts) -> list[str]: ...
    def last_touch_us(self, facts: CheckoutFacts) -> int: ...
    def read_acts(
        self,
        facts: CheckoutFacts,
        cursor: str | None,
        owner: frozenset[str],
        is_settled: bool,
        after_us: int | None,
        may_run_git: bool = True,
    ) -> GitLook: ...
    def end_of(self, facts: CheckoutFacts) -> str: ...
    def end_of_copied(self, facts: CheckoutFacts, originals: Sequence[CheckoutFacts], last_lines: Set[str]) -> str: ...
    def pushes_since(self, facts: CheckoutFacts, after_us: int, owner: frozenset[str]) -> tuple[list[GitSignal], int]: ...


class WorkTreeReader(Protocol):
    """Which folders of a work tree matter, and what changed in them while nobody watched. Blocking, except `is_ignored`. All but
    `trouble` raise a StintdError when nothing can be read just now."""

    def plan(self, facts: CheckoutFacts) -> Sequence[str]: ...
    def sweep(self, facts: CheckoutFacts, since: datetime) -> Sequence[FileSignal]: ...
    def is_ignored(self, facts: CheckoutFacts, path: str) -> bool: ...
    def trouble(self, facts: CheckoutFacts) -> str: ...


@frozen
class TrackerSources:
    """The sources that a tracker uses."""

    watcher: Watcher
    git: GitReader
    folders: WorkTreeReader
    discover: Callable[[str, bool], FolderContents]
    linked: Callable[[CheckoutFacts], LinkedPlaces]


@frozen
class TrackerSettings:
    """`owner`: addresses of the owner (empty: everybody who writes this machine's reflogs). `known_since`: the last
    moment at which the daemon watched; None on its first start, when earlier history is left to a backfill."""

    roots: tuple[str, ...]
    cold_after: timedelta = timedelta(days=14)
    owner: frozenset[str] = frozenset()
    known_since: datetime | None = None
    patrol: timedelta = timedelta(minutes=10)


@frozen
class CheckoutReading:
    """What a thread read of a checkout before the tracker adopts it. `end`: the cursor behind its whole reflog; `linked`: the
    worktrees and submodules that it names."""

    facts: CheckoutFacts
    git_folders: tuple[str, ...] = ()
    last_touch_us: int = 0
    end: str = ""
    linked: tuple[str, ...] = ()


@dataclass(slots=True)
class TrackedCheckout:
    """One checkout under watch. Written on the loop's thread only.

    `cursor` None: all of its reflog is new. `swept`: what was written before this is reported. `problem`: what is odd
    about its files; `limit`: why it is not watched in full. `lost`: since when its git data cannot be found or must not be read;
    its saves count all the same.
    """

    facts: CheckoutFacts
    cursor: str | None
    push_us: int
    last_active: datetime
    swept: datetime | None
    tier: RepoTier = "waiting"
    git_folders: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    problem: str = ""
    limit: str = ""
    is_locked: bool = False
    lost: datetime | None = None


@frozen
class RepoState:
    """A checkout as `stint repos` shows it. `tier`: that of its coverage, or waiting (to be planned), cold (only its git
    folders, because nobody worked there) or refused. `problem`: what is wrong, or why it is not watched in full."""

    path: str
    kind: str
    identity: str
    branch: str | None
    tier: RepoTier
    last_active: datetime
    problem: str = ""
    folders: int = 0
