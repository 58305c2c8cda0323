"""Folders without git count by their saves when somebody mapped them or put a project file there; the others are only named."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stintd.domain.model import FileSignal, Signal, TroubleSignal
from stintd.domain.policy import Policy
from stintd.sources import plainfolder
from stintd.sources.discover import discover
from stintd.sources.plainfolder import PlainFolderReader
from stintd.tracking.model import TrackerSettings
from stintd.tracking.plainfolders import UNCOUNTED, PlainFolders, PlainSources
from tests.support import repos
from tests.support.clock import FakeClock
from tests.support.tracking import SpokenNote, SpokenWatcher


class Plain:
    """The folders without git below `root`, with a watcher that the test speaks for; its clock is the machine's at the start."""

    def __init__(self, root: Path, *mapped: Path) -> None:
        self.root, self.mapped = root, {str(path) for path in mapped}
        self.clock = FakeClock(datetime.now(UTC))
        self.cursors: dict[str, str] = {}
        self.told: list[Signal] = []
        self.changes: list[tuple[frozenset[str], list[str]]] = []
        self.watcher = SpokenWatcher()
        self.is_excluded = lambda path: False

    @asynccontextmanager
    async def running(self, known_since: datetime | None = None) -> AsyncIterator[PlainFolders]:
        parts = PlainSources(
            self.watcher,
            PlainFolderReader(self.clock),
            self._holder,
            self._mapped,
            lambda path: self.is_excluded(path),
            self._change,
        )
        settings = TrackerSettings((str(self.root),), known_since=known_since)
        plain = PlainFolders(parts, self.clock, self._sink, self.cursors, settings, Policy())
        plain.set_marked(frozenset(discover(str(self.root)).marked))
        task = asyncio.create_task(plain.run())
        await plain.wait_until_settled()
        try:
            yield plain
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            plain.stop()

    async def pass_time(self, plain: PlainFolders, **length: float) -> None:
        """Time passes on the test's clock, and what comes of it is done."""
        for _ in range(10):
            await asyncio.sleep(0)
        await self.clock.advance(**length)
        for _ in range(10):
            await asyncio.sleep(0)
        await plain.wait_until_settled()

    async def _mapped(self) -> frozenset[str]:
        return frozenset(self.mapped)

    def _holder(self, path: str) -> str | None:
        checkouts = discover(str(self.root)).checkouts
        return next((one for one in checkouts if path == one or path.startswith(one + "/")), None)

    def _sink(self, signals: list[Signal], cursors: dict[str, str]) -> None:
        self.told += signals
        self.cursors.update(cursors)

    def _change(self, folders: frozenset[str], changed: Iterable[str]) -> None:
        self.changes.append((folders, list(changed)))

    def saved(self) -> list[tuple[str, str, bool]]:
        return [(os.path.basename(s.checkout), s.path, s.is_ignored) for s in self.told if isinstance(s, FileSignal)]

    def watched(self, folder: Path) -> set[str]:
        return {os.path.relpath(path, folder) for path in self.watcher.covered[f"{folder}/."][1]}

    def note(self, folder: Path, path: str, kind: str = "file") -> SpokenNote:
        return SpokenNote(kind, f"{folder}/.", str(folder / path), self.clock.now())

    def uncounted(self) -> dict[str, int]:
        folders: dict[str, int] = json.loads(self.cursors[UNCOUNTED])["folders"]
        return {os.path.basename(path): files for path, files in folders.items()}


