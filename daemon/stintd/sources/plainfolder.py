"""Reads folders without git: which of their folders matter, which files were saved in them, what is ignored.

The patterns of `.gitignore` and `.ignore` hold as git and ripgrep read them; folders that tools fill, repositories inside and
other folders that count by themselves are left out. Bounded; no link is followed.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Set
from datetime import datetime
from itertools import islice

from stintd.clock import Clock
from stintd.domain.model import FileSignal, from_us, to_us
from stintd.frozen import frozen
from stintd.sources.discover import HEAVY
from stintd.sources.folders import visit
from stintd.sources.ignore import IgnoreRules
from stintd.sources.sweep import files_written_since

FOLDER_LIMIT = 2_000
"""Most folders of one that are watched or swept: it may be anything that somebody mapped, a whole disk."""
IGNORE_FILES = (b".gitignore", b".ignore")
RULES_KEPT = 64
FRESH_FOR = 1.0
_HEAVY = frozenset(map(os.fsencode, HEAVY))


@frozen
class PlainPlan:
    """The folders to watch, the top first. `is_cut`: there are more of them."""

    folders: tuple[str, ...]
    is_cut: bool = False


class _PlainRules(IgnoreRules):
    """The ignore rules of a folder without git."""

    def __init__(self, top: str, apart: Set[str] = frozenset()) -> None:
        super().__init__(top, os.devnull, IGNORE_FILES)
        self._apart = frozenset(
            os.fsencode(os.path.relpath(path, top)) for path in apart if path.startswith(top.rstrip("/") + "/")
        )

    def is_ignored(self, path: bytes, is_folder: bool = False) -> bool:
        folders = path.split(b"/") if is_folder else path.split(b"/")[:-1]
        return not _HEAVY.isdisjoint(folders) or (is_folder and path in self._apart) or super().is_ignored(path, is_folder)


class PlainFolderReader:
    """`plan` and `sweep` block and run in any thread; `is_ignored` is quick. `apart`: folders inside that are left out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rules: OrderedDict[str, tuple[_PlainRules, float]] = OrderedDict()  # under _lock

    def plan(self, top: str, apart: Set[str]) -> PlainPlan:
        """The folders to watch. `UnreadFile` when nothing can be read just now."""
        self.forget(top)
        encoded = os.fsencode(top)
        visits = islice(visit(encoded, frozenset(), _PlainRules(top, apart)), FOLDER_LIMIT + 1)
        folders = [os.fsdecode(encoded + b"/" + folder) if folder else top for folder, _ in visits]
        return PlainPlan(tuple(folders[:FOLDER_LIMIT]), len(folders) > FOLDER_LIMIT)

    def sweep(self, top: str, since: datetime, apart: Set[str], limit: int = FOLDER_LIMIT) -> tuple[list[FileSignal], int]:
        """(the files saved since an instant, at their own times, oldest first; how many folders were looked through)."""
        rules, seen = _PlainRules(top, apart), 0

        def counted() -> "Iterator[tuple[bytes, list[os.DirEntry[bytes]]]]":
            nonlocal seen
            for found in islice(visit(os.fsencode(top), frozenset(), rules), min(limit, FOLDER_LIMIT)):
                seen += 1
                yield found

        now_ns = to_us(self._clock.now()) * 1000
        written = files_written_since(counted(), to_us(since) * 1000, now_ns, rules.is_ignored)
        return [FileSignal(from_us(w.mtime_ns // 1000), top, os.fsdecode(w.path), w.size) for w in written], seen

    def is_ignored(self, top: str, path: str) -> bool:
        """Whether a file (relative to the top) is ignored."""
        with self._lock:
            now = self._clock.monotonic()
            rules, read_at = self._rules.get(top, (None, 0.0))
            if rules is None:
                rules = _PlainRules(top)
            elif now - read_at >= FRESH_FOR:
                rules.refresh()
            self._rules[top] = (rules, now)
            self._rules.move_to_end(top)
            while len(self._rules) > RULES_KEPT:
                self._rules.popitem(last=False)
            return rules.is_ignored(os.fsencode(path))

    def forget(self, top: str) -> None:
        """Read its ignore files again: one of them changed."""
        with self._lock:
            self._rules.pop(top, None)
