"""Which folders of a work tree matter: those of tracked files, and untracked ones that are not ignored.

Tracked ones come from the index (`gitindex`; git itself where that cannot be read), the others from a walk that enters
no ignored folder, no link and no repository inside this one. The walk is also how missed writes are found (`sweep`).
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from stintd.clock import Clock
from stintd.domain.model import CheckoutFacts, FileSignal, from_us, to_us
from stintd.errors import StintdError
from stintd.frozen import frozen
from stintd.sources import gitcall, gitindex
from stintd.sources.gitfiles import GitPlace
from stintd.sources.gitindex import NeedsGit
from stintd.sources.ignore import IgnoreRules
from stintd.sources.sweep import files_written_since

_Kept = TypeVar("_Kept")
FOLDER_LIMIT = 50_000  # of one checkout; an editor's own watcher gives up earlier
RULES_KEPT = 256  # checkouts whose ignore rules stay in memory
TRACKED_KEPT = 2  # checkouts whose tracked files stay in memory
FRESH_FOR = 1.0  # seconds in which the shared excludes and the index are not asked for their times again

ListTracked = Callable[[CheckoutFacts], Iterable[str]]
"""Tracked paths of a checkout as git lists them; folders outside a sparse checkout end in a slash."""


@frozen
class FolderPlan:
    """`folders`: absolute, the top first. `trouble`: why some may be missing, in words for the owner. `spared`: files
    that the patterns ignore and that are tracked all the same, where only git could tell (else the index is asked)."""

    folders: tuple[str, ...]
    trouble: str = ""
    spared: frozenset[bytes] = frozenset()


@frozen
class _TrackedFiles:
    """The tracked files of one checkout, and the index they were read from."""

    signature: tuple[int, int, int] | None
    paths: frozenset[bytes]


def list_with_git(facts: CheckoutFacts) -> list[str]:
    """Tracked paths by the hardened git call."""
    place = GitPlace(facts.path, facts.git_dir, facts.common_dir, facts.kind, facts.parent)
    return gitcall.list_tracked(place, facts.head)


def plan(facts: CheckoutFacts, list_tracked: ListTracked = list_with_git, limit: int = FOLDER_LIMIT) -> FolderPlan:
    """The folders of a checkout to watch. Blocking; a bare repository has none."""
    if facts.kind == "bare" or not facts.git_dir:
        return FolderPlan(())
    top = os.fsencode(facts.path)
    known = _read_index(facts, list_tracked)
    rules = IgnoreRules(facts.path, facts.common_dir)
    found: list[str] = []
    for folder, _ in visit(top, known.folders, rules):
        if len(found) >= limit:
            return FolderPlan(tuple(found), f"{facts.path} has more than {limit} folders; the rest is not watched")
        found.append(os.fsdecode(os.path.join(top, folder)) if folder else facts.path)
    return FolderPlan(tuple(found), known.trouble, frozenset(path for path in known.listed if rules.is_ignored(path)))


def visit(top: bytes, tracked: frozenset[bytes], rules: IgnoreRules) -> "Iterator[tuple[bytes, list[os.DirEntry[bytes]]]]":
    """(relative folder, what it holds that is no folder) of each folder that matters, the top first."""
    ahead = [b""]
    while ahead:
        folder = ahead.pop()
        below = folder + b"/" if folder else b""
        files: list[os.DirEntry[bytes]] = []
        inner: list[bytes] = []
        is_repository = False
        try:
            with os.scandir(top + b"/" + folder if folder else top) as entries:
                for entry in entries:
                    if entry.name == b".git":
                        is_repository = True
                    elif entry.is_dir(follow_symlinks=False):
                        inner.append(below + entry.name)
                    else:
                        files.append(entry)
        except PermissionError:
            pass  # named all the same: the watcher says that it cannot be read
        except OSError:
            continue
        if is_repository and folder:
            continue  # a checkout of its own
        yield folder, files
        for path in inner:
            if path in tracked or not rules.is_ignored(path, is_folder=True):
                ahead.append(path)


@frozen
class _IndexFacts:
    """What the index tells: folders of tracked files; `listed`: all paths, where git itself had to be asked."""

    folders: frozenset[bytes]
    listed: tuple[bytes, ...] = ()
    trouble: str = ""


def _read_index(facts: CheckoutFacts, list_tracked: ListTracked) -> _IndexFacts:
    """Without an index that can be read the walk still finds what is not ignored."""
    try:
        return _IndexFacts(gitindex.tracked_folders(facts.git_dir))
    except NeedsGit:
        pass
    except StintdError as odd:
        return _IndexFacts(frozenset(), trouble=odd.message)
    try:
        listed = tuple(os.fsencode(path) for path in list_tracked(facts))
    except StintdError as failed:
        return _IndexFacts(frozenset(), trouble=failed.message)
    folders = gitindex.add_parents(path.rpartition(b"/")[0] for path in listed if not path.endswith(b"/"))
    return _IndexFacts(folders, listed)


class Folders:
    """What the tracker asks of work trees. `plan` and `sweep` block and run in any thread; `is_ignored` is quick.

    Keeps the ignore rules of the checkouts last asked about. Holding a lock over their use lets threads share them.
    """

    def __init__(self, clock: Clock, list_tracked: ListTracked = list_with_git) -> None:
        self._clock, self._list_tracked = clock, list_tracked
        self._lock = threading.Lock()
        self._rules: OrderedDict[str, tuple[IgnoreRules, float]] = OrderedDict()  # under _lock
        self._tracked: OrderedDict[str, tuple[_TrackedFiles, float]] = OrderedDict()  # under _lock
        self._trouble: dict[str, str] = {}  # under _lock
        self._spared: dict[str, frozenset[bytes]] = {}  # under _lock

    def plan(self, facts: CheckoutFacts) -> tuple[str, ...]:
        """The folders to watch; what is known of the checkout's ignore rules is read anew."""
        with self._lock:
            self._rules.pop(facts.path, None)
        planned = plan(facts, self._list_tracked)
        with self._lock:
            _set(self._trouble, facts.path, planned.trouble)
            _set(self._spared, facts.path, planned.spared)
            self._tracked.pop(facts.path, None)
        return planned.folders

    def trouble(self, facts: CheckoutFacts) -> str:
        """Why the last plan of a checkout may lack folders, "" when it does not."""
        with self._lock:
            return self._trouble.get(facts.path, "")

    def sweep(self, facts: CheckoutFacts, since: datetime) -> list[FileSignal]:
        """Files that matter written since an instant, at their own times, oldest first."""
        if facts.kind == "bare" or not facts.git_dir:
            return []
        known = _read_index(facts, self._list_tracked)
        visits = visit(os.fsencode(facts.path), known.folders, IgnoreRules(facts.path, facts.common_dir))
        now_ns = to_us(self._clock.now()) * 1000
        written = files_written_since(visits, to_us(since) * 1000, now_ns, lambda path: self._is_ignored(facts, path))
        return [
            FileSignal(from_us(w.mtime_ns // 1000), facts.path, os.fsdecode(w.path), w.size) for w in written
        ]  # fmt: skip

    def is_ignored(self, facts: CheckoutFacts, path: str) -> bool:
        """Whether a file (relative to the top) is ignored: by the patterns, and not tracked."""
        encoded = os.fsencode(path)
        if path.endswith(".gitignore"):
            self.forget(facts)
        return self._is_ignored(facts, encoded)

    def forget(self, facts: CheckoutFacts) -> None:
        """An ignore file of the checkout changed."""
        with self._lock:
            self._rules.pop(facts.path, None)

    def _is_ignored(self, facts: CheckoutFacts, path: bytes) -> bool:
        with self._lock:
            return self._rules_of(facts).is_ignored(path) and path not in self._tracked_of(facts)

    def _rules_of(self, facts: CheckoutFacts) -> IgnoreRules:
        now = self._clock.monotonic()
        rules, asked = self._rules.get(facts.path, (None, 0.0))
        if rules is None:
            rules = IgnoreRules(facts.path, facts.common_dir)
        elif now - asked < FRESH_FOR:
            return rules
        else:
            rules.refresh()
        _keep(self._rules, facts.path, (rules, now), RULES_KEPT)
        return rules

    def _tracked_of(self, facts: CheckoutFacts) -> frozenset[bytes]:
        now = self._clock.monotonic()
        known, asked = self._tracked.get(facts.path, (None, 0.0))
        if known is not None and now - asked < FRESH_FOR:
            return known.paths
        signature = _signature(os.path.join(facts.git_dir, "index"))
        if known is None or known.signature != signature:
            known = _TrackedFiles(signature, self._read_tracked(facts))
        _keep(self._tracked, facts.path, (known, now), TRACKED_KEPT)
        return known.paths

    def _read_tracked(self, facts: CheckoutFacts) -> frozenset[bytes]:
        """Never by running git: this is asked on the event loop."""
        try:
            return gitindex.tracked_paths(facts.git_dir)
        except NeedsGit:
            return self._spared.get(facts.path, frozenset())
        except StintdError:
            return frozenset()


def _set(kept: "dict[str, _Kept]", key: str, value: _Kept) -> None:
    """Keep what says something, forget the rest."""
    if value:
        kept[key] = value
    else:
        kept.pop(key, None)


def _keep(cache: "OrderedDict[str, _Kept]", key: str, value: _Kept, limit: int) -> None:
    cache[key] = value
    cache.move_to_end(key)
    while len(cache) > limit:
        cache.popitem(last=False)


def _signature(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
