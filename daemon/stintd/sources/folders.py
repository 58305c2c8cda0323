"""Which folders of a work tree matter: those of tracked files, and untracked ones that are not ignored.

Folders of tracked files come from the index (`gitindex`; git itself where the index cannot be read). The others come from a
walk that enters no ignored folder, no link and no repository inside this one. The walk also finds missed writes (`sweep`).
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
from stintd.sources.gitfiles import EXHAUSTED, PASSING, GitPlace, UnreadFile
from stintd.sources.gitindex import NeedsGit
from stintd.sources.ignore import IgnoreRules
from stintd.sources.sweep import files_written_since

_Value = TypeVar("_Value")
FOLDER_LIMIT = 50_000  # of one checkout; an editor's own watcher gives up earlier
RULES_KEPT = 256  # checkouts whose ignore rules stay in memory
TRACKED_KEPT = 2  # checkouts whose tracked files stay in memory
FRESH_FOR = 1.0  # seconds during which the times of the shared excludes and of the index are not read again

ListTracked = Callable[[CheckoutFacts], Iterable[str]]
"""Tracked paths of a checkout as git lists them; folders outside a sparse checkout end in a slash."""


@frozen
class FolderPlan:
    """The folders to watch: absolute, the top first. `trouble`: why some may be missing, in words for the user. `spared`:
    files that the patterns ignore and that are tracked nevertheless, where only git knows them (else the index does)."""

    folders: tuple[str, ...]
    trouble: str = ""
    spared: frozenset[bytes] = frozenset()


@frozen
class _TrackedFiles:
    """The tracked files of one checkout, and the index they were read from."""

    signature: tuple[int, int, int] | None
    paths: frozenset[bytes]


def list_with_git(facts: CheckoutFacts) -> list[str]:
    """Tracked paths, by the hardened call of git."""
    place = GitPlace(facts.path, facts.git_dir, facts.common_dir, facts.kind, facts.parent)
    return gitcall.list_tracked(place, facts.head)


def plan(facts: CheckoutFacts, list_tracked: ListTracked = list_with_git, limit: int = FOLDER_LIMIT) -> FolderPlan:
    """The folders of a checkout to watch. Blocking; a bare repository has none."""
    if facts.kind == "bare":
        return FolderPlan(())
    top = os.fsencode(facts.path)
    index = _read_index(facts, list_tracked)
    rules = _rules(facts)
    folders: list[str] = []
    for folder, _ in visit(top, index.folders, rules):
        if len(folders) >= limit:
            return FolderPlan(tuple(folders), f"{facts.path} has more than {limit} folders; the rest is not watched")
        folders.append(os.fsdecode(os.path.join(top, folder)) if folder else facts.path)
    return FolderPlan(tuple(folders), index.trouble, frozenset(path for path in index.paths if rules.is_ignored(path)))


def visit(top: bytes, tracked: frozenset[bytes], rules: IgnoreRules) -> "Iterator[tuple[bytes, list[os.DirEntry[bytes]]]]":
    """(relative folder, the entries in it that are not folders) of each folder that matters, the top first. `UnreadFile` when it
    cannot be read just now: some folders would be missing, and nobody would know."""
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
            pass  # yielded nevertheless: the watcher reports that it cannot be read
        except OSError as error:
            if error.errno in EXHAUSTED or (error.errno in PASSING and not folder):
                raise UnreadFile(os.fsdecode(top), error) from None
            continue
        if is_repository and folder:
            continue  # a checkout of its own
        yield folder, files
        for path in inner:
            if path in tracked or not rules.is_ignored(path, is_folder=True):
                ahead.append(path)


@frozen
class _IndexFacts:
    """What the index says. `folders`: those of tracked files; `paths`: all paths, where git itself had to list them."""

    folders: frozenset[bytes]
    paths: tuple[bytes, ...] = ()
    trouble: str = ""


def _read_index(facts: CheckoutFacts, list_tracked: ListTracked) -> _IndexFacts:
    """Read the index. Where it cannot be read, the walk still finds what is not ignored."""
    if not facts.git_dir:
        return _IndexFacts(frozenset())
    try:
        return _IndexFacts(gitindex.tracked_folders(facts.git_dir))
    except NeedsGit:
        pass
    except UnreadFile:
        raise
    except StintdError as error:
        return _IndexFacts(frozenset(), trouble=error.message)
    try:
        paths = tuple(os.fsencode(path) for path in list_tracked(facts))
    except StintdError as error:
        return _IndexFacts(frozenset(), trouble=error.message)
    folders = gitindex.add_parents(path.rpartition(b"/")[0] for path in paths if not path.endswith(b"/"))
    return _IndexFacts(folders, paths)


def _rules(facts: CheckoutFacts) -> IgnoreRules:
    """The ignore rules of a checkout. Of git data that must not be read no excludes are taken."""
    return IgnoreRules(facts.path, facts.common_dir if facts.git_dir else os.devnull)


class Folders:
    """Answers the tracker's questions about work trees. `plan` and `sweep` block and run in any thread; `is_ignored` is quick.

    Keeps the ignore rules of the checkouts last asked about. A lock is held while they are used, so that threads share them.
    """

    def __init__(self, clock: Clock, list_tracked: ListTracked = list_with_git) -> None:
        self._clock, self._list_tracked = clock, list_tracked
        self._lock = threading.Lock()
        self._rules: OrderedDict[str, tuple[IgnoreRules, float]] = OrderedDict()  # under _lock
        self._tracked: OrderedDict[str, tuple[_TrackedFiles, float]] = OrderedDict()  # under _lock
        self._trouble: dict[str, str] = {}  # under _lock
        self._spared: dict[str, frozenset[bytes]] = {}  # under _lock

    def plan(self, facts: CheckoutFacts) -> tuple[str, ...]:
        """The folders to watch. Reads the ignore rules of the checkout again."""
        with self._lock:
            self._rules.pop(facts.path, None)
        planned = plan(facts, self._list_tracked)
        with self._lock:
            _set_or_drop(self._trouble, facts.path, planned.trouble)
            _set_or_drop(self._spared, facts.path, planned.spared)
            self._tracked.pop(facts.path, None)
        return planned.folders

    def trouble(self, facts: CheckoutFacts) -> str:
        """Why the last plan of a checkout may lack folders; "" when it does not."""
        with self._lock:
            return self._trouble.get(facts.path, "")

    def sweep(self, facts: CheckoutFacts, since: datetime) -> list[FileSignal]:
        """The files that matter and were written since an instant, at their own times, oldest first."""
        if facts.kind == "bare":
            return []
        index = _read_index(facts, self._list_tracked)
        visits = visit(os.fsencode(facts.path), index.folders, _rules(facts))
        now_ns = to_us(self._clock.now()) * 1000
        written = files_written_since(visits, to_us(since) * 1000, now_ns, lambda path: self._is_ignored(facts, path))
        return [FileSignal(from_us(w.mtime_ns // 1000), facts.path, os.fsdecode(w.path), w.size) for w in written]

    def is_ignored(self, facts: CheckoutFacts, path: str) -> bool:
        """Whether a file (relative to the top) is ignored: by the patterns, and not tracked."""
        encoded = os.fsencode(path)
        if path.endswith(".gitignore"):
            self.forget(facts)
        return self._is_ignored(facts, encoded)

    def forget(self, facts: CheckoutFacts) -> None:
        """Drop the ignore rules of a checkout: one of its ignore files changed."""
        with self._lock:
            self._rules.pop(facts.path, None)

    def _is_ignored(self, facts: CheckoutFacts, path: bytes) -> bool:
        with self._lock:
            return self._rules_of(facts).is_ignored(path) and path not in self._tracked_paths(facts)

    def _rules_of(self, facts: CheckoutFacts) -> IgnoreRules:
        now = self._clock.monotonic()
        rules, read_at = self._rules.get(facts.path, (None, 0.0))
        if rules is None:
            rules = _rules(facts)
        elif now - read_at < FRESH_FOR:
            return rules
        else:
            rules.refresh()
        _cache(self._rules, facts.path, (rules, now), RULES_KEPT)
        return rules

    def _tracked_paths(self, facts: CheckoutFacts) -> frozenset[bytes]:
        if not facts.git_dir:
            return frozenset()
        now = self._clock.monotonic()
        tracked, read_at = self._tracked.get(facts.path, (None, 0.0))
        if tracked is not None and now - read_at < FRESH_FOR:
            return tracked.paths
        signature = _signature(os.path.join(facts.git_dir or os.devnull, "index"))
        if tracked is None or tracked.signature != signature:
            tracked = _TrackedFiles(signature, self._read_tracked(facts))
        _cache(self._tracked, facts.path, (tracked, now), TRACKED_KEPT)
        return tracked.paths

    def _read_tracked(self, facts: CheckoutFacts) -> frozenset[bytes]:
        """The tracked paths. Never runs git, because this is called on the event loop."""
        if not facts.git_dir:
            return frozenset()
        try:
            return gitindex.tracked_paths(facts.git_dir)
        except NeedsGit:
            return self._spared.get(facts.path, frozenset())
        except UnreadFile:
            raise
        except StintdError:
            return frozenset()


def _set_or_drop(values: "dict[str, _Value]", key: str, value: _Value) -> None:
    """Keep a value that is not empty; forget an empty one."""
    if value:
        values[key] = value
    else:
        values.pop(key, None)


def _cache(cache: "OrderedDict[str, _Value]", key: str, value: _Value, limit: int) -> None:
    cache[key] = value
    cache.move_to_end(key)
    while len(cache) > limit:
        cache.popitem(last=False)


def _signature(path: str) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
