"""Inotify in rough weather: renames, replaced folders, overflow, limits, storms."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from stintd.clock import SystemClock
from stintd.sources.changes import IS_FOLDER, MOVED_TO, WRITTEN
from tests.support import PATIENCE
from tests.support.watching import Watching

pytestmark = [pytest.mark.smoke, pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "acme"
    for name in ("src/deep", "docs", ".git/logs"):
        (top / name).mkdir(parents=True)
    return top


def folders(top: Path, *more: str) -> list[str]:
    return [str(top), *(str(top / name) for name in ("src", "src/deep", "docs", *more))]


async def test_reading_files_tells_nothing(repo: Path) -> None:
    (repo / "src/app.py").write_text("x")
    async with Watching() as seen:
        seen.tree.cover(str(repo), [], folders(repo))
        for _ in range(50):
            (repo / "src/app.py").read_text()
            os.listdir(repo / "src")
        os.chmod(repo / "src/app.py", 0o600)
        await seen.caught_up(repo)
        assert seen.paths() == set()


async def test_one_write_is_one_note(repo: Path) -> None:
    async with Watching() as seen:
        seen.tree.cover(str(repo), [], folders(repo))
        (repo / "src/app.py").write_text("x")
        await seen.caught_up(repo)
        (note,) = seen.about("file", repo / "src/app.py")
        assert note.mask == WRITTEN


async def test_a_renamed_folder_is_told_under_its_new_path(repo: Path) -> None:
    async with Watching() as seen:
        seen.tree.cover(str(repo), [], folders(repo))
        os.rename(repo / "src", repo / "lib")
        (repo / "lib/deep/a.py").write_text("x")
        note = await seen.told("folder", repo / "lib")
        assert note.mask & MOVED_TO
        assert note.mask & IS_FOLDER
        await seen.told("file", repo / "lib/deep/a.py")
        assert seen.tree.stats().watches == 4


async def test_a_folder_renamed_while_it_is_written_loses_nothing(repo: Path) -> None:
    folder = os.open(repo / "src/deep", os.O_RDONLY)

    def write() -> None:
        for number in range(400):
            os.close(os.open(f"file{number}", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
        os.close(folder)

    async with Watching() as seen:
        seen.tree.cover(str(repo), [], folders(repo))
        writer = threading.Thread(target=write)
        writer.start()
        place = "src"
        for number in range(20):
            os.rename(repo / place, repo / f"src{number}")
            place = f"src{number}"
        writer.join()
        await seen.caught_up(repo / place / "deep")
        assert {os.path.basename(path) for path in seen.paths()} == {f"file{number}" for number in range(400)}


async def test_a_folder_moved_out_is_let_go(repo: Path, tmp_path: Path) -> None:
    async with Watching() as seen:
        seen.tree.cover(str(repo), [], folders(repo))
        os.rename(repo / "src", tmp_path / "elsewhere")
        await seen.told("folder", repo / "src")
        (tmp_path / "elsewhere/a.py").write_text("x")
        await seen.caught_up(repo)
        assert not [note for note in seen.notes if note.path.endswith("a.py")]
        assert seen.tree.stats().watches == 2


async def test_a_checkout_below_a_moved_folder_is_lost(repo: Path, tmp_path: Path) -> None:
    async with Watching() as seen:
        seen.tree.cover(str(tmp_path), [], [str(tmp_path)])
        seen.tree.cover(str(repo), [str(repo / ".git")], folders(repo))
        os.rename(repo, tmp_path / "renamed")
        await seen.until(lambda: [n for n in seen.notes if n.kind == "lost" and n.checkout == str(repo)])
        (tmp_path / "renamed/src/a.py").write_text("x")
        await seen.caught_up(tmp_path)
        assert not [note for note in seen.notes if note.path == str(repo / "src/a.py")]


async def test_a_moved_checkout_is_lost_though_nobody_watches_above_it(repo: Path, tmp_path: Path) -> None:
    async with Watching() as seen:
        seen.tree.cover(str(repo), [], folders(repo))
        os.rename(repo, tmp_path / "renamed")
        note = await seen.told("lost", repo)
        assert "moved" in note.reason


async def test_a_folder_replaced_in_a_moment_is_still_watched(repo: Path) -> None:
    async with Watching() as seen:
        seen.tree.cover(str(repo), [], folders(repo))
        for _ in range(30):
            shutil.rmtree(repo / "src")
            (repo / "src/deep").mkdir(parents=True)
        await seen.told("folder", repo / "src")
        seen.tree.cover(str(repo), [], folders(repo))
        await seen.caught_up(repo / "src/deep")


class StalledClock(SystemClock):
    """Stops whoever asks for the time until it is let go: the reading thread, as on a machine at its limit."""

    def __init__(self) -> None:
        self.is_moving = threading.Event()
        self.is_asked = threading.Event()
        self.is_moving.set()

    def now(self) -> datetime:
        self.is_asked.set()
        assert self.is_moving.wait(PATIENCE)
        return super().now()


def queue_length() -> int:
    return int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())


async def test_an_overflow_is_told_and_watching_goes_on(repo: Path) -> None:
    queue = queue_length()
    if queue > 70_000:
        pytest.skip("the kernel's queue is too long to fill in a test")
    clock = StalledClock()
    async with Watching(clock=clock) as seen:
        seen.tree.cover(str(repo), [], folders(repo))
        clock.is_moving.clear()
        (repo / "src/first").write_text("x")
        assert clock.is_asked.wait(PATIENCE)
        name = str(repo / "src/storm")
        for number in range(queue // 3 + 100):
            os.close(os.open(f"{name}{number % 50}", os.O_CREAT | os.O_WRONLY))
            os.unlink(f"{name}{number % 50}")
        clock.is_moving.set()
        await seen.until(lambda: [n for n in seen.notes if n.kind == "overflow"])
        await seen.caught_up(repo)
        assert seen.tree.stats().overflows == 1


async def test_a_storm_loses_nothing(repo: Path) -> None:
    names = [repo / place / f"file{number}" for number in range(1500) for place in ("src", "src/deep", "docs")]
    async with Watching() as seen:
        seen.tree.cover(str(repo), [], folders(repo))
        for path in names:
            path.write_bytes(b"")
        await seen.caught_up(repo)
        assert seen.paths() == {str(path) for path in names}
        assert seen.batches < len(names) / 4


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root reads everything; for a moment nobody is asked."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def half_closed() -> Iterator[Path]:
    """A folder that everybody can reach, unlike pytest's own, with one in it that nobody can read."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    (top / "open").mkdir()
    (top / "closed").mkdir(mode=0o000)
    yield top
    shutil.rmtree(top)


