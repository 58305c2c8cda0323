"""The tracker with the real watcher on real repositories: what people do is told, and soon."""

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stintd.clock import SystemClock
from stintd.domain.model import CheckoutSignal, FileSignal, GitSignal, LockSignal
from stintd.domain.noise.filter import NoiseFilter
from stintd.domain.policy import Policy
from tests.support import repos
from tests.support.tracking import Bench, Live, watching


@pytest.fixture
async def code(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    return tmp_path / "code"


@pytest.fixture
async def bench(code: Path) -> AsyncIterator[Live]:
    repos.make(code / "acme", 1, is_live=True)
    async with watching(code) as live:
        yield live


async def test_a_written_file_and_a_commit_are_told(bench: Live, code: Path) -> None:
    repo = repos.TestRepo(code / "acme", is_live=True)
    repo.write("notes.txt", "x")
    await bench.until(lambda: [s for s in bench.of(FileSignal) if s.path == "notes.txt"])  # type: ignore[attr-defined]
    sha = await asyncio.to_thread(repo.commit, "live")
    await bench.until(lambda: bench.of(GitSignal))
    assert [(s.subject, s.new, s.branch) for s in bench.of(GitSignal)] == [("live", sha, "main")]  # type: ignore[attr-defined]


async def test_everything_a_person_does_in_git_is_told_in_order(bench: Live, code: Path, tmp_path: Path) -> None:
    repo = repos.TestRepo(code / "acme", is_live=True)
    repos.init(tmp_path / "o.git", is_bare=True)

    def day() -> None:
        repo.git("remote", "add", "origin", str(tmp_path / "o.git"))
        repo.rebase(count=2)
        repo.commit("amended", amend=True)
        repo.write("work.txt", "half done")
        repo.git("stash", "-q")
        repo.git("push", "-q", "-u", "origin", "topic")

    await asyncio.to_thread(day)
    expected = ["checkout", "commit", "commit", "checkout", "commit", "checkout", "rebase", "commit", "stash", "push"]
    await bench.until(lambda: len(bench.of(GitSignal)) >= len(expected))
    assert [kind for _, kind in bench.acts()] == expected


async def test_clone_worktree_and_new_repository_are_noticed_while_running(bench: Live, code: Path, tmp_path: Path) -> None:
    origin = repos.make(tmp_path / "origin", 2, is_live=True)

    def come() -> None:
        origin.clone(code / "cloned")
        repos.TestRepo(code / "acme", is_live=True).worktree(code / "acme-hotfix", "hotfix")
        repos.init(code / "deep" / "er" / "fresh", is_live=True).commit("first")

    await asyncio.to_thread(come)
    wanted = {"cloned", "acme-hotfix", "fresh"}
    await bench.until(lambda: wanted <= {Path(s.facts.path).name for s in bench.of(CheckoutSignal)})  # type: ignore[attr-defined]
    await bench.until(lambda: ("fresh", "commit") in bench.acts() and ("cloned", "checkout") in bench.acts())
    for folder in (code / "cloned", code / "deep" / "er" / "fresh"):
        name, repo = folder.name, repos.TestRepo(folder, is_live=True)
        await asyncio.to_thread(repo.commit, f"in {name}")
        await bench.until(lambda name=name: f"in {name}" in [s.subject for s in bench.of(GitSignal)])  # type: ignore[attr-defined]


async def test_a_deleted_and_recreated_clone_is_followed(bench: Live, code: Path, tmp_path: Path) -> None:
    origin = repos.make(tmp_path / "origin", 2, is_live=True)
    await asyncio.to_thread(shutil.rmtree, code / "acme")
    await bench.until(lambda: any(s.is_gone for s in bench.of(CheckoutSignal)))  # type: ignore[attr-defined]
    bench.told.clear()
    await asyncio.to_thread(origin.clone, code / "acme")
    await bench.until(lambda: bench.of(CheckoutSignal) and bench.acts())
    await asyncio.to_thread(repos.TestRepo(code / "acme", is_live=True).commit, "again")
    await bench.until(lambda: ("acme", "commit") in bench.acts())


async def test_a_renamed_folder_is_followed(bench: Live, code: Path) -> None:
    (code / "acme").rename(code / "renamed")
    await bench.until(lambda: len(bench.of(CheckoutSignal)) >= 2)
    assert {(Path(s.facts.path).name, s.is_gone) for s in bench.of(CheckoutSignal)} == {("acme", True), ("renamed", False)}  # type: ignore[attr-defined]
    await asyncio.to_thread(repos.TestRepo(code / "renamed", is_live=True).commit, "still here")
    await bench.until(lambda: ("renamed", "commit") in bench.acts())
    assert len(bench.acts()) == 1


async def test_a_large_checkout_is_framed_by_its_lock(bench: Live, code: Path) -> None:
    repo = repos.TestRepo(code / "acme", is_live=True)

    def fill() -> None:
        repo.branch("many")
        for number in range(1500):
            repo.write(f"pkg{number % 10}/f{number}.py", str(number))
        repo.git("add", ".")
        repo.git("commit", "-q", "-m", "many")
        repo.git("checkout", "-q", "main")

    await asyncio.to_thread(fill)
    await bench.until(lambda: [kind for _, kind in bench.acts()][-1:] == ["checkout"] and len(bench.acts()) == 3)
    bench.told.clear()
    await asyncio.to_thread(repo.git, "checkout", "-q", "many")
    await bench.until(lambda: bench.acts())
    await bench.until(lambda: any(not s.is_held for s in bench.of(LockSignal)))  # type: ignore[attr-defined]
    kinds = [s.is_held if isinstance(s, LockSignal) else type(s).__name__ for s in bench.of(LockSignal, FileSignal, GitSignal)]
    assert kinds[0] is True


async def test_a_commit_is_known_within_20_ms_of_git_ending(bench: Live, code: Path) -> None:
    repo = repos.TestRepo(code / "acme", is_live=True)
    lags = []
    for number in range(15):
        bench.told.clear()
        await asyncio.to_thread(repo.commit, f"commit {number}")
        ended = time.perf_counter()
        await bench.until(lambda: bench.of(GitSignal))
        lags.append(max(0.0, bench.told_at - ended))
    assert min(lags) < 0.020, "the quickest: what else runs on the machine adds to all of them"


# ---------------------------------------------------------------- what is written here, and what arrives

OLD = 1_600_000_000.5


def _replace(path: Path, temporary: str, at: float | None = None) -> None:
    """Write a temporary file beside `path`, perhaps with a time of its own, and rename it."""
    beside = path.with_name(temporary)
    beside.write_text("new")
    if at is not None:
        os.utime(beside, (at, at))
    beside.replace(path)


def _back_up(path: Path) -> None:
    """As vim with `backupcopy=no`: the file moves aside, and a new one is written."""
    path.rename(path.with_name(f"{path.name}~"))
    path.write_text("new")


def _unpack(path: Path) -> None:
    source = path.parents[2] / "elsewhere"
    source.mkdir()
    os.utime(shutil.copy(path, source / path.name), (OLD, OLD))
    subprocess.run(["tar", "cf", "x.tar", path.name], cwd=source, check=True)
    subprocess.run(["tar", "xf", str(source / "x.tar")], cwd=path.parent, check=True)


def _copy_with_times(path: Path) -> None:
    outside = path.parents[2] / "theirs"
    outside.write_text("theirs")
    os.utime(outside, (OLD, OLD))
    subprocess.run(["cp", "-p", str(outside), str(path)], check=True)


def _move_in(path: Path) -> None:
    outside = path.parents[2] / "theirs"
    outside.write_text("theirs")
    os.utime(outside, (OLD, OLD))
    outside.rename(path)


SAVES: dict[str, Callable[[Path], object]] = {
    "in place": lambda path: path.write_text("new"),
    "a temporary file renamed": lambda path: _replace(path, "4f3a2b"),
    "the old one moved aside": _back_up,
    "sed -i": lambda path: subprocess.run(["sed", "-i", "s/text/new/", str(path)], check=True),
    "touch": lambda path: subprocess.run(["touch", str(path)], check=True),
    "deleted": lambda path: path.unlink(),
}
ARRIVALS: dict[str, Callable[[Path], object]] = {
    "a sync": lambda path: _replace(path, f".syncthing.{path.name}.tmp", OLD),
    "a sync with its own names": lambda path: _replace(path, "4f3a2b", OLD),
    "an archive": _unpack,
    "cp -p": _copy_with_times,
    "mv": _move_in,
    "touch -d": lambda path: subprocess.run(["touch", "-d", "2020-01-01T10:00:00.5", str(path)], check=True),
    "a time to come": lambda path: _replace(path, "4f3a2b", time.time() + 3600),
}


@pytest.mark.parametrize("how", [*SAVES, *ARRIVALS])
async def test_a_save_is_told_from_a_file_that_arrives(bench: Live, code: Path, how: str) -> None:
    path, cookie = code / "acme" / "work.txt", code / "acme" / "cookie"
    (SAVES | ARRIVALS)[how](path)
    cookie.write_text("1")
    await bench.until(lambda: any(note.path == "cookie" for note in bench.of(FileSignal)))  # type: ignore[attr-defined]
    noise = NoiseFilter(Policy())
    for note in bench.of(FileSignal):
        noise.feed(note, note.time)  # type: ignore[arg-type]
    kept = noise.release(datetime.now(UTC) + timedelta(minutes=1)).heartbeats
    assert {draft.entity for draft in kept} - {"cookie"} == ({"work.txt"} if how in SAVES else set())


@pytest.mark.parametrize("branch", ["main", "feature/login"])
async def test_a_program_that_writes_only_the_file_of_the_branch_is_told_too(bench: Live, code: Path, branch: str) -> None:
    """As isomorphic-git and go-git commit: no reflog, no lock, no HEAD."""
    repo = repos.TestRepo(code / "acme", is_live=True)

    def commit() -> str:
        sha = repo.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "silent")
        (repo.path / ".git" / "refs" / "heads" / branch).write_text(f"{sha}\n")
        return sha

    if branch != "main":
        await asyncio.to_thread(repo.branch, branch)
        await bench.until(bench.acts)
        await bench.settled()
        bench.told.clear()
    sha = await asyncio.to_thread(commit)
    await bench.until(bench.acts)
    assert [(s.kind, s.subject, s.new, s.branch) for s in bench.of(GitSignal)] == [("commit", "silent", sha, branch)]  # type: ignore[attr-defined]


async def test_commits_that_only_move_the_branch_are_caught_up_after_downtime_once(code: Path) -> None:
    repo, clock = repos.make(code / "acme", 1, is_live=True), SystemClock()
    async with Bench((str(code),), clock) as bench:
        cursors, down = dict(bench.cursors), clock.now()
    made = []
    for number in range(3):
        made.append(repo.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", f"silent {number}"))
        (repo.path / ".git" / "refs" / "heads" / "main").write_text(f"{made[-1]}\n")
    for since, expected in ((down, made), (clock.now(), [])):
        async with Bench((str(code),), clock, cursors, known_since=since) as bench:
            assert [s.new for s in bench.of(GitSignal) if s.kind == "commit"] == expected  # type: ignore[attr-defined]
