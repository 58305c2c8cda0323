"""What cannot be read just now says nothing: it is tried again within a minute, and what was done meanwhile is caught up."""

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stintd.domain.model import CheckoutSignal, FileSignal, GitSignal, TroubleSignal
from stintd.sources.folders import Folders
from tests.support import repos
from tests.support.clock import FakeClock
from tests.support.repos import START
from tests.support.tracking import Bench

GENERAL = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
LOCAL = (errno.EIO, errno.ESTALE, errno.EACCES, errno.ETIMEDOUT)
OPENING = ("open", "scandir", "listdir")
"""What takes a descriptor."""
ANY = (*OPENING, "stat", "lstat")


class Disk:
    """Reads below `where` fail with `number` while `is_failing`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number, self.where, self.is_failing = 0, "", False
        for name in ANY:
            monkeypatch.setattr(os, name, self._wrap(name, getattr(os, name)))

    def _wrap(self, name: str, call: Callable[..., object]) -> Callable[..., object]:
        def read(path: object = ".", *args: object, **named: object) -> object:
            is_there = isinstance(path, (str, bytes)) and (os.fsdecode(path) + "/").startswith(self.where + "/")
            if self.is_failing and is_there and (name in OPENING or self.number not in GENERAL):
                raise OSError(self.number, os.strerror(self.number), path)
            return call(path, *args, **named)

        return read

    def fail(self, number: int, where: Path) -> None:
        self.number, self.where, self.is_failing = number, str(where), True

    def mend(self) -> None:
        self.is_failing = False


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def codes(bench: Bench) -> list[tuple[str, bool]]:
    return [(s.code, s.is_cleared) for s in bench.of(TroubleSignal)]  # type: ignore[attr-defined]


def subjects(bench: Bench) -> list[str]:
    return [s.subject for s in bench.of(GitSignal)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [*GENERAL, *LOCAL], ids=errno.errorcode.get)
async def test_a_repository_that_cannot_be_read_for_a_while_is_caught_up(tmp_path: Path, disk: Disk, number: int) -> None:
    clock = FakeClock(datetime.now(UTC) - timedelta(seconds=1))
    repo = repos.make(tmp_path / "acme", 1, is_live=True)
    async with Bench((str(tmp_path),), clock, folders=Folders(clock)) as bench:  # type: ignore[arg-type]
        bench.told.clear()
        repo.commit("during")
        repo.write("saved.txt")
        disk.fail(number, repo.path)
        bench.moved_unread(repo.path)
        bench.note("file", repo.path, "saved.txt")
        bench.tracker.rescan()
        await bench.advance(seconds=4)
        (trouble,) = bench.of(TroubleSignal)
        assert (trouble.code, trouble.subject) == ("repository_unread", str(repo.path))  # type: ignore[attr-defined]
        assert "just now" in trouble.text  # type: ignore[attr-defined]
        assert "again" in trouble.hint  # type: ignore[attr-defined]
        assert [(state.path, state.tier) for state in bench.tracker.repos()] == [(str(repo.path), "full")]
        assert subjects(bench) == []
        assert bench.of(CheckoutSignal) == []
        for _ in range(4):
            await bench.advance(minutes=1)
        disk.mend()
        await bench.advance(minutes=1)
        assert subjects(bench) == ["during"]
        assert "saved.txt" in {s.path for s in bench.of(FileSignal)}  # type: ignore[attr-defined]
        assert codes(bench) == [("repository_unread", False), ("repository_unread", True)]
        assert not [s for s in bench.of(CheckoutSignal) if s.is_gone]  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [*GENERAL, *LOCAL], ids=errno.errorcode.get)
async def test_a_root_that_cannot_be_read_is_not_gone(tmp_path: Path, disk: Disk, number: int) -> None:
    clock = FakeClock(START + timedelta(hours=1))
    repo = repos.make(tmp_path / "code" / "acme", 1)
    async with Bench((str(tmp_path / "code"),), clock) as bench:
        bench.told.clear()
        disk.fail(number, tmp_path / "code")
        bench.tracker.rescan()
        await bench.advance(seconds=4)
        repo.commit("during", at=clock.now())
        other = repos.make(tmp_path / "code" / "made-meanwhile", 1)
        await bench.advance(minutes=2)
        assert ("root_unreadable", False) in codes(bench)
        assert bench.of(CheckoutSignal) == []
        assert [state.path for state in bench.tracker.repos()] == [str(repo.path)]
        disk.mend()
        await bench.advance(minutes=1)
        await bench.advance(seconds=1)
        assert subjects(bench)[:1] == ["during"]
        assert {s.facts.path for s in bench.of(CheckoutSignal) if s.facts.path != str(repo.path)} == {str(other.path)}  # type: ignore[attr-defined]
        assert not [s for s in bench.of(CheckoutSignal) if s.is_gone]  # type: ignore[attr-defined]
        assert {code for code, _ in codes(bench)} == {"root_unreadable", "repository_unread"}
        assert [is_cleared for _, is_cleared in codes(bench)].count(True) == 2


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO], ids=errno.errorcode.get)
async def test_a_start_without_descriptors_forgets_nothing(tmp_path: Path, disk: Disk, number: int) -> None:
    clock = FakeClock(START + timedelta(hours=1))
    repo = repos.make(tmp_path / "code" / "acme", 1)
    async with Bench((str(tmp_path / "code"),), clock) as bench:
        known, cursors = [s.facts for s in bench.of(CheckoutSignal)], bench.cursors  # type: ignore[attr-defined]
    repo.commit("while down", at=clock.now())
    disk.fail(number, repo.path)
    async with Bench((str(tmp_path / "code"),), clock, cursors, known_since=clock.now()) as bench:
        bench.tracker.report_missing(known)
        assert bench.of(CheckoutSignal) == []
        disk.mend()
        await bench.advance(minutes=1)
        assert subjects(bench) == ["while down"]


async def test_a_hostile_repository_is_refused_in_other_words(tmp_path: Path) -> None:
    clock = FakeClock(START + timedelta(hours=1))
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        head = repo.path / ".git" / "HEAD"
        head.unlink()
        head.symlink_to("/etc/hostname")
        bench.note("git", repo.path, ".git/HEAD")
        await bench.settled()
        (trouble,) = bench.of(TroubleSignal)
        assert trouble.code == "repository_refused"  # type: ignore[attr-defined]
        assert "just now" not in trouble.text  # type: ignore[attr-defined]
        bench.note("file", repo.path, "saved.txt")  # what cannot be read as a repository counts by its files
        assert [s.path for s in bench.of(FileSignal)] == ["saved.txt"]  # type: ignore[attr-defined]
