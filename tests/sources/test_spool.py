"""The spool: every message told once with its own time, nothing lost in a crash, nothing believed that is odd."""

import asyncio
import contextlib
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from stintd.domain.model import GitSignal, TroubleSignal, to_us
from stintd.errors import StorageFull
from stintd.sources import spool
from tests.support.clock import FakeClock

SHA = "c" * 40
COMMIT = "v1\tpost-commit\t{pid}\t/code/acme\n"


class Box:
    """A spool folder, the source that reads it, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FakeClock()
        self.told: list[GitSignal] = []
        self.troubles: list[TroubleSignal] = []
        self.settled_with: list[int] = []
        self.wake = lambda: None
        self.fails = False
        folder.mkdir(mode=0o700)
        self.source = self.fresh()

    def fresh(self) -> spool.SpoolSource:
        """The source of a daemon that was just started."""
        return spool.SpoolSource(str(self.folder), self.clock, self._settled, self._watch, lambda folder: ("main", SHA))

    def put(self, name: str, text: str, ago: float = 0.0) -> Path:
        path = self.folder / name
        path.write_bytes(text.encode())
        self.date(path, ago)
        return path

    def date(self, path: Path, ago: float = 0.0) -> None:
        at = to_us(self.clock.now() - timedelta(seconds=ago)) * 1000
        os.utime(path, ns=(at, at))

    def sink(self, signal) -> None:
        (self.troubles if isinstance(signal, TroubleSignal) else self.told).append(signal)

    def drain(self) -> int:
        return asyncio.run(self.source.drain(self.sink))

    def files(self, below: str = "") -> list[str]:
        return sorted(path.name for path in (self.folder / below).iterdir() if path.is_symlink() or not path.is_dir())

    async def _settled(self) -> None:
        self.settled_with.append(len(self.files("taken")))
        if self.fails:
            raise StorageFull("full")

    def _watch(self, folder: str, wake):
        assert folder == str(self.folder)
        self.wake = wake
        return lambda: setattr(self, "wake", lambda: None)


@pytest.fixture
def box(tmp_path) -> Box:
    return Box(tmp_path / "spool")


def test_a_message_is_told_with_the_files_time_and_removed(box):
    box.put("post-commit.7", COMMIT, ago=3600.5)
    assert box.drain() == 1
    assert box.told[0].time == box.clock.now() - timedelta(seconds=3600.5)
    assert box.files() == box.files("taken") == box.files("bad") == []


def test_a_message_is_removed_only_after_it_is_stored(box):
    box.put("post-commit.7", COMMIT)
    box.fails = True
    with pytest.raises(StorageFull):
        box.drain()
    assert len(box.files("taken")) == 1
    box.fails = False
    box.source = box.fresh()
    assert box.drain() == 1
    assert box.files("taken") == []


def test_a_message_told_again_after_a_crash_is_the_same_to_the_letter(box):
    box.put("post-commit.7", COMMIT)
    box.fails = True
    with pytest.raises(StorageFull):
        box.drain()
    box.fails = False
    box.clock.move(hours=5)
    box.source = box.fresh()
    box.drain()
    first, again = box.told
    assert (first.time, first.checkout, first.kind, first.new, first.witness) == (
        again.time,
        again.checkout,
        again.kind,
        again.new,
        again.witness,
    )
    assert first.new == SHA


def test_only_a_fresh_act_is_given_the_present_commit(box):
    box.put("post-commit.7", COMMIT, ago=60)
    box.drain()
    assert (box.told[0].new, box.told[0].branch) == ("", None)


def test_several_lines_in_one_file_are_all_told(box):
    box.put("post-commit.7.9", COMMIT + COMMIT.rstrip("\n") + f"\tt={to_us(box.clock.now()) // 1_000_000 - 60}\n")
    assert box.drain() == 2
    assert {signal.time for signal in box.told} == {box.clock.now(), box.clock.now() - timedelta(minutes=1)}


def test_a_half_written_file_is_left_alone_while_it_is_young(box):
    path = box.put("post-commit.7", COMMIT.rstrip("\n"))
    assert box.drain() == 0
    assert box.files() == ["post-commit.7"]
    path.write_text(COMMIT)
    box.date(path)
    assert box.drain() == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("post-commit.7", ""), ("post-commit.7", COMMIT.rstrip("\n")), ("post-commit.7", "nonsense\n"),
        ("agent-claude.7", "v1\tagent-claude\t7\t/code\n{}"), ("Post-Commit.7", COMMIT), ("post-commit", COMMIT),
        (".post-commit.7.swp", "x"), ("post-commit.7", "x" * 70_000 + "\n"), ("post-commit.7", COMMIT + "\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_put_aside_and_reported(box, name, text):
    box.put(name, text, ago=10)
    box.put("post-commit.8", COMMIT, ago=10)
    assert box.drain() == 1
    assert len(box.files("bad")) == 1
    assert box.files("bad")[0].startswith(name)
    assert box.troubles[-1].code == "spool_unreadable"
    assert not box.troubles[-1].is_cleared
    assert "1 message of hooks or editors " in box.troubles[-1].text


def test_the_report_is_taken_back_once_the_folder_is_empty(box):
    box.put("post-commit.7", "nonsense\n")
    box.drain()
    shutil.rmtree(box.folder / "bad")
    box.drain()
    assert box.troubles[-1].is_cleared


def test_pipes_links_and_folders_are_never_opened(box, tmp_path):
    (tmp_path / "secret").write_text(COMMIT)
    os.mkfifo(box.folder / "post-commit.1")
    (box.folder / "post-commit.2").symlink_to(tmp_path / "secret")
    (box.folder / "post-commit.3").mkdir()
    assert box.drain() == 0
    assert len(list((box.folder / "bad").iterdir())) == 3
    assert (tmp_path / "secret").read_text() == COMMIT


def test_a_time_in_the_future_is_put_aside_not_moved(box):
    box.put("post-commit.7", COMMIT, ago=-3600)
    assert box.drain() == 0
    assert "future" in box.troubles[-1].text


def test_many_messages_are_read_in_passes_each_stored_before_the_next(box):
    for number in range(spool.FILES_A_PASS * 2 + 50):
        box.put(f"post-commit.{number}", COMMIT, ago=number)
    assert box.drain() == spool.FILES_A_PASS * 2 + 50
    assert max(box.settled_with) <= spool.FILES_A_PASS
    assert box.files() == []


def test_a_pass_full_of_unreadable_messages_does_not_hide_what_lies_behind(box):
    for number in range(spool.FILES_A_PASS + 10):
        box.put(f"unknown.{number}", "x\n")
    box.put("post-commit.7", COMMIT)
    assert box.drain() == 1


def test_the_steps_of_one_rebase_are_one_act_at_its_end(box):
    for number in range(20):
        box.put(f"post-commit.{number}", COMMIT.rstrip("\n") + "\tstep=rebase\n", ago=30 - number * 0.1)
    box.put("post-rewrite.99", "v1\tpost-rewrite\t99\t/code/acme\trebase\n", ago=28)
    box.drain()
    assert [(signal.kind, signal.time) for signal in box.told] == [("rebase", box.clock.now() - timedelta(seconds=28))]


async def test_it_is_woken_by_the_folder_alone_and_looks_again_at_half_written_files(box):
    task = asyncio.create_task(box.source.run(box.sink))
    await _breathe()
    box.put("post-commit.7", COMMIT)
    await _breathe()
    assert box.told == []
    box.wake()
    await _breathe()
    assert len(box.told) == 1
    half = box.put("post-commit.8", "v1\tpost-commit")
    box.wake()
    await _breathe()
    half.write_text(COMMIT)
    box.date(half)
    await box.clock.advance(seconds=5)
    await _breathe()
    assert len(box.told) == 2
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_folder_that_was_moved_away_is_made_again_and_watched(box):
    task = asyncio.create_task(box.source.run(box.sink))
    await _breathe()
    noticed = box.wake
    box.folder.rename(box.folder.with_name("elsewhere"))
    noticed()
    await _breathe()
    assert box.wake != noticed
    box.put("post-commit.7", COMMIT)
    box.wake()
    await _breathe()
    assert len(box.told) == 1
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_nothing_waits_for_a_clock_while_nothing_is_half_written(box):
    task = asyncio.create_task(box.source.run(box.sink))
    await _breathe()
    assert box.clock._sleepers == []
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _breathe() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
