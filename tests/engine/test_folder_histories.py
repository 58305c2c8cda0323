"""Random histories of folders (copied, cloned, moved, removed, begun anew, with remotes that change, on a disk that comes and
goes), with a daemon that is up, down or restarted: which work shares a project equals what an independent model says.
"""

import asyncio
import os
import random
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection

import pytest

from stintd.app import compose
from stintd.domain.mapping.clones import Clones, KnownRepo
from stintd.domain.mapping.folders import FolderHistory, match_folders
from stintd.domain.mapping.placement import Placement
from stintd.domain.mapping.resolver import Resolver
from stintd.domain.model import CheckoutFacts, Context, RepoId, from_us
from stintd.domain.policy import Policy
from stintd.engine.intake import repositories
from stintd.sources import gitreader
from stintd.sources.discover import Discovery, discover
from stintd.sources.linked import linked_checkouts
from stintd.store import cursors, heartbeats
from stintd.tracking.model import TrackerSettings, TrackerSources
from stintd.tracking.tracker import Tracker
from tests.support import repos
from tests.support.clock import FakeClock
from tests.support.engine import Running, layout_of, settings_of
from tests.support.folder_model import Folder, Model, Part
from tests.support.repos import TestRepo
from tests.support.tracking import PlainFolders, SpokenWatcher

ENTRIES = "SELECT start_us, project_id, is_confirmed FROM entry ORDER BY start_us"
NAMES = ("acme", "globex", "kit", "api")
LEAD = timedelta(minutes=1)
REMOTES = ("github.com/me/a", "github.com/me/b")


class Daemon:
    """Core and tracker of a daemon in one process; the test speaks for the watch."""

    def __init__(self, home: Path, roots: list[Path], clock: FakeClock, choice: random.Random) -> None:
        self._home, self._roots, self._clock, self._choice = home, roots, clock, choice
        self.running: Running | None = None

    async def start(self) -> None:
        settings = settings_of(Policy(), folders=tuple(map(str, self._roots)))
        core = compose.core(settings, layout_of(self._home), self._clock, {}, lambda before: before)
        await core.engine.start()
        roots = tuple(map(str, self._choice.sample(self._roots, len(self._roots))))
        rules = TrackerSettings(roots, timedelta(days=3650), known_since=self.seen)
        parts = TrackerSources(SpokenWatcher(), gitreader, PlainFolders(), self._discover, linked_checkouts)
        known = core.database.read_now(cursors.all_of)
        before = [checkout.facts for checkout in core.places.checkouts()]
        self._tracker = Tracker(parts, self._clock, core.intake.take, known, rules)
        await self._tracker.start()
        self._tracker.report_missing(before)
        self._task = asyncio.create_task(self._tracker.run())
        self.running = Running(core, self._clock)
        await self._settled()

    seen: datetime | None = None

    def _discover(self, root: str, is_inside: bool) -> Discovery:
        """What is there, in any order."""
        walk = discover(root, is_inside)
        return replace(walk, checkouts=tuple(self._choice.sample(walk.checkouts, len(walk.checkouts))))

    async def look(self) -> None:
        """Look at everything, as after any change."""
        self._tracker.rescan()
        await self._settled()

    async def _settled(self) -> None:
        assert self.running is not None
        for _ in range(2):
            await self._tracker.wait_until_settled()
            await self._clock.advance(seconds=3)
        settling = asyncio.create_task(self.running.intake.wait_until_settled())
        while not settling.done():
            await self._clock.advance(seconds=1)
            await asyncio.sleep(0.001)

    async def stop(self) -> None:
        assert self.running is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._tracker.stop()
        core, self.running, self.seen = self.running.core, None, self._clock.now()
        core.intake.stop()
        core.recording.stop()
        await core.engine.stop()
        core.database.close()


