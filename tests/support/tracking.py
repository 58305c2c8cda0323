"""A tracker on real repositories with a watcher that the test speaks for."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from stintd.clock import Clock, SystemClock
from stintd.domain.model import CheckoutFacts, FileSignal, GitSignal, Signal
from stintd.sources import gitreader
from stintd.sources.discover import discover
from stintd.sources.linked import linked_checkouts
from stintd.sources.watch import TreeWatcher
from stintd.tracking.model import TrackerSettings, TrackerSources
from stintd.tracking.tracker import Tracker
from tests.support import PATIENCE
from tests.support.clock import FakeClock


@dataclass(frozen=True)
class SpokenNote:
    """A note the test makes up."""

    kind: str
    checkout: str
    path: str
    time: datetime
    mask: int = 0


@dataclass(frozen=True)
class SpokenCoverage:
    tier: str
    reason: str = ""


@dataclass
class SpokenWatcher:
    """Keeps what it was told to cover."""

    covered: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    has_room: bool = True

    def cover(self, checkout: str, git_folders: Sequence[str], folders: Sequence[str], /) -> SpokenCoverage:
        self.covered[checkout] = (list(git_folders), list(folders))
        self.order.append(checkout)
        return SpokenCoverage("full") if self.has_room else SpokenCoverage("git", "the budget is used up")

    def uncover(self, checkout: str, /) -> None:
        self.covered.pop(checkout, None)


@dataclass
class PlainFolders:
    """Every folder matters; sweeps tell files by their time (`is_sweeping`: the test's clock is the machine's)."""

    is_sweeping: bool = False
    ignored: set[str] = field(default_factory=set)
    planned: list[str] = field(default_factory=list)

    def plan(self, facts: CheckoutFacts) -> list[str]:
        self.planned.append(facts.path)
        return [here for here, _, _ in os.walk(facts.path) if "/.git" not in here]

    def sweep(self, facts: CheckoutFacts, since: datetime) -> list[FileSignal]:
        found = []
        for path in Path(facts.path).rglob("*") if self.is_sweeping else ():
            if ".git" in path.parts or not path.is_file():
                continue
            time = datetime.fromtimestamp(path.stat().st_mtime, tz=since.tzinfo)
            if time > since:
                found.append(FileSignal(time, facts.path, str(path.relative_to(facts.path)), path.stat().st_size))
        return found

    def trouble(self, facts: CheckoutFacts) -> str:
        return ""

    def is_ignored(self, facts: CheckoutFacts, path: str) -> bool:
        return path in self.ignored


@dataclass
class Bench:
    """A tracker and everything it said. `told` and `cursors` grow as an engine would store them."""

    roots: tuple[str, ...]
    clock: Clock
    cursors: dict[str, str] = field(default_factory=dict)
    known_since: datetime | None = None
    cold_after: timedelta = timedelta(days=3650)
    told: list[Signal] = field(default_factory=list)
    watcher: SpokenWatcher = field(default_factory=SpokenWatcher)
    folders: PlainFolders = field(default_factory=PlainFolders)

    async def __aenter__(self) -> "Bench":
        parts = TrackerSources(self.watcher, gitreader, self.folders, discover, linked_checkouts)
        settings = TrackerSettings(self.roots, self.cold_after, known_since=self.known_since)
        self.tracker = Tracker(parts, self.clock, self.sink, self.cursors, settings)
        await self.tracker.start()
        self._task = asyncio.create_task(self.tracker.run())
        await self.settled()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self.tracker.stop()

    async def settled(self) -> None:
        """All background work is done and delayed work waits on the clock."""
        for _ in range(10):
            await asyncio.sleep(0)
        await self.tracker.wait_until_settled()

    async def advance(self, **length: float) -> None:
        """Time passes on the test's clock, and what comes of it is done."""
        assert isinstance(self.clock, FakeClock)
        await self.settled()
        await self.clock.advance(**length)
        await self.settled()

    def sink(self, signals: list[Signal], cursors: dict[str, str]) -> None:
        self.told += signals
        self.cursors.update(cursors)

    def note(self, kind: str, checkout: Path, *paths: str) -> None:
        """The watcher saw `paths` (relative to the checkout) change."""
        self.tracker.handle_notes([SpokenNote(kind, str(checkout), str(checkout / path), self.clock.now()) for path in paths])

    def moved(self, checkout: Path) -> None:
        """The watcher saw HEAD's reflog change."""
        log = gitreader.facts_of(str(checkout))
        assert log is not None
        self.tracker.handle_notes([SpokenNote("git", str(checkout), f"{log.git_dir}/logs/HEAD", self.clock.now())])

    def moved_unread(self, checkout: Path) -> None:
        """The same for a plain repository, without reading it."""
        self.note("git", checkout, ".git/logs/HEAD")

    def of(self, *types: type) -> list[Signal]:
        return [signal for signal in self.told if isinstance(signal, types)]

    def take(self, *types: type) -> list[Signal]:
        """What was told of these types since the last time."""
        found = self.of(*types)
        self.told = [signal for signal in self.told if not isinstance(signal, types)]
        return found


class Live(Bench):
    """A bench whose watcher speaks for itself."""

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait for the sink to be told of something; no polling."""
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                self.news.clear()
                await self.news.wait()

    def sink(self, signals: list[Signal], cursors: dict[str, str]) -> None:
        super().sink(signals, cursors)
        self.told_at = time.perf_counter()
        self.news.set()

    def acts(self) -> list[tuple[str, str]]:
        return [(Path(s.checkout).name, s.kind) for s in self.of(GitSignal)]  # type: ignore[attr-defined]


@asynccontextmanager
async def watching(code: Path, **parts: object) -> AsyncIterator[Live]:
    """A tracker of `code` with the machine's watcher and clock, as if nothing had been said yet."""
    clock = SystemClock()
    live = Live((str(code),), clock, **parts)  # type: ignore[arg-type]
    live.news = asyncio.Event()  # type: ignore[attr-defined]
    watcher = TreeWatcher(lambda notes: live.tracker.handle_notes(notes), asyncio.get_running_loop(), clock, roots=(str(code),))
    watcher.start()
    live.watcher = watcher  # type: ignore[assignment]
    async with live:
        live.told.clear()
        yield live
    watcher.stop()