def write(path: Path, text: str = "1") -> Path:
    """A file saved now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


async def test_what_is_mapped_or_marked_is_watched_without_what_is_ignored_heavy_or_a_repository(tmp_path: Path) -> None:
    for place in ("notes/deep/a.md", "notes/out/x.pdf", "notes/tmp/x", "notes/node_modules/x/y", "plain/a.md"):
        write(tmp_path / place)
    write(tmp_path / "notes/.gitignore", "out/\n")
    write(tmp_path / "notes/.ignore", "tmp\n!deep\n*.draft\n")
    write(tmp_path / "marked/.stint.toml", 'project = "specs"\n')
    repos.make(tmp_path / "notes" / "site", 1)
    world = Plain(tmp_path, tmp_path / "notes", tmp_path / "missing", tmp_path / "notes" / "site")
    async with world.running() as plain:
        assert sorted(map(os.path.basename, plain.folders())) == ["marked", "notes"]
        assert world.watched(tmp_path / "notes") == {".", "deep"}
        assert world.watched(tmp_path / "marked") == {"."}
        assert world.changes[-1][0] == {str(tmp_path / "notes"), str(tmp_path / "marked")}
        world.told.clear()
        other = SpokenNote("file", str(tmp_path), str(tmp_path / "plain/a.md"), world.clock.now())
        notes = [world.note(tmp_path / "notes", name) for name in ("deep/a.md", "a.draft", "out/x.pdf")]
        assert plain.handle_notes([*notes, other]) == [other]  # type: ignore[list-item]
        assert [(path, is_ignored) for _, path, is_ignored in world.saved()] == [
            ("deep/a.md", False),
            ("a.draft", True),
            ("out/x.pdf", True),
        ]


async def test_a_folder_mapped_while_it_runs_counts_at_once_from_what_the_review_named(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    world = Plain(tmp_path)
    async with world.running() as plain:
        write(notes / "a.md")
        write(notes / "b.log")
        plain.look_soon()
        await plain.wait_until_settled()
        assert world.uncounted() == {"notes": 1}
        assert world.saved() == []
        world.mapped = {str(notes)}
        plain.ask_mapped()
        await plain.wait_until_settled()
        assert ("notes", "a.md", False) in world.saved()
        assert world.uncounted() == {}
        world.mapped = set()
        plain.ask_mapped()
        await plain.wait_until_settled()
        assert plain.folders() == []
        assert f"{notes}/." not in world.watcher.covered


async def test_saves_of_a_downtime_are_swept_and_those_before_it_are_not_repeated(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    write(notes / "before.md")
    world = Plain(tmp_path, notes)
    world.clock = FakeClock(datetime.now(UTC) + timedelta(seconds=1))
    async with world.running():
        assert world.saved() == []  # on the first start earlier history belongs to a backfill
    down = datetime.now(UTC) + timedelta(milliseconds=30)
    while datetime.now(UTC) < down + timedelta(milliseconds=30):
        write(notes / "meanwhile.md")
    async with world.running(known_since=down):
        assert {path for _, path, _ in world.saved()} == {"meanwhile.md"}


async def test_a_new_folder_is_watched_and_what_came_before_the_watch_is_swept(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    write(notes / "a.md")
    world = Plain(tmp_path, notes)
    world.clock = FakeClock(datetime.now(UTC) - timedelta(seconds=1))
    async with world.running() as plain:
        write(notes / "new" / "deep" / "b.md")
        plain.handle_notes([world.note(notes, "new", "folder")])  # type: ignore[list-item]
        await world.pass_time(plain, seconds=1)
        assert world.watched(notes) == {".", "new", "new/deep"}
        assert ("notes", "new/deep/b.md", False) in world.saved()


async def test_a_folder_inside_another_that_counts_counts_by_itself(tmp_path: Path) -> None:
    write(tmp_path / "acme/docs/a.md")
    write(tmp_path / "acme/specs/b.md")
    world = Plain(tmp_path, tmp_path / "acme", tmp_path / "acme/docs")
    async with world.running():
        assert world.watched(tmp_path / "acme") == {".", "specs"}
        assert world.watched(tmp_path / "acme/docs") == {"."}


async def test_a_folder_that_becomes_a_repository_is_let_go(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    write(notes / "a.md")
    world = Plain(tmp_path, notes)
    async with world.running() as plain:
        await asyncio.to_thread(repos.init, notes)
        plain.set_marked(frozenset())
        await plain.wait_until_settled()
        assert plain.folders() == []


async def test_more_folders_than_are_watched_are_said(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    for number in range(plainfolder.FOLDER_LIMIT + 5):
        (notes / str(number)).mkdir(parents=True)
    world = Plain(tmp_path, notes)
    async with world.running():
        assert len(world.watched(notes)) == plainfolder.FOLDER_LIMIT
        assert [s.code for s in world.told if isinstance(s, TroubleSignal)] == ["folder_too_large"]


async def test_the_daily_look_names_the_folders_below_a_root_that_nobody_counts(tmp_path: Path) -> None:
    for name in ("a.md", "deep/b.md", "deep/.b.md.swp", "x.log", "node_modules/m.js"):
        write(tmp_path / "notes" / name)
    for number in range(60):
        write(tmp_path / "generated" / f"{number}.txt")
    write(tmp_path / "excluded/a.md")
    write(tmp_path / ".config/a.md")
    write(tmp_path / "mapped/a.md")
    write(tmp_path / "old/a.md")
    os.utime(tmp_path / "old/a.md", (1_600_000_000, 1_600_000_000))
    repos.make(tmp_path / "client" / "site", 1).write("app.py")
    write(tmp_path / "client/contract.md")
    repos.make(tmp_path / "acme", 1).write("app.py")
    world = Plain(tmp_path, tmp_path / "mapped")
    world.is_excluded = lambda path: path.endswith("/excluded")
    world.clock = FakeClock(datetime.now(UTC) + timedelta(seconds=1))
    async with world.running() as plain:
        plain.look_soon()
        await plain.wait_until_settled()
        assert world.uncounted() == {"notes": 2, "client": 1}
        write(tmp_path / "notes/c.md")
        plain.look_soon()
        await plain.wait_until_settled()
        assert world.uncounted()["notes"] == 2  # once a day
        await world.pass_time(plain, hours=25)
        assert world.uncounted()["notes"] == 3
