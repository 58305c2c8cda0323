"""How a folder becomes a tracked checkout: it is read in a thread, reported, and caught up with from where it was read to.

All that are found together are reported before any act in one of them.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stintd.domain.kinds import REWRITING
from stintd.domain.model import CheckoutFacts, CheckoutSignal, from_us, to_us
from stintd.errors import StintdError
from stintd.tracking.cursors import reflog_name, root_cursor
from stintd.tracking.heads import HeadReader, is_nameless
from stintd.tracking.model import CheckoutReading, TrackedCheckout
from stintd.tracking.state import TrackerState

RECALLED = timedelta(seconds=10)  # how long before the downtime files that git wrote may be swept
BATCH = 200  # checkouts found before they are passed on


class Adopter:
    """Adopts checkouts: those that are new, and those that have other git data than before."""

    def __init__(self, state: TrackerState, heads: HeadReader) -> None:
        self._state, self._heads = state, heads

    async def adopt_all(self, paths: Sequence[str]) -> None:
        """Adopt checkouts, the most recently used first. All are reported before any act in one of them: whose hours these are
        is then decided by what is there, not by the order in which it was found."""
        readings: list[CheckoutReading] = []
        for start in range(0, len(paths), BATCH):
            batch = paths[start : start + BATCH]
            for path, reading in await asyncio.to_thread(self._read_checkouts, batch):
                if reading is not None and reading.facts.is_unread:
                    self._state.troubles.put_off(path, reading.facts.trouble)
                    continue
                is_half = reading is None or (self._state.has_started and not reading.facts.git_dir)
                if not (is_half and self._state.troubles.try_again("find", path)) and reading is not None:
                    readings.append(reading)
        if readings:
            self._state.report_folders()
        readings = self._without_borrowed_data(readings)
        readings.sort(key=lambda reading: -reading.last_touch_us)
        now = self._state.clock.now()
        self._state.tell([CheckoutSignal(now, reading.facts) for reading in readings if _is_storable(reading.facts)], {})
        copied = [self._end_of_copied(reading.facts, readings) for reading in readings]
        for reading, end in zip(readings, copied, strict=True):
            self._adopt(reading, end)
        linked = self._state.list_untracked(path for reading in readings for path in reading.linked)
        if linked:
            await self.adopt_all(list(dict.fromkeys(linked)))

    def _without_borrowed_data(self, readings: Iterable[CheckoutReading]) -> list[CheckoutReading]:
        """The readings; a folder whose `.git` file names the git data of another living folder has none of its own: its files
        count, and the acts in that data are the other's (a copy of a checkout made with `--separate-git-dir`)."""
        owners = {t.facts.git_dir: path for path, t in self._state.tracked.items() if t.facts.kind == "main" and t.lost is None}
        out = []
        for reading in sorted(readings, key=lambda reading: reading.facts.path):
            facts = reading.facts
            owner = owners.setdefault(facts.git_dir, facts.path) if facts.kind == "main" and facts.git_dir else facts.path
            if owner == facts.path:
                out.append(reading)
                continue
            trouble = f"its .git names the git data of {owner}, whose commits are that folder's; `git clone` one of its own"
            out.append(CheckoutReading(CheckoutFacts(facts.path, "", "", "main", f"path:{facts.path}", trouble=trouble)))
        return out

    def _read_checkouts(self, paths: Sequence[str]) -> list[tuple[str, CheckoutReading | None]]:
        return [(path, self._read_checkout(path)) for path in paths]

    def _read_checkout(self, path: str) -> CheckoutReading | None:
        """Everything to know before adopting a checkout. In a thread, because the first commit may need git."""
        git, roots = self._state.sources.git, self._state.roots.paths
        facts = git.facts_of(path, "", roots)
        if facts is None or not facts.git_dir:
            return None if facts is None else CheckoutReading(facts)
        if is_nameless(facts):
            first = self._state.book.root(facts) or git.first_commit_of(facts)
            facts = (git.facts_of(path, first, roots) if first else facts) or facts
        linked = self._state.sources.linked(facts).paths
        return CheckoutReading(facts, tuple(git.git_folders(facts)), git.last_touch_us(facts), git.end_of(facts), linked)

    def _end_of_copied(self, facts: CheckoutFacts, readings: Iterable[CheckoutReading]) -> str:
        """The reflog cursor of a new checkout behind what was done elsewhere: in a folder that it was carried from, and in the
        older folders that are still there and whose reflog began with the same line. "" when nothing was."""
        start = facts.marks.log.partition(":")[0]
        others = [*(t.facts for t in self._state.tracked.values()), *(reading.facts for reading in readings)]
        age = facts.marks.begun_us, facts.path
        alike = [o for o in others if start and o.marks.log.partition(":")[0] == start and (o.marks.begun_us, o.path) < age]
        return self._state.sources.git.end_of_copied(facts, alike, self._state.book.last_lines)

    def _adopt(self, reading: CheckoutReading, copied: str) -> None:
        """Watch a checkout's git dir, catch up with it, and plan its work tree for later."""
        facts = reading.facts
        if not facts.git_dir:
            self._watch_files(facts)
            return
        self._state.troubles.forget_tries("find", facts.path)
        self._state.troubles.forgive(facts.path)
        # On the first start earlier history belongs to a backfill; later all of a new checkout's reflog is new, but for what was
        # done in the folder that it was copied from.
        cursor = self._state.book.reflog(reading, copied) or (reading.end if self._state.is_first_start else None)
        pushed = self._state.book.push_us(facts) or to_us(self._state.since)
        active = from_us(reading.last_touch_us) if reading.last_touch_us else self._state.clock.now()
        swept = self._swept_until(facts.path)
        before = self._state.tracked.get(facts.path)
        folders = before.folders if before is not None else ()
        tracked = TrackedCheckout(facts, cursor, pushed, active, swept, git_folders=reading.git_folders, folders=folders)
        self._state.tracked[facts.path] = tracked
        if before is not None:
            self._state.tell(self._state.troubles.problem_signals(before, ""), {})
        self._state.sources.watcher.cover(facts.path, tracked.git_folders, folders)
        cursors = root_cursor(facts, facts.first_commit) if facts.first_commit else {}
        if tracked.cursor is not None:
            cursors[reflog_name(facts)] = tracked.cursor
        self._state.tell([], cursors)
        self._recall(facts, reading.last_touch_us)
        self._heads.look(tracked)
        if facts.kind != "worktree":
            self._heads.report_pushes(tracked)
        self._state.backlog.add("plan", facts.path)

    def _watch_files(self, facts: CheckoutFacts) -> None:
        """A folder whose git data must not be read is a folder of its own: its saves count, and nothing else of it is read."""
        self._state.troubles.refuse(facts)
        if not _is_storable(facts):
            return
        swept = self._swept_until(facts.path)
        self._state.tracked[facts.path] = TrackedCheckout(facts, None, to_us(self._state.since), self._state.clock.now(), swept)
        self._state.backlog.add("plan", facts.path)

    def _recall(self, facts: CheckoutFacts, last_touch_us: int) -> None:
        """Report when git wrote files shortly before nobody watched: the sweep finds these files, and only the reflog still
        knows that git wrote them. Reported only as a reset of files; the acts themselves are reported elsewhere."""
        since = self._state.settings.known_since
        if since is None or last_touch_us < to_us(since - RECALLED) or self._state.sources.git.needs_git(facts):
            return
        try:
            after_us = to_us(since - RECALLED)
            look = self._state.sources.git.read_acts(facts, None, self._state.settings.owner, True, after_us, may_run_git=False)
        except StintdError:
            return
        recent = [act for act in look.signals if act.kind in REWRITING and act.time >= since - RECALLED]
        self._state.tell([replace(act, kind="reset") for act in recent], {})

    def _swept_until(self, path: str) -> datetime:
        """Up to when the files of a checkout that is adopted now were looked at: it may be older than the moment it is found."""
        before = self._state.tracked.get(path)
        return self._state.since if before is None else before.lost or before.swept or self._state.since


def _is_storable(facts: CheckoutFacts) -> bool:
    """Whether its path can be stored: not every name of a folder is text."""
    try:
        facts.path.encode()
    except UnicodeEncodeError:
        return False
    return True
