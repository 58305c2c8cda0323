"""The folders that matter, and what was written in them unwatched."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stintd.clock import SystemClock
from stintd.domain.model import CheckoutFacts
from stintd.errors import Unavailable
from stintd.sources import gitreader
from stintd.sources.folders import Folders, plan
from tests.support import repos
from tests.support.clock import FakeClock
from tests.support.repos import TestRepo


def facts_of(repo: TestRepo) -> CheckoutFacts:
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    return facts


def planned(repo: TestRepo, **options: object) -> set[str]:
    found = plan(facts_of(repo), **options)  # type: ignore[arg-type]
    assert found.trouble == ""
    assert found.folders[:1] in ((), (str(repo.path),))
    return {os.path.relpath(folder, repo.path) for folder in found.folders}


@pytest.fixture
def repo(tmp_path: Path) -> TestRepo:
    repo = repos.init(tmp_path / "acme")
    repo.write(".gitignore", "node_modules/\nbuild\n*.log\n")
    repo.write("src/deep/app.py")
    repo.write("build/kept/by-force.txt")
    repo.git("add", "-A")
    repo.git("add", "-f", "build/kept/by-force.txt")
    repo.git("commit", "-qm", "x")
    return repo


def test_tracked_and_new_folders_matter_ignored_ones_do_not(repo: TestRepo) -> None:
    repo.write("new/inner/x.py")
    repo.write("node_modules/left/pad.js")
    repo.write("src/build/out.o")
    repo.write("build/tmp/out.o")
    assert planned(repo) == {".", "src", "src/deep", "build", "build/kept", "new", "new/inner"}


def test_heavy_names_matter_unless_git_ignores_them(repo: TestRepo) -> None:
    repo.write("target/x.rs")
    repo.write("src/node_modules/x.js")
    assert "target" in planned(repo)
    assert "src/node_modules" not in planned(repo)


def test_thousands_of_ignored_folders_cost_nothing(repo: TestRepo) -> None:
    for number in range(2000):
        (repo.path / f"node_modules/p{number // 20}/d{number % 20}").mkdir(parents=True)
    began = time.process_time()
    assert planned(repo) == {".", "src", "src/deep", "build", "build/kept"}
    assert time.process_time() - began < 0.1


def test_repositories_inside_are_their_own(repo: TestRepo, tmp_path: Path) -> None:
    source = repos.make(tmp_path / "library", 1)
    repo.submodule(source, "vendor/library")
    repo.init_nested("tools/own").commit("x", name="sub/x.txt")
    repo.worktree(repo.path / "wt", "topic")
    assert planned(repo) == {".", "src", "src/deep", "build", "build/kept", "vendor", "tools"}


def test_a_linked_worktree_and_a_submodule_have_folders_of_their_own(repo: TestRepo, tmp_path: Path) -> None:
    tree = repo.worktree(tmp_path / "wt", "topic")
    assert planned(tree) == {".", "src", "src/deep", "build", "build/kept"}
    (tmp_path / "wt/node_modules/x").mkdir(parents=True)
    repo.write(".git/info/exclude", "secret/\n")
    (tmp_path / "wt/secret").mkdir()
    assert planned(tree) == {".", "src", "src/deep", "build", "build/kept"}


def test_links_are_not_followed(repo: TestRepo, tmp_path: Path) -> None:
    outside = tmp_path / "outside/inner"
    outside.mkdir(parents=True)
    (repo.path / "link").symlink_to(tmp_path / "outside")
    (repo.path / "loop").symlink_to(repo.path)
    assert planned(repo) == {".", "src", "src/deep", "build", "build/kept"}


def test_a_bare_repository_has_no_folders(tmp_path: Path) -> None:
    assert planned(repos.init(tmp_path / "acme.git", is_bare=True)) == set()


def test_a_fresh_repository_is_planned_without_an_index(tmp_path: Path) -> None:
    repo = repos.init(tmp_path / "fresh")
    repo.write("src/a.py")
    assert planned(repo) == {".", "src"}


@pytest.mark.parametrize(
    "command",
    [
        ("update-index", "--index-version", "4"),
        ("update-index", "--split-index"),
        ("sparse-checkout", "set", "--cone", "--sparse-index", "src", "build"),
    ],
)
def test_indexes_only_git_can_read_are_asked_of_git(repo: TestRepo, command: tuple[str, ...]) -> None:
    repo.git(*command)
    assert planned(repo) == {".", "src", "src/deep", "build", "build/kept"}
    folders = Folders(SystemClock())
    facts = facts_of(repo)
    folders.plan(facts)
    assert not folders.is_ignored(facts, "build/kept/by-force.txt")
    assert folders.is_ignored(facts, "build/other.txt")


def test_without_git_the_walk_still_finds_what_is_not_ignored_and_says_so(repo: TestRepo) -> None:
    repo.git("update-index", "--index-version", "4")

    def refuse(facts: CheckoutFacts) -> list[str]:
        raise Unavailable("git is not installed")

    found = plan(facts_of(repo), refuse)
    assert {os.path.relpath(folder, repo.path) for folder in found.folders} == {".", "src", "src/deep"}
    assert found.trouble == "git is not installed"


def test_a_damaged_index_is_trouble_and_no_end(repo: TestRepo) -> None:
    repo.write(".git/index", "rubbish" * 10)
    folders = Folders(SystemClock())
    assert str(repo.path / "src") in folders.plan(facts_of(repo))
    assert "index" in folders.trouble(facts_of(repo))


def test_too_many_folders_are_cut_and_said(repo: TestRepo) -> None:
    for number in range(30):
        (repo.path / f"many/d{number}").mkdir(parents=True)
    found = plan(facts_of(repo), limit=10)
    assert len(found.folders) == 10
    assert "more than 10" in found.trouble


def test_names_that_are_no_text_are_kept(repo: TestRepo) -> None:
    odd = os.fsencode(repo.path) + b"/bad\xff"
    os.mkdir(odd)
    assert os.fsdecode(odd) in plan(facts_of(repo)).folders


# ---------------------------------------------------------------- ignored files


def test_a_tracked_file_is_never_ignored(repo: TestRepo) -> None:
    folders, facts = Folders(FakeClock()), facts_of(repo)
    assert folders.is_ignored(facts, "debug.log")
    assert not folders.is_ignored(facts, "build/kept/by-force.txt")
    assert folders.is_ignored(facts, "build/kept/other.txt")
    assert not folders.is_ignored(facts, "src/app.py")


def test_a_file_added_by_force_is_no_longer_ignored(repo: TestRepo) -> None:
    clock = FakeClock()
    folders, facts = Folders(clock), facts_of(repo)
    assert folders.is_ignored(facts, "wanted.log")
    repo.write("wanted.log")
    repo.git("add", "-f", "wanted.log")
    clock.move(seconds=2)
    assert not folders.is_ignored(facts, "wanted.log")


def test_a_changed_ignore_file_holds_from_its_own_change_on(repo: TestRepo) -> None:
    folders, facts = Folders(FakeClock()), facts_of(repo)
    assert not folders.is_ignored(facts, "notes.tmp")
    repo.write(".gitignore", "*.tmp\n")
    assert not folders.is_ignored(facts, ".gitignore")
    assert folders.is_ignored(facts, "notes.tmp")


# ---------------------------------------------------------------- sweeps


def swept(repo: TestRepo, since: datetime) -> list[str]:
    return [signal.path for signal in Folders(SystemClock()).sweep(facts_of(repo), since)]


def age(path: Path, at: datetime) -> Path:
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def test_a_sweep_finds_what_was_written_since_oldest_first(repo: TestRepo) -> None:
    since = datetime.now(UTC) + timedelta(milliseconds=50)
    for order, name in ((3, "src/second.py"), (1, "new/first.py"), (5, "debug.log"), (6, "node_modules/x.js")):
        age(repo.write(name), since + timedelta(milliseconds=100 * order))
    age(repo.write("build/kept/by-force.txt"), since + timedelta(milliseconds=800))
    age(repo.write(".git/index.lock"), since + timedelta(milliseconds=800))
    assert swept(repo, since) == ["new/first.py", "src/second.py", "build/kept/by-force.txt"]
    assert swept(repo, since + timedelta(milliseconds=500)) == ["build/kept/by-force.txt"]


def test_a_swept_file_bears_its_own_time_and_size(repo: TestRepo) -> None:
    since = datetime.now(UTC)
    path = age(repo.write("src/a.py", "12345"), since + timedelta(milliseconds=1234))
    (signal,) = [s for s in Folders(SystemClock()).sweep(facts_of(repo), since) if s.path == "src/a.py"]
    assert (signal.checkout, signal.size, signal.is_ignored) == (str(repo.path), 5, False)
    assert abs(signal.time.timestamp() - path.stat().st_mtime) < 0.001


@pytest.mark.parametrize(
    ("minutes", "is_save"), [(0, True), (0.02, True), (0.05, False), (1, False), (90, False), (60 * 24, False)]
)
def test_a_sweep_counts_a_save_only_where_nothing_brought_the_file_later(repo: TestRepo, minutes: float, is_save: bool) -> None:
    now = datetime.now(UTC)
    beside = age(repo.write(".git/arriving"), now - timedelta(minutes=minutes))
    beside.rename(repo.path / "src" / "arrived.py")
    assert ("src/arrived.py" in swept(repo, now - timedelta(days=2))) == is_save


def test_a_file_dated_in_the_future_says_nothing(repo: TestRepo) -> None:
    age(repo.write("src/a.py"), datetime.now(UTC) + timedelta(hours=1))
    assert "src/a.py" not in swept(repo, datetime.now(UTC) - timedelta(minutes=10))


def test_a_write_just_after_the_last_sweep_is_found_though_file_times_are_coarse(repo: TestRepo) -> None:
    for number in range(50):
        since = datetime.now(UTC)
        path = repo.write(f"src/f{number}.py")
        assert f"src/f{number}.py" in swept(repo, since), path.stat().st_mtime_ns


def test_pipes_and_links_are_not_told(repo: TestRepo, tmp_path: Path) -> None:
    os.mkfifo(repo.path / "pipe")
    (repo.path / "link").symlink_to(tmp_path)
    (repo.path / "dangling").symlink_to("/nowhere")
    assert {"pipe", "link", "dangling"}.isdisjoint(swept(repo, datetime.now(UTC) - timedelta(minutes=10)))