async def test_an_unreadable_folder_is_told_and_the_rest_is_watched(half_closed: Path) -> None:
    closed, opened = str(half_closed / "closed"), str(half_closed / "open")
    async with Watching() as seen:
        with without_privileges():
            coverage = seen.tree.cover(str(half_closed), [], [str(half_closed), closed, opened])
        assert (coverage.tier, coverage.unreadable) == ("full", (closed,))
        assert "closed" in coverage.reason
        await seen.told("lost", half_closed)
        await seen.caught_up(half_closed / "open")
        assert seen.tree.stats().unreadable == 1


async def test_beyond_the_budget_only_git_folders_are_watched_and_it_is_said_once(repo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / ".git").mkdir(parents=True)
    async with Watching(budget=6) as seen:
        assert seen.tree.cover(str(repo), [str(repo / ".git")], folders(repo)).tier == "full"
        for _ in range(2):
            coverage = seen.tree.cover(str(other), [str(other / ".git")], [str(other)])
            assert (coverage.tier, coverage.folders) == ("git", 1)
        await seen.caught_up(repo)
        assert len([n for n in seen.notes if n.kind == "lost" and n.checkout == str(other)]) == 1
        (other / ".git/HEAD").write_text("x")
        await seen.told("git", other / ".git/HEAD")
        assert seen.tree.stats().tiers == {"full": 1, "git": 1}
        seen.tree.uncover(str(repo))
        assert seen.tree.cover(str(other), [str(other / ".git")], [str(other)]).tier == "full"


LIMITED = """
import asyncio, json, sys
from stintd.sources.watch import TreeWatcher, system_limit
async def main():
    top, budget = sys.argv[1], int(sys.argv[2])
    notes = []
    watcher = TreeWatcher(notes.extend, asyncio.get_running_loop(), budget=budget)
    watcher.start()
    coverage = watcher.cover(top, [top + "/.git"], [top] + [f"{top}/d{n}" for n in range(60)])
    for _ in range(100):
        open(top + "/.git/HEAD", "w").close()
        await asyncio.sleep(0.05)
        if any(n.kind == "git" for n in notes):
            break
    stats = watcher.stats()
    watcher.stop()
    print(json.dumps([coverage.tier, [n.kind for n in notes], stats.trouble, stats.main.backend, system_limit()]))
asyncio.run(main())
"""


def limited(top: Path, setting: str, value: int, budget: int) -> list[object]:
    """What a watcher says where the system allows little: limits of a user namespace need no root."""
    probe = subprocess.run(["unshare", "-Ur", "sh", "-c", f"echo {value} > /proc/sys/user/{setting}"], capture_output=True)
    if probe.returncode:
        pytest.skip("no user namespaces here")
    (top / ".git").mkdir(parents=True)
    for number in range(60):
        (top / f"d{number}").mkdir()
    script = top.parent / "limited.py"
    script.write_text(LIMITED)
    command = f"echo {value} > /proc/sys/user/{setting}; exec {sys.executable} {script} {top} {budget}"
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "daemon")},
    )
    assert done.returncode == 0, done.stderr
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_at_the_system_limit_of_watches_git_folders_stay_and_it_is_said(tmp_path: Path) -> None:
    tier, kinds, trouble, backend, limit = limited(tmp_path / "acme", "max_inotify_watches", 40, 10_000)
    assert (tier, backend, limit) == ("git", "inotify", 40)
    assert "lost" in kinds  # type: ignore[operator]
    assert "git" in kinds  # type: ignore[operator]
    assert "no watches left" in trouble[0]  # type: ignore[index]


def test_without_room_for_an_instance_everything_is_swept_and_it_is_said(tmp_path: Path) -> None:
    tier, kinds, trouble, backend, _ = limited(tmp_path / "acme", "max_inotify_instances", 0, 10_000)
    assert (tier, backend) == ("swept", "polling")
    assert "lost" in kinds  # type: ignore[operator]
    assert "files cannot be watched" in trouble[0]  # type: ignore[index]


def test_without_any_budget_a_checkout_is_swept(tmp_path: Path) -> None:
    tier, _, trouble, _, _ = limited(tmp_path / "acme", "max_inotify_watches", 1000, 0)
    assert tier == "swept"
    assert "budget" in trouble[0]  # type: ignore[index]
