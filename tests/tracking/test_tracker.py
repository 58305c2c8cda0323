"""Checkouts are found, watched and followed: what is told, when, and with which cursors."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stintd.domain.model import CheckoutSignal, FileSignal, GitSignal, LockSignal, TroubleSignal
from tests.support import repos
from tests.support.clock import FakeClock
from tests.support.repos import START
from tests.support.tracking import Bench, PlainFolders


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START + timedelta(hours=1))


def paths(signals: list[object]) -> list[str]:
    return [signal.facts.path for signal in signals]  # type: ignore[attr-defined]


async def test_a_plain_repository_is_found_armed_and_told(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "code" / "acme", 1)
    repo.write("src/app.py")
    async with Bench((str(tmp_path / "code"),), clock) as bench:
        (found,) = bench.of(CheckoutSignal)
        assert found.facts.path == str(repo.path)
        assert (found.facts.branch, found.facts.head) == ("main", repo.head())
        assert found.facts.identity.startswith("root:")
        git, folders = bench.watcher.covered[str(repo.path)]
        assert {f"{repo.path}/.git", f"{repo.path}/.git/logs"} <= set(git)
        assert f"{repo.path}/src" in folders
        assert bench.of(GitSignal) == []  # history is left to a backfill
        (state,) = bench.tracker.repos()
        assert (state.tier, state.problem) == ("full", "")


async def test_a_written_file_is_told_with_its_size(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    repo.write("src/app.py", "12345")
    async with Bench((str(tmp_path),), clock) as bench:
        bench.folders.ignored.add("debug.log")
        bench.note("file", repo.path, "src/app.py", "debug.log")
        assert bench.take(FileSignal) == [
            FileSignal(clock.now(), str(repo.path), "src/app.py", 5),
            FileSignal(clock.now(), str(repo.path), "debug.log", None, True, is_gone=True),
        ]


async def test_a_commit_is_told_with_the_cursor_behind_it(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        before = dict(bench.cursors)
        sha = repo.commit("teach dates", at=clock.now())
        bench.moved(repo.path)
        (act,) = bench.of(GitSignal)
        assert (act.kind, act.subject, act.new, act.time) == ("commit", "teach dates", sha, clock.now())
        assert bench.cursors != before
        bench.moved(repo.path)
        assert len(bench.of(GitSignal)) == 1


async def test_acts_during_downtime_are_caught_up_once(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        cursors = bench.cursors
    down = clock.now()
    clock.move(hours=2)
    repo.commit("while down", at=down + timedelta(hours=1))
    async with Bench((str(tmp_path),), clock, cursors, known_since=down) as bench:
        assert [s.subject for s in bench.of(GitSignal)] == ["while down"]
    async with Bench((str(tmp_path),), clock, cursors, known_since=clock.now()) as bench:
        assert bench.of(GitSignal) == []


async def test_what_git_wrote_right_before_the_daemon_died_is_still_known_to_be_gits(tmp_path: Path, clock: FakeClock) -> None:
    """The sweep after a kill begins a little before it, and finds the files of a checkout that was told already."""
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        clock.move(minutes=5)
        repo.git("checkout", "-q", "-b", "DEV-1", at=clock.now())
        repo.commit("not recalled", at=clock.now())
        bench.moved(repo.path)
        assert [act.kind for act in bench.of(GitSignal)] == ["checkout", "commit"]
        cursors = bench.cursors
    for later, recalled in ((2, [("reset", clock.now())]), (60, [])):
        known_since = clock.now() + timedelta(seconds=later)
        async with Bench((str(tmp_path),), clock, dict(cursors), known_since=known_since) as bench:
            assert [(act.kind, act.time) for act in bench.of(GitSignal)] == recalled


async def test_files_written_during_downtime_are_swept(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "acme", 1, is_live=True)
    clock = FakeClock(datetime.now(UTC) + timedelta(minutes=1))
    since = datetime.now(UTC) - timedelta(minutes=5)
    repo.write("src/new.py")
    async with Bench((str(tmp_path),), clock, {}, known_since=since, folders=PlainFolders(is_sweeping=True)) as bench:
        assert "src/new.py" in {s.path for s in bench.of(FileSignal)}
        bench.take(FileSignal)
        clock.move(seconds=1)
        bench.tracker.rescan(str(repo.path))
        await bench.settled()
        assert bench.of(FileSignal) == []


async def test_branch_is_known_at_once_after_a_switch(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        bench.take(CheckoutSignal)
        repo.branch("DEV-7")
        bench.moved(repo.path)
        assert [s.facts.branch for s in bench.of(CheckoutSignal)] == ["DEV-7"]
        assert [s.kind for s in bench.of(GitSignal)] == ["checkout"]


async def test_locks_frame_the_files_git_writes(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        lock = repo.write(".git/index.lock")
        bench.note("git", repo.path, ".git/index.lock")
        bench.note("file", repo.path, "work.txt")
        lock.unlink()
        bench.note("git", repo.path, ".git/index.lock", ".git/index")
        framed = [getattr(s, "is_held", "file") for s in bench.of(LockSignal, FileSignal)]
        assert framed == [True, "file", False]


async def test_index_and_fetch_head_are_no_activity(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        bench.told.clear()
        bench.note("git", repo.path, ".git/index", ".git/FETCH_HEAD", ".git/COMMIT_EDITMSG")
        assert bench.told == []


async def test_a_clone_made_while_watching_is_noticed(tmp_path: Path, clock: FakeClock) -> None:
    origin = repos.make(tmp_path / "elsewhere" / "origin", 1)
    root = tmp_path / "code"
    root.mkdir()
    async with Bench((str(root),), clock) as bench:
        origin.now = clock.now()
        clone = origin.clone(root / "acme")
        bench.note("folder", root, "acme")
        await bench.settled()
        assert paths(bench.of(CheckoutSignal)) == [str(clone.path)]
        assert [s.kind for s in bench.of(GitSignal)] == ["checkout"]


async def test_a_clone_without_head_yet_is_looked_at_again(tmp_path: Path, clock: FakeClock) -> None:
    root = tmp_path / "code"
    (root / "acme" / ".git").mkdir(parents=True)
    async with Bench((str(root),), clock) as bench:
        assert bench.of(CheckoutSignal) == []
        repos.init(root / "acme")
        await bench.advance(seconds=1)
        assert paths(bench.of(CheckoutSignal)) == [str(root / "acme")]


async def test_a_half_made_worktree_is_not_refused_but_looked_at_again(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "away" / "acme", 1)
    root = tmp_path / "code"
    root.mkdir()
    async with Bench((str(root),), clock) as bench:
        tree = repo.worktree(root / "tree", "x")
        dot_git = (tree.path / ".git").read_text()
        (tree.path / ".git").write_text("")
        bench.note("folder", root, "tree")
        await bench.settled()
        assert bench.of(CheckoutSignal, TroubleSignal) == []
        (tree.path / ".git").write_text(dot_git)
        await bench.advance(seconds=1)
        assert paths(bench.of(CheckoutSignal)) == [str(tree.path)]


async def test_a_checkout_that_stays_odd_is_refused_with_a_warning_and_taken_back(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    head = repo.path / ".git" / "HEAD"
    async with Bench((str(tmp_path),), clock) as bench:
        text = head.read_text()
        head.unlink()
        head.symlink_to("/etc/hostname")
        bench.note("git", repo.path, ".git/HEAD")
        await bench.settled()
        assert [s.code for s in bench.take(TroubleSignal)] == ["repository_refused"]
        assert [s.tier for s in bench.tracker.repos()] == ["refused"]
        head.unlink()
        head.write_text(text)
        await bench.advance(minutes=11)
        assert [(s.code, s.is_cleared) for s in bench.of(TroubleSignal)] == [("repository_refused", True)]
        assert [s.tier for s in bench.tracker.repos()] == ["full"]


async def test_a_folder_whose_git_data_is_not_read_counts_by_its_files(tmp_path: Path, clock: FakeClock) -> None:
    """And is read like any other once its git data is its own."""
    repo, other = repos.make(tmp_path / "code" / "acme", 1), repos.make(tmp_path / "client", 1)
    (repo.path / ".git" / "commondir").write_text(f"{other.path}/.git\n")
    async with Bench((str(tmp_path / "code"),), clock) as bench:
        assert [s.facts.identity for s in bench.take(CheckoutSignal)] == [f"path:{repo.path}"]
        assert [s.code for s in bench.of(TroubleSignal)] == ["repository_refused"]
        assert [s.tier for s in bench.tracker.repos()] == ["refused"]
        repo.write("src/app.py", "12345")
        bench.note("file", repo.path, "src/app.py")
        assert [(s.checkout, s.path) for s in bench.take(FileSignal)] == [(str(repo.path), "src/app.py")]
        other.commit("theirs", at=clock.now())
        await bench.advance(minutes=11)
        assert bench.of(GitSignal) == []
        (repo.path / ".git" / "commondir").unlink()
        await bench.advance(minutes=11)
        assert [s.facts.branch for s in bench.take(CheckoutSignal)] == ["main"]
        assert [s.is_cleared for s in bench.of(TroubleSignal)][-1]
        assert [s.tier for s in bench.tracker.repos()] == ["full"]


async def test_first_commit_of_a_fresh_repository_names_it(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.init(tmp_path / "fresh")
    async with Bench((str(tmp_path),), clock) as bench:
        assert bench.take(CheckoutSignal)[0].facts.identity == f"path:{repo.path}"
        sha = repo.commit("first", at=clock.now())
        bench.note("git", repo.path, ".git/logs", ".git/HEAD")
        await bench.settled()
        assert bench.of(CheckoutSignal)[-1].facts.identity == f"root:{sha}"
        assert [s.subject for s in bench.of(GitSignal)] == ["first"]
        assert f"{repo.path}/.git/logs" in bench.watcher.covered[str(repo.path)][0]


async def test_worktree_submodule_and_nested_are_checkouts_of_their_own(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "code" / "acme", 1)
    tree = repo.worktree(tmp_path / "code" / "acme-hotfix", "hotfix")
    module = repo.submodule(repos.make(tmp_path / "lib", 1), "libs/lib")
    inner = repo.init_nested("tools/inner")
    inner.commit("inside")
    async with Bench((str(tmp_path / "code"),), clock) as bench:
        facts = {s.facts.path: s.facts for s in bench.of(CheckoutSignal)}
        assert {f.kind for f in facts.values()} == {"main", "worktree", "submodule"}
        assert facts[str(tree.path)].parent == facts[str(module.path)].parent == str(repo.path)
        assert facts[str(tree.path)].identity == facts[str(repo.path)].identity
        bench.note("file", repo.path, "tools/inner/work.txt")
        assert [(s.checkout, s.path) for s in bench.of(FileSignal)] == [(str(inner.path), "work.txt")]
        tree.commit("in the worktree", at=clock.now())
        bench.moved(tree.path)
        assert [(s.checkout, s.branch) for s in bench.of(GitSignal)] == [(str(tree.path), "hotfix")]


async def test_a_worktree_in_an_ignored_folder_is_found_through_the_git_dir(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        tree = repo.worktree(repo.path / ".claude" / "worktrees" / "agent", "agent")
        bench.take(CheckoutSignal)
        bench.note("git", repo.path, ".git/worktrees")
        bench.note("git", repo.path, ".git/worktrees/agent")
        await bench.advance(seconds=1)
        assert paths(bench.of(CheckoutSignal)) == [str(tree.path)]


async def test_a_renamed_folder_keeps_its_identity_and_repeats_nothing(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "code" / "old", 1)
    root = tmp_path / "code"
    async with Bench((str(root),), clock) as bench:
        identity = bench.take(CheckoutSignal)[0].facts.identity
        repo.commit("told before", at=clock.now())
        bench.moved(repo.path)
        bench.take(GitSignal, CheckoutSignal)
        repo.path.rename(root / "new")
        bench.note("folder", root, "old", "new")
        await bench.settled()
        signals = bench.of(CheckoutSignal)
        assert {(s.facts.path, s.is_gone) for s in signals} == {(str(root / "old"), True), (str(root / "new"), False)}
        assert {s.facts.identity for s in signals} == {identity}
        assert bench.of(GitSignal) == []


async def test_checkouts_that_went_while_nobody_watched_are_told_gone_but_for_a_missing_drive(
    tmp_path: Path, clock: FakeClock
) -> None:
    kept, gone = repos.make(tmp_path / "code" / "kept", 1), repos.make(tmp_path / "code" / "gone", 1)
    away = repos.make(tmp_path / "drive" / "away", 1)
    roots = (str(tmp_path / "code"), str(tmp_path / "drive"))
    async with Bench(roots, clock) as bench:
        known = [signal.facts for signal in bench.of(CheckoutSignal)]  # type: ignore[attr-defined]
    assert {facts.path for facts in known} == {str(repo.path) for repo in (kept, gone, away)}
    shutil.rmtree(gone.path)
    (tmp_path / "drive").rename(tmp_path / "unplugged")
    async with Bench(roots, clock, known_since=clock.now()) as bench:
        bench.take(CheckoutSignal)
        bench.tracker.report_missing(known)
        assert [(s.facts.path, s.is_gone) for s in bench.of(CheckoutSignal)] == [(str(gone.path), True)]


async def test_a_deleted_and_recreated_clone_is_the_same_repository(tmp_path: Path, clock: FakeClock) -> None:
    origin = repos.make(tmp_path / "elsewhere" / "origin", 2)
    root = tmp_path / "code"
    root.mkdir()
    clone = origin.clone(root / "acme")
    async with Bench((str(root),), clock) as bench:
        identity = bench.take(CheckoutSignal)[0].facts.identity
        shutil.rmtree(clone.path)
        bench.note("folder", root, "acme")
        await bench.settled()
        assert [s.is_gone for s in bench.take(CheckoutSignal)] == [True]
        origin.now = clock.now()
        origin.clone(root / "acme")
        bench.note("folder", root, "acme")
        await bench.settled()
        assert [(s.is_gone, s.facts.identity) for s in bench.of(CheckoutSignal)] == [(False, identity)]


async def test_push_is_told_for_the_worktree_on_that_branch(tmp_path: Path, clock: FakeClock) -> None:
    repos.init(tmp_path / "o.git", is_bare=True)
    repo = repos.make(tmp_path / "code" / "acme", 1)
    tree = repo.worktree(tmp_path / "code" / "hotfix", "hotfix")
    repo.git("remote", "add", "origin", str(tmp_path / "o.git"))
    async with Bench((str(tmp_path / "code"),), clock) as bench:
        tree.git("push", "-q", "origin", "hotfix", at=clock.now() + timedelta(seconds=1))
        bench.note("git", repo.path, ".git/logs/refs/remotes/origin/hotfix")
        assert [(s.kind, s.checkout, s.branch) for s in bench.of(GitSignal)] == [("push", str(tree.path), "hotfix")]
        bench.note("git", repo.path, ".git/logs/refs/remotes/origin/hotfix")
        assert len(bench.of(GitSignal)) == 1


async def test_a_rebase_stopped_by_a_conflict_is_told_after_it_settles(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    repo.diverge(count=2)
    repo.git("checkout", "-q", "main")
    repo.commit("in the way", name="topic1.txt")
    repo.git("checkout", "-q", "topic")
    async with Bench((str(tmp_path),), clock) as bench:
        repo.git("rebase", "-q", "main", check=False, at=clock.now())
        bench.moved(repo.path)
        assert bench.of(GitSignal) == []
        await bench.advance(seconds=11)
        assert [s.kind for s in bench.of(GitSignal)] == ["rebase"]


async def test_roots_that_vanish_or_are_no_folder_are_said_and_come_back(tmp_path: Path, clock: FakeClock) -> None:
    root = tmp_path / "disk"
    repo = repos.make(root / "acme", 1)
    async with Bench((str(root),), clock) as bench:
        root.rename(tmp_path / "away")
        bench.note("folder", root, "")
        await bench.settled()
        assert [(s.code, s.subject) for s in bench.take(TroubleSignal)] == [("root_missing", str(root))]
        assert [s.is_gone for s in bench.of(CheckoutSignal)] == [False]  # a disk that is not there says nothing
        assert bench.watcher.covered[str(root)] == ([], [str(tmp_path)])
        root.write_text("not a folder")
        await bench.advance(minutes=11)
        assert [(s.code, s.is_cleared) for s in bench.take(TroubleSignal)] == [
            ("root_missing", True),
            ("root_not_folder", False),
        ]
        root.unlink()
        (tmp_path / "away").rename(root)
        bench.note("folder", root, "")
        await bench.settled()
        assert [(s.code, s.is_cleared) for s in bench.of(TroubleSignal)] == [("root_not_folder", True)]
        assert str(repo.path) in bench.watcher.covered


async def test_cold_repositories_keep_their_git_dir_until_somebody_works_there(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "old", 1)
    clock = FakeClock(datetime.now(UTC) + timedelta(days=30))
    async with Bench((str(tmp_path),), clock, cold_after=timedelta(days=14)) as bench:
        assert bench.tracker.repos()[0].tier == "cold"
        assert bench.watcher.covered[str(repo.path)][1] == []
        bench.tracker.touch(str(repo.path / "work.txt"))
        await bench.settled()
        assert bench.tracker.repos()[0].tier == "full"
        assert str(repo.path) in bench.watcher.covered[str(repo.path)][1]


async def test_overflow_looks_at_everything_again(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        repo.commit("unseen", at=clock.now())
        repos.make(tmp_path / "other", 1)
        bench.note("overflow", tmp_path, "")
        await bench.settled()
        assert "unseen" in [s.subject for s in bench.of(GitSignal)]
        assert str(tmp_path / "other") in paths(bench.of(CheckoutSignal))


async def test_patrol_finds_what_no_watch_told(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        repo.commit("unseen", at=clock.now())
        await bench.advance(minutes=11)
        assert [s.subject for s in bench.of(GitSignal)] == ["unseen"]


async def test_dropped_roots_are_let_go_and_not_declared_gone(tmp_path: Path, clock: FakeClock) -> None:
    repos.make(tmp_path / "a" / "acme", 1)
    other = repos.make(tmp_path / "b" / "beta", 1)
    async with Bench((str(tmp_path / "a"),), clock) as bench:
        bench.take(CheckoutSignal)
        await bench.tracker.set_roots((str(tmp_path / "b"),))
        assert [(s.facts.path, s.is_gone) for s in bench.of(CheckoutSignal)] == [(str(other.path), False)]
        assert [s.path for s in bench.tracker.repos()] == [str(other.path)]


async def test_a_full_watch_budget_is_said_once_and_cleared(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    repos.make(tmp_path / "beta", 1)
    bench = Bench((str(tmp_path),), clock)
    bench.watcher.has_room = False
    async with bench:
        (warning,) = bench.take(TroubleSignal)
        assert (warning.code, warning.text) == ("watch_limit", "some folders cannot be watched: the budget is used up")
        assert {(s.tier, s.problem) for s in bench.tracker.repos()} == {("git", "the budget is used up")}
        bench.watcher.has_room = True
        for name in ("acme", "beta"):
            bench.note("folder", tmp_path / name, "src")
        await bench.advance(seconds=1)
        assert [(s.code, s.is_cleared) for s in bench.of(TroubleSignal)] == [("watch_limit", True)]
        assert str(repo.path) in bench.watcher.covered[str(repo.path)][1]


async def test_a_file_whose_time_is_set_after_it_was_closed_is_told_once_more(tmp_path: Path, clock: FakeClock) -> None:
    repo = repos.make(tmp_path / "acme", 1)
    async with Bench((str(tmp_path),), clock) as bench:
        paths = [repo.write(f"f{number}.py") for number in range(3)]
        bench.note("file", repo.path, "f0.py", "f1.py")
        await bench.advance(seconds=0.5)
        bench.note("file", repo.path, "f2.py")
        os.utime(paths[1], (1_600_000_000.5, 1_600_000_000.5))
        os.utime(paths[2], (1_600_000_000.5, 1_600_000_000.5))
        bench.told.clear()
        await bench.advance(seconds=0.2)
        assert [(s.path, s.has_arrived) for s in bench.take(FileSignal)] == [("f1.py", True)]  # type: ignore[attr-defined]
        bench.told.clear()
        await bench.advance(seconds=0.7)
        assert [(s.path, s.has_arrived) for s in bench.take(FileSignal)] == [("f2.py", True)]  # type: ignore[attr-defined]
        await bench.advance(minutes=1)
        assert bench.take(FileSignal) == []