class History:
    """One random history. Each step happens in the world and in the model."""

    def __init__(self, top: Path, seed: int) -> None:
        self.choice = random.Random(seed)
        self.clock = FakeClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC))
        self.roots = [top / "code", top / "disk"]
        for root in self.roots:
            root.mkdir()
        self.folders: list[Folder] = []
        self.trees: list[Part] = []
        self.submodules: list[Part] = []
        self.model = Model(self.roots)
        self.daemon = Daemon(top / "home", self.roots, self.clock, self.choice)
        self.story: list[str] = []

    # ------------------------------------------------------------------ what people do

    def free_path(self) -> Path | None:
        root = self.choice.choice([root for root in self.roots if root.is_dir()])
        parent = self.choice.choice([root, root / "one", root / "two"])
        path = parent / self.choice.choice(NAMES)
        return None if path.exists() else path

    def some(self, *besides: list[Part]) -> Folder | None:
        """A folder that is there, but none that has one of these parts: git loses them when it is moved or copied."""
        bound = {part.owner for parts in besides for part in parts}
        reachable = [folder for folder in self.folders if folder.path.exists() and folder not in bound]
        return self.choice.choice(reachable) if reachable else None

    def repo(self, folder: Folder | Part) -> TestRepo:
        repo = TestRepo(folder.path)
        repo.now = self.clock.now()
        return repo

    def commit(self, folder: Folder | Part) -> None:
        self.repo(folder).commit(f"work {len(self.story)}")
        self.act(folder)

    def act(self, folder: Folder | Part) -> None:
        """An act is named by its hour: each has one of its own."""
        if isinstance(folder, Folder):
            self.date_log(folder.path)
        folder.log.append(hour(self.clock.now()))
        self.clock.move(hours=1)

    def date_log(self, path: Path) -> None:
        """Files of git are written on the machine's clock: as if on the test's."""
        now = self.clock.now().timestamp()
        os.utime(path / ".git" / "logs" / "HEAD", (now, now))

    def new(self) -> str:
        path = self.free_path()
        if path is None:
            return ""
        repos.init(path)
        folder = Folder(path)
        self.folders.append(folder)
        self.commit(folder)
        return f"new {path}"

    def clone(self) -> str:
        """A clone of a remote on the network: made from a store at hand, which nobody watches."""
        path = self.free_path()
        if path is None:
            return ""
        remote = self.choice.choice(REMOTES)
        store = self.roots[0].parent / "stores" / remote
        if not store.exists():
            repos.make(store)
        source = TestRepo(store)
        source.now = self.clock.now()
        path.parent.mkdir(exist_ok=True)
        source.clone(path)
        folder = Folder(path, remote)
        self.folders.append(folder)
        self.set_config(folder)
        self.act(folder)
        return f"clone {remote} {path}"

    def set_config(self, folder: Folder) -> None:
        config = folder.path / ".git" / "config"
        kept = config.read_text().split('[remote "origin"]')[0]
        remote = f'[remote "origin"]\n\turl = https://{folder.remote}.git\n' if folder.remote else ""
        config.write_text(kept + remote)

    def copy(self) -> str:
        source, path = self.some(self.trees, self.submodules), self.free_path()
        if source is None or path is None:
            return ""
        shutil.copytree(source.path, path, copy_function=self.choice.choice([shutil.copy, shutil.copy2]))
        self.folders.append(source.copy(path))
        self.date_log(path)
        return f"copy {source.path} {path}"

    def move(self) -> str:
        folder, path = self.some(self.trees), self.free_path()
        if folder is None or path is None or self.root_of(path) != self.root_of(folder.path):
            return ""
        path.parent.mkdir(exist_ok=True)
        before, folder.path = folder.path, path
        before.rename(path)
        return f"move {before} {path}"

    def root_of(self, path: Path) -> Path:
        return next(root for root in self.roots if root in path.parents)

    def carry(self) -> str:
        """To another file system: copied, then removed."""
        folder, path = self.some(self.trees, self.submodules), self.free_path()
        if folder is None or path is None:
            return ""
        shutil.copytree(folder.path, path)
        shutil.rmtree(folder.path)
        self.folders.remove(folder)
        self.folders.append(folder.copy(path))
        self.date_log(path)
        return f"carry {folder.path} {path}"

    def rename_parent(self) -> str:
        root = self.choice.choice([root for root in self.roots if root.is_dir()])
        before, after = root / "one", root / "two"
        bound = [part.path for part in self.trees] + [part.owner.path for part in self.trees]
        if not before.exists() or after.exists() or any(before in path.parents for path in bound):
            return ""
        before.rename(after)
        for folder in self.folders:
            if before in folder.path.parents:
                folder.path = after / folder.path.relative_to(before)
        return f"move {before} {after}"

    def remove(self) -> str:
        folder = self.some(self.trees)
        if folder is None:
            return ""
        shutil.rmtree(folder.path)
        self.folders.remove(folder)
        return f"remove {folder.path}"

    def begin_anew(self) -> str:
        folder = self.some(self.trees, self.submodules)
        if folder is None:
            return ""
        shutil.rmtree(folder.path / ".git")
        repos.init(folder.path)
        fresh = Folder(folder.path)
        folder.git, folder.log, folder.remote = fresh.git, [], ""
        self.commit(folder)
        return f"begin anew {folder.path}"

    def set_remote(self) -> str:
        folder = self.some()
        if folder is None:
            return ""
        folder.remote = self.choice.choice([*REMOTES, ""])
        self.set_config(folder)
        return f"remote of {folder.path}: {folder.remote}"

    def add_tree(self) -> str:
        folder, path = self.some(), self.free_path()
        if folder is None or path is None or self.root_of(path) != self.root_of(folder.path):
            return ""
        path.parent.mkdir(exist_ok=True)
        tree = Part(path, folder)
        log = folder.path / ".git" / "logs" / "HEAD"
        before = log.stat().st_mtime_ns
        self.repo(folder).worktree(path, f"branch-{len(self.story)}")
        os.utime(log, ns=(before, before))  # nothing was done in the folder itself
        self.repo(tree)._date_reflog(self.clock.now())
        self.trees.append(tree)
        self.act(tree)
        return f"worktree of {folder.path} {path}"

    def add_submodule(self) -> str:
        folder = self.some()
        store = self.roots[0].parent / "stores" / "lib"
        if folder is None or (folder.path / "lib").exists():
            return ""
        if not store.exists():
            repos.make(store)
        inner = Part(folder.path / "lib", folder)
        command = ("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(store), "lib")
        self.repo(folder).git(*command)
        self.repo(inner)._date_reflog(self.clock.now())
        self.submodules.append(inner)
        self.act(inner)
        self.commit(folder)
        return f"submodule of {folder.path}"

    def work(self) -> str:
        for part in self.submodules:
            part.path = part.owner.path / "lib"
        parts = [part for part in [*self.trees, *self.submodules] if part.owner in self.folders and part.path.exists()]
        folder = self.some()
        if folder is None:
            return ""
        chosen = self.choice.choice([folder, *parts])
        self.commit(chosen)
        return f"work in {chosen.path}"

    def unplug(self) -> str:
        disk, away = self.roots[1], self.roots[1].parent / "away"
        source, target = (disk, away) if disk.exists() else (away, disk)
        source.rename(target)
        return f"{source.name} becomes {target.name}"

    async def restart(self) -> str:
        await self.daemon.stop()
        await self.daemon.start()
        return "restart"

    async def switch(self) -> str:
        if self.daemon.running is None:
            await self.daemon.start()
            return "start"
        await self.daemon.stop()
        return "stop"

    # ------------------------------------------------------------------ the history

    async def run(self, steps: int, deeds: Sequence[Callable[["History"], str]]) -> None:
        await self.daemon.start()
        for _ in range(steps):
            chance = self.choice.random()
            if chance < 0.15:
                said = await self.switch()
            elif chance < 0.2 and self.daemon.running is not None:
                said = await self.restart()
            else:
                said = self.choice.choice(deeds)(self)
            self.clock.move(minutes=7)
            if said:
                self.story.append(said)
                await self.observe()
        if self.daemon.running is None:
            await self.switch()
        await self.observe()

    async def observe(self) -> None:
        if self.daemon.running is not None:
            await self.daemon.look()
            there = [folder for folder in self.folders if folder.path.exists()]
            parts = [part for part in [*self.trees, *self.submodules] if part.owner in there]
            self.model.observe(there, parts, hour(self.daemon.seen) if self.daemon.seen else "")

    async def counted(self) -> dict[str, tuple[str, bool]]:
        """For each act the project it counts for, and whether it is confirmed. No act has two heartbeats."""
        assert self.daemon.running is not None
        acts = await self.daemon.running.engine.read(hours_of_heartbeats)
        assert len(acts) == len(set(acts)), "\n".join(self.story)
        rows = await self.daemon.running.rows(ENTRIES)
        found = {hour(from_us(row["start_us"]) + LEAD): (row["project_id"], bool(row["is_confirmed"])) for row in rows}
        assert set(found) == set(acts)
        return found


def hour(at: datetime) -> str:
    return f"{at:%d %H}"


def hours_of_heartbeats(conn: Connection) -> list[str]:
    runs = heartbeats.runs(conn, 0, 2**62)
    return [hour(from_us(us)) for run in runs for us, _ in heartbeats.beats(conn, run)]


def groups(acts: dict) -> dict:  # type: ignore[type-arg]
    shared = defaultdict(set)
    for act, (project, _) in acts.items():
        shared[project].add(act)
    return {act: frozenset(shared[project]) for act, (project, _) in acts.items()}


DEEDS = (
    *(History.new, History.clone, History.copy, History.move, History.carry, History.rename_parent, History.remove),
    *(History.begin_anew, History.set_remote, History.unplug, History.add_tree, History.add_submodule),
    *(History.work, History.work),
)
COPYING = (History.new, History.clone, History.clone, History.copy, History.copy, History.work, History.work)
"""In these histories a resolver that joins too much shows at once."""


async def check(top: Path, seed: int, steps: int = 14, deeds: Sequence[Callable[[History], str]] = DEEDS) -> None:
    history = History(top, seed)
    try:
        await history.run(steps, deeds)
        counted, expected = await history.counted(), history.model.expected()
        story = "\n".join(history.story)
        assert set(counted) == set(expected), story
        assert groups(counted) == groups(expected), story
        assert {a: c for a, (_, c) in counted.items()} == {a: c for a, (_, c) in expected.items()}, story
    finally:
        if history.daemon.running is not None:
            await history.daemon.stop()


@pytest.mark.parametrize("seed", range(40))
async def test_folders_share_a_project_exactly_when_they_should(tmp_path: Path, seed: int) -> None:
    await check(tmp_path, seed)


def join_all(patch: pytest.MonkeyPatch) -> None:
    """Everything is one project."""
    place = Resolver._place_by_repo

    def place_first(self: Resolver, context: Context, entity: str, task: str | None) -> Placement:
        first = next(iter(self._projects), None)
        return place(self, context, entity, task) if first is None else Placement(first, "planted", task)

    patch.setattr(Resolver, "_place_by_repo", place_first)


def join_by_first_commit(patch: pytest.MonkeyPatch) -> None:
    """A folder is the one that had its first commit, there or not."""

    def match(folders: Sequence[CheckoutFacts], history: FolderHistory) -> dict[str, RepoId]:
        known = {seen.facts.marks.log.partition(":")[0]: seen.repo for seen in history.seen}
        starts = {facts.path: facts.marks.log.partition(":")[0] for facts in folders}
        return match_folders(folders, history) | {path: known[start] for path, start in starts.items() if start in known}

    patch.setattr(repositories, "match_folders", match)


def decide_by_order(patch: pytest.MonkeyPatch) -> None:
    """The clone that was heard of first owns the project."""

    def host(self: Clones, repo: KnownRepo) -> KnownRepo | None:
        others = [other for other in self._of_remote.get(repo.network, []) if other.id < repo.id]
        return min(others, key=lambda other: other.id, default=None)

    patch.setattr(Clones, "host", host)


@pytest.mark.parametrize("plant", [join_all, join_by_first_commit, decide_by_order])
async def test_a_wrong_resolver_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)
    for seed in range(40):
        top = tmp_path / str(seed)
        top.mkdir()
        try:
            await check(top, seed, deeds=COPYING)
        except AssertionError:
            return
    pytest.fail("no history shows it")


@pytest.mark.slow
@pytest.mark.parametrize("block", range(40))
async def test_they_do_in_two_thousand_longer_histories(tmp_path: Path, block: int) -> None:
    for seed in range(1000 + 50 * block, 1050 + 50 * block):
        top = tmp_path / str(seed)
        top.mkdir()
        await check(top, seed, steps=20)
        shutil.rmtree(top)
